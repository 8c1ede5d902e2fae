"""Annihilation of positrons into two photons, in flight and at rest."""

import math

import numpy as np
from numba import njit

from simulators.calorimeter.constants import ELECTRON_MASS, PI_R2
from simulators.calorimeter.rng import uniform

M = ELECTRON_MASS


def annihilation_cross_section(energy: np.ndarray) -> np.ndarray:
    """Cross section per electron in mm^2, shape of `energy` (MeV).

    W. Heitler, The Quantum Theory of Radiation, 3rd ed., section 27.
    """
    tau = np.asarray(energy, float) / M
    gamma = tau + 1
    bg2 = tau * (tau + 2)
    bg = np.sqrt(bg2)
    value = (gamma**2 + 4 * gamma + 1) * np.log(gamma + bg) - (gamma + 3) * bg
    return PI_R2 * value / (bg2 * (gamma + 1))


@njit(cache=True, error_model="numpy")
def sample_annihilation(state, energy):
    """(energy of the first photon, cosine of its angle) for a positron in flight."""
    tau = energy / M
    gamma = tau + 1.0
    tau2 = tau + 2.0
    root = 0.5 * math.sqrt(tau / tau2)
    low = 0.5 - root
    ratio = (0.5 + root) / low
    while True:
        eps = low * ratio ** uniform(state)
        if uniform(state) < 1.0 - eps + (2.0 * gamma * eps - 1.0) / (eps * tau2 * tau2):
            break
    total = tau2 * M
    cosine = (eps * tau2 - 1.0) / (eps * math.sqrt(tau * tau2))
    return eps * total, min(max(cosine, -1.0), 1.0)
