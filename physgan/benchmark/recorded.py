"""Recorded events in a simulator's place: what a surrogate of imported data is compared with."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from physgan.benchmark.sources import Bin
from physgan.data import Dataset, check_hashes
from physgan.domains import check_samples
from physgan.errors import InputError
from simulators.protocol import Condition, Conditions, Samples

__all__ = ["Recorded", "RecordedSet"]

_MOST_VALUES, _MOST_BINS = 20, 5
_FEWEST_IN_A_BIN, _FEWEST_OF_A_VALUE = 100, 20
_MOST_EVENTS = 10_000


class RecordedSet(NamedTuple):
    """Some of the events, which are in no other set.

    Attributes:
        samples: field name -> shape (n, ...).
        conditions: of these events, name -> shape (n,).
    """

    samples: Samples
    conditions: dict[str, np.ndarray]


class Recorded:
    """Events of one split of a dataset, as the truth of a benchmark.

    Events outside the range of `conditions`, where a surrogate was not trained, are left out.

    Args:
        dataset: what was recorded.
        conditions: those that the surrogate under test has, possibly none.
        fields: names of the fields to hand out.
        seed: of the division into sets.
        split: name of the split, "" for all events.
        cost: seconds that simulating one event took; not a number if that is not known.

    Attributes:
        what: the events in words, for reports.

    Raises:
        InputError: if there is no such split, or no event in the trained range.
    """

    version = "recorded"

    def __init__(
        self,
        dataset: Dataset,
        conditions: Sequence[Condition],
        fields: Sequence[str],
        seed: int = 0,
        split: str = "test",
        cost: float = float("nan"),
    ) -> None:
        if split and not len(dataset.splits.get(split, ())):
            raise InputError(
                f"expected a split {split} in {dataset.path}; got none; import it anew"
            )
        info = dataset.info
        names = {condition.name for condition in info.conditions}
        if missing := [c.name for c in conditions if c.name not in names]:
            raise InputError(
                f"expected the conditions of the surrogate in {dataset.path}; got no {missing[0]}"
            )
        self.name, self.domain = f"recorded ({dataset.path.stem})", info.domain
        self.conditions, self.fields, self.grid = tuple(conditions), info.fields, info.grid
        self.parameters: dict[str, Any] = info.parameters
        check_hashes(dataset.path)
        samples, labels = dataset.read(split or None)
        check_samples(info, samples, labels)
        inside = _inside(conditions, labels, len(samples[fields[0]]))
        self.what = f"the {split} split of {dataset.path.name}" if split else dataset.path.name
        if not inside.all():
            self.what += f" without {(~inside).sum():,} events outside the trained range"
        if not inside.any():
            raise InputError(f"expected events in the trained range; got none in {dataset.path}")
        self._samples = {name: samples[name][inside] for name in fields}
        self._labels = {name: values[inside] for name, values in labels.items()}
        self._seed, self._cost = seed, cost

    def __len__(self) -> int:
        return len(next(iter(self._samples.values())))

    @property
    def labelled(self) -> tuple[Samples, Conditions]:
        """All events and all their conditions, those that the surrogate has not included."""
        return self._samples, self._labels

    def fair_count(self, sets: int) -> int:
        """Events in each of so many sets of equal size."""
        return min(_MOST_EVENTS, len(self) // sets)

    def bins(self, count: int) -> list[Bin]:
        """Bins of each condition in turn, over all values of the others.

        A condition of up to 20 values has a bin for each, if every set has some 20 events there.
        Another has up to five, with equally many events and at least 100 of each set.

        Args:
            count: events of one set.
        """
        names = [condition.name for condition in self.conditions]
        columns = {name: self._labels[name] for name in names}
        if not names:
            return [Bin("", -np.inf, np.inf, {})]
        bins = []
        for name, values in columns.items():
            edges = _edges(values, count)
            for low, high in pairwise(edges):
                rows = (values >= low) & (values < high)
                means = {other: float(column[rows].mean()) for other, column in columns.items()}
                bins.append(Bin(name, float(low), float(high), means))
        return bins

    def sets(self, count: int, number: int) -> list[RecordedSet]:
        """Disjoint sets of events with nearly the same conditions, in an order drawn at random.

        Neighbours in the space of conditions are dealt to different sets.

        Args:
            count: events of each.
            number: of sets.

        Raises:
            InputError: for more events than there are.
        """
        if count * number > len(self):
            raise InputError(
                f"expected {number} sets of {count} events in {self.what}; got {len(self)} events "
                f"in all; ask for at most {len(self) // number}"
            )
        rng = np.random.default_rng(self._seed)
        chosen = rng.permutation(len(self))[: count * number]
        columns = [self._labels[condition.name][chosen] for condition in self.conditions]
        order = _neighbours(columns, count) if columns else np.arange(len(chosen))
        hands = rng.permutation(chosen[order].reshape(count, number))
        dealt = rng.permuted(hands, axis=1).T
        return [
            RecordedSet(
                {name: values[rows] for name, values in self._samples.items()},
                {c.name: self._labels[c.name][rows] for c in self.conditions},
            )
            for rows in dealt
        ]

    def seconds_per_independent_sample(self, conditions: Conditions) -> float:
        """What simulating an event took, as far as that is known."""
        return self._cost


def _inside(conditions: Sequence[Condition], labels: Conditions, count: int) -> np.ndarray:
    """Whether each event lies in the range of all conditions."""
    inside = np.ones(count, bool)
    for c in conditions:
        values = np.asarray(labels[c.name])
        inside &= (values >= c.minimum) & (values <= c.maximum)
    return inside


def _edges(values: np.ndarray, count: int) -> np.ndarray:
    """Ascending edges of bins that hold all values; the last is just above the largest."""
    levels, events = np.unique(values, return_counts=True)
    share = events.min() / len(values)
    if len(levels) <= _MOST_VALUES and share * count >= _FEWEST_OF_A_VALUE:
        return np.append(levels, np.nextafter(levels[-1], np.inf))
    number = int(np.clip(count // _FEWEST_IN_A_BIN, 1, _MOST_BINS))
    edges = np.unique(np.quantile(values, np.linspace(0, 1, number + 1)))
    edges[-1] = np.nextafter(edges[-1], np.inf)
    return edges


def _neighbours(columns: Sequence[np.ndarray], count: int) -> np.ndarray:
    """An order in which events of similar conditions follow each other.

    Each condition is cut into levels by rank, so that about one event of each set is in a cell.
    """
    levels = max(1, round(count ** (1 / len(columns))))
    ranks = [np.argsort(np.argsort(column, kind="stable")) for column in columns]
    cells = [rank * levels // len(rank) for rank in ranks[1:]]
    return np.lexsort([*cells, ranks[0] * levels // len(ranks[0])])
