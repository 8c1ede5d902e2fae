"""Which targets a source reaches, at which conditions.

A target is missed where a source is beyond the limit and certainly not the truth. How many standard
errors that takes follows from the number of comparisons, see `critical_errors`: the truth itself
misses a target in one verdict of twenty at most.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import t

from physgan.benchmark.compare import Comparison, ObservableResult
from physgan.domains.base import Target
from physgan.fidelity import TwoSampleResult, largest_auc

__all__ = [
    "CANNOT_TELL",
    "COPIES",
    "MISSED",
    "REACHED",
    "REPEATS",
    "TargetResult",
    "beside_truth",
    "critical_errors",
    "entries_of",
    "evaluate",
    "evaluate_auc",
    "evaluate_share",
]

REACHED, MISSED, CANNOT_TELL = "reached", "missed", "cannot tell"
REPEATS = Target("repeated samples", "", "repeats", 0.02)
COPIES = Target("copies of training samples", "", "copies", 0.2)
"""Targets of every domain: see `physgan.benchmark.copies`."""

_GUESSING, _EQUAL = 0.5, 1.0
_FALSE_ALARMS, _BOOTSTRAP = 0.05, 60


@dataclass(frozen=True)
class TargetResult:
    """A target at one condition.

    Args:
        value: what was reached.
        error: its standard error.
        passed: whether that is enough.
        resolved: whether there were samples enough to tell; never passed if not.
    """

    value: float
    error: float
    passed: bool
    resolved: bool = True

    @property
    def verdict(self) -> str:
        """One of `REACHED`, `MISSED` and `CANNOT_TELL`."""
        if self.passed:
            return REACHED
        return MISSED if self.resolved else CANNOT_TELL


def critical_errors(comparisons: int) -> float:
    """Standard errors from the truth that none of so many comparisons is off by chance.

    In 19 verdicts of 20 at least, however the comparisons depend on each other (Bonferroni). The
    errors themselves are known from some 60 bootstrap draws, hence Student's t.
    """
    return float(t.isf(_FALSE_ALARMS / (2 * max(comparisons, 1)), _BOOTSTRAP - 1))


def entries_of(target: Target, own: Comparison) -> int:
    """Numbers that are compared for one target at one condition: of a vector, its entries."""
    if target.measure in ("relative", "absolute"):
        return max(1, int(np.size(own.observables[target.observable].deviation.value)))
    return 1


def evaluate(
    target: Target,
    own: Comparison,
    baselines: Sequence[Comparison] = (),
    critical: float = 2.0,
) -> TargetResult | None:
    """Whether one source reaches `target` at one condition.

    Args:
        target: what to reach, by a measure of observables, histograms or spectra.
        own: the source's comparison with the truth.
        baselines: those of all baselines.
        critical: standard errors from the truth beyond which a source is not the truth.

    Returns:
        None for a "baseline" target without baselines, or where the best of them cannot be told
        from the truth itself: nothing can be better than that.
    """
    if target.measure == "overlap":
        value, error = own.histograms[target.observable].ratio
        found = _Found(value, error, target.limit - value, _EQUAL - value)
        return found.judged(1 - target.limit, critical)
    if target.measure == "baseline":
        return _against_baselines(target, own, baselines, critical)
    if target.measure == "separation":
        value, error = own.spectra[target.observable].ratio
        found = _Found(value, error, value - target.limit, value - _EQUAL)
        return found.judged(target.limit / 2, critical)
    value, error = _deviation(target, own.observables[target.observable], critical)
    return _Found(value, error, value - target.limit, value).judged(target.limit, critical)


def evaluate_auc(
    target: Target, tests: Sequence[TwoSampleResult], critical: float = 2.0
) -> TargetResult:
    """Whether the largest AUC of one source's two-sample tests reaches `target`."""
    value, error = largest_auc(tests).auc
    found = _Found(value, error, value - target.limit, value - _GUESSING)
    return found.judged((target.limit - _GUESSING) / 3, critical)


def evaluate_share(
    target: Target, shares: Mapping[str, tuple[float, float]], critical: float = 2.0
) -> TargetResult:
    """Whether a share that the truth has none of is small enough, in the view that shows most.

    Views that cannot tell count only where no other one can.

    Args:
        target: by the measure "repeats" or "copies".
        shares: view -> share and its standard error.
        critical: see `evaluate`.
    """
    found = [
        _Found(value, error, value - target.limit, value).judged(target.limit, critical)
        for value, error in shares.values()
    ]
    telling = [r for r in found if r.verdict == MISSED]
    telling = telling or [r for r in found if r.error <= target.limit] or found
    return max(telling, key=lambda result: result.value)


def beside_truth(target: Target, own: TargetResult, truth: TargetResult) -> TargetResult:
    """The result of a source, where truth against truth may miss the target itself.

    Then nothing can be said of a source, unless it is worse than the truth by two standard errors.
    """
    if truth.verdict != MISSED or target.measure == "baseline":
        return own
    worse = truth.value - own.value if target.measure == "overlap" else own.value - truth.value
    clear = worse > 2 * np.hypot(own.error, truth.error)
    return replace(own, passed=False, resolved=bool(own.verdict == MISSED and clear))


@dataclass(frozen=True)
class _Found:
    """A measured figure: how far it is beyond its limit, and from the truth's own on that side."""

    value: float
    error: float
    beyond: float
    away: float

    def judged(self, most: float, critical: float) -> TargetResult:
        """Reached within the limit, if the error is at most `most`; missed if not the truth's."""
        passed = self.error <= most and self.beyond <= 0
        missed = self.beyond > 0 and self.away > critical * self.error
        return TargetResult(self.value, self.error, bool(passed), bool(passed or missed))


def _against_baselines(
    target: Target, own: Comparison, baselines: Sequence[Comparison], critical: float
) -> TargetResult | None:
    if not baselines:
        return None
    histogram = own.histograms[target.observable]
    highest = max((b.histograms[target.observable] for b in baselines), key=lambda h: h.overlap)
    room = 1 - highest.ratio[0]
    if room < max(2 * highest.ratio[1], critical * np.hypot(highest.ratio[1], histogram.ratio[1])):
        return None
    value, error = histogram.overlap
    best, best_error = highest.overlap
    margin = value - best
    return TargetResult(margin, float(np.hypot(error, best_error)), margin > target.limit)


def _deviation(target: Target, result: ObservableResult, critical: float) -> tuple[float, float]:
    """Absolute or relative deviation; of a vector, that of its worst resolved entry.

    Resolved are entries whose deviation has a standard error below half the limit: a
    correlation of 0.01 is not known to 2 % by anybody. The worst is the largest, of those
    beyond the limit and not by chance if there are any.
    """
    scale = np.abs(result.reference.value) if target.measure == "relative" else np.ones(())
    with np.errstate(divide="ignore", invalid="ignore"):
        values = np.atleast_1d(np.abs(result.deviation.value) / scale)
        errors = np.atleast_1d(result.deviation.error / scale)
    if values.size > 1:
        resolved = (errors > 0) & (errors <= target.limit / 2)
        values, errors = values[resolved], errors[resolved]
        if not values.size:
            return float("nan"), float("nan")
    clear = (values > target.limit) & (values > critical * errors)
    worst = int(np.argmax(np.where(clear, values, -1.0) if clear.any() else values))
    return float(values[worst]), float(errors[worst])
