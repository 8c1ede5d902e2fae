"""The layout of a field: its two axes, its unit, and the scale of its values."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from physgan.domains.base import Described
from physgan.domains.fields.symmetries import ISOTROPIC, ZONAL
from physgan.errors import InputError
from simulators.protocol import Axis

__all__ = ["FIELD", "FieldLayout", "layout_of"]

FIELD = "values"
_ROWS = 1024
_NEAREST = 1e-6


@dataclass(frozen=True)
class FieldLayout:
    """The layout of a field.

    Args:
        axes: rows and columns; their values are the centres of the pixels, equally spaced.
        unit: of the values.
        long_name: of the values, words for axes.
        scale: size of a typical value in that unit, measured from `offset`.
        offset: a typical value in that unit; 0 where signs have a meaning.
        lower: edge that no value lies below, such as -1 of an overdensity; None if there is none.
        linear: values up to about so many scales are in proportion to those in network space; not
            used with a lower edge.
    """

    axes: tuple[Axis, Axis]
    unit: str
    long_name: str
    scale: float
    offset: float = 0.0
    lower: float | None = None
    linear: float = 1.0

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
        height, width = (
            float(np.ptp(axis.values)) * len(axis.values) / (len(axis.values) - 1)
            for axis in self.axes
        )
        return height, width

    @property
    def length_unit(self) -> str:
        """Unit of `spacing`: that of both axes, or "pixel" if they have different ones."""
        return self.axes[0].unit if self.axes[0].unit == self.axes[1].unit else "pixel"

    @property
    def wave_unit(self) -> str:
        """Unit of wavenumbers, in which a wave's phase advances by 1 per length."""
        over, _, under = self.length_unit.partition("/")
        return f"{under}/{over}" if under else over if over == "1" else f"1/{over}"

    @property
    def spacing(self) -> tuple[float, float]:
        """Height and width of a pixel in `length_unit`."""
        if self.length_unit == "pixel":
            return 1.0, 1.0
        (rows, columns), (height, width) = self.shape, self.lengths
        return height / rows, width / columns

    @property
    def periodic(self) -> bool:
        """Whether opposite edges touch."""
        return self.names in (ISOTROPIC, ZONAL)

    @property
    def zonal(self) -> bool:
        """Whether the physics prefers the direction east, and a mirror image changes the sign."""
        return self.names == ZONAL

    def encoded(self, values: np.ndarray) -> np.ndarray:
        """Values in network space, float32 of the same shape, computed in float64.

        L arcsinh((x - offset) / (L scale)) with L = `linear`, or ln((x - lower) / scale) where
        there is a lower edge. Values within a millionth of the scale from that edge count as being
        that far from it.
        """
        result = np.empty(values.shape, np.float32)
        for start in range(0, len(values), _ROWS):
            rows = slice(start, start + _ROWS)
            above = (np.asarray(values[rows], np.float64) - self.origin) / self.scale
            if self.lower is None:
                result[rows] = np.arcsinh(above / self.linear) * self.linear
            else:
                result[rows] = np.log(np.maximum(above, _NEAREST))
        return result

    def decoded(self, array: Any) -> Any:
        """Inverse of `encoded`, float64; of JAX arrays in their own precision."""
        return self.scaled(array.astype(float)) * self.scale + self.origin

    def scaled(self, array: Any) -> Any:
        """The values of an array in network space from `origin` on, in units of the scale."""
        xp = array.__array_namespace__()
        bounded = self.lower is not None
        return xp.exp(array) if bounded else xp.sinh(array / self.linear) * self.linear

    @property
    def origin(self) -> float:
        """The value from which distances are encoded: the lower edge, or `offset`."""
        return self.offset if self.lower is None else self.lower

    def unit_of(self, value: int, length: int = 0) -> str:
        """Unit of a power of the values times a power of a length, such as "K^2 (Mpc/h)^2"."""
        of_length = self.length_unit if length > 0 else self.wave_unit
        powers = ((self.unit, value), (of_length, abs(length)))
        parts = [
            unit if power == 1 else f"({unit})^{power}" if "/" in unit else f"{unit}^{power}"
            for unit, power in powers
            if power and unit != "1"
        ]
        return " ".join(parts) or "1"

    @property
    def label(self) -> str:
        """Label of an axis of values, such as "vorticity [1/s]"."""
        return self.long_name + (f" [{self.unit}]" if self.unit != "1" else "")


def layout_of(source: Described) -> FieldLayout:
    """The layout of a source's field.

    Raises:
        InputError: if it has no values on two axes of two pixels or more, or if the axes of an
            isotropic field differ.
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
    offset = float(source.parameters.get("offset", 0.0))
    lower = source.parameters.get("lower")
    lower = None if lower is None else float(lower)
    linear = float(source.parameters.get("linear", 1.0))
    if not 0 < linear < float("inf"):
        raise InputError(f"expected linear above 0 for the {FIELD}; got {linear}")
    about = (field.unit, field.long_name, scale, offset, lower, linear)
    layout = FieldLayout((axes[0], axes[1]), *about)
    if layout.names == ISOTROPIC and not _square(layout):
        raise InputError(
            "expected as many rows as columns, of one width, along the axes y and x, which turning "
            f"exchanges; got {layout.shape}; give the axes other names"
        )
    return replace(layout, offset=0.0, lower=None) if layout.zonal else layout


def _square(layout: FieldLayout) -> bool:
    """Whether a quarter turn leaves the grid as it is."""
    (rows, columns), (height, width) = layout.shape, layout.spacing
    return rows == columns and abs(height - width) < 1e-3 * width
