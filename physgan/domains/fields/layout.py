"""The layout of a field: its two axes, its unit, and the scale of its values."""

from dataclasses import dataclass

import numpy as np

from physgan.domains.base import Described
from physgan.domains.fields.symmetries import ISOTROPIC, ZONAL
from physgan.errors import InputError
from simulators.protocol import Axis

__all__ = ["FIELD", "FieldLayout", "layout_of"]

FIELD = "values"


@dataclass(frozen=True)
class FieldLayout:
    """The layout of a field.

    Args:
        axes: rows and columns; their values are the centres of the pixels, equally spaced.
        unit: of the values.
        long_name: of the values, words for axes.
        scale: size of a typical value in that unit.
    """

    axes: tuple[Axis, Axis]
    unit: str
    long_name: str
    scale: float

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return len(self.axes[0].values), len(self.axes[1].values)

    @property
    def names(self) -> tuple[str, str]:
        """Names of the axes."""
        return self.axes[0].name, self.axes[1].name

    @property
    def lengths(self) -> tuple[float, float]:
        """Sides of the field in the unit of its axes, pixels' widths included."""
        spans = (np.ptp(axis.values) * n / (n - 1) for axis, n in zip(self.axes, self.shape))
        return tuple(float(span) for span in spans)  # type: ignore[return-value]

    @property
    def periodic(self) -> bool:
        """Whether opposite edges touch."""
        return self.names in (ISOTROPIC, ZONAL)

    @property
    def label(self) -> str:
        """Label of an axis of values, such as "vorticity [1/s]"."""
        return self.long_name + (f" [{self.unit}]" if self.unit != "1" else "")


def layout_of(source: Described) -> FieldLayout:
    """The layout of a source's field.

    Raises:
        InputError: if it has no values on two axes of two pixels or more.
    """
    grid = {axis.name: axis for axis in source.grid}
    field = next((f for f in source.fields if f.name == FIELD), None)
    axes = tuple(grid[name] for name in (field.axes if field else ()) if name in grid)
    if field is None or len(axes) != 2 or min(len(axis.values) for axis in axes) < 2:
        found = ", ".join(f"{a.name} ({len(a.values)})" for a in axes) or "none"
        raise InputError(f"expected {FIELD} with two axes of two pixels or more; got {found}")
    scale = float(source.parameters.get("scale", 1.0))
    if not 0 < scale < float("inf"):
        raise InputError(f"expected a scale above 0 of the {FIELD}; got {scale}")
    return FieldLayout((axes[0], axes[1]), field.unit, field.long_name, scale)
