"""The truth that sources are compared with, and how well truth agrees with itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from physgan.benchmark.sources import DrawnSet, Plan, subseed
from physgan.fidelity import (
    EFFECTIVE_BINS,
    Binning,
    Estimate,
    SpectrumCounts,
    choose_binning,
    estimates,
    overlap,
    separation_of_spectra,
    wasserstein,
)

__all__ = ["Floor", "Reference", "SpectrumFloor", "effective_bins", "make_reference"]

_FEWEST_BINS, _FEWEST_IN_A_BIN = 8, 10


@dataclass(frozen=True)
class Floor:
    """Truth against truth for one observable at one condition, over all pairs of sets.

    Args:
        binning: bins of the histograms.
        overlap: mean overlap.
        error: standard error of that mean, from the scatter between sets.
        scatter: standard deviation of one pair's overlap.
        wasserstein: mean 1-Wasserstein distance.
        pairs: how many pairs.
    """

    binning: Binning
    overlap: float
    error: float
    scatter: float
    wasserstein: float
    pairs: int


@dataclass(frozen=True)
class SpectrumFloor:
    """Truth against truth for one spectrum at one condition, over all pairs of sets.

    Args:
        separation: mean separation power.
        error: standard error of that mean, from the scatter between sets.
        bootstrap: error that the bootstrap gives to one pair, root mean square.
        parts: mean separation power of each part, shape (parts,).
        pairs: how many pairs.
    """

    separation: float
    error: float
    bootstrap: float
    parts: np.ndarray
    pairs: int


@dataclass(frozen=True)
class Reference:
    """Truth at every condition.

    Args:
        sets: independent sets from the simulator, values alone, that sources are compared with.
        pooled: all values of `sets` together, at each condition.
        estimates: ensemble observables of `pooled`, by name, at each condition.
        exact: their exact values, where known.
        floors: by observable, at each condition.
        spectrum_floors: by spectrum, at each condition.
    """

    sets: Sequence[DrawnSet]
    pooled: Sequence[Mapping[str, np.ndarray]]
    estimates: list[dict[str, Estimate]]
    exact: list[dict[str, np.ndarray | None]]
    floors: list[dict[str, Floor]]
    spectrum_floors: list[dict[str, SpectrumFloor]]

    def best(self, condition_index: int, name: str) -> Estimate:
        """The exact value if there is one, else the simulator's estimate."""
        exact = self.exact[condition_index][name]
        if exact is None:
            return self.estimates[condition_index][name]
        return Estimate(exact, np.zeros_like(exact))


def make_reference(plan: Plan, sets: Sequence[DrawnSet], again: DrawnSet) -> Reference:
    """Sum up the simulator's sets.

    Args:
        plan: of the benchmark.
        sets: what sources are compared with.
        again: one more set, itself treated as a source; it counts for the floor alone.
    """
    numbers = range(len(plan.conditions))
    pooled = [_pool([s.values[n] for s in sets]) for n in numbers]
    contexts = sets[0].contexts
    return Reference(
        sets,
        pooled,
        [
            estimates(plan.domain, pooled[n], contexts[n], subseed(plan.seed, 91, n))
            for n in numbers
        ],
        [_exact(plan, contexts[n]) for n in numbers],
        [_floors(plan, [*sets, again], pooled[n], n) for n in numbers],
        [_spectrum_floors([s.spectra[n] for s in (*sets, again)]) for n in numbers],
    )


def _pool(values: Sequence[Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
    return {name: np.concatenate([v[name] for v in values]) for name in values[0]}


def _exact(plan: Plan, context: Mapping[str, Any]) -> dict[str, np.ndarray | None]:
    known = not plan.bins  # a solution at the mean of a bin is not that of the bin
    exact = {o.name: o.exact(context) if o.exact and known else None for o in plan.domain.ensemble}
    return {name: None if v is None else np.asarray(v, float) for name, v in exact.items()}


def _floors(
    plan: Plan, sets: Sequence[DrawnSet], pooled: Mapping[str, np.ndarray], condition_index: int
) -> dict[str, Floor]:
    floors = {}
    geometry = sets[0].contexts[condition_index]
    for observable in plan.domain.observables:
        name = observable.name
        if name in plan.domain.histograms:
            spacing = observable.spacing(geometry) if observable.spacing else None
            values = [s.values[condition_index][name] for s in sets]
            binning = choose_binning(pooled[name], spacing, effective_bins(len(values[0])))
            floors[name] = _floor(values, binning)
    return floors


def effective_bins(count: int) -> int:
    """Bins that share the truth's samples, where a set has `count`: some ten a bin at least."""
    return int(np.clip(count // _FEWEST_IN_A_BIN, _FEWEST_BINS, EFFECTIVE_BINS))


def _floor(values: Sequence[np.ndarray], binning: Binning) -> Floor:
    pairs = list(combinations(values, 2))
    overlaps = np.array([overlap(a, b, binning) for a, b in pairs])
    scatter = float(overlaps.std(ddof=1)) if len(pairs) > 1 else float("nan")
    return Floor(
        binning,
        float(overlaps.mean()),
        scatter / np.sqrt(len(values)),
        scatter,
        float(np.mean([wasserstein(a, b) for a, b in pairs])),
        len(pairs),
    )


def _spectrum_floors(sets: Sequence[Mapping[str, SpectrumCounts]]) -> dict[str, SpectrumFloor]:
    return {name: _spectrum_floor([counts[name] for counts in sets]) for name in sets[0]}


def _spectrum_floor(sets: Sequence[SpectrumCounts]) -> SpectrumFloor:
    found = [separation_of_spectra(*pair) for pair in combinations(sets, 2)]
    means, errors = np.array([result.mean for result in found]).T
    scatter = float(means.std(ddof=1)) / np.sqrt(len(sets)) if len(found) > 1 else float("nan")
    parts = np.mean([result.values for result in found], 0)
    bootstrap = float(np.sqrt((errors**2).mean()))
    return SpectrumFloor(float(means.mean()), scatter, bootstrap, parts, len(found))
