"""One set of samples compared with the truth at one condition."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from physgan.benchmark.reference import Reference
from physgan.benchmark.sources import Plan, subseed
from physgan.fidelity import Estimate, estimates, mean_overlap, pull, wasserstein_with_error

__all__ = ["Comparison", "HistogramResult", "ObservableResult", "compare"]


@dataclass(frozen=True)
class ObservableResult:
    """An ensemble observable beside its reference value.

    Args:
        value: with its standard error.
        reference: the exact value where known, else the simulator's estimate.
        deviation: value - reference, with its standard error.
        pull: deviation over its error.
    """

    value: Estimate
    reference: Estimate
    deviation: Estimate
    pull: np.ndarray


@dataclass(frozen=True)
class HistogramResult:
    """A histogram beside those of the truth.

    Args:
        overlap: mean over the reference sets, and standard error.
        ratio: overlap over truth-against-truth's own, and standard error.
        wasserstein: distance to the first reference set, and standard error.
    """

    overlap: tuple[float, float]
    ratio: tuple[float, float]
    wasserstein: tuple[float, float]


@dataclass(frozen=True)
class Comparison:
    """All observables and histograms of one source at one condition, by name."""

    observables: dict[str, ObservableResult]
    histograms: dict[str, HistogramResult]


def compare(
    plan: Plan,
    reference: Reference,
    condition_index: int,
    values: Mapping[str, np.ndarray],
    context: Mapping[str, Any],
    quick: bool = False,
) -> Comparison:
    """Compare per-sample `values` at one condition with the truth.

    Args:
        plan: of the benchmark.
        reference: the truth.
        condition_index: which condition.
        values: per-sample observables.
        context: see `Plan.context`.
        quick: whether to leave out Wasserstein distances and halve the bootstrap.
    """
    seed = subseed(plan.seed, 92, condition_index)
    own_estimates = estimates(plan.domain, values, context, seed, 30 if quick else 60)
    observables = {
        name: _observable(own, reference.best(condition_index, name))
        for name, own in own_estimates.items()
    }
    histograms = {
        name: _histogram(reference, condition_index, name, values[name], seed, quick)
        for name in plan.domain.histograms
    }
    return Comparison(observables, histograms)


def _observable(value: Estimate, reference: Estimate) -> ObservableResult:
    error = np.hypot(value.error, reference.error)
    deviation = Estimate(value.value - reference.value, error)
    return ObservableResult(value, reference, deviation, pull(value, reference))


def _histogram(
    reference: Reference,
    condition_index: int,
    name: str,
    values: np.ndarray,
    seed: int,
    quick: bool,
) -> HistogramResult:
    truths = [s.values[condition_index][name] for s in reference.sets]
    floor = reference.floors[condition_index][name]
    share, error = mean_overlap(values, truths, floor.binning, seed)
    ratio = share / floor.overlap
    ratio_error = float(np.hypot(error, ratio * floor.error) / floor.overlap)
    distance = (
        (float("nan"), float("nan")) if quick else wasserstein_with_error(values, truths[0], seed)
    )
    return HistogramResult((share, error), (ratio, ratio_error), distance)
