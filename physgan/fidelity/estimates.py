"""Observables with statistical errors, and how many errors two of them are apart."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from physgan.domains.base import Domain, EnsembleObservable, Samples

__all__ = ["Estimate", "estimate", "estimates", "measure", "pull"]

PerSample = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Estimate:
    """A value and its standard error; arrays of one shape for a vector observable."""

    value: np.ndarray
    error: np.ndarray


def measure(domain: Domain, samples: Samples, condition: Mapping[str, Any]) -> PerSample:
    """All per-sample observables of `domain`, by name; each (n,) or (n, k)."""
    return {o.name: o.compute(samples, condition) for o in domain.observables}


def estimate(
    observable: EnsembleObservable,
    values: PerSample,
    condition: Mapping[str, Any],
    seed: int = 0,
    draws: int = 60,
) -> Estimate:
    """An ensemble observable with its standard error, by bootstrap over the samples.

    Args:
        observable: what to compute.
        values: per-sample observables, from `measure`; samples must be independent.
        condition: passed on to the observable.
        seed: of the bootstrap.
        draws: bootstrap repeats; the error is itself known to 1 / sqrt(2 draws).
    """
    needed = {name: values[name] for name in observable.needs}
    count = len(next(iter(needed.values())))
    rng = np.random.default_rng(seed)
    repeats = []
    for _ in range(draws):
        rows = rng.integers(0, count, count)
        repeats.append(observable.compute({k: v[rows] for k, v in needed.items()}, condition))
    return Estimate(
        np.asarray(observable.compute(needed, condition), float),
        np.asarray(repeats, float).std(0, ddof=1),
    )


def estimates(
    domain: Domain,
    values: PerSample,
    condition: Mapping[str, Any],
    seed: int = 0,
    draws: int = 60,
) -> dict[str, Estimate]:
    """Every ensemble observable of `domain`, by name."""
    return {o.name: estimate(o, values, condition, seed, draws) for o in domain.ensemble}


def pull(first: Estimate, second: Estimate) -> np.ndarray:
    """Difference over its standard error; 0 where both are exact and equal."""
    difference = first.value - second.value
    error = np.hypot(first.error, second.error)
    floor = 1e-9 * np.maximum(1e-300, np.maximum(np.abs(first.value), np.abs(second.value)))
    return np.where(np.abs(difference) <= floor, 0.0, difference / np.maximum(error, floor))
