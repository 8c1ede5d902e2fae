"""Expansion of flat LCDM and growth of structure in it: matter and a cosmological constant."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp
from scipy.special import hyp2f1

__all__ = ["Growth", "comoving_distance", "expansion", "growth"]

Array = NDArray[np.float64]

HUBBLE_DISTANCE = 2997.92458
"""c / H_0 in Mpc/h."""

EARLY = 1e-4
"""Scale factor at which growth is that of matter alone; Lambda is below 1e-11 of it."""


class Growth(NamedTuple):
    """Growth of Lagrangian perturbations, shape (n,) each.

    Attributes:
        first: D_1, the growing mode of linear theory, 1 today.
        second: D_2, about -3/7 D_1^2.
        second_slope: dD_2 / dD_1.
        rate: d ln D_1 / d ln a.
    """

    first: Array
    second: Array
    second_slope: Array
    rate: Array


def expansion(scale_factor: Array, omega_m: float) -> Array:
    """E = H / H_0 at scale factors, the same shape."""
    return np.sqrt(omega_m / scale_factor**3 + 1 - omega_m)


def comoving_distance(redshift: float, omega_m: float) -> float:
    """Comoving distance in Mpc/h, by Gauss-Legendre quadrature in redshift."""
    nodes, weights = np.polynomial.legendre.leggauss(64)
    at = redshift * (nodes + 1) / 2
    mean = (weights / expansion(1 / (1 + at), omega_m)).sum() / 2
    return float(HUBBLE_DISTANCE * redshift * mean)


def growth(scale_factors: Array, omega_m: float) -> Growth:
    """Growth to second order at scale factors.

    With primes for derivatives in ln a, and m = Omega_m(a),

        D_1'' + (2 - 3m/2) D_1' = 3m/2 D_1
        D_2'' + (2 - 3m/2) D_2' = 3m/2 (D_2 - D_1^2)

    (F. R. Bouchet et al., A&A 296, 575, 1995). D_1 has a closed form; the equations are solved
    together, with a relative error of 1e-8, from where matter dominates.

    Args:
        scale_factors: shape (n,), within (1e-4, 1], rising.
        omega_m: matter today over the critical density, within (0, 1].
    """

    def slopes(log_a: float, state: Array) -> list[float]:
        m = omega_m / (omega_m + (1 - omega_m) * np.exp(3 * log_a))
        first, first_slope, second, second_slope = state
        drag = 2 - 1.5 * m
        return [
            first_slope,
            1.5 * m * first - drag * first_slope,
            second_slope,
            1.5 * m * (second - first**2) - drag * second_slope,
        ]

    today = hyp2f1(1 / 3, 1, 11 / 6, (omega_m - 1) / omega_m)
    start = EARLY / today
    state = [start, start, -3 / 7 * start**2, -6 / 7 * start**2]
    steps = np.log(scale_factors)
    solution = solve_ivp(
        slopes, (np.log(EARLY), steps[-1]), state, "DOP853", steps, rtol=1e-9, atol=1e-16
    )
    first, first_slope, second, second_slope = solution.y
    return Growth(first, second, second_slope / first_slope, first_slope / first)
