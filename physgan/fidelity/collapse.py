"""Has a generator collapsed? Modes that it lost, samples that it repeats, spread that it lacks.

All three are asked in the same way: is the figure off by more than a factor of two, beyond a
chance of `CHANCE`? A weaker question would fire on every generator, as with enough samples any
difference is significant.
"""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree
from scipy.stats import binom

__all__ = [
    "CHANCE",
    "Duplicates",
    "Modes",
    "Spread",
    "cluster_modes",
    "conditional_spread",
    "duplicates",
    "mode_coverage",
]

CHANCE = 3e-5
"""Of a false alarm a question: four standard errors of a normal distribution, one-sided."""

_ERRORS = 4.0
_MATERIAL = 2.0
_BINS = 16


@dataclass(frozen=True)
class Modes:
    """Where samples lie among the modes of the truth.

    Args:
        counts: samples at each mode, shape (k,).
        lost: modes with so few that even half their share is out of the question, shape (k,).
        inside: share of samples at any mode, with its standard error.
    """

    counts: np.ndarray
    lost: np.ndarray
    inside: tuple[float, float]

    @property
    def covered(self) -> int:
        """Modes that have at least one sample."""
        return int((self.counts > 0).sum())

    @property
    def collapsed(self) -> bool:
        """Whether any mode is lost."""
        return bool(self.lost.any())


@dataclass(frozen=True)
class Duplicates:
    """How often samples all but repeat each other.

    Args:
        rate: share of fake samples with a neighbour nearer than nearly all real ones have.
        real_rate: the same among real ones.
        error: standard error of rate - 2 real_rate.
    """

    rate: float
    real_rate: float
    error: float

    @property
    def collapsed(self) -> bool:
        """Whether samples repeat each other more than twice as often as real ones."""
        return self.rate - _MATERIAL * self.real_rate > _ERRORS * self.error


@dataclass(frozen=True)
class Spread:
    """Standard deviation of quantities at fixed condition, over that of the truth.

    Args:
        ratio: one a quantity, 1 for equal laws, shape (f,).
        error: standard errors, shape (f,).
        square_error: those of the squared ratios, shape (f,).
    """

    ratio: np.ndarray
    error: np.ndarray
    square_error: np.ndarray

    @property
    def narrow(self) -> np.ndarray:
        """Quantities whose spread is certainly below half the truth's, shape (f,)."""
        return self.ratio**2 + _ERRORS * self.square_error < 1 / _MATERIAL**2


def mode_coverage(
    samples: np.ndarray, modes: np.ndarray, shares: np.ndarray, radius: float = np.inf
) -> Modes:
    """Count samples at known modes, each at the one it is nearest to.

    A mode is lost if as few samples would have a chance below `CHANCE`, shared out over the modes,
    though it had half its share. Three standard deviations is the customary radius (Z. Lin et al.,
    arXiv:1712.04086, section 4.1).

    Args:
        samples: shape (n, d).
        modes: centres, shape (k, d).
        shares: of the truth at each, shape (k,), sum 1.
        radius: within which a sample is at a mode.
    """
    distance, nearest = cKDTree(modes).query(samples)
    inside = distance <= radius
    counts = np.bincount(nearest[inside], minlength=len(modes))
    chance = binom.cdf(counts, len(samples), np.asarray(shares) / _MATERIAL)
    share = float(inside.mean())
    error = float(np.sqrt(share * (1 - share) / len(samples)))
    return Modes(counts, chance < CHANCE / len(modes), (share, error))


def cluster_modes(
    real: np.ndarray, count: int = 32, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Centres and shares of clusters of real samples, where no modes are known (k-means).

    Args:
        real: shape (n, d), on one scale.
        count: most clusters; fewer if there are not a hundred samples for each.
        seed: of the first centres.

    Returns:
        (centres, shape (k, d); shares, shape (k,))
    """
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    count = max(1, min(count, len(real) // 100))
    with threadpool_limits(1):
        found = KMeans(count, n_init=1, random_state=seed).fit(real)
    return found.cluster_centers_, np.bincount(found.labels_, minlength=count) / len(real)


def duplicates(real: np.ndarray, fake: np.ndarray, quantile: float = 0.05) -> Duplicates:
    """Share of samples whose neighbour is nearer than a low quantile of real samples' neighbours.

    The error counts duplicates as pairs.

    Args:
        real: shape (n, d).
        fake: shape (m, d); of both as many are used as there are of the fewer.
        quantile: of the distances from real samples to their nearest real neighbours.
    """
    count = min(len(real), len(fake))
    near = [cKDTree(side[:count]).query(side[:count], k=2)[0][:, 1] for side in (real, fake)]
    limit = np.quantile(near[0], quantile, method="inverted_cdf")
    own, rate = (float((distance <= limit).mean()) for distance in near)
    variance = 2 * (rate * (1 - rate) + _MATERIAL**2 * own * (1 - own)) / count
    return Duplicates(rate, own, float(np.sqrt(variance)))


def conditional_spread(
    real: np.ndarray, fake: np.ndarray, condition: np.ndarray, fake_condition: np.ndarray
) -> Spread:
    """Spread of quantities at fixed condition, relative to the truth's.

    Of a generator that ignores its noise it is 0, whatever the conditions do. Deviations are taken
    within 16 bins of the condition with equally many real samples (fewer where there are not 50
    each); the standard errors are those of variances, from fourth moments.

    Args:
        real: shape (n, f).
        fake: shape (m, f).
        condition: of the real samples, shape (n,).
        fake_condition: shape (m,).
    """
    bins = int(np.clip(len(real) // 50, 1, _BINS))
    edges = np.quantile(condition, np.arange(1, bins) / bins)
    squares: list[list[np.ndarray]] = [[], []]
    for number in range(bins):
        rows = [np.searchsorted(edges, c, "right") == number for c in (condition, fake_condition)]
        if min(rows[0].sum(), rows[1].sum()) < 2:
            continue
        variance = real[rows[0]].var(0, ddof=1)
        for found, side, chosen in zip(squares, (real, fake), rows, strict=True):
            values, count = side[chosen], int(chosen.sum())
            residual = (values - values.mean(0)) ** 2 * count / (count - 1)
            found.append(residual / np.where(variance > 0, variance, 1.0))
    truth, made = (np.concatenate(found) for found in squares)
    square = made.mean(0)
    error = np.hypot(made.std(0) / np.sqrt(len(made)), square * truth.std(0) / np.sqrt(len(truth)))
    ratio = np.sqrt(square)
    return Spread(ratio, error / np.maximum(2 * ratio, 1e-12), error)
