"""Photoelectric absorption: the photoelectron's direction (cross sections are in `elements`)."""

import math

from numba import njit

from simulators.calorimeter.constants import ELECTRON_MASS
from simulators.calorimeter.rng import uniform

M = ELECTRON_MASS


@njit(cache=True, error_model="numpy")
def sample_photoelectron_cosine(state, energy):
    """Cosine of a photoelectron of kinetic energy `energy`, by Sauter's K-shell formula.

    M. Gavrila, Phys. Rev. 113, 514 (1959); sampling of the Penelope manual, section 2.2.
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
