"""What is kept of a set of samples: matrices of features, never the samples themselves."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from physgan.domains.base import Conditions, Domain, Samples
from physgan.errors import InputError

__all__ = ["FeatureSet", "features_of", "gather", "views_of"]

_ROWS = 2048

Matrices = dict[str, np.ndarray]


@dataclass(frozen=True)
class FeatureSet:
    """Features of one set of samples, float32, a row each.

    Args:
        views: what classifiers see, by name, each (n, k), the conditions first.
        observables: by name, each (n, k), k = 1 for a scalar.
        conditions: by name, each (n,).
        points: see `Domain.points`; None where the domain has none.
    """

    views: Matrices
    observables: Matrices
    conditions: Matrices
    points: np.ndarray | None

    def __len__(self) -> int:
        return len(next(iter(self.observables.values())))

    def rows(self, chosen: slice | np.ndarray) -> "FeatureSet":
        """Those samples alone, and of their points those that are kept."""
        numbers = np.arange(len(self))[chosen]
        places = None
        if self.points is not None:
            places = self.points[numbers[numbers < len(self.points)]]
        return replace(
            self,
            views={k: v[chosen] for k, v in self.views.items()},
            observables={k: v[chosen] for k, v in self.observables.items()},
            conditions={k: v[chosen] for k, v in self.conditions.items()},
            points=places,
        )


def gather(
    domain: Domain, chunks: Iterable[tuple[Samples, Conditions]], points: int = 10_000
) -> FeatureSet:
    """Features of samples that come in chunks, of which one at a time is in memory.

    Args:
        domain: of the samples.
        chunks: pairs of samples and conditions, in order.
        points: of how many samples, the first ones, the points are kept.
    """
    parts: list[FeatureSet] = []
    kept = 0
    for samples, conditions in chunks:
        parts.append(_measured(domain, samples, conditions, max(0, points - kept)))
        kept += len(parts[-1])
    if not parts:
        raise InputError("expected samples to measure; got none")
    places = [part.points for part in parts if part.points is not None]
    return FeatureSet(
        _stacked([part.views for part in parts]),
        _stacked([part.observables for part in parts]),
        _stacked([part.conditions for part in parts]),
        np.concatenate(places) if places else None,
    )


def features_of(
    domain: Domain, samples: Samples, conditions: Conditions, points: int = 10_000
) -> FeatureSet:
    """Features of samples that are in memory already.

    Args:
        domain: of the samples.
        samples: field name -> (n, ...).
        conditions: name -> number, or one number a sample.
        points: of how many samples the points are kept.
    """
    return gather(domain, _chunks(samples, conditions), points)


def views_of(domain: Domain, samples: Samples, conditions: Conditions) -> Matrices:
    """The domain's views alone of samples that are in memory already, by name, float32 (n, k).

    Args:
        domain: of the samples.
        samples: field name -> (n, ...).
        conditions: name -> number, or one number per sample.
    """
    return _stacked([domain.views(*chunk) for chunk in _chunks(samples, conditions)])


def _chunks(samples: Samples, conditions: Conditions) -> Iterator[tuple[Samples, Conditions]]:
    """A few thousand samples at a time, so that views of all are not in memory at once."""
    count = len(next(iter(samples.values())))
    full = {k: np.broadcast_to(np.asarray(v), count) for k, v in conditions.items()}
    for start in range(0, count, _ROWS):
        yield (
            {k: v[start : start + _ROWS] for k, v in samples.items()},
            {k: v[start : start + _ROWS] for k, v in full.items()},
        )


def _measured(domain: Domain, samples: Samples, conditions: Conditions, points: int) -> FeatureSet:
    count = len(next(iter(samples.values())))
    observables = {
        o.name: np.asarray(o.compute(samples, conditions), np.float32).reshape(count, -1)
        for o in domain.observables
    }
    labels = {
        name: np.broadcast_to(np.asarray(conditions[name], np.float32), count).copy()
        for name in domain.conditions
    }
    places = domain.points({k: v[:points] for k, v in samples.items()}) if points else None
    return FeatureSet(domain.views(samples, conditions), observables, labels, places)


def _stacked(parts: list[Matrices]) -> Matrices:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
