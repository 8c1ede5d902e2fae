"""Conversion of photons to electron-positron pairs in the fields of nuclei and electrons."""

import math

import numpy as np
from numba import njit

from simulators.calorimeter import elements, lpm
from simulators.calorimeter.constants import ELECTRON_MASS
from simulators.calorimeter.materials import Material
from simulators.calorimeter.rng import uniform

M = ELECTRON_MASS
FIT_LIMIT = 8.0e4  # MeV
LPM_LIMIT = 1.0e5  # MeV
COULOMB_LIMIT = 50.0  # MeV, below it no Coulomb correction
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(32)
_F1 = (8.7842e-4, -1.9625e-3, 1.2949e-3, -2.0028e-4, 1.2575e-5, -2.8333e-7)
_F2 = (-1.0342e-5, 1.7692e-5, -8.2381e-6, 1.3063e-6, -9.0815e-8, 2.3586e-9)
_F3 = (-4.5263e-4, 1.1161e-3, -8.6749e-4, 2.1773e-4, -2.0467e-5, 6.5372e-7)


def pair_barn(z: int, energy: np.ndarray, material: Material) -> np.ndarray:
    """Cross section of an atom for conversion, in the fields of nucleus and electrons.

    sigma = Z (Z + 1) [F1(x) + F2(x) Z + F3(x) / Z], x = ln(k/m), with polynomials F1 to F3 of
    fifth degree. From 2 m to 1.5 MeV it grows as (k - 2 m)^2. At high energy it tends to a
    constant, until the LPM effect reduces it.

    Fit to Hubbell, Gimm and Overbo (1980) of the Geant4 Physics Reference Manual, "Gamma
    conversion", good to 5 percent from 1.5 MeV to 100 GeV; above 80 GeV scaled by the integral
    of the Bethe-Heitler formula, above 100 GeV with the LPM effect.

    Args:
        z: atomic number.
        energy: photon energy k, shape (n,), MeV.
        material: gives the radiation length for the LPM effect.

    Returns:
        Shape (n,), barn; zero below 2 m.
    """
    energy = np.asarray(energy, float)
    low = np.clip((energy - 2 * M) / (1.5 - 2 * M), 0.0, 1.0) ** 2
    value = _fit(z, np.clip(energy, 1.5, FIT_LIMIT)) * low
    high = energy > FIT_LIMIT
    if np.any(high):
        reference = _integral(z, FIT_LIMIT, material)
        ratios = [_integral(z, float(e), material) / reference for e in energy[high]]
        value[high] = value[high] * np.array(ratios)
    return value


def _fit(z: int, energy: np.ndarray) -> np.ndarray:
    x = np.log(energy / M)
    f1, f2, f3 = (np.polynomial.polynomial.polyval(x, f) for f in (_F1, _F2, _F3))
    return z * (z + 1) * (f1 + f2 * z + f3 / z)


def _integral(z: int, energy: float, material: Material) -> float:
    """Integral over the energy share under complete screening, up to a constant."""
    eps = 0.25 * (_NODES + 1) * (1 - 2 * M / energy) + M / energy
    xi = g = phi = np.ones_like(eps)
    if energy > LPM_LIMIT:
        scale = lpm.lpm_energy(material.radiation_length)
        xi, g, phi = lpm.suppression(np.sqrt(0.125 * scale / (eps * (1 - eps) * energy)), z)
    value = xi * (g + 2 * phi * (eps**2 + (1 - eps) ** 2))
    return float(_WEIGHTS @ value) * (1 - 2 * M / energy)


def screening_row(z: int) -> np.ndarray:
    """(Z^(1/3), 8/3 ln Z, 8 f(Z)) for `sample_pair`."""
    return np.array([z ** (1 / 3), 8 / 3 * math.log(z), 8 * elements.coulomb_correction(z)])


@njit(cache=True, error_model="numpy")
def _screen1(delta):
    if delta > 1.4:
        return 42.038 - 8.29 * math.log(delta + 0.958)
    return 42.184 - delta * (7.444 - 1.623 * delta)


@njit(cache=True, error_model="numpy")
def _screen2(delta):
    if delta > 1.4:
        return 42.038 - 8.29 * math.log(delta + 0.958)
    return 41.326 - delta * (5.848 - 0.902 * delta)


@njit(cache=True, error_model="numpy")
def sample_pair(state, energy, row):
    """Draw how a photon's energy is shared between electron and positron.

    dsigma/deps ~ [eps^2 + (1-eps)^2] [Phi1(delta) - F/2] + 2/3 eps (1-eps) [Phi2(delta) - F/2],
    delta = 136 Z^(-1/3) (m/k) / (eps (1-eps)), F = 8/3 ln Z + 8 f(Z).

    Butcher and Messel's composition of the Bethe-Heitler formula with screening, and the
    Coulomb correction above 50 MeV; uniform below 2 MeV (Geant4 Physics Reference Manual, "Gamma
    conversion").

    Args:
        state: random stream.
        energy: photon energy k, MeV, above 2 m.
        row: shape (3,), `screening_row` of the element.

    Returns:
        Total energy of the partner with less energy over k, from m/k to 1/2.

    Breaks when: k is so high that the LPM effect changes the shape, which is left out.
    """
    eps0 = M / energy
    if energy < 2.0:
        return eps0 + (0.5 - eps0) * uniform(state)
    fz = row[1]
    if energy >= COULOMB_LIMIT:
        fz += row[2]
    factor = 136.0 * eps0 / row[0]
    delta_min = 4.0 * factor
    delta_max = math.exp((42.038 - fz) / 8.29) - 0.958
    low = max(eps0, 0.5 - 0.5 * math.sqrt(max(1.0 - delta_min / delta_max, 0.0)))
    width = 0.5 - low
    f10 = _screen1(delta_min) - fz
    f20 = _screen2(delta_min) - fz
    n1 = max(f10 * width * width, 0.0)
    n2 = max(1.5 * f20, 0.0)
    while True:
        if n1 > (n1 + n2) * uniform(state):
            eps = 0.5 - width * uniform(state) ** (1.0 / 3.0)
            value = (_screen1(factor / (eps * (1.0 - eps))) - fz) / f10
        else:
            eps = low + width * uniform(state)
            value = (_screen2(factor / (eps * (1.0 - eps))) - fz) / f20
        if uniform(state) < value:
            return eps
