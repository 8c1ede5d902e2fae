"""Range cuts: the energy threshold of secondaries for a length.

A length is turned into an energy by rough, fast formulas of stopping power and absorption, the
convention of Geant4 ("Production Threshold vs Tracking Cut", Book for Application Developers;
G4RToEConvForElectron, G4RToEConvForGamma), so that thresholds are comparable between codes.
"""

import math

import numpy as np

from simulators.calorimeter.constants import BARN, ELECTRON_MASS, TWO_PI_MC2_R2
from simulators.calorimeter.materials import Material

_LOWEST = 0.99e-3
_HIGHEST = 1.0e4
_GRID = np.geomspace(_LOWEST, _HIGHEST, 351)


def electron_cut(material: Material, length: float) -> float:
    """Kinetic energy in MeV of an electron of range `length` mm."""
    loss = np.zeros_like(_GRID)
    for z, atoms in material.atoms:
        loss += atoms * _approximate_loss(z, _GRID)
    step = math.log(_GRID[1] / _GRID[0])
    quotient = _GRID / loss
    ranges = (np.cumsum(quotient) - 0.5 * quotient) * step
    ranges[0] = quotient[0] * step
    ranges[1:] -= 0.5 * quotient[0] * step
    energy = _invert(ranges, length)
    if energy < 0.03:
        energy /= 1 + (1 - energy / 0.03) * 0.25 / (length * material.density)
    return min(max(energy, _LOWEST), _HIGHEST)


def photon_cut(material: Material, length: float) -> float:
    """Energy in MeV of a photon whose five mean absorption lengths are `length` mm."""
    sigma = np.zeros_like(_GRID)
    for z, atoms in material.atoms:
        sigma += atoms * _absorption_barn(z, _GRID) * BARN
    lengths = 5.0 / sigma
    reached = np.flatnonzero(lengths >= length)
    last = int(reached[0]) if len(reached) else len(_GRID) - 1
    if last == 0:
        return _LOWEST
    pair = slice(last - 1, last + 1)
    return float(np.exp(np.interp(math.log(length), np.log(lengths[pair]), np.log(_GRID[pair]))))


def _invert(values: np.ndarray, value: float) -> float:
    return float(np.exp(np.interp(math.log(value), np.log(values), np.log(_GRID))))


def _approximate_loss(z: int, energy: np.ndarray) -> np.ndarray:
    """Stopping power of an atom, MeV mm^2: a Bethe formula with I = 16 eV Z^0.9 and a fit."""
    tau = np.maximum(energy, 0.01) / ELECTRON_MASS
    excitation = 1.6e-5 * z**0.9 / ELECTRON_MASS
    gamma2 = (tau + 1) ** 2
    beta2 = tau * (tau + 2) / gamma2
    f = 1 - beta2 + np.log(tau**2 / 2)
    f = f + (0.5 + 0.25 * tau**2 + (1 + 2 * tau) * math.log(0.5)) / gamma2
    loss = z * (np.log(2 * tau + 4) - 2 * math.log(excitation) + f) / beta2
    radiation = (0.02 - 5.7e-5 * z) * (1 + 0.072 * np.log(energy / 1000.0))
    radiation = 0.1 * z * (z + 1) * radiation * tau / beta2
    loss = np.where(energy > 0.01, loss + radiation, loss * np.sqrt(0.01 / energy))
    return TWO_PI_MC2_R2 * loss


def _absorption_barn(z: int, energy: np.ndarray) -> np.ndarray:
    """Approximate absorption cross section of an atom for photons, barn."""
    log = math.log(z)
    z2 = float(z * z)
    s200 = (0.2651 - 0.1501 * log + 0.02283 * log**2) * z2
    t_min = 0.552 + 218.5 / z + 557.17 / z2
    s_min = (0.01239 + 0.005585 * log - 0.000923 * log**2) * math.exp(1.5 * log)
    c_min = math.log(s200 / s_min) / math.log(t_min / 0.2) ** 2
    t_low = 0.2 * math.exp(-7.355 / math.sqrt(z))
    s_low = s200 * math.exp(0.042 * z * math.log(0.2 / t_low) ** 2)
    c_low = math.log(300.0 * z2 / s_low) / math.log(t_low / 0.001)
    c_high = (7.55e-5 - 0.0542e-5 * z) * z2 * z / math.log(100.0 / t_min)
    e = np.maximum(energy, 0.001)
    low = s_low * (t_low / e) ** c_low
    middle = s200 * np.exp(0.042 * z * np.log(0.2 / e) ** 2)
    high = s_min * np.exp(c_min * np.log(t_min / e) ** 2)
    top = s_min + c_high * np.log(np.maximum(e / t_min, 1e-9))
    return np.where(e < t_low, low, np.where(e < 0.2, middle, np.where(e < t_min, high, top)))
