"""Observables of cells, as further inputs of the discriminator (JAX)."""

import math

import jax
import jax.numpy as jnp
import numpy as np

from physgan.domains.cells.layout import CellLayout
from physgan.domains.entry_counts import smooth_entry_counts

__all__ = ["cell_levels", "feature_names", "physical_features"]

_POINTS, _STEP = 48, 0.15
_LEAST = 0.1
_SMALLEST_SPREAD = 1e-3
_ONE_QUARTER = 0.25


def cell_levels(layout: CellLayout, values: jax.Array) -> jax.Array:
    """ln(1 + x / u), with `CellLayout.level` as u, of the same shape."""
    return jnp.log1p(values / layout.level)


def physical_features(layout: CellLayout, array: jax.Array) -> jax.Array:
    """Observables of each sample, differentiable with respect to its values.

    `cell_levels` of the total, of the largest cell and of the profile along each axis; a smooth
    number of lit cells; centre and width along each axis, in units of half its length; and square
    roots of the numbers of cells near 48 values from the smallest to the largest.

    Args:
        layout: of the cells.
        array: shape (n, *grid).
    """
    flat = array.reshape(len(array), -1)
    values = array.reshape(len(array), *layout.axes)
    lit = (flat / (flat + _LEAST * layout.level)).sum(1, keepdims=True)
    total = flat.sum(1, keepdims=True)
    columns = [cell_levels(layout, total), cell_levels(layout, flat.max(1, keepdims=True)), lit]
    for number, axis in layout.long.items():
        others = tuple(k for k in range(1, values.ndim) if k != number + 1)
        sums = values.sum(others)
        half = (axis.centres[-1] - axis.centres[0]) / 2
        place = np.asarray((axis.centres - axis.centres[0]) / half - 1, np.float32)
        shares = sums / (total + _LEAST * layout.level)
        centre = (shares @ place)[:, None]
        square = (shares @ place**2)[:, None]
        width = jnp.sqrt(jnp.maximum(square - centre**2, 0) + _SMALLEST_SPREAD**2)
        columns += [centre, width, cell_levels(layout, sums)]
    spectrum = smooth_entry_counts(flat, layout.smallest, _step(layout), _POINTS)
    return jnp.concatenate([*columns, jnp.sqrt(spectrum + _ONE_QUARTER)], 1)


def feature_names(layout: CellLayout) -> tuple[str, ...]:
    """Names of the columns of `physical_features`."""
    names = ["log total", "log largest cell", "lit cells"]
    for axis in layout.long.values():
        names += [f"centre in {axis.name}", f"width in {axis.name}"]
        names += [f"log sum at {axis.name} {number}" for number in range(len(axis))]
    places = layout.smallest * np.exp(_step(layout) * np.arange(_POINTS))
    return (*names, *(f"cells near {place:.4g}" for place in places))


def _step(layout: CellLayout) -> float:
    """From one value of the spectrum to the next, in the logarithm."""
    return max(_STEP, math.log(layout.largest / layout.smallest) / (_POINTS - 2))
