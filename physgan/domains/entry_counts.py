"""Histograms of the entries of single samples (cells, pixels)."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np

__all__ = ["entry_counts", "smooth_entry_counts"]


def entry_counts(
    values: np.ndarray, edges: np.ndarray, groupings: Sequence[tuple[np.ndarray, int]]
) -> list[np.ndarray]:
    """Count the entries of every sample in bins, by groups of columns.

    Args:
        values: entries, shape (n, k).
        edges: of the bins, ascending, shape (bins + 1,); entries outside do not count, one on the
            last edge does.
        groupings: for each, the group of every column, shape (k,), and the number of groups.

    Returns:
        One array a grouping, int64, shape (n, groups, bins).
    """
    bins = len(edges) - 1
    sample, column = np.nonzero((values >= edges[0]) & (values <= edges[-1]))
    place = np.searchsorted(edges, values[sample, column], side="right") - 1
    place = np.minimum(place, bins - 1)
    found = []
    for group, groups in groupings:
        flat = (sample * groups + group[column]) * bins + place
        counts = np.bincount(flat, minlength=len(values) * groups * bins)
        found.append(counts.reshape(len(values), groups, bins))
    return found


def smooth_entry_counts(values: jax.Array, lowest: float, step: float, points: int) -> jax.Array:
    """Positive entries of each sample near each of some values, differentiable.

    An entry between two of them counts partly for each, by its place between their logarithms;
    one beyond the ends counts for the end.

    Args:
        values: entries, shape (n, ...).
        lowest: of the values.
        step: from one to the next, in the logarithm.
        points: number of values.

    Returns:
        shape (n, points).
    """
    entries = values.reshape(len(values), -1)
    place = jnp.log(jnp.maximum(entries, lowest) / lowest) / step
    place = jnp.minimum(place, points - 1.001)
    lower = jnp.floor(place)
    above, lower = place - lower, lower.astype(jnp.int32)
    sample = jnp.arange(len(entries))[:, None]
    counts = jnp.zeros((len(entries), points))
    counts = counts.at[sample, lower].add(jnp.where(entries > 0, 1 - above, 0))
    return counts.at[sample, lower + 1].add(jnp.where(entries > 0, above, 0))
