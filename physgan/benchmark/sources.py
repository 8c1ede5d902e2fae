"""What a benchmark compares: sources of samples, and the sets it draws from them."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from physgan.domains.base import Domain, Samples
from physgan.errors import InputError
from physgan.fidelity import (
    SpectrumCounts,
    count_spectra,
    measure,
    spectrum_edges,
    views_of,
)

__all__ = [
    "ConditionValues",
    "DrawnSet",
    "Plan",
    "Progress",
    "Source",
    "Variant",
    "draw",
    "subseed",
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
class Plan:
    """What every part of a benchmark needs to know.

    Args:
        domain: the kind of sample.
        conditions: where to compare.
        count: samples of each source at each condition.
        seed: of everything.
        parameters: the simulator's, seen by observables and exact solutions.
    """

    domain: Domain
    conditions: Sequence[ConditionValues]
    count: int
    seed: int
    parameters: Mapping[str, Any] = field(default_factory=dict)

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
        context = plan.context(condition_index, samples)
        result.contexts.append(context)
        result.values.append(measure(plan.domain, samples, context))
        bins = None if first is None else first.spectra[condition_index]
        result.spectra.append(_spectra(plan.domain, samples, condition, bins))
        if keep:
            result.samples.append(samples)
    return result


def _spectra(
    domain: Domain,
    samples: Samples,
    condition: ConditionValues,
    first: Mapping[str, SpectrumCounts] | None,
) -> dict[str, SpectrumCounts]:
    if not domain.spectra:
        return {}
    view = views_of(domain, samples, condition)[domain.physical_view]
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
