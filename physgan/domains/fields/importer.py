"""Requirements on imported arrays of fields."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from physgan.domains.fields.layout import FIELD
from physgan.domains.importer import Importer, numbered_axis
from physgan.errors import InputError
from simulators.protocol import Axis
from simulators.units import unit_in_name

__all__ = ["IMPORTER"]

_KEPT = 1 << 22
_ONE_SIGMA = (0.158655, 0.5, 0.841345)


def _axis(name: str, length: int, edges: Sequence[float] | None) -> Axis:
    """The centres of pixels between edges; without edges, numbers of pixels."""
    if edges is None:
        return numbered_axis(name, length, None)
    steps = np.diff(edges)
    if len(edges) != length + 1 or not np.all(steps > 0) or np.ptp(steps) > 1e-3 * steps.mean():
        raise InputError(
            f"expected {length + 1} equally spaced rising edges of {name}; got {len(edges)}: "
            f"{list(edges)[:3]} ..."
        )
    centres = (np.asarray(edges[1:], np.float64) + np.asarray(edges[:-1], np.float64)) / 2
    return Axis(name, unit_in_name(name) or "1", tuple(centres.tolist()))


def _check(shape: tuple[int, ...], conditions: Sequence[str]) -> None:
    if min(shape[1:]) < 2:
        raise InputError(f"expected {FIELD} of two rows and columns or more; got shape {shape}")


def _describe(pieces: Iterable[np.ndarray]) -> tuple[str, dict[str, Any]]:
    """The median, as offset, and half the width of the central 68 %, as scale.

    Both are of equally spaced values, of which at most four million are kept.
    """
    kept, stride = np.zeros(0, np.float32), 1
    for piece in pieces:
        kept = np.concatenate([kept, np.asarray(piece, np.float32).ravel()[::stride]])
        while kept.size > _KEPT:
            kept, stride = kept[::2], 2 * stride
    low, middle, high = np.quantile(kept.astype(np.float64), _ONE_SIGMA)
    scale = (high - low) / 2 or float(kept.std(dtype=np.float64))
    if not scale:
        raise InputError(f"expected {FIELD} that differ; got {middle:g} only")
    return "float32", {"offset": float(middle), "scale": float(scale)}


IMPORTER = Importer(
    field=FIELD,
    long_name="value",
    dtype="float32",
    axes=(("row", "column"),),
    check=_check,
    axis=_axis,
    words=("vorticity", "overdensity", "convergence", "kappa", "map"),
    describe=_describe,
)
"""Axes named "y" and "x" say that fields are periodic and isotropic; see `symmetries`."""
