"""Electron and positron transport: condensed steps with losses and scattering, hard events.

In a step the particle loses energy to transfers below the cuts continuously, with fluctuations,
and is deflected by multiple scattering. Between steps it makes delta rays and photons above the
cuts, or annihilates: the distance to such an event is drawn with a majorant of the cross section
along the step, and the event is accepted with probability Sigma(E) / majorant. Methods are those
of the Geant4 Physics Reference Manual; see the modules of the single processes.
"""

import math

from numba import njit

from simulators.calorimeter import multiple_scattering as msc
from simulators.calorimeter import scoring
from simulators.calorimeter.annihilation import sample_annihilation
from simulators.calorimeter.bremsstrahlung import sample_photon, sample_tsai_cosine
from simulators.calorimeter.constants import ELECTRON_MASS, LOWEST_ENERGY
from simulators.calorimeter.directions import rotate
from simulators.calorimeter.fluctuations import sample_loss
from simulators.calorimeter.grid import CHARGED_BITS, SPECTRUM_BITS, locate
from simulators.calorimeter.ionisation import delta_ray_cosine, sample_delta_ray
from simulators.calorimeter.layout import (
    CHARGED_STEPS,
    ELECTRON,
    ELECTRONS,
    PHOTON,
    PHOTONS,
    POSITRON,
)
from simulators.calorimeter.rng import uniform
from simulators.calorimeter.stack import (
    distance_to_leave,
    exit_way,
    leave,
    push,
    safety,
)
from simulators.calorimeter.tables import (
    DELTA,
    DIELECTRIC,
    ELECTRON_CUT,
    EXCITATION,
    LAMBDA,
    LOSS,
    MAJORANT,
    PHOTON_CUT,
    POSITRON_Z,
    RADIATE,
    RANGE,
    SIGMA,
)

M = ELECTRON_MASS
FINAL_RANGE = 1.0  # mm
RANGE_SHARE = 0.2
LINEAR_LOSS = 0.01
STRAIGHT = 1.0e-6  # mm, shorter paths are straight lines
GENTLE = 0.05  # share of the range below which lambda_1 is constant


@njit(cache=True, error_model="numpy")
def energy_of_range(table, energies, index, length):
    """Kinetic energy in MeV at which the range is `length` mm, searched down from node `index`.

    Linear between nodes; below the first node the energy is proportional to the range.
    """
    while index > 0 and table[index, RANGE] > length:
        index -= 1
    low = table[index, RANGE]
    if length <= low:
        return energies[0] * length / low
    share = (length - low) / (table[index + 1, RANGE] - low)
    return energies[index] + share * (energies[index + 1] - energies[index])


@njit(cache=True, error_model="numpy")
def value(table, index, fraction, column):
    """Linear interpolation in one column."""
    low = table[index, column]
    return low + fraction * (table[index + 1, column] - low)


@njit(cache=True, error_model="numpy")
def straight_length(path, mean_free_path, range_, energy, table, energies, index):
    """(advance along the direction, p1, p3) of a true path.

    The mean advance is the integral over the path of exp(-tau(t)) dt; for constant lambda_1 this
    is lambda_1 (1 - exp(-path / lambda_1)). `path`, `mean_free_path` (lambda_1), `range_` and the
    advance are in mm, `energy` in MeV.

    p1 < 0 says that lambda_1 was taken as constant; otherwise 1/lambda_1 varies as
    1/(1 - p1 t) along the path and p3 = 1 + 1/(p1 lambda).
    """
    if path < STRAIGHT:
        return path, -1.0, 0.0
    tau = path / mean_free_path
    if path < range_ * GENTLE:
        if tau < 1e-6:
            return path * (1.0 - 0.5 * tau), -1.0, 0.0
        return mean_free_path * (1.0 - math.exp(-tau)), -1.0, 0.0
    if energy < M or path >= range_:
        p1 = 1.0 / range_
        p3 = 1.0 + range_ / mean_free_path
        advance = 1.0 / (p1 * p3)
        if path < range_:
            advance *= 1.0 - math.exp(p3 * math.log(1.0 - path / range_))
        return min(advance, mean_free_path), p1, p3
    end = energy_of_range(table, energies, index, max(range_ - path, 0.01 * range_))
    i, f = locate(end, CHARGED_BITS)
    later = value(table, i, f, LAMBDA)
    p1 = (mean_free_path - later) / (mean_free_path * path)
    p3 = 1.0 + 1.0 / (p1 * mean_free_path)
    advance = (1.0 - math.exp(p3 * math.log(later / mean_free_path))) / (p1 * p3)
    return min(advance, mean_free_path), p1, p3


@njit(cache=True, error_model="numpy")
def true_length(advance, mean_free_path, p1, p3, path, range_):
    """True path of an advance shorter than planned, the inverse of `straight_length`."""
    if advance < STRAIGHT:
        return advance
    if p1 < 0.0:
        length = -mean_free_path * math.log(1.0 - advance / mean_free_path)
    elif p1 * p3 * advance < 1.0:
        length = (1.0 - math.exp(math.log(1.0 - p1 * p3 * advance) / p3)) / p1
    else:
        length = range_
    return min(max(length, advance), path)


@njit(cache=True, error_model="numpy")
def track_charged(
    state, physics, geometry, cells, tally, stack, top, x, y, z, ux, uy, uz, energy, kind, slab
):
    """Follow an electron or positron to its end; secondaries go on the stack.

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
        energy: kinetic energy, MeV. Below 1 keV the particle stops where it is.
        kind: ELECTRON or POSITRON.
        slab: number of the slab that the particle is in.

    Returns:
        (stack, top); the stack is a new array if it had to grow.
    """
    positron = kind == POSITRON
    slabs = len(geometry.layer)
    entering = True
    on_boundary = False
    initial_range = 0.0
    factor = 0.0
    minimum = 0.0
    left = -math.log(uniform(state))
    while True:
        medium = geometry.material[slab]
        layer = geometry.layer[slab]
        active = geometry.active[slab]
        table = physics.charged[medium, kind - 1]
        parameters = physics.scattering[medium]
        index, fraction = locate(energy, CHARGED_BITS)
        range_ = value(table, index, fraction, RANGE)
        majorant = max(table[index, MAJORANT], table[index + 1, MAJORANT])
        lambda0 = value(table, index, fraction, LAMBDA)
        # Loss and hard events limit the true path.
        path = range_
        if range_ > FINAL_RANGE:
            path = RANGE_SHARE * range_
            path += FINAL_RANGE * (1.0 - RANGE_SHARE) * (2.0 - FINAL_RANGE / range_)
        hard = left < path * majorant
        if hard:
            path = left / majorant
        # So does scattering.
        near = 0.0 if on_boundary else safety(geometry, slab, x, y, z)
        shift = path > msc.SMALLEST and range_ * parameters[msc.INSIDE] >= near
        if shift:
            if entering:
                initial_range = max(range_, lambda0)
                factor = msc.RANGE_FACTOR
                if lambda0 > 1.0:
                    factor *= 0.75 + 0.25 * lambda0
                minimum = msc.minimal_step(parameters, energy, lambda0, positron)
                entering = False
            floor = max(max(initial_range * factor, msc.SAFETY_FACTOR * near), minimum)
            if range_ <= near:
                floor = max(range_, minimum)
            if floor < path:
                limit = msc.step_limit(state, initial_range, factor, minimum, range_, near)
                if limit < path:
                    path = limit
                    hard = False
        advance, p1, p3 = straight_length(
            path, lambda0, range_, energy, table, physics.energies, index
        )
        boundary, way = distance_to_leave(geometry, slab, x, y, z, ux, uy, uz)
        on_boundary = boundary <= advance
        if on_boundary:
            hard = False
            path = true_length(boundary, lambda0, p1, p3, path, range_)
            advance = boundary
        left -= path * majorant
        x += advance * ux
        y += advance * uy
        z += advance * uz
        tally.counts[CHARGED_STEPS] += 1
        if layer >= 0:
            tally.lengths[0, layer] += path
        # Mean loss, then scattering over it, then its fluctuation.
        if path >= range_:
            return _stop(
                state, cells, tally, stack, top, layer, active, x, y, z, energy, kind, slab
            )
        loss = path * value(table, index, fraction, LOSS)
        if loss > LINEAR_LOSS * energy:
            loss = energy - energy_of_range(table, physics.energies, index, range_ - path)
        final = energy - loss
        if final <= LOWEST_ENERGY:
            return _stop(
                state, cells, tally, stack, top, layer, active, x, y, z, energy, kind, slab
            )
        i, f = locate(final, CHARGED_BITS)
        cosine = msc.sample_cosine(
            state, parameters, path, energy, lambda0, final, value(table, i, f, LAMBDA),
            minimum, positron,
        )  # fmt: skip
        ox, oy, oz = ux, uy, uz
        if cosine < 1.0:
            phi = 2.0 * math.pi * uniform(state)
            c, s = math.cos(phi), math.sin(phi)
            ux, uy, uz = rotate(ox, oy, oz, cosine, c, s)
            if shift and not on_boundary and path > advance:
                x, y, z = _shifted(state, geometry, slab, x, y, z, ox, oy, oz, path, advance, phi)
        cut = min(physics.constants[medium, ELECTRON_CUT], energy if positron else 0.5 * energy)
        loss = sample_loss(state, loss, cut, physics.constants[medium, EXCITATION])
        final = energy - loss
        if final <= LOWEST_ENERGY:
            return _stop(
                state, cells, tally, stack, top, layer, active, x, y, z, energy, kind, slab
            )
        energy = final
        scoring.deposit(tally, cells, layer, active, x, y, loss)
        if on_boundary:
            z = geometry.edges[slab + 1] if way > 0 else (geometry.edges[slab] if way < 0 else z)
            following = slab + way
            if way == 0 or following < 0 or following >= slabs:
                leave(tally, exit_way(way), energy, kind)
                return stack, top
            slab = following
            entering = True
            continue
        if not hard:
            continue
        left = -math.log(uniform(state))
        i, f = locate(energy, CHARGED_BITS)
        if uniform(state) * majorant >= value(table, i, f, SIGMA):
            continue
        u = uniform(state)
        if u < value(table, i, f, DELTA):
            cut = physics.constants[medium, ELECTRON_CUT]
            if energy <= (cut if positron else 2.0 * cut):
                continue
            transfer = sample_delta_ray(state, energy, cut, positron)
            stack, top, ux, uy, uz = _emit_delta(
                state, tally, stack, top, x, y, z, ux, uy, uz, energy, transfer, slab
            )
            energy -= transfer
        elif u < value(table, i, f, RADIATE) or not positron:
            cut = physics.constants[medium, PHOTON_CUT]
            if energy <= cut * 1.001:
                continue
            i, f = locate(energy, SPECTRUM_BITS)
            photon = sample_photon(
                state, physics.spectrum[medium, i : i + 2], f, energy, cut,
                physics.constants[medium, DIELECTRIC], positron,
                physics.constants[medium, POSITRON_Z],
            )  # fmt: skip
            stack, top, ux, uy, uz = _emit_photon(
                state, tally, stack, top, x, y, z, ux, uy, uz, energy, photon, slab
            )
            energy -= photon
        else:
            return _annihilate(state, tally, stack, top, x, y, z, ux, uy, uz, energy, slab)
        if energy <= LOWEST_ENERGY:
            return _stop(
                state, cells, tally, stack, top, layer, active, x, y, z, energy, kind, slab
            )


@njit(cache=True, error_model="numpy")
def _shifted(state, geometry, slab, x, y, z, ox, oy, oz, path, advance, phi):
    """Position after the sideways shift of scattering, kept clear of the slab's surface."""
    r, psi = msc.lateral_shift(state, path, advance)
    room = 0.99 * safety(geometry, slab, x, y, z)
    r = min(r, room)
    if r < 5e-8:
        return x, y, z
    angle = phi + psi
    vx, vy, vz = rotate(ox, oy, oz, 0.0, math.cos(angle), math.sin(angle))
    return x + r * vx, y + r * vy, z + r * vz


@njit(cache=True, error_model="numpy")
def _stop(state, cells, tally, stack, top, layer, active, x, y, z, energy, kind, slab):
    """Deposit what is left; a positron annihilates at rest."""
    scoring.deposit(tally, cells, layer, active, x, y, energy)
    if kind == POSITRON:
        cosine = 2.0 * uniform(state) - 1.0
        phi = 2.0 * math.pi * uniform(state)
        sine = math.sqrt(1.0 - cosine * cosine)
        ux, uy = sine * math.cos(phi), sine * math.sin(phi)
        stack, top = push(stack, top, x, y, z, ux, uy, cosine, M, PHOTON, slab)
        stack, top = push(stack, top, x, y, z, -ux, -uy, -cosine, M, PHOTON, slab)
        tally.counts[PHOTONS] += 2
    return stack, top


@njit(cache=True, error_model="numpy")
def _emit_delta(state, tally, stack, top, x, y, z, ux, uy, uz, energy, transfer, slab):
    cosine = delta_ray_cosine(energy, transfer)
    phi = 2.0 * math.pi * uniform(state)
    vx, vy, vz = rotate(ux, uy, uz, cosine, math.cos(phi), math.sin(phi))
    stack, top = push(stack, top, x, y, z, vx, vy, vz, transfer, ELECTRON, slab)
    tally.counts[ELECTRONS] += 1
    p = math.sqrt(energy * (energy + 2.0 * M))
    q = math.sqrt(transfer * (transfer + 2.0 * M))
    wx, wy, wz = p * ux - q * vx, p * uy - q * vy, p * uz - q * vz
    norm = 1.0 / math.sqrt(wx * wx + wy * wy + wz * wz)
    return stack, top, wx * norm, wy * norm, wz * norm


@njit(cache=True, error_model="numpy")
def _emit_photon(state, tally, stack, top, x, y, z, ux, uy, uz, energy, photon, slab):
    phi = 2.0 * math.pi * uniform(state)
    cosine = sample_tsai_cosine(state, energy)
    vx, vy, vz = rotate(ux, uy, uz, cosine, math.cos(phi), math.sin(phi))
    stack, top = push(stack, top, x, y, z, vx, vy, vz, photon, PHOTON, slab)
    tally.counts[PHOTONS] += 1
    p = math.sqrt(energy * (energy + 2.0 * M))
    wx, wy, wz = p * ux - photon * vx, p * uy - photon * vy, p * uz - photon * vz
    norm = 1.0 / math.sqrt(wx * wx + wy * wy + wz * wz)
    return stack, top, wx * norm, wy * norm, wz * norm


@njit(cache=True, error_model="numpy")
def _annihilate(state, tally, stack, top, x, y, z, ux, uy, uz, energy, slab):
    first, cosine = sample_annihilation(state, energy)
    phi = 2.0 * math.pi * uniform(state)
    vx, vy, vz = rotate(ux, uy, uz, cosine, math.cos(phi), math.sin(phi))
    stack, top = push(stack, top, x, y, z, vx, vy, vz, first, PHOTON, slab)
    p = math.sqrt(energy * (energy + 2.0 * M))
    second = energy + 2.0 * M - first
    wx, wy, wz = p * ux - first * vx, p * uy - first * vy, p * uz - first * vz
    norm = 1.0 / math.sqrt(wx * wx + wy * wy + wz * wz)
    tally.counts[PHOTONS] += 2
    return push(stack, top, x, y, z, wx * norm, wy * norm, wz * norm, second, PHOTON, slab)
