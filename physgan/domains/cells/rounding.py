"""Whole numbers as continuous variables, and back."""

import jax
import jax.numpy as jnp

__all__ = ["dequantised", "dequantised_by", "rounded"]

_BELOW_HALF = 0.5 - 2.0**-24


def dequantised(values: jax.Array, noise: jax.Array) -> jax.Array:
    """Whole numbers with noise on [-1/2, 1/2), zeros as they are.

    Args:
        values: shape (n, ...).
        noise: uniform on [0, 1), shape (n,); each number seeds those of its sample.
    """

    def uniform(seed: jax.Array) -> jax.Array:
        bits = jax.lax.bitcast_convert_type(seed.astype(jnp.float32), jnp.uint32)
        return jax.random.uniform(jax.random.fold_in(jax.random.key(0), bits), values.shape[1:])

    return dequantised_by(values, jax.vmap(uniform)(noise))


def dequantised_by(values: jax.Array, uniform: jax.Array) -> jax.Array:
    """Whole numbers with noise, given uniform numbers on [0, 1) of their shape."""
    return jnp.where(values > 0, values + jnp.minimum(uniform - 0.5, _BELOW_HALF), 0)


def rounded(values: jax.Array) -> jax.Array:
    """Whole numbers, with the gradient of the values themselves; halves go up."""
    return values + jax.lax.stop_gradient(jnp.floor(values + 0.5) - values)
