"""Annihilation of positrons in flight into two photons, on free electrons at rest.

Annihilation at rest, two opposite photons of energy m, is in `charged`. Annihilation into one or
three photons and the motion of bound electrons are left out.
"""

import math

import numpy as np
from numba import njit

from simulators.calorimeter.constants import ELECTRON_MASS, PI_R2
from simulators.calorimeter.rng import uniform

M = ELECTRON_MASS


def annihilation_cross_section(energy: np.ndarray) -> np.ndarray:
    """Cross section per electron for annihilation in flight.

    sigma = pi r_e^2 / (gamma + 1) [(gamma^2 + 4 gamma + 1) / (gamma^2 - 1)
    ln(gamma + sqrt(gamma^2 - 1)) - (gamma + 3) / sqrt(gamma^2 - 1)].
    It tends to pi r_e^2 / beta at low energy and falls as ln(gamma) / gamma at high energy.

    W. Heitler, The Quantum Theory of Radiation, 3rd ed., section 27.

    Args:
        energy: kinetic energy of the positron, any shape, MeV, positive.

    Returns:
        Same shape, mm^2.
    """
    tau = np.asarray(energy, float) / M
    gamma = tau + 1
    bg2 = tau * (tau + 2)
    bg = np.sqrt(bg2)
    value = (gamma**2 + 4 * gamma + 1) * np.log(gamma + bg) - (gamma + 3) * bg
    return PI_R2 * value / (bg2 * (gamma + 1))


@njit(cache=True, error_model="numpy")
def sample_annihilation(state, energy):
    """Draw one of the two photons of a positron that annihilates in flight.

    dsigma/deps ~ 1/eps [1 - eps + (2 gamma eps - 1) / (eps (gamma + 1)^2)], where eps is the
    photon's share of T + 2 m, by rejection from 1/eps.

    Args:
        state: random stream.
        energy: kinetic energy T of the positron, MeV, positive.

    Returns:
        (energy in MeV, cosine of the angle to the positron). The other photon has the remaining
        energy T + 2 m and the remaining momentum.
    """
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
