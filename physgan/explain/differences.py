"""Sensitivity of observables to a condition: central differences with common random numbers.

Both ends of the step use the same noise, so that differences are due to the condition. This is
correct for discrete draws, too: the expected number of spins that flip is the change of their
probability. A straight-through gradient of a discrete draw is biased where the following function
is not linear, and the gradient of the shower cascade is partial. Therefore differences are used for
every generator, and Jacobians only in addition, for smooth generators.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from physgan.data import Condition

__all__ = ["Sensitivity", "condition_sensitivity", "neighbours"]

Values = Mapping[str, np.ndarray]
Measure = Callable[[float], Values]
"""Condition value -> observables, each (n,) or (n, k), of n samples drawn with the same noise."""


@dataclass(frozen=True)
class Sensitivity:
    """Derivative of one observable's mean by a condition; arrays (k,), k = 1 for a scalar.

    Args:
        mean: over the samples, in the middle of the step.
        mean_error: standard error of `mean`.
        slope: d mean / d condition.
        error: standard error of `slope`, from the scatter of the pairs' differences.
        log_slope: d ln mean / d ln condition; NaN where either is not positive.
        log_error: standard error of `log_slope`.
    """

    mean: np.ndarray
    mean_error: np.ndarray
    slope: np.ndarray
    error: np.ndarray
    log_slope: np.ndarray
    log_error: np.ndarray


def neighbours(condition: Condition, at: float, share: float = 0.05) -> tuple[float, float]:
    """Both ends of a step around `at`, inside the trained range.

    Args:
        condition: with its range and scale.
        at: middle of the step, physical units.
        share: length of the step over that of the range (of the logarithms for the scale "log").
    """
    log = condition.scale == "log"
    low, high, middle = (
        np.log(x) if log else float(x) for x in (condition.minimum, condition.maximum, at)
    )
    half = share * (high - low) / 2
    middle = float(np.clip(middle, low + half, high - half))
    ends = (middle - half, middle + half)
    return (float(np.exp(ends[0])), float(np.exp(ends[1]))) if log else ends


def condition_sensitivity(measure: Measure, low: float, high: float) -> dict[str, Sensitivity]:
    """Derivatives of all observables' means, from two values of a condition.

    The difference quotient of the means has a bias of second order in the step; its error is that
    of the pairs' mean difference. The error of the logarithmic derivative is of first order in both
    means, which share their noise.

    Args:
        measure: see `Measure`.
        low: lower end of the step.
        high: upper end.
    """
    before, middle, after = (
        {name: _table(values) for name, values in measure(value).items()}
        for value in (low, (low + high) / 2, high)
    )
    return {
        name: _sensitivity(before[name], middle[name], after[name], low, high) for name in middle
    }


def _sensitivity(
    before: np.ndarray, middle: np.ndarray, after: np.ndarray, low: float, high: float
) -> Sensitivity:
    root, step = np.sqrt(len(middle)), high - low
    difference = after - before
    first, last = before.mean(0), after.mean(0)
    positive = (first > 0) & (last > 0) & (low > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        span = np.log(high / low) if low > 0 else np.nan
        log_slope = np.where(positive, np.log(last / first) / span, np.nan)
        scatter = (after / last - before / first).std(0, ddof=1) / (root * span)
    return Sensitivity(
        middle.mean(0),
        middle.std(0, ddof=1) / root,
        difference.mean(0) / step,
        difference.std(0, ddof=1) / (root * step),
        log_slope,
        np.where(positive, scatter, np.nan),
    )


def _table(values: np.ndarray) -> np.ndarray:
    return np.asarray(values, np.float64).reshape(len(values), -1)
