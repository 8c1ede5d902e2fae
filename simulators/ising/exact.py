"""Exact solutions of the square-lattice Ising model in zero field.

Units: J = k_B = 1, so K = 1 / T. Energies and specific heats are per site.

References:
    Onsager, Phys. Rev. 65, 117 (1944): the infinite lattice.
    Kaufman, Phys. Rev. 76, 1232 (1949): the L x L torus.
    Yang, Phys. Rev. 85, 808 (1952): the spontaneous magnetisation.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ellipe, ellipkm1

__all__ = [
    "Torus",
    "critical_temperature",
    "kaufman",
    "onsager_energy",
    "onsager_specific_heat",
    "yang_magnetisation",
]

Array = NDArray[np.float64]

critical_temperature: float = float(2.0 / np.log1p(np.sqrt(2.0)))
"""T_c = 2 / ln(1 + sqrt 2) = 2.269185314213022, in J/k_B."""


class Torus(NamedTuple):
    """Exact values on a torus: energy and specific heat per site, and ln Z of the lattice."""

    energy: float
    specific_heat: float
    log_partition: float


class _Log(NamedTuple):
    """Logarithm of a positive product, and its first and second derivative by K."""

    value: float
    slope: float
    curvature: float


def onsager_energy(temperature: ArrayLike) -> Array:
    """Energy per site of the infinite lattice.

    u = -coth 2K [1 + (2/pi) (2 tanh^2 2K - 1) K1(k)], k = 2 sinh 2K / cosh^2 2K.

    Args:
        temperature: J/k_B, any shape, positive.

    Returns:
        u in units of J, same shape.
    """
    k = 1.0 / _positive(temperature)
    modulus_prime = 2 * np.tanh(2 * k) ** 2 - 1
    bulk = 2 / np.pi * modulus_prime * ellipkm1(_complement(k))
    return np.asarray(-(1 + bulk) / np.tanh(2 * k))


def onsager_specific_heat(temperature: ArrayLike) -> Array:
    """Specific heat per site of the infinite lattice; it diverges as -ln|T - T_c|.

    c = (2/pi) (K coth 2K)^2 {2 [K1(k) - E1(k)] - (1 - k') [pi/2 + k' K1(k)]},
    k' = 2 tanh^2 2K - 1, and k as in `onsager_energy`.

    Args:
        temperature: J/k_B, any shape, positive.

    Returns:
        c in units of k_B, same shape; large, not infinite, at T_c as rounded.
    """
    k = 1.0 / _positive(temperature)
    modulus_prime = 2 * np.tanh(2 * k) ** 2 - 1
    first, second = ellipkm1(_complement(k)), ellipe(1 - _complement(k))
    bracket = 2 * (first - second) - (1 - modulus_prime) * (np.pi / 2 + modulus_prime * first)
    return np.asarray(2 / np.pi * (k / np.tanh(2 * k)) ** 2 * bracket)


def yang_magnetisation(temperature: ArrayLike) -> Array:
    """Spontaneous magnetisation (1 - sinh^-4 2K)^(1/8); zero at and above T_c.

    Args:
        temperature: J/k_B, any shape, positive.

    Returns:
        m per site, same shape, in [0, 1].
    """
    k = 1.0 / _positive(temperature)
    return np.asarray(np.maximum(0.0, 1 - np.sinh(2 * k) ** -4.0) ** 0.125)


def kaufman(size: int, temperature: float) -> Torus:
    """Exact thermodynamics of the `size` x `size` torus.

    Z = (2 sinh 2K)^(L^2/2) (Z1 + Z2 + Z3 + Z4) / 2, each Zi a product over modes gamma_l
    with cosh gamma_l = cosh 2K coth 2K - cos(l pi / L) and gamma_0 = 2K + ln tanh K, which
    is negative above T_c and makes Z4 so.

    Args:
        size: L, at least 2. Every term is kept as a logarithm, so that L = 256 is as
            accurate as L = 4.
        temperature: J/k_B, positive.

    Returns:
        (u, c, ln Z).
    """
    k = float(1.0 / _positive(temperature))
    odd = _modes(size, k, np.arange(1, 2 * size, 2))
    even = _modes(size, k, np.arange(2, 2 * size, 2))
    zero = _zero_mode(size, k)
    terms = [
        (1.0, _product(odd, _log_cosh)),
        (1.0, _product(odd, _log_sinh)),
        (1.0, _product(_append(even, zero), _log_cosh)),
    ]
    largest = max(term.value for _, term in terms)
    moments = np.sum([_moments(sign, term, largest) for sign, term in terms], axis=0)
    moments += _fourth(_product(even, _log_sinh), zero, largest)
    slope = moments[1] / moments[0]
    curvature = moments[2] / moments[0] - slope**2
    sites, cosh, sinh = size**2, np.cosh(2 * k), np.sinh(2 * k)
    log_z = 0.5 * sites * np.log(2 * sinh) + np.log(moments[0] / 2) + largest
    slope += sites * cosh / sinh
    curvature -= 2 * sites / sinh**2
    return Torus(float(-slope / sites), float(k**2 * curvature / sites), float(log_z))


def _positive(temperature: ArrayLike) -> Array:
    values = np.asarray(temperature, dtype=float)
    if not np.all(values > 0):
        raise ValueError(
            f"expected temperature > 0 J/k_B; got {temperature!r}; pass positive values"
        )
    return values


def _complement(k: Array) -> Array:
    """1 - k^2 of the elliptic modulus k = 2 sinh 2K / cosh^2 2K, exact near T_c and > 0."""
    root = (np.sinh(2 * k) ** 2 - 1) / np.cosh(2 * k) ** 2
    return np.asarray(np.maximum(root**2, np.finfo(float).tiny))


def _modes(size: int, k: float, numbers: NDArray[np.int64]) -> Array:
    """(L/2) gamma_l and its two derivatives by K, shape (3, modes)."""
    cosh, sinh = np.cosh(2 * k), np.sinh(2 * k)
    excess = (sinh - 1) ** 2 / sinh + 2 * np.sin(numbers * np.pi / (2 * size)) ** 2
    sinh_gamma = np.sqrt(excess * (excess + 2))
    first = 2 * cosh * (1 - sinh**-2)
    second = 4 * sinh * (1 - sinh**-2) + 8 * cosh**2 / sinh**3
    slope = first / sinh_gamma
    curvature = (second - (1 + excess) * slope**2) / sinh_gamma
    return 0.5 * size * np.array([np.log1p(excess + sinh_gamma), slope, curvature])


def _zero_mode(size: int, k: float) -> Array:
    sinh = np.sinh(2 * k)
    gamma = 2 * k + np.log(np.tanh(k))
    return 0.5 * size * np.array([gamma, 2 + 2 / sinh, -4 * np.cosh(2 * k) / sinh**2])


def _append(modes: Array, zero: Array) -> Array:
    return np.concatenate([modes, zero[:, None]], axis=1)


def _log_cosh(x: Array) -> tuple[Array, Array, Array]:
    """Logarithm of 2 cosh x, its derivative and the derivative of that."""
    tanh = np.tanh(x)
    return np.abs(x) + np.log1p(np.exp(-2 * np.abs(x))), tanh, 1 - tanh**2


def _log_sinh(x: Array) -> tuple[Array, Array, Array]:
    """Logarithm of 2 sinh x for x > 0, its derivative and the derivative of that."""
    tanh = np.tanh(x)
    return x + np.log(-np.expm1(-2 * x)), 1 / tanh, 1 - tanh**-2


def _product(modes: Array, log_factor: Callable[[Array], tuple[Array, Array, Array]]) -> _Log:
    x, slope, curvature = modes
    value, first, second = log_factor(x)
    return _Log(
        float(value.sum()),
        float((first * slope).sum()),
        float((second * slope**2 + first * curvature).sum()),
    )


def _moments(sign: float, term: _Log, largest: float) -> Array:
    """A term, its first and its second derivative, all divided by exp(largest)."""
    weight = sign * np.exp(term.value - largest)
    return weight * np.array([1.0, term.slope, term.curvature + term.slope**2])


def _fourth(rest: _Log, zero: Array, largest: float) -> Array:
    """Z4 = 2 sinh(L gamma_0 / 2) times the other modes; it passes through zero at T_c."""
    x, slope, curvature = zero
    scale = np.exp(rest.value + abs(x) - largest)
    sinh = np.sign(x) * -np.expm1(-2 * abs(x))
    cosh = 1 + np.exp(-2 * abs(x))
    first = cosh * slope
    second = sinh * slope**2 + cosh * curvature
    rest_second = rest.curvature + rest.slope**2
    return scale * np.array(
        [
            sinh,
            first + sinh * rest.slope,
            second + 2 * first * rest.slope + sinh * rest_second,
        ]
    )
