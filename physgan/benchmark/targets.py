"""Which targets a source reaches, at which conditions."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from physgan.benchmark.compare import Comparison, ObservableResult
from physgan.domains.base import Target
from physgan.fidelity import TwoSampleResult, largest_auc

__all__ = [
    "CANNOT_TELL",
    "MISSED",
    "REACHED",
    "TargetResult",
    "beside_truth",
    "evaluate",
    "evaluate_auc",
]

REACHED, MISSED, CANNOT_TELL = "reached", "missed", "cannot tell"
_GUESSING = 0.5


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


def evaluate(
    target: Target, own: Comparison, baselines: Sequence[Comparison] = ()
) -> TargetResult | None:
    """Whether one source reaches `target` at one condition.

    Args:
        target: what to reach, by any measure but "auc".
        own: the source's comparison with the truth.
        baselines: those of all baselines.

    Returns:
        None for a "baseline" target without baselines, or where the best of them cannot be told
        from the truth itself: nothing can be better than that.
    """
    if target.measure == "overlap":
        value, error = own.histograms[target.observable].ratio
        return _within(value, error, target.limit - value, 1 - target.limit)
    if target.measure == "baseline":
        return _against_baselines(target, own, baselines)
    if target.measure == "separation":
        value, error = own.spectra[target.observable].ratio
        return _within(value, error, value - target.limit, target.limit / 2)
    value, error = _deviation(target, own.observables[target.observable])
    return _within(value, error, value - target.limit, target.limit)


def evaluate_auc(target: Target, tests: Sequence[TwoSampleResult]) -> TargetResult:
    """Whether the largest AUC of one source's two-sample tests reaches `target`."""
    value, error = largest_auc(tests).auc
    return _within(value, error, value - target.limit, (target.limit - _GUESSING) / 3)


def beside_truth(target: Target, own: TargetResult, truth: TargetResult) -> TargetResult:
    """The result of a source, where truth against truth may miss the target itself.

    Then nothing can be said of a source, unless it is worse than the truth by two standard errors.
    """
    if truth.verdict != MISSED or target.measure == "baseline":
        return own
    worse = truth.value - own.value if target.measure == "overlap" else own.value - truth.value
    clear = worse > 2 * np.hypot(own.error, truth.error)
    return replace(own, passed=False, resolved=bool(own.verdict == MISSED and clear))


def _within(value: float, error: float, beyond: float, most: float) -> TargetResult:
    """Whether a value is not `beyond` its limit, and its error at most `most`.

    With a larger error the truth itself might miss by chance, and anything else might reach it. So
    nothing can be told, unless the value is two standard errors beyond the limit.
    """
    known = bool(error <= most)
    return TargetResult(value, error, known and beyond <= 0, known or bool(beyond > 2 * error))


def _against_baselines(
    target: Target, own: Comparison, baselines: Sequence[Comparison]
) -> TargetResult | None:
    if not baselines:
        return None
    value, error = own.histograms[target.observable].overlap
    highest = max((b.histograms[target.observable] for b in baselines), key=lambda h: h.overlap)
    if highest.ratio[0] + 2 * highest.ratio[1] > 1:
        return None
    best, best_error = highest.overlap
    margin = value - best
    return TargetResult(margin, float(np.hypot(error, best_error)), margin > target.limit)


def _deviation(target: Target, result: ObservableResult) -> tuple[float, float]:
    """Absolute or relative deviation; of a vector, that of its worst resolved entry.

    Resolved are entries whose deviation has a standard error below half the limit: a
    correlation of 0.01 is not known to 2 % by anybody.
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
    worst = int(np.argmax(values))
    return float(values[worst]), float(errors[worst])
