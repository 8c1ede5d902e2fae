"""Rotations and reflections: exact symmetries of showers along the detector's axis (JAX)."""

import jax
import jax.numpy as jnp

__all__ = ["random_rotation", "random_square_symmetry", "rotated", "square_symmetry"]


def random_rotation(keys: jax.Array, showers: jax.Array) -> jax.Array:
    """Rotate each shower by a random number of sectors and reflect it with probability 1/2.

    Args:
        keys: one per shower, shape (n,).
        showers: shape (n, layers, sectors, rings).
    """
    sectors = showers.shape[2]

    def draw(key: jax.Array) -> jax.Array:
        shift, sign = jax.random.split(key)
        kept = jax.random.bernoulli(sign).astype(jnp.int32)
        return jnp.stack([jax.random.randint(shift, (), 0, sectors), kept])

    return rotated(jax.vmap(draw)(keys), showers)


def rotated(draws: jax.Array, showers: jax.Array) -> jax.Array:
    """Showers rotated by a number of sectors and reflected where the second number is 0.

    Args:
        draws: shape (n, 2).
        showers: shape (n, layers, sectors, rings).
    """
    sectors = showers.shape[2]

    def turn(draw: jax.Array, shower: jax.Array) -> jax.Array:
        step = jnp.where(draw[1] > 0, 1, -1)
        return jnp.take(shower, (draw[0] + step * jnp.arange(sectors)) % sectors, axis=1)

    return jax.vmap(turn)(draws, showers)


def random_square_symmetry(keys: jax.Array, showers: jax.Array) -> jax.Array:
    """Reflect each shower in x, in y and in the diagonal, each with probability 1/2.

    Args:
        keys: one per shower, shape (n,).
        showers: shape (n, layers, m, m).
    """
    draws = jax.vmap(lambda key: jax.random.bernoulli(key, shape=(3,)))(keys)
    return square_symmetry(draws.astype(jnp.int32), showers)


def square_symmetry(draws: jax.Array, showers: jax.Array) -> jax.Array:
    """Showers reflected in x, in y and in the diagonal where numbers are 1, not 0.

    Args:
        draws: shape (n, 3).
        showers: shape (n, layers, m, m).
    """
    in_x, in_y, swapped = draws.T[..., None, None, None] > 0
    showers = jnp.where(in_x, showers[:, :, ::-1], showers)
    showers = jnp.where(in_y, showers[..., ::-1], showers)
    return jnp.where(swapped, showers.swapaxes(2, 3), showers)
