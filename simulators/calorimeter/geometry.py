"""A stack of slabs along z, as wide in x and y as asked for."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from simulators._inputs import whole_number
from simulators.calorimeter.materials import Material, material

__all__ = ["Slab", "alternating", "block"]

MOST_LAYERS = 10_000


@dataclass(frozen=True)
class Slab:
    """One plate.

    Args:
        material: a name in `MATERIALS`, or a `Material`.
        thickness: mm.
        layer: readout layer that its deposits count for, -1 for dead matter; default 0.
        active: whether the deposits are read out in cells or as absorber; default absorber.
    """

    material: str | Material
    thickness: float
    layer: int = 0
    active: bool = False

    def __post_init__(self) -> None:
        if not (self.thickness > 0 and math.isfinite(self.thickness)):
            raise ValueError(
                f"expected a slab thickness > 0 mm; got {self.thickness:g} of {self.material}"
            )
        if not -1 <= self.layer < MOST_LAYERS:
            raise ValueError(
                f"expected a layer number from 0 to {MOST_LAYERS - 1}, or -1 for dead matter; "
                f"got {self.layer}"
            )


class Geometry(NamedTuple):
    """The stack as arrays: plate k fills edges[k] to edges[k+1]."""

    edges: np.ndarray
    material: np.ndarray
    layer: np.ndarray
    active: np.ndarray
    half_width: float


def alternating(
    layers: int,
    absorber: str | Material,
    absorber_mm: float,
    gap: str | Material,
    gap_mm: float,
    group: int = 1,
) -> tuple[Slab, ...]:
    """A sampling calorimeter: `layers` x (absorber + active gap).

    Args:
        layers: number of pairs.
        absorber: material of the passive plates.
        absorber_mm: their thickness, mm.
        gap: material of the active plates.
        gap_mm: their thickness, mm.
        group: pairs that are read out as one layer; default 1.
    """
    layers, group = whole_number("layers", layers, 1, MOST_LAYERS), whole_number("group", group, 1)
    slabs = []
    for i in range(layers):
        slabs.append(Slab(absorber, absorber_mm, i // group, False))
        slabs.append(Slab(gap, gap_mm, i // group, True))
    return tuple(slabs)


def block(layers: int, medium: str | Material, depth_mm: float) -> tuple[Slab, ...]:
    """A homogeneous calorimeter, `depth_mm` deep, cut into `layers` equal readout layers."""
    layers = whole_number("layers", layers, 1, MOST_LAYERS)
    return tuple(Slab(medium, depth_mm / layers, i, True) for i in range(layers))


def slabs_from_json(entries: Sequence[Mapping[str, Any] | Slab]) -> tuple[Slab, ...]:
    """Slabs from their JSON form, the keyword arguments of `Slab`, `alternating` or `block`.

    Raises:
        ValueError: for an entry of another form.
    """
    slabs: list[Slab] = []
    for entry in entries:
        if isinstance(entry, Slab):
            slabs.append(entry)
            continue
        fields = dict(entry)
        try:
            if "absorber" in fields:
                slabs.extend(alternating(**fields))
            elif "medium" in fields:
                slabs.extend(block(**fields))
            else:
                slabs.append(Slab(**fields))
        except TypeError as error:
            raise ValueError(
                f"expected a slab, a stack or a block; got {entry!r}: {error}"
            ) from None
    return tuple(slabs)


def build(slabs: Sequence[Slab], width: float) -> tuple[Geometry, list[Material]]:
    """Arrays and the list of distinct materials.

    Raises:
        ValueError: for an empty stack or a width that is not positive.
    """
    if not slabs:
        raise ValueError("expected at least one slab; got none")
    if not width > 0:
        raise ValueError(f"expected a width > 0 mm; got {width:g}")
    materials: list[Material] = []
    numbers = []
    for slab in slabs:
        found = material(slab.material)
        if found not in materials:
            materials.append(found)
        numbers.append(materials.index(found))
    edges = np.concatenate([[0.0], np.cumsum([slab.thickness for slab in slabs])])
    geometry = Geometry(
        edges,
        np.array(numbers),
        np.array([slab.layer for slab in slabs]),
        np.array([slab.active for slab in slabs]),
        0.5 * width,
    )
    return geometry, materials
