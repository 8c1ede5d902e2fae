"""Elements: masses and edges from xraydb, excitation energies, Coulomb and radiation factors."""

import math
from functools import cache

import numpy as np

from simulators.calorimeter.constants import AVOGADRO, CLASSICAL_RADIUS, FINE_STRUCTURE

MAXIMUM_Z = 92

# Mean excitation energies in eV, Z = 1..92: ICRU Report 37, table 4.3, as condensed matter where
# the report gives a choice except for the gases.
_EXCITATION_EV = (
    "19.2 41.8 40 63.7 76 81 82 95 115 137 149 156 166 173 173 180 174 188 190 191 216 233 245 "
    "257 272 286 297 311 322 330 334 350 347 348 343 352 363 366 379 393 417 424 428 441 449 470 "
    "470 469 488 488 487 485 491 482 488 491 501 523 535 546 560 574 580 591 614 628 650 658 674 "
    "684 694 705 718 727 736 746 757 790 790 800 810 823 823 830 825 794 827 826 841 847 878 890"
)
_EXCITATION = tuple(float(value) for value in _EXCITATION_EV.split())

# Radiation logarithms of light elements (Y.-S. Tsai, Rev. Mod. Phys. 46, 815 (1974), table B.2).
_ELASTIC = {1: 5.3104, 2: 4.7935, 3: 4.7402, 4: 4.7112}
_INELASTIC = {1: 5.9173, 2: 5.6125, 3: 5.5377, 4: 5.4728}


def excitation_energy_ev(z: int) -> float:
    """Mean excitation energy of an element in eV (ICRU 37)."""
    return _EXCITATION[z - 1]


@cache
def atomic_mass(z: int) -> float:
    """Standard atomic mass in g/mol."""
    import xraydb  # half a second to import

    return float(xraydb.atomic_mass(z))


@cache
def symbol_to_z(symbol: str) -> int:
    """Atomic number of a chemical symbol.

    Raises:
        ValueError: for a symbol that names no element up to uranium.
    """
    import xraydb

    try:
        z = int(xraydb.atomic_number(symbol))
    except Exception:
        z = 0
    if not 1 <= z <= MAXIMUM_Z:
        raise ValueError(f"expected a chemical symbol from H to U; got {symbol!r}")
    return z


@cache
def k_edge_mev(z: int) -> float:
    """Binding energy of the K shell in MeV."""
    import xraydb

    return float(xraydb.xray_edge(z, "K").energy) * 1e-6


def coulomb_correction(z: int) -> float:
    """Davies-Bethe-Maximon function f(Z) (Phys. Rev. 93, 788 (1954))."""
    a2 = (FINE_STRUCTURE * z) ** 2
    return a2 * (1 / (1 + a2) + 0.20206 - 0.0369 * a2 + 0.0083 * a2**2 - 0.002 * a2**3)


def elastic_logarithm(z: int) -> float:
    """Tsai's L_rad, radiation in the field of the nucleus under complete screening."""
    return _ELASTIC.get(z, math.log(184.15) - math.log(z) / 3)


def inelastic_logarithm(z: int) -> float:
    """Tsai's L'_rad, radiation in the field of the atomic electrons."""
    return _INELASTIC.get(z, math.log(1194.0) - 2 * math.log(z) / 3)


def inverse_radiation_length(z: int) -> float:
    """1/X0 of an element in cm^2/g (Tsai 1974; PDG, Passage of particles through matter)."""
    factor = 4 * FINE_STRUCTURE * (CLASSICAL_RADIUS * 0.1) ** 2 * AVOGADRO / atomic_mass(z)
    nucleus = z**2 * (elastic_logarithm(z) - coulomb_correction(z))
    return factor * (nucleus + z * inelastic_logarithm(z))


# Fall of the photoelectric cross section above 500 keV, in powers of 500 keV/E; alike for all
# heavy elements (F. Biggs and R. Lighthill, SAND87-0070 (1990), from Pb and U).
_HIGH = (0.1026, 0.4302, 0.4604, 0.0068)
_HIGH_START = 0.5


@cache
def photoelectric_barn(z: int, energies_mev: tuple[float, ...]) -> np.ndarray:
    """Photoelectric cross section of an atom in barn.

    Elam, Ravel and Sieber (Radiat. Phys. Chem. 63, 121 (2002)) through xraydb up to 500 keV,
    continued by the polynomial in 1/E of Biggs and Lighthill.
    """
    import xraydb

    energies = np.asarray(energies_mev)
    low = np.clip(energies, 1.0e-4, _HIGH_START)
    to_barn = atomic_mass(z) / AVOGADRO * 1e24
    values = np.asarray(xraydb.mu_elam(z, low * 1e6, kind="photo")) * to_barn
    inverse = _HIGH_START / np.maximum(energies, _HIGH_START)
    shape = np.polynomial.polynomial.polyval(inverse, (0.0, *_HIGH)) / sum(_HIGH)
    return values * shape
