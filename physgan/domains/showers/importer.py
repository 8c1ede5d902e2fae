"""Requirements on imported arrays of deposits."""

import math
from collections.abc import Sequence

import numpy as np

from physgan.domains.importer import Importer, numbered_axis
from physgan.errors import InputError
from simulators.protocol import Axis

__all__ = ["IMPORTER"]

_IN_MEV = {"eV": 1e-6, "keV": 1e-3, "MeV": 1.0, "GeV": 1e3, "TeV": 1e6}
_WITH_EDGES = ("r", "x", "y", "alpha")


def _axis(name: str, length: int, edges: Sequence[float] | None) -> Axis:
    """The grid's axis; edges of r, x and y (mm) are required, those of alpha default to equal."""
    if name not in _WITH_EDGES:
        if edges is not None:
            raise InputError(f"expected edges of r, x, y or alpha; got those of {name}")
        return numbered_axis(name, length, None)
    if edges is None and name == "alpha":
        return Axis(name, "rad", tuple(np.linspace(-np.pi, np.pi, length + 1).tolist()))
    if edges is None:
        raise InputError(f"expected {length + 1} edges of {name}, mm; got none")
    if len(edges) != length + 1 or not np.all(np.diff(edges) > 0):
        raise InputError(
            f"expected {length + 1} rising edges of {name}; got {len(edges)}: {list(edges)}"
        )
    return Axis(name, "rad" if name == "alpha" else "mm", tuple(edges))


def _check(shape: tuple[int, ...], conditions: Sequence[str]) -> None:
    """Refuse showers without conditions."""
    if not conditions:
        raise InputError("expected a condition, such as energy_mev=key:MeV; got none")


def _likely_shape(shape: tuple[int, ...]) -> tuple[int, ...]:
    """One layer, square if it can be, for samples of one or two axes."""
    if len(shape) == 1:
        side = math.isqrt(shape[0])
        return (1, side, side) if side * side == shape[0] else (1, *shape)
    return (1, *shape) if len(shape) == 2 else shape


IMPORTER = Importer(
    field="deposits",
    long_name="energy",
    dtype="float32",
    axes=(("layer", "cell"), ("layer", "row", "column")),
    valid=lambda values: values >= 0,
    expected="deposits of 0 or more",
    unit="MeV",
    units=_IN_MEV,
    check=_check,
    axis=_axis,
    threshold=True,
    words=("deposit", "shower", "energ", "calo"),
    likely_shape=_likely_shape,
)
