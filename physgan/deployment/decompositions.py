"""Operations that ONNX lacks, or has with fewer digits, by simpler ones.

Each is a function of the primitive's operands and parameters, written in JAX.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

__all__ = ["DECOMPOSITIONS"]

# M. Giles, "Approximating the erfinv function" (2010), single precision, as XLA has it
_CENTRAL = (
    2.81022636e-08, 3.43273939e-07, -3.5233877e-06, -4.39150654e-06, 0.00021858087,
    -0.00125372503, -0.00417768164, 0.246640727, 1.50140941,
)  # fmt: skip
_TAIL = (
    -0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773,
    -0.0076224613, 0.00943887047, 1.00167406, 2.83297682,
)  # fmt: skip
# S. Moshier, Cephes, ndtrf.c, as XLA has it: for 1 < x < 2, and beyond
_NEAR = (
    2.326819970068386e-2, -1.387039388740657e-1, 3.687424674597105e-1, -5.824733027278666e-1,
    6.210004621745983e-1, -4.944515323274145e-1, 3.404879937665872e-1, -2.741127028184656e-1,
    5.638259427386472e-1,
)  # fmt: skip
_FAR = (
    0.0, -1.047766399936249e1, 1.297719955372516e1, -7.495518717768503, 2.921019019210786,
    -1.015265279202700, 4.218463358204948e-1, -2.820767439740514e-1, 5.641895067754075e-1,
)  # fmt: skip


def _polynomial(first: jax.Array, one: tuple, other: tuple, x: jax.Array) -> jax.Array:
    """One polynomial of x or the other, highest power first."""
    result = jnp.where(first, one[0], other[0])
    for left, right in zip(one[1:], other[1:], strict=True):
        result = jnp.where(first, left, right) + result * x
    return result


def _erfc(x: jax.Array, **_: Any) -> jax.Array:
    """1 - erf(x) to relative precision."""
    size = jnp.maximum(jnp.abs(x), 1)
    inverse = 1 / size
    tail = _polynomial(size < 2, _NEAR, _FAR, inverse * inverse)
    tail = jnp.exp(-size * size) * inverse * tail
    return jnp.where(jnp.abs(x) > 1, jnp.where(x < 0, 2 - tail, tail), 1 - jax.lax.erf(x))


def _log1p(x: jax.Array, **_: Any) -> jax.Array:
    """ln(1 + x) without cancellation (W. Kahan): the rounding of 1 + x is divided out."""
    one = 1 + x
    exact = one == 1
    return jnp.where(exact, x, jnp.log(one) * (x / jnp.where(exact, 1, one - 1)))


def _expm1(x: jax.Array, **_: Any) -> jax.Array:
    """e^x - 1 = 2 t / (1 - t) with t = tanh(x / 2), for small x."""
    half = jnp.tanh(jnp.clip(x, -1, 1) / 2)
    return jnp.where(jnp.abs(x) < 0.5, 2 * half / (1 - half), jnp.exp(x) - 1)


def _logistic(x: jax.Array, **_: Any) -> jax.Array:
    """1 / (1 + e^-x); ONNX Runtime's own is cut at -18."""
    return 1 / (1 + jnp.exp(-x))


def _erf_inv(x: jax.Array, **_: Any) -> jax.Array:
    w = -_log1p(-x * x)
    central = w < 5
    w = jnp.where(central, w - 2.5, jnp.sqrt(w) - 3)
    result = _polynomial(central, _CENTRAL, _TAIL, w)
    return jnp.where(jnp.abs(x) == 1, x * jnp.inf, result * x)


def _integer_pow(x: jax.Array, *, y: int, **_: Any) -> jax.Array:
    power, square = None, x
    for bit in range(abs(y).bit_length()):
        if abs(y) >> bit & 1:
            power = square if power is None else power * square
        square = square * square
    result = jnp.ones_like(x) if power is None else power
    return 1 / result if y < 0 else result


DECOMPOSITIONS: dict[str, Callable[..., Any]] = {
    "log1p": _log1p,
    "expm1": _expm1,
    "logistic": _logistic,
    "erf_inv": _erf_inv,
    "erfc": _erfc,
    "integer_pow": _integer_pow,
    "square": lambda x, **_: x * x,
    "rsqrt": lambda x, **_: 1 / jnp.sqrt(x),
    "exp2": lambda x, **_: jnp.exp(x * jnp.log(jnp.asarray(2, x.dtype))),
    "clamp": lambda low, x, high, **_: jnp.minimum(jnp.maximum(x, low), high),
    "is_finite": lambda x, **_: jnp.abs(x) < jnp.inf,
    "ne": lambda x, y, **_: jnp.logical_not(x == y),
    "reduce_or": lambda x, *, axes, **_: x.astype(jnp.int32).max(axes) > 0,
    "reduce_and": lambda x, *, axes, **_: x.astype(jnp.int32).min(axes) > 0,
}
"""Primitive -> a function of its operands, with its parameters as keywords."""
