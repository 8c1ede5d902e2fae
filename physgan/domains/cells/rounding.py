"""Whole numbers as continuous variables, and back."""

import jax
import jax.numpy as jnp
import numpy as np

__all__ = ["dequantised", "dequantised_by", "dequantised_once", "rounded"]

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


def dequantised_once(values: np.ndarray) -> np.ndarray:
    """Whole numbers with the same noise at every call, for figures of the training samples."""
    noise = np.random.default_rng(0).random(values.shape, np.float32) - np.float32(0.5)
    return np.where(values > 0, values + np.minimum(noise, np.float32(_BELOW_HALF)), 0)


def rounded(values: jax.Array) -> jax.Array:
    """Whole numbers, with the gradient of the values themselves; halves go up."""
    return values + jax.lax.stop_gradient(jnp.floor(values + 0.5) - values)
