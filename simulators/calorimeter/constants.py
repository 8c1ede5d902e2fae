"""Physical constants (CODATA 2018), in MeV, mm and millibarn-free units."""

import math

ELECTRON_MASS = 0.51099895  # MeV
CLASSICAL_RADIUS = 2.8179403262e-12  # mm
FINE_STRUCTURE = 7.2973525693e-3
COMPTON_WAVELENGTH = 3.8615926796e-10  # reduced, mm
HBAR_C = 1.973269804e-10  # MeV mm
AVOGADRO = 6.02214076e23  # 1/mol
BARN = 1.0e-22  # mm^2
TWO_PI_MC2_R2 = 2.0 * math.pi * ELECTRON_MASS * CLASSICAL_RADIUS**2  # MeV mm^2
PI_R2 = math.pi * CLASSICAL_RADIUS**2  # mm^2
MIGDAL = 4.0 * math.pi * CLASSICAL_RADIUS * COMPTON_WAVELENGTH**2  # mm^3, times electrons/mm^3
LPM = FINE_STRUCTURE * ELECTRON_MASS**2 / (4.0 * math.pi * HBAR_C)  # MeV/mm, times X0

LOWEST_ENERGY = 1.0e-3  # MeV, electrons below stop where they are
HIGHEST_ENERGY = 1.0e6  # MeV
