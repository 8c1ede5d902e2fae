"""Cells of a sample: their axes and coordinates, and the range of their values."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from physgan.domains.base import Described
from physgan.errors import InputError

__all__ = ["FIELD", "CellAxis", "CellLayout", "layout_of"]

FIELD = "values"
_SMALLEST, _LARGEST = 1e-3, 1e3
_BELOW = 10.0


@dataclass(frozen=True)
class CellAxis:
    """An axis of the cells.

    Args:
        name: such as "pad" or "time".
        unit: of the coordinates, "1" for numbers of cells.
        centres: coordinates of the cells' centres, ascending, shape (length,).
    """

    name: str
    unit: str
    centres: np.ndarray

    def __len__(self) -> int:
        return len(self.centres)

    @property
    def edges(self) -> np.ndarray:
        """Edges of the cells, half way between their centres, shape (length + 1,)."""
        if len(self) == 1:
            return self.centres[0] + np.array([-0.5, 0.5])
        between = (self.centres[1:] + self.centres[:-1]) / 2
        first, last = 2 * self.centres[0] - between[0], 2 * self.centres[-1] - between[-1]
        return np.concatenate([[first], between, [last]])

    @property
    def label(self) -> str:
        """For pictures, such as "time (us)"."""
        return self.name if self.unit == "1" else f"{self.name} ({self.unit})"


@dataclass(frozen=True)
class CellLayout:
    """The cells of a source of samples.

    Args:
        all_axes: of one sample, in the order of the field.
        unit: of the values.
        whole: whether values are whole numbers.
        smallest: smallest value that is not zero.
        largest: largest value.
    """

    all_axes: tuple[CellAxis, ...]
    unit: str
    whole: bool
    smallest: float
    largest: float

    @property
    def axes(self) -> tuple[int, ...]:
        """Shape of one sample's field."""
        return tuple(len(axis) for axis in self.all_axes)

    @property
    def long(self) -> dict[int, CellAxis]:
        """Axes of two cells or more, by their number."""
        return {number: axis for number, axis in enumerate(self.all_axes) if len(axis) > 1}

    @property
    def grid(self) -> tuple[int, int, int]:
        """(layers, rows, columns): the long axes; one is columns, two are layers and columns."""
        lengths = [len(axis) for axis in self.long.values()]
        layers = lengths[0] if len(lengths) > 1 else 1
        return layers, lengths[1] if len(lengths) > 2 else 1, lengths[-1]

    @property
    def layer(self) -> np.ndarray:
        """Layer of each cell, shape (cells,)."""
        layers, rows, columns = self.grid
        return np.repeat(np.arange(layers), rows * columns)

    @property
    def level(self) -> float:
        """A tenth of the smallest value, 1 for whole numbers: the unit of logarithms."""
        return 1.0 if self.whole else self.smallest / _BELOW

    @property
    def label(self) -> str:
        """The unit in words."""
        return self.unit if self.unit != "1" else "counts" if self.whole else "value"

    def to_grid(self, values: np.ndarray) -> np.ndarray:
        """Field (n, *axes) to (n, *grid)."""
        return values.reshape(len(values), *self.grid)

    def from_grid(self, values: np.ndarray) -> np.ndarray:
        """Inverse of `to_grid`."""
        return values.reshape(len(values), *self.axes)


def layout_of(source: Described) -> CellLayout:
    """The cells of a dataset, simulator or surrogate.

    The field "values" has one to three axes; the grid has a coordinate for each cell along each.
    Values of an integer type are whole numbers. The parameters "threshold" and "largest" are the
    smallest value that is not zero, and the largest, of the data that all comparisons refer to.

    Raises:
        InputError: if there is no such field, no grid for it, or only one cell.
    """
    field = next((field for field in source.fields if field.name == FIELD), None)
    grid = {axis.name: axis for axis in source.grid}
    names: Sequence[str] = field.axes if field else ()
    if field is None or not 1 <= len(names) <= 3 or any(name not in grid for name in names):
        raise InputError(
            f"expected a field {FIELD} with one to three axes in the grid; got {names or 'none'}"
        )
    axes = tuple(CellAxis(n, grid[n].unit, np.asarray(grid[n].values, np.float64)) for n in names)
    for axis in axes:
        if not np.all(np.diff(axis.centres) > 0):
            raise InputError(f"expected rising coordinates of {axis.name}; got others")
    if prod(len(axis) for axis in axes) < 2:
        raise InputError("expected two cells or more in a sample; got one")
    whole = np.issubdtype(np.dtype(field.dtype), np.integer)
    smallest = float(source.parameters.get("threshold", 1.0 if whole else _SMALLEST))
    largest = float(source.parameters.get("largest", smallest * _LARGEST / _SMALLEST))
    return CellLayout(axes, field.unit, whole, smallest, max(largest, smallest))
