"""The exact symmetries of a field, by the names of its axes, drawn at random (JAX)."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp

from physgan.domains.torus import moved

__all__ = ["ISOTROPIC", "ZONAL", "choices", "isotropic", "moved_by", "zonal"]

ISOTROPIC = ("y", "x")
"""Axes of a field on a torus whose physics prefers no direction."""

ZONAL = ("north", "east")
"""Axes of a pseudoscalar on a torus that rotates about the local vertical, as vorticity does."""


def isotropic(keys: jax.Array, fields: jax.Array) -> jax.Array:
    """A random translation and one of the square's eight rotations and reflections for each field.

    Args:
        keys: shape (n,), one per field.
        fields: shape (n, L, L).

    Returns:
        shape (n, L, L), differentiable.
    """
    return moved_by(_drawn(keys, fields, ISOTROPIC), fields, ISOTROPIC)


def zonal(keys: jax.Array, fields: jax.Array) -> jax.Array:
    """A random translation for each field, and for half of them the mirror image in the equator.

    The barotropic vorticity equation with a gradient beta of the planetary vorticity is unchanged
    when north and south are exchanged and the vorticity changes its sign. It is not under an
    exchange of east and west.

    Args:
        keys: shape (n,), one per field.
        fields: shape (n, rows from south to north, columns from west to east).

    Returns:
        The same shape, differentiable.
    """
    return moved_by(_drawn(keys, fields, ZONAL), fields, ZONAL)


def choices(names: tuple[str, ...], shape: Sequence[int]) -> tuple[int, ...]:
    """Numbers of rows, columns and coins that one symmetry is chosen of; none for other axes."""
    if names not in (ISOTROPIC, ZONAL):
        return ()
    return (*shape, *[2] * (3 if names == ISOTROPIC else 1))


def moved_by(draws: jax.Array, fields: jax.Array, names: tuple[str, ...]) -> jax.Array:
    """Fields under the symmetries of these numbers, each below its `choices`, shape (n, k)."""
    draws = draws.T[..., None, None]
    if names == ISOTROPIC:
        fields = moved(fields, draws, draws[2], draws[3])
        return jnp.where(draws[4] > 0, fields.swapaxes(1, 2), fields)
    mirrored = moved(fields, draws, draws[2], jnp.zeros_like(draws[2]))
    return mirrored * jnp.where(draws[2] > 0, -1, 1).astype(fields.dtype)


def _drawn(keys: jax.Array, fields: jax.Array, names: tuple[str, ...]) -> jax.Array:
    """Numbers below their `choices` for each field, shape (n, k)."""
    limits = jnp.array(choices(names, fields.shape[1:]))
    return jax.vmap(lambda key: jax.random.randint(key, limits.shape, 0, limits))(keys)
