"""Exact derivatives of differentiable features, for generators whose every layer is smooth."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

__all__ = ["Jacobians", "jacobians"]

Features = Callable[[jax.Array, jax.Array], jax.Array]
"""(noise (n, z), conditions (n, c)) -> features (n, f), each row a function of one sample."""


class Jacobians(NamedTuple):
    """Derivatives of features, averaged over samples.

    Attributes:
        conditions: mean of df/dc, shape (f, c).
        conditions_error: standard error of `conditions`.
        latents: root of the mean square of df/dz, shape (f, z).
    """

    conditions: jax.Array
    conditions_error: jax.Array
    latents: jax.Array


def jacobians(features: Features, noise: jax.Array, conditions: jax.Array) -> Jacobians:
    """Jacobians of `features` by automatic differentiation, one backward pass per feature.

    Args:
        features: see `Features`. The result is biased for discrete draws, see
            `explain.differences`; it is zero for spins of autoencoders and flows, which are signs.
        noise: shape (n, z).
        conditions: shape (n, c), physical units.
    """

    def one(z: jax.Array, c: jax.Array) -> jax.Array:
        return features(z[None], c[None])[0]

    to_noise, to_conditions = jax.jit(jax.vmap(jax.jacrev(one, (0, 1))))(noise, conditions)
    error = to_conditions.std(0, ddof=1) / len(noise) ** 0.5
    return Jacobians(to_conditions.mean(0), error, jnp.sqrt((to_noise**2).mean(0)))
