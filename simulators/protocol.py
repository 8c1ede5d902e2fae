"""What every simulator offers: conditions in, samples out.

A simulator is a plain class with the attributes and methods of `Simulator`. It reads no
files, writes no files and knows nothing of networks.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np

from simulators.units import kind_of

__all__ = [
    "Axis",
    "Condition",
    "Conditions",
    "Field",
    "Progress",
    "Relaxing",
    "Samples",
    "Simulator",
]

Samples = dict[str, np.ndarray]
"""Field name -> array of shape (count, *axes)."""

Conditions = Mapping[str, float | np.ndarray]
"""Condition name -> one number for all events, or one per event, shape (count,)."""

Progress = Callable[[int, int], None]
"""Called with (events done, events in total)."""


@dataclass(frozen=True)
class Condition:
    """An input of a simulator.

    Args:
        name: the key in `Conditions`.
        unit: unit of the value, "1" if it has none.
        minimum: smallest accepted value, inclusive.
        maximum: largest accepted value, inclusive.
        scale: "linear" or "log", the scale on which values are naturally drawn.
        long_name: words for tables and axes.
    """

    name: str
    unit: str
    minimum: float
    maximum: float
    scale: str = "linear"
    long_name: str = ""

    @property
    def kind(self) -> str:
        """Kind of quantity that its unit measures, such as "energy" or "angle"; "" for others."""
        return kind_of(self.unit)


@dataclass(frozen=True)
class Field:
    """An array that a simulator produces.

    Args:
        name: the key in `Samples`.
        unit: unit of the values, "1" if they have none.
        axes: names of the array's axes after the sample axis.
        long_name: words for tables and axes.
        dtype: NumPy name of the element type, such as "int8".
    """

    name: str
    unit: str
    axes: tuple[str, ...]
    long_name: str
    dtype: str


@dataclass(frozen=True)
class Axis:
    """Coordinates or bin edges along one axis of a field."""

    name: str
    unit: str
    values: tuple[float, ...]


@runtime_checkable
class Simulator(Protocol):
    """A reference simulator.

    Attributes:
        name: key in `simulators.SIMULATORS`.
        version: changes whenever the bytes produced for a seed change.
        domain: the kind of sample, a key of `physgan.domains.DOMAINS`.
        conditions: inputs, with units and ranges.
        fields: outputs.
        grid: coordinates of the fields' axes.
        parameters: JSON values; `SIMULATORS[name](**parameters)` rebuilds the simulator.
        block_size: events are made in blocks of this many. An event is a function of (seed,
            event number, conditions of its block), so a run split into calls on multiples
            of `block_size` gives the same bytes as one call.
        independence: what `seconds_per_independent_sample` is the time of, in words, such as
            "one shower"; optional: a simulator without it says nothing more than that.
    """

    name: str
    version: str
    domain: str
    conditions: tuple[Condition, ...]
    fields: tuple[Field, ...]
    grid: tuple[Axis, ...]
    parameters: dict[str, Any]
    block_size: int

    def sample(
        self,
        conditions: Conditions,
        count: int,
        seed: int,
        *,
        first_event: int = 0,
        progress: Progress | None = None,
    ) -> Samples:
        """Simulate events `first_event` to `first_event + count - 1` of the run `seed`.

        Args:
            conditions: one number for all events, or arrays of shape (count,) that belong
                to these events.
            count: number of events.
            seed: the run.
            first_event: number of the first event within the run, a multiple of
                `block_size`.
            progress: called with (done, count) now and then.

        Returns:
            One array of shape (count, *axes) for each field.

        Raises:
            ValueError: for a condition that is missing, out of range or of wrong length.
        """
        ...

    def seconds_per_independent_sample(self, conditions: Conditions) -> float:
        """Measure, here and now, the cost of one statistically independent event."""
        ...


@runtime_checkable
class Relaxing(Protocol):
    """A simulator that can improve configurations it is given."""

    def relax(self, samples: Samples, conditions: Conditions, sweeps: int, seed: int) -> Samples:
        """Apply `sweeps` updates of the reference dynamics to given configurations."""
        ...
