"""The exact symmetries of a spin lattice on a torus, drawn at random (JAX)."""

import jax
import jax.numpy as jnp

from physgan.domains.torus import moved

__all__ = ["choices", "random_symmetry", "symmetry"]


def choices(size: int) -> tuple[int, ...]:
    """Numbers of rows, columns, two mirrors, diagonals and signs that one symmetry is chosen of."""
    return size, size, 2, 2, 2, 2


def random_symmetry(keys: jax.Array, spins: jax.Array) -> jax.Array:
    """Apply one random symmetry to each lattice; differentiable.

    Translations of the torus, the square's eight rotations and reflections, and the global
    flip (there must be no external field).

    Args:
        keys: shape (n,), one per lattice.
        spins: shape (n, L, L).

    Returns:
        shape (n, L, L).
    """
    limits = jnp.array(choices(spins.shape[1]))
    draws = jax.vmap(lambda key: jax.random.randint(key, (6,), 0, limits))(keys)
    return symmetry(draws, spins)


def symmetry(draws: jax.Array, spins: jax.Array) -> jax.Array:
    """Lattices (n, L, L) under the symmetries of these numbers (n, 6), each below its `choices`."""
    row, column, mirror_rows, mirror_columns, transpose, sign = draws.T[..., None, None]
    turned = moved(spins, jnp.stack([row, column]), mirror_rows, mirror_columns)
    turned = jnp.where(transpose > 0, turned.swapaxes(1, 2), turned)
    return turned * jnp.where(sign > 0, -1, 1).astype(spins.dtype)
