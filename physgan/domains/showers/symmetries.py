"""Rotations and reflections: exact symmetries of showers along the detector's axis (JAX)."""

import jax
import jax.numpy as jnp

__all__ = ["random_rotation", "random_square_symmetry"]


def random_rotation(keys: jax.Array, showers: jax.Array) -> jax.Array:
    """Rotate each shower by a random number of sectors and reflect it with probability 1/2.

    Args:
        keys: one per shower, shape (n,).
        showers: shape (n, layers, sectors, rings).
    """
    sectors = showers.shape[2]

    def turn(key: jax.Array, shower: jax.Array) -> jax.Array:
        shift, sign = jax.random.split(key)
        step = jnp.where(jax.random.bernoulli(sign), 1, -1)
        order = (jax.random.randint(shift, (), 0, sectors) + step * jnp.arange(sectors)) % sectors
        return jnp.take(shower, order, axis=1)

    return jax.vmap(turn)(keys, showers)


def random_square_symmetry(keys: jax.Array, showers: jax.Array) -> jax.Array:
    """Reflect each shower in x, in y and in the diagonal, each with probability 1/2.

    Args:
        keys: one per shower, shape (n,).
        showers: shape (n, layers, m, m).
    """

    def move(key: jax.Array, shower: jax.Array) -> jax.Array:
        in_x, in_y, swapped = jax.random.bernoulli(key, shape=(3,))
        shower = jnp.where(in_x, shower[:, ::-1], shower)
        shower = jnp.where(in_y, shower[:, :, ::-1], shower)
        return jnp.where(swapped, shower.swapaxes(1, 2), shower)

    return jax.vmap(move)(keys, showers)
