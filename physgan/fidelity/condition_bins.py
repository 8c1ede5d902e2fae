"""Bins of samples in the space of all their conditions."""

import numpy as np
from scipy.stats import rankdata

__all__ = ["condition_bins"]


def condition_bins(
    conditions: np.ndarray, count: int, *others: np.ndarray
) -> list[tuple[np.ndarray, ...]]:
    """Cut samples into `count` bins of nearly equally many, by medians of their conditions.

    A bin is halved along the condition whose ranks spread widest in it, again and again (a k-d
    tree: J. L. Bentley, Commun. ACM 18, 509, 1975). Equal values stay in one bin. With one
    condition of distinct values the bins are those of `np.array_split` of the sorted samples.

    Args:
        conditions: shape (n, c); c may be 0, for a single bin.
        count: at most so many bins; fewer where values are equal.
        others: conditions of other samples, shape (m, c), which are cut at the same places.

    Returns:
        For each bin its rows of `conditions`, in ascending order of the last cut, and of each of
        the others.
    """
    if not conditions.shape[1]:
        return [tuple(np.arange(len(given)) for given in (conditions, *others))]
    ranks, sides = rankdata(conditions, axis=0), (conditions, *others)

    def cut(rows: tuple[np.ndarray, ...], count: int) -> list[tuple[np.ndarray, ...]]:
        own, count = rows[0], min(count, len(rows[0]))
        spread = np.ptp(ranks[own], axis=0)
        if count < 2 or not spread.any():
            return [rows]
        column = int(spread.argmax())
        rows = (own[np.argsort(conditions[own, column], kind="stable")], *rows[1:])
        values = conditions[rows[0], column]
        first = count // 2
        place = first * (len(own) // count) + min(first, len(own) % count)
        ends = [np.searchsorted(values, values[place], side) for side in ("left", "right")]
        place = min((p for p in ends if 0 < p < len(own)), key=lambda p: abs(p - place))
        below = [s[r, column] < values[place] for s, r in zip(sides, rows, strict=True)]
        halves = (below, [~b for b in below])
        parts = [tuple(r[b] for r, b in zip(rows, half, strict=True)) for half in halves]
        return cut(parts[0], first) + cut(parts[1], count - first)

    return cut(tuple(np.arange(len(side)) for side in sides), count)
