"""Photon transport: straight lines between conversions, Compton scatterings and absorption.

The number of mean free paths to the next interaction is exponential with mean 1 and is carried
across surfaces; Sigma(E) = Sigma_pair + Sigma_Compton + Sigma_photoelectric decides the length and
the kind. Rayleigh scattering, photonuclear reactions and fluorescence are left out.
"""

import math

from numba import njit

from simulators.calorimeter import scoring
from simulators.calorimeter.bremsstrahlung import sample_tsai_cosine
from simulators.calorimeter.compton import sample_compton
from simulators.calorimeter.constants import ELECTRON_MASS, LOWEST_ENERGY
from simulators.calorimeter.directions import rotate
from simulators.calorimeter.grid import FIRST_OCTAVE, PHOTON_BITS, locate
from simulators.calorimeter.layout import (
    ELECTRON,
    ELECTRONS,
    PHOTON,
    PHOTON_STEPS,
    POSITRON,
    POSITRONS,
)
from simulators.calorimeter.pair_production import sample_pair
from simulators.calorimeter.photoelectric import sample_photoelectron_cosine
from simulators.calorimeter.rng import uniform
from simulators.calorimeter.stack import (
    distance_to_leave,
    exit_way,
    leave,
    push,
)
from simulators.calorimeter.tables import CONVERT, SCATTER, TOTAL

M = ELECTRON_MASS


@njit(cache=True, error_model="numpy")
def track_photon(
    state, physics, geometry, cells, tally, stack, top, x, y, z, ux, uy, uz, energy, slab
):
    """Follow a photon until it converts, is absorbed or leaves; secondaries go on the stack.

    Args:
        state: random stream.
        physics: tables of all materials.
        geometry: the stack of slabs.
        cells: of every layer.
        tally: of the event, added to.
        stack: tracks that wait, shape (capacity, COLUMNS).
        top: number of tracks that wait.
        x: position across the stack, mm.
        y: position across the stack, mm.
        z: depth in the stack, mm.
        ux: x component of the direction's unit vector.
        uy: its y component.
        uz: its z component.
        energy: MeV.
        slab: number of the slab that the photon is in.

    Returns:
        (stack, top); the stack is a new array if it had to grow.

    Good values: 10 keV to 1 TeV.
    Breaks when: below some 10 keV, where Rayleigh scattering and fluorescence matter.
    """
    slabs = len(geometry.layer)
    index, fraction = locate(energy, PHOTON_BITS)
    depth = -math.log(uniform(state))
    while True:
        medium = geometry.material[slab]
        table = physics.photon[medium]
        sigma = table[index, TOTAL]
        sigma += fraction * (table[index + 1, TOTAL] - sigma)
        boundary, way = distance_to_leave(geometry, slab, x, y, z, ux, uy, uz)
        step = depth / sigma
        tally.counts[PHOTON_STEPS] += 1
        layer = geometry.layer[slab]
        if layer >= 0:
            tally.lengths[1, layer] += min(step, boundary)
        if step >= boundary:
            x += boundary * ux
            y += boundary * uy
            depth -= boundary * sigma
            z = geometry.edges[slab + 1] if way > 0 else geometry.edges[slab]
            following = slab + way
            if way == 0 or following < 0 or following >= slabs:
                leave(tally, exit_way(way), energy, PHOTON)
                return stack, top
            slab = following
            continue
        x += step * ux
        y += step * uy
        z += step * uz
        u = uniform(state)
        convert = table[index, CONVERT]
        convert += fraction * (table[index + 1, CONVERT] - convert)
        if u < convert and energy > 2.0 * M:
            return _convert(
                state, physics, medium, tally, stack, top, x, y, z, ux, uy, uz, energy, slab
            )
        scatter = table[index, SCATTER]
        scatter += fraction * (table[index + 1, SCATTER] - scatter)
        active = geometry.active[slab]
        if u >= scatter:
            return _absorb(
                state, physics, medium, index, cells, tally, stack, top,
                layer, active, x, y, z, ux, uy, uz, energy, slab,
            )  # fmt: skip
        after, cosine = sample_compton(state, energy)
        phi = 2.0 * math.pi * uniform(state)
        vx, vy, vz = rotate(ux, uy, uz, cosine, math.cos(phi), math.sin(phi))
        kinetic = energy - after
        local = 0.0
        if kinetic > LOWEST_ENERGY:
            ex = energy * ux - after * vx
            ey = energy * uy - after * vy
            ez = energy * uz - after * vz
            norm = 1.0 / math.sqrt(ex * ex + ey * ey + ez * ez)
            stack, top = push(
                stack, top, x, y, z, ex * norm, ey * norm, ez * norm, kinetic, ELECTRON, slab
            )
            tally.counts[ELECTRONS] += 1
        else:
            local = kinetic
        if after <= LOWEST_ENERGY:
            local += after
        if local > 0.0:
            scoring.deposit(tally, cells, layer, active, x, y, local)
        if after <= LOWEST_ENERGY:
            return stack, top
        energy = after
        ux, uy, uz = vx, vy, vz
        index, fraction = locate(energy, PHOTON_BITS)
        depth = -math.log(uniform(state))


@njit(cache=True, error_model="numpy")
def _pick(row, u):
    number = 0
    while number < len(row) - 1 and u > row[number]:
        number += 1
    return number


@njit(cache=True, error_model="numpy")
def _convert(state, physics, medium, tally, stack, top, x, y, z, ux, uy, uz, energy, slab):
    element = 0
    if physics.pair_share.shape[2] > 1:
        octave = min(max(int(math.log2(energy)) - FIRST_OCTAVE, 0), physics.pair_share.shape[1] - 1)
        element = _pick(physics.pair_share[medium, octave], uniform(state))
    share = sample_pair(state, energy, physics.screening[medium, element])
    if uniform(state) < 0.5:
        share = 1.0 - share
    electron = max(share * energy - M, 0.0)
    positron = max(energy - 2.0 * M - electron, 0.0)
    phi = 2.0 * math.pi * uniform(state)
    c, s = math.cos(phi), math.sin(phi)
    vx, vy, vz = rotate(ux, uy, uz, sample_tsai_cosine(state, electron), c, s)
    stack, top = push(stack, top, x, y, z, vx, vy, vz, electron, ELECTRON, slab)
    vx, vy, vz = rotate(ux, uy, uz, sample_tsai_cosine(state, positron), -c, -s)
    stack, top = push(stack, top, x, y, z, vx, vy, vz, positron, POSITRON, slab)
    tally.counts[ELECTRONS] += 1
    tally.counts[POSITRONS] += 1
    return stack, top


@njit(cache=True, error_model="numpy")
def _absorb(
    state, physics, medium, index, cells, tally, stack, top,
    layer, active, x, y, z, ux, uy, uz, energy, slab,
):  # fmt: skip
    """The K shell's energy, if the photon reaches it, stays; the rest goes to an electron."""
    element = 0
    if physics.absorb_share.shape[2] > 1:
        element = _pick(physics.absorb_share[medium, index], uniform(state))
    binding = physics.k_edge[medium, element]
    if binding >= energy:
        binding = 0.0
    kinetic = energy - binding
    if kinetic <= LOWEST_ENERGY:
        scoring.deposit(tally, cells, layer, active, x, y, energy)
        return stack, top
    if binding > 0.0:
        scoring.deposit(tally, cells, layer, active, x, y, binding)
    phi = 2.0 * math.pi * uniform(state)
    cosine = sample_photoelectron_cosine(state, kinetic)
    vx, vy, vz = rotate(ux, uy, uz, cosine, math.cos(phi), math.sin(phi))
    tally.counts[ELECTRONS] += 1
    return push(stack, top, x, y, z, vx, vy, vz, kinetic, ELECTRON, slab)
