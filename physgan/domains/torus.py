"""Exact symmetries of arrays on a torus, one for each sample (JAX)."""

import jax
import jax.numpy as jnp

__all__ = ["moved"]


def moved(
    fields: jax.Array, shift: jax.Array, mirror_rows: jax.Array, mirror_columns: jax.Array
) -> jax.Array:
    """Fields shifted on the torus, with rows and columns mirrored or not; differentiable.

    Args:
        fields: shape (n, rows, columns).
        shift: rows and columns, whole numbers, shape (2, n, 1, 1).
        mirror_rows: above 0 where rows are mirrored, shape (n, 1, 1).
        mirror_columns: the same for columns.

    Returns:
        The same shape.
    """
    _, rows, columns = fields.shape
    row = (shift[0] + jnp.where(mirror_rows > 0, -1, 1) * jnp.arange(rows)[:, None]) % rows
    column = (shift[1] + jnp.where(mirror_columns > 0, -1, 1) * jnp.arange(columns)) % columns
    places = (row * columns + column).reshape(len(fields), -1)
    found = jnp.take_along_axis(fields.reshape(len(fields), -1), places, 1)
    return found.reshape(fields.shape)
