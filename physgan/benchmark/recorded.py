"""Recorded samples in a simulator's place: what a surrogate of imported data is compared with."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from physgan.data import Dataset
from physgan.errors import InputError
from simulators.protocol import Condition, Conditions, Progress, Samples

__all__ = ["Recorded"]

_MOST_VALUES = 20


class Recorded:
    """A dataset's test split, of which every sample is handed out once; see `Simulator`.

    Args:
        dataset: what was recorded.
        conditions: those that the surrogate under test has, possibly none.
        fields: names of the fields to hand out.
        seed: of the order.

    Raises:
        InputError: for no test split, or conditions of more than 20 different values, at which
            too few samples lie to be compared.
    """

    version = "recorded"
    block_size = 1

    def __init__(
        self,
        dataset: Dataset,
        conditions: Sequence[Condition],
        fields: Sequence[str],
        seed: int = 0,
    ) -> None:
        if not len(dataset.splits.get("test", ())):
            raise InputError(f"expected a test split in {dataset.path}; got none; import it anew")
        info = dataset.info
        self.name, self.domain = f"recorded ({dataset.path.stem})", info.domain
        self.conditions, self.fields, self.grid = tuple(conditions), info.fields, info.grid
        self.parameters: dict[str, Any] = info.parameters
        samples, self._labels = dataset.read("test")
        self._samples = {name: samples[name] for name in fields}
        order = np.random.default_rng(seed).permutation(len(self._samples[fields[0]]))
        names = [condition.name for condition in conditions]
        columns = [self._labels[name][order] for name in names]
        values = np.stack(columns, 1) if columns else np.empty((len(order), 0))
        levels, level = np.unique(values, axis=0, return_inverse=True)
        if len(levels) > _MOST_VALUES:
            raise InputError(
                f"expected at most {_MOST_VALUES} values of {', '.join(names)} in "
                f"{dataset.path}; got {len(levels)}; use physgan compare"
            )
        self._left: dict[tuple[float, ...], np.ndarray] = {
            tuple(map(float, values_there)): order[level.ravel() == number]
            for number, values_there in enumerate(levels)
        }

    @property
    def places(self) -> list[dict[str, float]]:
        """All conditions that there are samples at."""
        names = [condition.name for condition in self.conditions]
        return [dict(zip(names, values, strict=True)) for values in self._left]

    @property
    def fewest(self) -> int:
        """Samples left at the condition that has fewest."""
        return min(len(rows) for rows in self._left.values())

    @property
    def labelled(self) -> tuple[Samples, Mapping[str, np.ndarray]]:
        """All samples and their conditions, whether handed out or not."""
        return self._samples, self._labels

    def sample(
        self,
        conditions: Conditions,
        count: int,
        seed: int,
        *,
        first_event: int = 0,
        progress: Progress | None = None,
    ) -> Samples:
        """`count` samples that no other call has seen; their order was drawn at the start.

        Raises:
            InputError: if fewer are left.
        """
        values = tuple(float(np.asarray(conditions[c.name])) for c in self.conditions)
        rows = self._left.get(values, np.empty(0, int))
        if len(rows) < count:
            raise InputError(
                f"expected {count} more recorded samples at {dict(conditions)}; got {len(rows)}; "
                "ask for fewer"
            )
        self._left[values] = rows[count:]
        return {name: array[rows[:count]] for name, array in self._samples.items()}

    def seconds_per_independent_sample(self, conditions: Conditions) -> float:
        """Not a number: what recording cost is not known."""
        return float("nan")
