"""The stack of tracks that wait, and how a track leaves the calorimeter."""

import numpy as np
from numba import njit

from simulators.calorimeter.constants import ELECTRON_MASS
from simulators.calorimeter.layout import BACK, FRONT, POSITRON, SIDE

COLUMNS = 8  # x, y, z, ux, uy, uz, energy, kind + 4 slab


@njit(cache=True)
def push(stack, top, x, y, z, ux, uy, uz, energy, kind, slab):
    """Put a track on the stack; returns (stack, top), the stack grown if it was full."""
    if top == len(stack):
        larger = np.empty((2 * len(stack), COLUMNS))
        larger[:top] = stack
        stack = larger
    row = stack[top]
    row[0] = x
    row[1] = y
    row[2] = z
    row[3] = ux
    row[4] = uy
    row[5] = uz
    row[6] = energy
    row[7] = kind + 4 * slab
    return stack, top + 1


@njit(cache=True)
def leave(tally, way, energy, kind):
    """Book a track that left; a positron takes the energy of its annihilation with it."""
    if kind == POSITRON:
        energy += 2.0 * ELECTRON_MASS
    tally.leakage[way] += energy


@njit(cache=True, error_model="numpy")
def distance_to_leave(geometry, slab, x, y, z, ux, uy, uz):
    """(distance to the slab's surface along the direction, exit).

    The exit is +1 or -1 for the next or the previous slab and 0 for the side of the stack.
    """
    way = 1
    distance = 1e30
    if uz > 0.0:
        distance = (geometry.edges[slab + 1] - z) / uz
    elif uz < 0.0:
        distance = (geometry.edges[slab] - z) / uz
        way = -1
    half = geometry.half_width
    if ux != 0.0:
        side = ((half if ux > 0.0 else -half) - x) / ux
        if side < distance:
            distance = side
            way = 0
    if uy != 0.0:
        side = ((half if uy > 0.0 else -half) - y) / uy
        if side < distance:
            distance = side
            way = 0
    return max(distance, 0.0), way


@njit(cache=True, error_model="numpy")
def safety(geometry, slab, x, y, z):
    """Distance to the nearest surface."""
    half = geometry.half_width
    along = min(z - geometry.edges[slab], geometry.edges[slab + 1] - z)
    across = half - max(abs(x), abs(y))
    return max(min(along, across), 0.0)


@njit(cache=True)
def exit_way(way):
    """Column of leakage for an exit of `distance_to_leave`."""
    if way == 0:
        return SIDE
    return BACK if way > 0 else FRONT
