"""What a benchmark compares: sources of samples, and the sets it draws from them."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from physgan.domains.base import Conditions, Domain, Samples
from physgan.errors import InputError
from physgan.fidelity import (
    SpectrumCounts,
    count_spectra,
    measure,
    spectrum_edges,
    views_of,
)

__all__ = [
    "Bin",
    "ConditionValues",
    "DrawnSet",
    "Plan",
    "Progress",
    "Source",
    "Variant",
    "draw",
    "draw_at",
    "in_bins",
    "subseed",
    "together",
]

ConditionValues = Mapping[str, float]
"""Condition name -> value: where a benchmark compares."""

Progress = Callable[[int, int, str], None]
"""Called with (steps done, steps in total, what comes next)."""


class Source(Protocol):
    """Anything that turns conditions into samples: simulator, surrogate or baseline."""

    @property
    def name(self) -> str:
        """What tables call it."""
        ...

    def sample(self, conditions: ConditionValues, count: int, seed: int) -> Any:
        """`count` samples at one condition: field name -> (count, ...)."""
        ...


@dataclass(frozen=True)
class Variant:
    """A surrogate sampled with options of its own, such as a number of proposals or a size.

    Args:
        surrogate: what is sampled.
        name: for tables.
        options: of its `sample`.
    """

    surrogate: Any
    name: str
    options: Mapping[str, Any]

    def sample(self, conditions: ConditionValues, count: int, seed: int) -> Any:
        """See `Source.sample`."""
        return self.surrogate.sample(conditions, count, seed, **self.options)


@dataclass(frozen=True)
class Bin:
    """A range of one condition, with whatever values the others have there.

    Args:
        name: of the condition; "" where there is none.
        low: lower edge.
        high: upper edge, which is not in the bin.
        means: of all conditions of the events in it.
    """

    name: str
    low: float
    high: float
    means: ConditionValues

    def holds(self, conditions: Conditions, count: int) -> np.ndarray:
        """Numbers of those of `count` samples that lie in it."""
        if not self.name:
            return np.arange(count)
        values = np.broadcast_to(np.asarray(conditions[self.name]), count)
        return np.flatnonzero((values >= self.low) & (values < self.high))


@dataclass(frozen=True)
class Plan:
    """What every part of a benchmark needs to know.

    Args:
        domain: the kind of sample.
        conditions: where to compare; means of the conditions where that is in bins.
        count: samples of each source at each condition, or in all bins of a condition together.
        seed: of everything.
        parameters: the simulator's, seen by observables and exact solutions.
        bins: of each condition in turn, where the samples' conditions differ; else none.
    """

    domain: Domain
    conditions: Sequence[ConditionValues]
    count: int
    seed: int
    parameters: Mapping[str, Any] = field(default_factory=dict)
    bins: Sequence[Bin] = ()

    @property
    def apart(self) -> list[int]:
        """Numbers of conditions that share no samples: of bins, those of the first condition."""
        numbers = range(len(self.conditions))
        return [n for n in numbers if not self.bins or self.bins[n].name == self.bins[0].name]

    def context(self, condition_index: int, samples: Samples) -> dict[str, Any]:
        """Parameters, geometry and the values of that condition."""
        geometry = self.domain.geometry(samples)
        return {**self.parameters, **geometry, **self.conditions[condition_index]}


@dataclass
class DrawnSet:
    """Samples of one source at every condition.

    Args:
        name: for tables.
        role: "reference", "truth" (the simulator again), "surrogate", "variant" (the
            surrogate with other options) or "baseline".
        samples: at each condition; empty if not kept.
        whole: where conditions are in bins, all samples, each once, and their conditions.
        values: per-sample observables at each condition.
        contexts: see `Plan.context`.
        spectra: counts of every spectrum of the domain at each condition, by name.
        seconds: what drawing took, at each condition.
    """

    name: str
    role: str
    samples: list[Samples] = field(default_factory=list)
    values: list[Mapping[str, np.ndarray]] = field(default_factory=list)
    contexts: list[dict[str, Any]] = field(default_factory=list)
    spectra: list[dict[str, SpectrumCounts]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    whole: tuple[Samples, Conditions] | None = None


def subseed(seed: int, *path: int) -> int:
    """A seed of its own for every path of numbers, below 2^31."""
    return int(np.random.SeedSequence([seed, *path]).generate_state(1)[0] >> 1)


def draw(
    source: Source,
    plan: Plan,
    name: str,
    role: str,
    set_index: int,
    *,
    first: DrawnSet | None = None,
    keep: bool = True,
) -> DrawnSet:
    """Draw `plan.count` samples at every condition and measure them.

    Args:
        source: where from.
        plan: how many, and at which conditions.
        name: see `DrawnSet`.
        role: see `DrawnSet`.
        set_index: of this set; sets of different index are independent.
        first: set that chose the bins of spectra; None for this one.
        keep: whether to keep the samples or their observables only.
    """
    result = DrawnSet(name, role)
    for condition_index, condition in enumerate(plan.conditions):
        start = time.perf_counter()
        seed = subseed(plan.seed, set_index, condition_index)
        samples = source.sample(dict(condition), plan.count, seed)
        result.seconds.append(time.perf_counter() - start)
        _check(name, samples, plan.count)
        _add(result, plan, samples, condition, first, keep)
    return result


def draw_at(
    source: Source,
    plan: Plan,
    name: str,
    role: str,
    set_index: int,
    conditions: Conditions,
    *,
    first: DrawnSet,
) -> DrawnSet:
    """Draw a sample at each of `plan.count` conditions and measure them in bins.

    Args: see `draw` and `in_bins`.
    """
    start = time.perf_counter()
    samples = source.sample(dict(conditions), plan.count, subseed(plan.seed, set_index))
    seconds = time.perf_counter() - start
    _check(name, samples, plan.count)
    return in_bins(plan, name, role, samples, conditions, seconds, first=first)


def in_bins(
    plan: Plan,
    name: str,
    role: str,
    samples: Samples,
    conditions: Conditions,
    seconds: float = 0.0,
    *,
    first: DrawnSet | None = None,
    keep: bool = True,
) -> DrawnSet:
    """Measure samples in the bins of their conditions.

    Args:
        plan: with bins.
        name: see `DrawnSet`.
        role: see `DrawnSet`.
        samples: `plan.count` of them.
        conditions: of each, name -> shape (count,).
        seconds: that it took to draw them.
        first: see `draw`.
        keep: see `draw`.
    """
    result = DrawnSet(name, role, whole=(samples, conditions) if keep else None)
    for chosen in plan.bins:
        rows = chosen.holds(conditions, plan.count)
        inside = {key: values[rows] for key, values in samples.items()}
        there = {key: np.asarray(values)[rows] for key, values in conditions.items()}
        result.seconds.append(seconds * len(rows) / plan.count)
        _add(result, plan, inside, there, first, keep)
    return result


def together(
    plan: Plan, drawn: DrawnSet, most: int | None = None
) -> tuple[Samples, dict[str, np.ndarray], np.ndarray]:
    """All samples of a set, each once.

    Args:
        plan: that it was drawn by.
        drawn: the set, whose samples were kept.
        most: of so many at most, the first ones; equally many at each condition.

    Returns:
        (samples, their conditions of shape (n,), the numbers of their conditions, shape (n, 1), or
        of their bins of every condition in turn, shape (n, c)).
    """
    places = len(plan.conditions)
    if drawn.whole is not None:
        count = min(plan.count, most or plan.count)
        samples, given = ({k: np.asarray(v)[:count] for k, v in p.items()} for p in drawn.whole)
        names = dict.fromkeys(chosen.name for chosen in plan.bins)
        numbers = np.zeros((count, len(names)), int)
        for number, chosen in enumerate(plan.bins):
            numbers[chosen.holds(given, count), list(names).index(chosen.name)] = number
        return samples, given, numbers
    each = min(plan.count, most // places if most else plan.count)
    place = np.repeat(np.arange(places), each)
    samples = {
        name: np.concatenate([part[name][:each] for part in drawn.samples])
        for name in drawn.samples[0]
    }
    values = {
        name: np.array([condition[name] for condition in plan.conditions], np.float64)[place]
        for name in plan.conditions[0]
    }
    return samples, values, place[:, None]


def _add(
    result: DrawnSet,
    plan: Plan,
    samples: Samples,
    conditions: Conditions,
    first: DrawnSet | None,
    keep: bool,
) -> None:
    """Measure the samples at the next condition, which have these values of it."""
    condition_index = len(result.values)
    context = plan.context(condition_index, samples)
    result.contexts.append(context)
    result.values.append(measure(plan.domain, samples, {**context, **conditions}))
    bins = None if first is None else first.spectra[condition_index]
    result.spectra.append(_spectra(plan.domain, samples, conditions, bins))
    if keep:
        result.samples.append(samples)


def _spectra(
    domain: Domain,
    samples: Samples,
    conditions: Conditions,
    first: Mapping[str, SpectrumCounts] | None,
) -> dict[str, SpectrumCounts]:
    if not domain.spectra:
        return {}
    view = views_of(domain, samples, conditions)[domain.physical_view]
    edges = (
        spectrum_edges(domain, view)
        if first is None
        else {name: counts.edges for name, counts in first.items()}
    )
    return count_spectra(domain, view, edges)


def _check(name: str, samples: Samples, count: int) -> None:
    sizes = {field: len(values) for field, values in samples.items()}
    if not sizes or set(sizes.values()) != {count}:
        raise InputError(
            f"expected {count} samples from {name}; got {sizes}; "
            "return one array of that length for each field"
        )
