"""Has a generator collapsed? Modes that it lost, samples that it repeats, spread that it lacks.

All three are asked in the same way: is the figure off by more than a factor of two, beyond a
chance of `CHANCE`? A weaker question would fire on every generator, as with enough samples any
difference is significant.
"""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree
from scipy.stats import binom, norm

from physgan.fidelity.condition_bins import condition_bins

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
_LEAST = 1e-6


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
    """Standard deviation of quantities at fixed conditions, over that of the truth.

    Args:
        ratio: one a quantity, 1 for equal laws, shape (f,).
        error: standard errors, shape (f,).
        square_error: those of the squared ratios, shape (f,).
        local: ratios in each bin of the conditions, shape (b, f).
        local_narrow: where such a ratio is certainly below half, shape (b, f).
    """

    ratio: np.ndarray
    error: np.ndarray
    square_error: np.ndarray
    local: np.ndarray
    local_narrow: np.ndarray

    @property
    def narrow(self) -> np.ndarray:
        """Quantities whose spread is certainly below half the truth's, anywhere, shape (f,)."""
        everywhere = self.ratio**2 + _ERRORS * self.square_error < 1 / _MATERIAL**2
        return np.asarray(everywhere | self.local_narrow.any(0))

    @property
    def smallest(self) -> np.ndarray:
        """The ratio, or that of a bin where it is certainly below half, shape (f,)."""
        certain = np.where(self.local_narrow, self.local, np.inf)
        return np.asarray(np.minimum(self.ratio, certain.min(0)))


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
    real: np.ndarray,
    fake: np.ndarray,
    conditions: np.ndarray,
    fake_conditions: np.ndarray,
    smallest: float = 0.0,
) -> Spread:
    """Spread of quantities at fixed conditions, relative to the truth's.

    Of a generator that ignores its noise it is 0, whatever the conditions do. Deviations are taken
    within 16 bins of all conditions with equally many real samples (fewer where there are not 50
    each); the standard errors are those of variances, from fourth moments. In a single bin, where
    a tail may be missing by chance, the error is that of a sample of half the truth's spread, and
    the chance of an alarm is shared out over the bins.

    Args:
        real: shape (n, f).
        fake: shape (m, f).
        conditions: of the real samples, shape (n, c).
        fake_conditions: shape (m, c).
        smallest: a standard deviation of the real samples below it counts as none.
    """
    count = int(np.clip(len(real) // 50, 1, _BINS))
    bins = condition_bins(conditions, count, fake_conditions)
    bins = [rows for rows in bins if min(map(len, rows)) > 1]
    least = np.maximum(_LEAST * real.var(0), smallest**2)
    pairs = [_squares(real[own], fake[other], least) for own, other in bins]
    truth, made = (np.concatenate(side) for side in zip(*pairs, strict=True))
    square = made.mean(0)
    error = np.hypot(made.std(0) / np.sqrt(len(made)), square * truth.std(0) / np.sqrt(len(truth)))
    ratio = np.sqrt(square)
    local = np.array([m.mean(0) for _, m in pairs])
    room = np.array([t.std(0) * np.sqrt(1 / len(t) + 1 / len(m)) for t, m in pairs])
    certain = local * _MATERIAL**2 + norm.isf(CHANCE / len(pairs)) * room < 1
    return Spread(ratio, error / np.maximum(2 * ratio, 1e-12), error, np.sqrt(local), certain)


def _squares(
    real: np.ndarray, fake: np.ndarray, least: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Squared deviations of both from their means, in units of the real variance.

    1 for quantities whose real variance is `least` or less: they have no spread to lose.
    """
    variance = real.var(0, ddof=1)
    lively = variance > least
    scale = np.where(lively, variance, 1.0)
    squares = ((s - s.mean(0)) ** 2 * len(s) / (len(s) - 1) / scale for s in (real, fake))
    truth, made = (np.where(lively, square, 1.0) for square in squares)
    return truth, made
