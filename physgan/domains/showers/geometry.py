"""Positions of a shower's cells: layers of rings and sectors, of squares, or of generic cells."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from physgan.domains.base import Described
from physgan.domains.showers.binning import Binning
from physgan.errors import InputError

__all__ = ["CellGeometry", "geometry_of"]


@dataclass(frozen=True)
class CellGeometry:
    """Cells in the order of the flattened field, and their positions on a common grid of layers.

    Args:
        axes: shape of one sample's field.
        grid: (layers, rows, columns) of the common grid: alpha and r, or x and y; layers with
            fewer cells leave some positions empty.
        place: index of every cell on the flattened grid, shape (cells,).
        eta: first transverse coordinate of the cells, r cos(alpha) or x, mm, shape (cells,).
        phi: second transverse coordinate, r sin(alpha) or y, mm.
        radius: distance from the axis, mm.
        round: whether the rows of the grid are sectors of a circle.
        edges: of the transverse axes, for pictures; empty if the layers differ.
    """

    axes: tuple[int, ...]
    grid: tuple[int, int, int]
    place: np.ndarray
    eta: np.ndarray
    phi: np.ndarray
    radius: np.ndarray
    round: bool
    edges: dict[str, tuple[float, ...]]

    @property
    def layer(self) -> np.ndarray:
        """Layer of each cell, shape (cells,)."""
        return self.place // (self.grid[1] * self.grid[2])

    @property
    def in_mm(self) -> bool:
        """Whether positions are in mm; otherwise they count cells."""
        return bool(self.edges) or len(self.axes) == 1

    @property
    def length(self) -> float:
        """Unit of positions for networks: 100 mm (CaloChallenge), or a third of the grid."""
        return 100.0 if self.in_mm else max(self.grid[1:]) / 3

    @property
    def full(self) -> bool:
        """Whether every position of the grid is a cell, in the order of the field."""
        return len(self.place) == int(np.prod(self.grid))

    def to_grid(self, deposits: np.ndarray) -> np.ndarray:
        """Field (n, *axes) to (n, *grid), zero where there is no cell."""
        flat = deposits.reshape(len(deposits), -1)
        if self.full:
            return flat.reshape(-1, *self.grid)
        padded = np.zeros((len(flat), int(np.prod(self.grid))), flat.dtype)
        padded[:, self.place] = flat
        return padded.reshape(-1, *self.grid)

    def from_grid(self, padded: np.ndarray) -> np.ndarray:
        """Inverse of `to_grid`."""
        flat = padded.reshape(len(padded), -1)
        return (flat if self.full else flat[:, self.place]).reshape(-1, *self.axes)


def geometry_of(source: Described) -> CellGeometry:
    """The cells of a dataset, simulator or surrogate.

    The field "deposits" has the axes layer, alpha, r or layer, x, y, with bin edges in the grid;
    or one axis of cells, with the CaloChallenge's XML binning among the parameters; or any two or
    three axes, of which the first is that of the layers.

    Raises:
        InputError: if there is no such field, or no grid for it.
    """
    axes = next((field.axes for field in source.fields if field.name == "deposits"), ())
    values = {axis.name: axis.values for axis in source.grid}
    if "binning" in source.parameters and len(axes) == 1:
        binning = Binning.from_xml(str(source.parameters["binning"]))
        if binning.cells != len(values.get(axes[0], ())):
            raise InputError(
                f"expected {len(values.get(axes[0], ()))} cells in the binning, as along the axis "
                f"{axes[0]}; got {binning.cells}"
            )
        return _unequal_layers(binning)
    if len(axes) not in (2, 3) or any(axis not in values for axis in axes):
        raise InputError(
            f"expected a field deposits with two or three axes in the grid; got {axes or 'none'}"
        )
    if axes[1:] in (("alpha", "r"), ("x", "y")):
        return _equal_layers(len(values[axes[0]]), axes[1:], [values[a] for a in axes[1:]])
    lengths = tuple(len(values[axis]) for axis in axes)
    grid = (lengths[0], lengths[1] if len(axes) == 3 else 1, lengths[-1])
    rows, columns = (np.arange(n) - (n - 1) / 2 for n in grid[1:])
    eta, phi = (np.tile(a.ravel(), grid[0]) for a in np.meshgrid(columns, rows))
    return CellGeometry(
        lengths, grid, np.arange(int(np.prod(grid))), eta, phi, np.hypot(eta, phi), False, {}
    )


def _equal_layers(
    layers: int, names: tuple[str, ...], edges: Sequence[Sequence[float]]
) -> CellGeometry:
    first, second = (np.asarray(e, np.float64) for e in edges)
    row, column = np.meshgrid(_centres(first), _centres(second), indexing="ij")
    is_round = names == ("alpha", "r")
    eta, phi = _across(row, column, len(first) - 1) if is_round else (row, column)
    grid = (layers, len(first) - 1, len(second) - 1)
    return CellGeometry(
        grid,
        grid,
        np.arange(int(np.prod(grid))),
        np.tile(eta.ravel(), layers),
        np.tile(phi.ravel(), layers),
        np.tile((column if is_round else np.hypot(eta, phi)).ravel(), layers),
        is_round,
        {name: tuple(e) for name, e in zip(names, edges, strict=True)},
    )


def _unequal_layers(binning: Binning) -> CellGeometry:
    """Layers of the CaloChallenge's XML, each with its own rings and sectors.

    On the common grid the sectors and the rings of a layer have the lowest indices.
    """
    layers = zip(binning.rings, binning.sectors, strict=True)
    used = [(edges, sectors) for edges, sectors in layers if len(edges) > 1]
    rows = max(sectors for _, sectors in used)
    columns = max(len(edges) - 1 for edges, _ in used)
    places, etas, phis, radii = [], [], [], []
    for number, (edges, sectors) in enumerate(used):
        angles = -np.pi + (np.arange(sectors) + 0.5) * 2 * np.pi / sectors
        angle, radius = np.meshgrid(angles, _centres(np.array(edges)), indexing="ij")
        row, column = np.meshgrid(np.arange(sectors), np.arange(len(edges) - 1), indexing="ij")
        places.append((number * rows + row.ravel()) * columns + column.ravel())
        eta, phi = _across(angle, radius, sectors)
        etas.append(eta.ravel())
        phis.append(phi.ravel())
        radii.append(radius.ravel())
    place = np.concatenate(places)
    return CellGeometry(
        (len(place),),
        (len(used), rows, columns),
        place,
        np.concatenate(etas),
        np.concatenate(phis),
        np.concatenate(radii),
        len({sectors for _, sectors in used}) == 1,
        {},
    )


def _across(angle: np.ndarray, radius: np.ndarray, sectors: int) -> tuple[np.ndarray, np.ndarray]:
    """Transverse coordinates of a cell's centre; the centre of a whole ring is on the axis."""
    if sectors == 1:
        return np.zeros_like(radius), np.zeros_like(radius)
    return radius * np.cos(angle), radius * np.sin(angle)


def _centres(edges: np.ndarray) -> np.ndarray:
    return (edges[1:] + edges[:-1]) / 2
