"""Events: the loop over tracks, compiled, and its interface to arrays."""

import numpy as np
from numba import njit

from simulators.calorimeter.charged import track_charged
from simulators.calorimeter.layout import COUNTS, PHOTON, WAYS, Tally
from simulators.calorimeter.photons import track_photon
from simulators.calorimeter.rng import seed_stream
from simulators.calorimeter.stack import COLUMNS, push


@njit(cache=True, error_model="numpy")
def transport_event(state, physics, geometry, cells, tally, stack, track):
    """Follow one incident particle and all its secondaries.

    Tracks wait on a stack, and the last one is followed first. Energy is conserved:
    deposits and leakage add up to the incident energy, plus 2 m for a positron.

    Args:
        state: random stream of the event.
        physics: tables of all materials.
        geometry: the stack of slabs.
        cells: of every layer.
        tally: of the event, added to, MeV and mm.
        stack: shape (capacity, COLUMNS), overwritten.
        track: shape (8,): x, y, z in mm; ux, uy, uz, a unit vector; kinetic energy in MeV; kind.
            It enters the first slab.

    Returns:
        The stack, a new array if it had to grow.
    """
    stack, top = push(
        stack, 0, track[0], track[1], track[2], track[3], track[4], track[5], track[6],
        int(track[7]), 0,
    )  # fmt: skip
    while top > 0:
        top -= 1
        row = stack[top]
        code = int(row[7])
        kind = code & 3
        slab = code >> 2
        if kind == PHOTON:
            stack, top = track_photon(
                state, physics, geometry, cells, tally, stack, top,
                row[0], row[1], row[2], row[3], row[4], row[5], row[6], slab,
            )  # fmt: skip
        else:
            stack, top = track_charged(
                state, physics, geometry, cells, tally, stack, top,
                row[0], row[1], row[2], row[3], row[4], row[5], row[6], kind, slab,
            )  # fmt: skip
    return stack


@njit(cache=True, nogil=True, error_model="numpy")
def run_events(
    seed, first_event, tracks, physics, geometry, cells,
    deposits, absorber, leakage, counts, lengths,
):  # fmt: skip
    """Fill the outputs of events first_event, first_event + 1, ... of the run `seed`.

    Args:
        seed: of the run.
        first_event: number of the first of these events.
        tracks: shape (n, 8), see `transport_event`.
        physics: tables of all materials.
        geometry: the stack.
        cells: of every layer.
        deposits: shape (n, layers x cells), float32, MeV.
        absorber: shape (n, layers), float32, MeV.
        leakage: shape (n, WAYS), float32, MeV.
        counts: shape (n, COUNTS), float64, or (0, COUNTS) to skip.
        lengths: shape (n, 2, layers), float64, mm, or (0, 2, layers) to skip.
    """
    state = np.zeros(4, np.uint64)
    stack = np.empty((512, COLUMNS))
    tally = Tally(
        np.zeros(deposits.shape[1]),
        np.zeros(absorber.shape[1]),
        np.zeros(WAYS),
        np.zeros(COUNTS),
        np.zeros((2, absorber.shape[1])),
    )
    for event in range(len(tracks)):
        seed_stream(state, seed, first_event + event)
        tally.deposits[:] = 0.0
        tally.absorber[:] = 0.0
        tally.leakage[:] = 0.0
        tally.counts[:] = 0.0
        tally.lengths[:] = 0.0
        stack = transport_event(state, physics, geometry, cells, tally, stack, tracks[event])
        deposits[event] = tally.deposits
        absorber[event] = tally.absorber
        leakage[event] = tally.leakage
        if len(counts) > 0:
            counts[event] = tally.counts
        if len(lengths) > 0:
            lengths[event] = tally.lengths
