"""One set of samples compared with the truth at one condition."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from physgan.benchmark.reference import Reference
from physgan.benchmark.sources import Plan, subseed
from physgan.fidelity import (
    Estimate,
    SpectrumCounts,
    estimates,
    mean_overlap,
    pull,
    separation_of_spectra,
    wasserstein_with_error,
)

__all__ = ["Comparison", "HistogramResult", "ObservableResult", "SpectrumResult", "compare"]

NOMINAL = 6_000
"""Samples a side at which a spectrum's separation power is quoted over truth's own."""
_TINY = 1e-12


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
class SpectrumResult:
    """A spectrum of single entries beside those of the truth.

    Two sets of n samples of one distribution have a separation power S_0 of about
    (bins - 1) / 2n, so S has that share of chance in it, and S / S_0 falls to 1 as samples get
    few. S - S_0 is free of it on average, and S_0 at another size is known: the ratio
    1 + (S - S_0) / S_0(6,000) says what S / S_0 would be at 6,000 samples a side.

    Bootstrap draws add their own chance to that of the samples: where nothing differs, their
    variance is three times that of S. So two thirds of what they have for truth against truth
    are taken off.

    Args:
        separation: separation power, mean over parts and reference sets, and standard error.
        parts: of each part, shape (parts,).
        ratio: at 6,000 samples a side over truth-against-truth's own there, and standard error.
    """

    separation: tuple[float, float]
    parts: np.ndarray
    ratio: tuple[float, float]


@dataclass(frozen=True)
class Comparison:
    """All observables, histograms and spectra of one source at one condition, by name."""

    observables: dict[str, ObservableResult]
    histograms: dict[str, HistogramResult]
    spectra: dict[str, SpectrumResult] = field(default_factory=dict)


def compare(
    plan: Plan,
    reference: Reference,
    condition_index: int,
    values: Mapping[str, np.ndarray],
    context: Mapping[str, Any],
    spectra: Mapping[str, SpectrumCounts] | None = None,
    quick: bool = False,
) -> Comparison:
    """Compare per-sample `values` at one condition with the truth.

    Args:
        plan: of the benchmark.
        reference: the truth.
        condition_index: which condition.
        values: per-sample observables.
        context: see `Plan.context`.
        spectra: counts of every spectrum, in the bins of the truth; None to leave them out.
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
    return Comparison(
        observables,
        histograms,
        {
            name: _spectrum(reference, condition_index, counts, seed)
            for name, counts in (spectra or {}).items()
        },
    )


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


def _spectrum(
    reference: Reference, condition_index: int, counts: SpectrumCounts, seed: int
) -> SpectrumResult:
    name = counts.spectrum.name
    floor = reference.spectrum_floors[condition_index][name]
    found = [
        separation_of_spectra(truth.spectra[condition_index][name], counts, seed + number)
        for number, truth in enumerate(reference.sets)
    ]
    value, drawn = np.mean([result.mean for result in found], 0)
    chance = floor.bootstrap**2 / 3
    error = np.sqrt(max(drawn**2 - 2 * chance, chance))
    own = max(floor.separation, _TINY)
    excess, scale = value / own - 1, NOMINAL / len(counts)
    spread = np.hypot(error, value / own * floor.error) / own
    return SpectrumResult(
        (float(value), float(error)),
        np.mean([result.values for result in found], 0),
        (float(1 + scale * excess), float(scale * spread)),
    )
