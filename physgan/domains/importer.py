"""Import of a user's own arrays as samples of a domain."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from physgan.data.schema import DatasetInfo
from physgan.errors import InputError, nearest
from simulators.protocol import Axis

__all__ = ["LARGEST", "Importer", "numbered_axis"]

LARGEST = 1e18
"""Largest number in a dataset: the square of a larger one exceeds single precision."""

AxisMaker = Callable[[str, int, Sequence[float] | None], Axis]
"""(name, number of bins, edges if given) -> the axis in the dataset's grid."""


def numbered_axis(name: str, length: int, edges: Sequence[float] | None) -> Axis:
    """An axis whose entries are numbered; it has no edges.

    Raises:
        InputError: if edges are given.
    """
    if edges is not None:
        raise InputError(f"expected no edges of {name}; got {len(edges)}")
    return Axis(name, "1", tuple(float(i) for i in range(length)))


@dataclass(frozen=True)
class Importer:
    """A domain's requirements on arrays, and their conversion.

    Args:
        field: name of the domain's field.
        long_name: of the field, words for tables.
        dtype: type in which the field is stored.
        axes: names of a sample's axes, one tuple for each accepted number of axes.
        valid: values, shape (n, ...) -> booleans, true for values that a sample can have.
        expected: description of those values, such as "deposits of 0 or more".
        unit: of the stored field.
        units: unit of the arrays -> factor to the stored one; empty: any unit, kept as it is.
        check: raises InputError for shapes (n, *axes) and names of conditions that do not fit.
        axis: makes the grid's axis.
        threshold: whether values below a threshold may be set to zero.
        words: parts of names that arrays of such samples and their conditions often have; none for
            a domain that takes samples of any kind.
        likely_shape: shape of a sample in a file -> the shape that it most likely has.
        describe: all arrays in the stored unit, in pieces -> (type in which they are stored,
            parameters of the dataset); None: `dtype`, and none.
    """

    field: str
    long_name: str
    dtype: str
    axes: tuple[tuple[str, ...], ...]
    valid: Callable[[np.ndarray], np.ndarray] = np.isfinite
    expected: str = "finite values"
    unit: str = "1"
    units: Mapping[str, float] | None = None
    check: Callable[[tuple[int, ...], Sequence[str]], None] = lambda shape, conditions: None
    axis: AxisMaker = numbered_axis
    threshold: bool = False
    words: tuple[str, ...] = ()
    likely_shape: Callable[[tuple[int, ...]], tuple[int, ...]] = lambda shape: shape
    describe: Callable[[Iterable[np.ndarray]], tuple[str, dict[str, Any]]] | None = None

    def factor(self, unit: str) -> float:
        """The factor from `unit` to the stored unit.

        Raises:
            InputError: for a unit that the domain does not know.
        """
        if self.units is None:
            return 1.0
        if unit not in self.units:
            raise InputError(
                f"expected the unit of the {self.field} ({', '.join(self.units)}); "
                f"got {unit or 'none'}{nearest(unit, self.units)}"
            )
        return self.units[unit]

    def axis_names(self, shape: tuple[int, ...], chosen: Sequence[str]) -> tuple[str, ...]:
        """Names of a sample's axes for arrays of this shape (n, *axes): `chosen`, or the default.

        Raises:
            InputError: for another number of axes, or an empty one.
        """
        fitting = [names for names in self.axes if len(names) == len(shape) - 1]
        if not fitting or 0 in shape:
            allowed = " or ".join(str(len(names)) for names in self.axes)
            raise InputError(
                f"expected {self.field} with {allowed} axes per sample, after that of the events; "
                f"got shape {shape}; give the shape of one sample (--shape) if it is another"
            )
        if chosen and len(chosen) != len(shape) - 1:
            raise InputError(
                f"expected {len(shape) - 1} names of axes for shape {shape}; "
                f"got {', '.join(chosen)}"
            )
        return tuple(chosen) or fitting[0]

    def check_threshold(self, threshold: float) -> None:
        """Refuse a threshold that is negative or, where samples have none, not 0.

        Raises:
            InputError: for such a threshold.
        """
        if threshold and not self.threshold:
            raise InputError(f"expected no threshold of {self.field}; got {threshold:g}")
        if not 0 <= threshold < float("inf"):
            raise InputError(f"expected a threshold of 0 or more; got {threshold:g}")

    def converted(
        self,
        values: np.ndarray,
        factor: float,
        threshold: float,
        place: Callable[[int], str],
    ) -> np.ndarray:
        """Arrays in the stored unit and type.

        Args:
            values: shape (n, *axes).
            factor: see `factor`.
            threshold: values from 0 to below it are set to zero, in the arrays' unit.
            place: number of a row among these -> words such as "row 7", for messages.

        Raises:
            InputError: naming the row of a value that no sample can have.
        """
        cut = np.where(values < threshold, np.minimum(values, 0), values) if threshold else values
        with np.errstate(all="ignore"):
            stored = cut.astype(self.dtype) if factor == 1.0 else (cut * factor).astype(self.dtype)
        self._refuse(~np.isfinite(stored), f"finite {self.field}", values, place)
        self._refuse(~(np.abs(stored) <= LARGEST), self._bounded, values, place)
        self._refuse(~self.valid(values), self.expected, values, place)
        return stored

    def check_values(self, values: np.ndarray, place: Callable[[int], str]) -> None:
        """Refuse values (n, *axes) that no sample can have; see `converted`."""
        self._refuse(~(np.abs(values) <= LARGEST), self._bounded, values, place)
        self._refuse(~self.valid(values), self.expected, values, place)

    @property
    def _bounded(self) -> str:
        return f"{self.field} of at most {LARGEST:g}"

    @staticmethod
    def _refuse(
        bad: np.ndarray, expected: str, values: np.ndarray, place: Callable[[int], str]
    ) -> None:
        if bad.any():
            index = np.unravel_index(int(np.argmax(bad)), bad.shape)
            where = place(int(index[0]))
            raise InputError(f"expected {expected}; got {float(values[index]):g} in {where}")

    def completed(self, info: DatasetInfo, pieces: Iterable[np.ndarray]) -> DatasetInfo:
        """A description with what only all arrays tell: see `describe`; all pieces are read.

        Raises:
            InputError: as `converted`, or if no such arrays can be learnt.
        """
        if self.describe is None:
            deque(pieces, 0)
            return info
        dtype, parameters = self.describe(pieces)
        fields = tuple(replace(f, dtype=dtype) if f.name == self.field else f for f in info.fields)
        return replace(info, fields=fields, parameters={**info.parameters, **parameters})
