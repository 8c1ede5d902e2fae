"""Requirements on imported arrays of cells."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from physgan.domains.cells.layout import FIELD
from physgan.domains.importer import Importer, numbered_axis
from physgan.errors import InputError
from simulators.protocol import Axis
from simulators.units import unit_in_name

__all__ = ["IMPORTER"]

_LARGEST_WHOLE = 2**24


def _axis(name: str, length: int, edges: Sequence[float] | None) -> Axis:
    """The centres of cells between edges; without edges, numbers of cells."""
    if edges is None:
        return numbered_axis(name, length, None)
    if len(edges) != length + 1 or not np.all(np.diff(edges) > 0):
        raise InputError(
            f"expected {length + 1} rising edges of {name}; got {len(edges)}: {list(edges)}"
        )
    centres = (np.asarray(edges[1:], np.float64) + np.asarray(edges[:-1], np.float64)) / 2
    return Axis(name, unit_in_name(name) or "1", tuple(centres.tolist()))


def _describe(pieces: Iterable[np.ndarray]) -> tuple[str, dict[str, Any]]:
    """Whole numbers are stored as such; the smallest value that is not zero, and the largest."""
    whole, smallest, largest = True, np.inf, 0.0
    for piece in pieces:
        lit = piece[piece > 0]
        if lit.size:
            smallest, largest = min(smallest, float(lit.min())), max(largest, float(lit.max()))
            whole = whole and largest < _LARGEST_WHOLE and bool(np.all(lit == np.rint(lit)))
    if not largest:
        raise InputError(f"expected {FIELD} above zero; got zeros only")
    return "int32" if whole else "float32", {"threshold": smallest, "largest": largest}


IMPORTER = Importer(
    field=FIELD,
    long_name="value",
    dtype="float32",
    axes=(("cell",), ("row", "column"), ("layer", "row", "column")),
    valid=lambda values: values >= 0,
    expected=f"{FIELD} of 0 or more",
    axis=_axis,
    threshold=True,
    describe=_describe,
)
