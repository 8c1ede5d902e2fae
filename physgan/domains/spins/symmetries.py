"""The exact symmetries of a spin lattice on a torus, drawn at random (JAX)."""

import jax
import jax.numpy as jnp

from physgan.domains.torus import moved

__all__ = ["random_symmetry"]


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
    size = spins.shape[1]
    limits = jnp.array([size, size, 2, 2, 2, 2])
    draws = jax.vmap(lambda key: jax.random.randint(key, (6,), 0, limits))(keys)
    row, column, mirror_rows, mirror_columns, transpose, sign = draws.T[..., None, None]
    turned = moved(spins, jnp.stack([row, column]), mirror_rows, mirror_columns)
    turned = jnp.where(transpose > 0, turned.swapaxes(1, 2), turned)
    return turned * jnp.where(sign > 0, -1, 1).astype(spins.dtype)
