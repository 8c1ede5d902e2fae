"""How many events of the simulator a surrogate is worth: the question of GANplify.

A. Butter et al., SciPost Phys. 10, 139 (2021), arXiv:2008.06545: bins of equal probability under
the truth are filled with events of a surrogate that was trained on n of the truth, and with those n
themselves; a surrogate whose bins deviate less than the n events' do amplifies its training set.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

__all__ = ["Amplification", "QuantileBins", "amplification", "quantile_bins"]

_QUANTILES = 20
_CERTAIN = 2.0


@dataclass(frozen=True)
class QuantileBins:
    """Bins of about equal probability under the truth.

    Args:
        edges: inner edges, ascending, shape (q - 1,); a bin holds its left edge.
        shares: of the truth in each bin, shape (q,).
        truth: events of the truth behind the shares; infinity if they are exact.
    """

    edges: np.ndarray
    shares: np.ndarray
    truth: float

    def fill(self, values: np.ndarray) -> np.ndarray:
        """Share of the values in each bin, shape (q,)."""
        places = np.searchsorted(self.edges, np.asarray(values).ravel(), side="right")
        return np.bincount(places, minlength=len(self.shares)) / np.size(values)

    def deviation(self, values: np.ndarray) -> float:
        """Squared relative deviations r of the bins' shares p from the truth's: sum p r^2.

        For bins of equal p this is the mean of r^2, the paper's measure (eq. 8) times the number of
        bins. For N events of the truth it is (q - 1) (1/N + 1/truth) on average.
        """
        return float(((self.fill(values) - self.shares) ** 2 / self.shares).sum())


@dataclass(frozen=True)
class Amplification:
    """What events of a surrogate are worth, in events of the truth.

    Args:
        events: N, drawn from the surrogate.
        equivalent: events of the truth that deviate as little as these N, with standard error.
        limit: the same for infinitely many events of the surrogate, with standard error;
            infinity where no deviation of the surrogate itself can be seen.
        at_least: of that limit, two standard errors down.
        bins: of the observable.
        repeats: surrogates that were averaged over.
    """

    events: int
    equivalent: tuple[float, float]
    limit: tuple[float, float]
    at_least: float
    bins: int
    repeats: int

    @property
    def price(self) -> float:
        """Events of the surrogate that are worth one more of the simulator, at these N.

        1 / equivalent = 1 / N + 1 / limit, so dN / d equivalent = (1 + N / limit)^2.
        """
        return (1 + self.events / self.limit[0]) ** 2


def quantile_bins(truth: np.ndarray, bins: int = _QUANTILES) -> QuantileBins:
    """Bins between the quantiles of a large sample of the truth.

    Quantiles that coincide, as they do for an observable of few levels, make one edge: there are
    fewer bins then, of unequal probability.

    Args:
        truth: shape (n,).
        bins: most bins.
    """
    values = np.asarray(truth, np.float64).ravel()
    inner = np.arange(1, bins) / bins
    edges = np.unique(np.quantile(values, inner, method="inverted_cdf"))
    edges = edges[edges > values.min()]
    unfilled = QuantileBins(edges, np.ones(len(edges) + 1), len(values))
    return QuantileBins(edges, unfilled.fill(values), len(values))


def amplification(bins: QuantileBins, samples: Sequence[np.ndarray]) -> Amplification:
    """What a surrogate's events are worth, by the deviations of its bins.

    Each event of the truth that is added to N others lowers the expected deviation (q - 1) / N, so
    events that deviate by D are worth (q - 1) / D. What the truth's own sample adds to D is taken
    off first. With one surrogate the error is that of a chi-squared of q - 1 degrees of freedom,
    non-central by what the surrogate itself deviates; with several, trained independently, that of
    the mean deviation, from its scatter, which holds how much trainings differ.

    Args:
        bins: of the truth.
        samples: the observable for events of one surrogate, or of several, equally many of each.
    """
    events, freedom = len(samples[0]), len(bins.shares) - 1
    deviations = np.array([bins.deviation(values) for values in samples]) - freedom / bins.truth
    deviation = float(deviations.mean())
    own = deviation - freedom / events
    if len(samples) > 1:
        error = float(deviations.std(ddof=1) / np.sqrt(len(samples)))
    else:
        noise = 1 / events + 1 / bins.truth
        error = float(np.sqrt(2 * freedom * noise**2 + 4 * noise * max(own, 0.0)))
    return Amplification(
        events,
        _worth(freedom, deviation, error),
        _worth(freedom, own, error),
        _worth(freedom, own + _CERTAIN * error, 0.0)[0],
        freedom + 1,
        len(samples),
    )


def _worth(freedom: int, deviation: float, error: float) -> tuple[float, float]:
    if deviation <= 0:
        return float("inf"), float("inf")
    return freedom / deviation, freedom * error / deviation**2
