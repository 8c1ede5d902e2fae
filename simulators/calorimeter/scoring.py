"""Where energy goes: cells of the active medium, absorber, leakage, and counts."""

import math
from typing import NamedTuple

import numpy as np
from numba import njit

FRONT, BACK, SIDE, OUTSIDE = 0, 1, 2, 3
WAYS = 4
CYLINDER, CARTESIAN = 0, 1
# Columns of `Tally.counts`.
CHARGED_STEPS, PHOTON_STEPS, ELECTRONS, POSITRONS, PHOTONS = 0, 1, 2, 3, 4
COUNTS = 5


class Cells(NamedTuple):
    """Cells of a layer of the active medium.

    Attributes:
        kind: CYLINDER, cells (alpha, r) with r fastest, or CARTESIAN, cells (x, y), y fastest.
        edges: of r, or of y, mm, increasing.
        other_edges: of x, mm; empty for cylinders.
        sectors: of alpha on [-pi, pi].
        per_layer: number of cells.
    """

    kind: int
    edges: np.ndarray
    other_edges: np.ndarray
    sectors: int
    per_layer: int


class Tally(NamedTuple):
    """Of one event: deposits (layer x cell), absorber (layer), leakage (way), counts, lengths."""

    deposits: np.ndarray
    absorber: np.ndarray
    leakage: np.ndarray
    counts: np.ndarray
    lengths: np.ndarray


@njit(cache=True, inline="always")
def _find(edges, value):
    if value < edges[0]:
        return -1
    for i in range(1, len(edges)):
        if value < edges[i]:
            return i - 1
    return -1


@njit(cache=True, error_model="numpy")
def cell_number(cells, x, y):
    """Cell of a point within its layer, or -1 outside all of them."""
    if cells.kind == CYLINDER:
        ring = _find(cells.edges, math.sqrt(x * x + y * y))
        if ring < 0 or cells.sectors == 1:
            return ring
        sector = int((math.atan2(y, x) + math.pi) * (cells.sectors / (2.0 * math.pi)))
        return min(sector, cells.sectors - 1) * (len(cells.edges) - 1) + ring
    row = _find(cells.other_edges, x)
    column = _find(cells.edges, y)
    if row < 0 or column < 0:
        return -1
    return row * (len(cells.edges) - 1) + column


@njit(cache=True, error_model="numpy")
def deposit(tally, cells, layer, active, x, y, energy):
    """Book energy at a point of a layer; layer -1 is dead material."""
    if layer < 0:
        tally.leakage[OUTSIDE] += energy
    elif not active:
        tally.absorber[layer] += energy
    else:
        number = cell_number(cells, x, y)
        if number < 0:
            tally.leakage[OUTSIDE] += energy
        else:
            tally.deposits[layer * cells.per_layer + number] += energy
