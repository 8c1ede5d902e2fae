"""Which targets a source reaches, at which conditions."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from physgan.benchmark.compare import Comparison, ObservableResult
from physgan.domains.base import Target
from physgan.fidelity import TwoSampleResult, largest_auc

__all__ = ["TargetResult", "evaluate", "evaluate_auc"]

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
        return TargetResult(value, error, value >= target.limit)
    if target.measure == "baseline":
        return _against_baselines(target, own, baselines)
    if target.measure == "separation":
        value, error = own.spectra[target.observable].ratio
        return _at_most(target.limit, value, error, target.limit / 2)
    value, error = _deviation(target, own.observables[target.observable])
    return TargetResult(value, error, value <= target.limit, bool(np.isfinite(value)))


def evaluate_auc(target: Target, tests: Sequence[TwoSampleResult]) -> TargetResult:
    """Whether the largest AUC of one source's two-sample tests reaches `target`."""
    value, error = largest_auc(tests).auc
    return _at_most(target.limit, value, error, (target.limit - _GUESSING) / 3)


def _at_most(limit: float, value: float, error: float, most: float) -> TargetResult:
    """Whether a value is at most `limit`, and its error at most `most`.

    With a larger error the truth itself might miss by chance, and anything else might reach it. So
    that is missed too, but as unresolved, unless the value is two standard errors beyond the limit.
    """
    known = error <= most
    return TargetResult(value, error, known and value <= limit, known or value - 2 * error > limit)


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
