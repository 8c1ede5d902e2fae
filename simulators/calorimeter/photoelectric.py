"""Photoelectric absorption: the photoelectron's direction (cross sections are in `elements`)."""

import math

from numba import njit

from simulators.calorimeter.constants import ELECTRON_MASS
from simulators.calorimeter.rng import uniform

M = ELECTRON_MASS


@njit(cache=True, error_model="numpy")
def sample_photoelectron_cosine(state, energy):
    """Draw the cosine of a photoelectron's angle to the photon, by Sauter's K-shell formula.

    dsigma/dOmega ~ sin^2 theta / (1 - beta cos theta)^4
    [1 + gamma (gamma - 1) (gamma - 2) (1 - beta cos theta) / 2].
    Slow electrons leave across the photon's direction, fast ones along it.

    M. Gavrila, Phys. Rev. 113, 514 (1959); sampling of the Penelope manual, section 2.2.

    Args:
        state: random stream.
        energy: kinetic energy of the electron, MeV. Above 50 m, 25.6 MeV, the cosine is 1.

    Returns:
        Cosine, -1 to 1.

    Breaks when: the electron comes from an outer shell, which has another distribution.
    """
    tau = energy / M
    if tau > 50.0:
        return 1.0
    gamma = tau + 1.0
    beta = math.sqrt(tau * (tau + 2.0)) / gamma
    a = (1.0 - beta) / beta
    ap2 = a + 2.0
    b = 0.5 * beta * gamma * tau * (gamma - 2.0)
    bound = 2.0 * (1.0 + a * b) / a
    while True:
        q = uniform(state)
        t = 2.0 * a * (2.0 * q + ap2 * math.sqrt(q)) / (ap2 * ap2 - 4.0 * q)
        g = (2.0 - t) * (b + 1.0 / (a + t))
        if g >= uniform(state) * bound:
            return 1.0 - t
