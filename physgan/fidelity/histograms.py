"""Histograms of one observable, and how far two of them overlap."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

__all__ = [
    "EFFECTIVE_BINS",
    "Binning",
    "choose_binning",
    "mean_overlap",
    "overlap",
    "overlap_with_error",
]

EFFECTIVE_BINS = 32
"""Bins that share the reference's samples, counted as (sum sqrt p)^2."""

_FINE_BINS = 4096


@dataclass(frozen=True)
class Binning:
    """Bins of equal width, centred on the multiples of it, without end on either side.

    Args:
        width: width of a bin, in the observable's unit.
        levels: how many discrete levels a bin holds; None for a continuous observable.
    """

    width: float
    levels: int | None = None

    def index(self, values: np.ndarray) -> np.ndarray:
        """Number of the bin that holds each value, int64, shape (n,)."""
        return np.floor(np.asarray(values) / self.width + 0.5).astype(np.int64)

    def edges(self, low: float, high: float) -> np.ndarray:
        """Edges of the bins from the one that holds `low` to the one that holds `high`."""
        first, last = self.index(np.array([low, high]))
        return (np.arange(first, last + 2) - 0.5) * self.width


def choose_binning(
    reference: np.ndarray, spacing: float | None = None, effective: float = EFFECTIVE_BINS
) -> Binning:
    """The widest bins over which the reference still spreads on `effective` bins.

    The effective number of bins is (sum_i sqrt p_i)^2: k for k equally filled bins. Two
    samples of size n from one distribution then overlap by about 1 - sqrt(effective / (pi n)),
    whatever the shape of the distribution, two peaks included.

    Args:
        reference: values of the reference alone, shape (n,), so that what is tested has no
            say in how.
        spacing: distance of discrete levels. Bins hold an odd number of levels and have
            their edges half way between two, so no level sits on an edge. None: continuous.
        effective: see above.

    Returns:
        The binning; single levels if the reference occupies too few of them.
    """
    values = np.asarray(reference, float)
    unit = spacing or (float(np.ptp(values)) or 1.0) / _FINE_BINS
    levels = np.rint(values / unit).astype(np.int64)
    low, high = 0, max(0, int(np.ptp(levels)) // 2)
    while low < high:  # the largest k with enough bins of 2k + 1 levels
        middle = (low + high + 1) // 2
        if _effective_bins(levels, 2 * middle + 1) >= effective:
            low = middle
        else:
            high = middle - 1
    count = 2 * low + 1
    return Binning(count * unit, count if spacing else None)


def overlap(first: np.ndarray, second: np.ndarray, binning: Binning) -> float:
    """Histogram overlap sum_i min(p_i, q_i): 1 for equal histograms, 0 for disjoint ones."""
    p, q = _paired_shares(first, second, binning)
    return float(np.minimum(p, q).sum())


def overlap_with_error(
    first: np.ndarray, second: np.ndarray, binning: Binning, seed: int = 0, draws: int = 200
) -> tuple[float, float]:
    """Overlap and its standard error, by bootstrap of both samples."""
    p, q = _paired_shares(first, second, binning)
    rng = np.random.default_rng(seed)
    ps = rng.multinomial(len(first), p, draws) / len(first)
    qs = rng.multinomial(len(second), q, draws) / len(second)
    return float(np.minimum(p, q).sum()), float(np.minimum(ps, qs).sum(1).std(ddof=1))


def mean_overlap(
    sample: np.ndarray, references: Sequence[np.ndarray], binning: Binning, seed: int = 0
) -> tuple[float, float]:
    """Overlap with several reference samples, averaged, and its standard error."""
    pairs = [
        overlap_with_error(sample, reference, binning, seed + number)
        for number, reference in enumerate(references)
    ]
    values, errors = np.array(pairs).T
    return float(values.mean()), float(errors.mean())


def _effective_bins(levels: np.ndarray, width: int) -> float:
    bins = np.floor_divide(levels + width // 2, width)
    counts = np.bincount(bins - bins.min())
    return float(np.sqrt(counts / len(levels)).sum() ** 2)


def _paired_shares(
    first: np.ndarray, second: np.ndarray, binning: Binning
) -> tuple[np.ndarray, np.ndarray]:
    bins = np.concatenate([binning.index(first), binning.index(second)])
    _, bins = np.unique(bins, return_inverse=True)
    size = int(bins.max()) + 1
    p = np.bincount(bins[: len(first)], minlength=size) / len(first)
    q = np.bincount(bins[len(first) :], minlength=size) / len(second)
    return p, q
