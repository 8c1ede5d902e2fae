"""Histograms of the entries of single samples (cells, pixels)."""

from collections.abc import Sequence

import numpy as np

__all__ = ["entry_counts"]


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
