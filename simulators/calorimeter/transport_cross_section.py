"""First transport cross section of electrons and positrons: the mean 1 - cos of scattering.

L. Urban's interpolation, in Z and beta^2, of the partial-wave results of Liljequist et al. below
10 MeV, continued by a fit above (Geant4 Physics Reference Manual, "Multiple Scattering").
"""

import math
from functools import cache
from importlib import resources

import numpy as np

from simulators.calorimeter.constants import (
    BARN,
    CLASSICAL_RADIUS,
    ELECTRON_MASS,
    FINE_STRUCTURE,
)
from simulators.calorimeter.materials import Material

M = ELECTRON_MASS
LIMIT = 10.0  # MeV
_ENERGIES = np.outer(10.0 ** np.arange(-4, 1), (1, 2, 4, 7)).ravel()
_ENERGIES = np.concatenate([_ENERGIES, [10.0, 20.0]])  # MeV
# At 10 MeV: cross section in barn and slope in beta^2, for each Z of the table.
# fmt: off
_SIGMA = np.array([
    0.2672, 0.5922, 2.653, 6.235, 11.69, 13.24, 16.12, 23.00, 35.13, 39.95,
    50.85, 67.19, 91.15, 104.4, 113.1,
])
_SLOPE = np.array([
    120.70, 117.50, 105.00, 92.92, 79.23, 74.510, 68.29, 57.39, 41.97, 36.14,
    24.53, 10.21, -7.855, -16.84, -22.30,
])
# fmt: on


@cache
def _table(positron: bool) -> tuple[np.ndarray, np.ndarray]:
    source = resources.files("simulators.calorimeter") / "data" / "urban_transport.txt"
    rows = [line.split() for line in source.read_text().splitlines() if line[0] != "#"]
    values = np.array([[float(word) for word in row] for row in rows])
    chosen = values[values[:, 0] == (1 if positron else -1)]
    return chosen[:, 1], chosen[:, 2:]


def _beta2(energy: np.ndarray) -> np.ndarray:
    return energy * (energy + 2 * M) / (energy + M) ** 2


def transport_cross_section(z: int, energy: np.ndarray, *, positron: bool) -> np.ndarray:
    """First transport cross section of an atom, integral of (1 - cos theta) dsigma.

    Up to 10 MeV: 2 pi r_e^2 Z^2 / (beta^2 (beta gamma)^2) [ln(1 + 2 e) - 2 e / (1 + 2 e)],
    e = 2 (beta gamma)^2 / (alpha^2 Z^(2/3)), over the tabulated ratio to partial waves.

    Args:
        z: atomic number.
        energy: kinetic energy, any shape, MeV.
        positron: with the positron's table below 10 MeV.

    Returns:
        Same shape, mm^2.

    Breaks when: below 100 eV, where the table ends.
    """
    zs, ratios = _table(positron)
    index = min(max(int(np.searchsorted(zs, z, "left")) - 1, 0), len(zs) - 2)
    z1, z2 = zs[index], zs[index + 1]
    weight = (z - z1) * (z + z1) / ((z2 - z1) * (z2 + z1))
    row = ratios[index] + weight * (ratios[index + 1] - ratios[index])
    energy = np.asarray(energy, float)
    correction = np.interp(_beta2(energy), _beta2(_ENERGIES), row)
    low = _screened_rutherford(z, energy) / correction
    return np.where(energy <= LIMIT, low, _above_limit(z, energy, index, weight))


def _screened_rutherford(z: int, energy: np.ndarray) -> np.ndarray:
    bg2 = energy * (energy + 2 * M) / M**2
    eps = 2 * bg2 / FINE_STRUCTURE**2 / z ** (2 / 3)
    sigma = np.where(eps < 1e-4, 2 * eps * eps, np.log1p(2 * eps) - 2 * eps / (1 + 2 * eps))
    return 2 * math.pi * CLASSICAL_RADIUS**2 * z * z * sigma / (_beta2(energy) * bg2)


def _above_limit(z: int, energy: np.ndarray, index: int, weight: float) -> np.ndarray:
    bg2 = energy * (energy + 2 * M) / M**2
    limit = LIMIT * (LIMIT + 2 * M) / M**2
    step = _beta2(energy) - _beta2(np.array(LIMIT))
    pair = slice(index, index + 2)
    c1, c2 = (
        limit * s * (1 + h * step) / bg2 for s, h in zip(_SIGMA[pair], _SLOPE[pair], strict=True)
    )
    zs = _table(False)[0]
    if z < zs[0]:
        return BARN * c1 * (z / zs[0]) ** 2
    if z > zs[-1]:
        return BARN * c2 * (z / zs[-1]) ** 2
    return BARN * (c1 + weight * (c2 - c1))


def transport_mean_free_path(
    material: Material, energy: np.ndarray, *, positron: bool
) -> np.ndarray:
    """Transport mean free path lambda_1: after a path t the mean cosine is exp(-t/lambda_1).

    1/lambda_1 is the sum over elements of atoms per volume times `transport_cross_section`.

    Args:
        material: the medium.
        energy: kinetic energy, any shape, MeV.
        positron: instead of an electron.

    Returns:
        Same shape, mm.
    """
    total = np.zeros_like(np.asarray(energy, float))
    for z, atoms in material.atoms:
        total = total + atoms * transport_cross_section(z, energy, positron=positron)
    return 1.0 / total
