"""Readout cells, from their JSON form."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from simulators._inputs import whole_number
from simulators.calorimeter.layout import CARTESIAN, CYLINDER, Cells
from simulators.protocol import Axis

__all__ = ["cells_from_json"]


def cells_from_json(
    description: Mapping[str, Any],
) -> tuple[Cells, tuple[Axis, ...], dict[str, Any]]:
    """Arrays for transport, axes for users, and the description with its defaults filled in.

    Args:
        description: {"r_mm": edges from the axis outwards, "alpha": number of sectors} for
            cylinders, or {"x_mm": edges, "y_mm": edges}.

    Raises:
        ValueError: for edges that do not increase or other keys.
    """
    keys = set(description)
    if keys <= {"r_mm", "alpha"} and "r_mm" in keys:
        radii = _edges("r_mm", description["r_mm"])
        if radii[0] < 0:
            raise ValueError(f"expected r_mm edges >= 0; got {radii[0]:g}")
        sectors = whole_number("alpha", description.get("alpha", 1), 1, 4096)
        angles = np.linspace(-math.pi, math.pi, sectors + 1)
        cells = Cells(CYLINDER, radii, np.zeros(0), sectors, sectors * (len(radii) - 1))
        axes = (_axis("alpha", "rad", angles), _axis("r", "mm", radii))
        return cells, axes, {"r_mm": radii.tolist(), "alpha": sectors}
    if keys == {"x_mm", "y_mm"}:
        x, y = (_edges(key, description[key]) for key in ("x_mm", "y_mm"))
        cells = Cells(CARTESIAN, y, x, 1, (len(x) - 1) * (len(y) - 1))
        return (
            cells,
            (_axis("x", "mm", x), _axis("y", "mm", y)),
            {
                "x_mm": x.tolist(),
                "y_mm": y.tolist(),
            },
        )
    raise ValueError(
        f"expected cells with r_mm and alpha, or with x_mm and y_mm; got {', '.join(sorted(keys))}"
    )


def _edges(name: str, values: Sequence[float]) -> np.ndarray:
    edges = np.asarray(values, dtype=np.float64)
    if edges.ndim != 1 or len(edges) < 2 or not np.all(np.isfinite(edges)):
        raise ValueError(f"expected two or more edges in {name}; got {values!r}")
    if np.any(np.diff(edges) <= 0):
        raise ValueError(
            f"expected increasing edges, cells wider than 0, in {name}; got {values!r}"
        )
    return edges


def _axis(name: str, unit: str, values: np.ndarray) -> Axis:
    return Axis(name, unit, tuple(float(v) for v in values))
