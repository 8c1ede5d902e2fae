"""Where energy goes: cells of the active medium, absorber, leakage."""

import math

from numba import njit

from simulators.calorimeter.layout import CYLINDER, OUTSIDE


@njit(cache=True)
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
