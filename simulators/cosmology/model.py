"""Maps of the matter in a flat LCDM universe."""

import math
import time
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulators._inputs import condition_arrays, start_of_block, whole_number
from simulators._workers import Task, concurrently, cores
from simulators.cosmology.background import growth
from simulators.cosmology.lagrangian import linear_field
from simulators.cosmology.maps import convergence_factor, on_sheet, overdensity_maps
from simulators.cosmology.mesh import PoissonSolver, Single
from simulators.cosmology.particle_mesh import evolve
from simulators.cosmology.power import LinearPower
from simulators.protocol import Axis, Condition, Conditions, Field, Progress, Samples

__all__ = ["Cosmology"]

QUANTITIES = ("density", "convergence")
START = 0.05
"""Scale factor of the initial conditions."""
INDEPENDENT = 2 / 3
LARGEST = 2048
"""Share of a run's maps by which it counts."""

OMEGA_M = Condition("omega_m", "1", 0.1, 0.5, "linear", "matter density")
SIGMA_8 = Condition("sigma_8", "1", 0.5, 1.1, "linear", "amplitude of fluctuations")
REDSHIFT = Condition("redshift", "1", 0.0, 3.0, "linear", "redshift")
NEAREST_LENS = 0.1
"""Smallest redshift of a lens, and smallest distance in redshift from it to the sources."""


class Cosmology:
    """Maps of the matter in slabs of a periodic box, by a particle-mesh N-body code.

    A Gaussian field with the linear spectrum of Eisenstein & Hu (1998, with acoustic oscillations)
    displaces particles from a lattice to second order at redshift 19. Steps of equal length in the
    scale factor bring them to the redshift of the maps, under the forces of a mesh. Maps are of
    the sheet in phase space that the particles mark (`on_sheet`). A run is cut in slabs along each
    of the three axes.

    Events of a block that have equal conditions share a run: 3 x slabs maps of one box. Their
    runs make most of the cost, so conditions are best constant over blocks (`repeat` in a recipe).

    Args:
        particles: along an edge of the box, even, at most 2048; default 64.
        side: of the box, in Mpc/h; default 200.
        steps: of the integration; default 10.
        mesh: cells of the force mesh along an edge, even, at least `particles` and at most 2048;
            default twice that.
        pixels: along an edge of a map, at most `particles`; default 64.
        slabs: along each axis, at most half the `particles`; default 4, of 50 Mpc/h.
        quantity: "density" (default), the projected overdensity of a slab, or "convergence",
            that of weak lensing by the slab alone.
        source_redshift: of the sources that are lensed; default 2.
        omega_b: density of baryons over the critical one, below 0.1; default 0.049.
        h: Hubble constant in 100 km/s/Mpc; default 0.6711.
        n_s: spectral index; default 0.9624.
        scale: size of a typical value, by which networks divide; default 1.
        lower: edge that no value lies below, from which networks see logarithms of distances.
            Default -1 for overdensities, no edge for convergences.

    Raises:
        ValueError: for an argument outside its range.

    Good values: the defaults. Up to half the Nyquist wavenumber of the particles, more steps and an
        earlier start raise the power at redshift 0 by 1 %, and it is that of halofit within 10 %
        (`validation/cosmology.py`).
    Breaks when: `mesh` equals `particles` (power is 13 % low at that wavenumber), or with fewer
        than 5 steps (3 steps: 7 %).

    Example:
        >>> cosmology = Cosmology(particles=16, pixels=16, side=100.0, steps=5)
        >>> conditions = {"omega_m": 0.3, "sigma_8": 0.8, "redshift": 0.0}
        >>> cosmology.sample(conditions, 12, seed=0)["values"].shape
        (12, 16, 16)
    """

    name = "cosmology"
    version = "1"
    domain = "fields"
    independence = "one map, where the 3 x slabs maps of a run count as 2/3 of their number"

    def __init__(
        self,
        particles: int = 64,
        side: float = 200.0,
        steps: int = 10,
        mesh: int | None = None,
        pixels: int = 64,
        slabs: int = 4,
        quantity: str = "density",
        source_redshift: float = 2.0,
        omega_b: float = 0.049,
        h: float = 0.6711,
        n_s: float = 0.9624,
        scale: float = 1.0,
        lower: float | None = None,
    ) -> None:
        particles, mesh = _even("particles", particles, 8), _even("mesh", mesh or 2 * particles, 8)
        if mesh < particles:
            raise ValueError(
                f"expected mesh of {particles} cells or more, one for each particle; got {mesh}"
            )
        pixels, slabs = whole_number("pixels", pixels, 2), whole_number("slabs", slabs, 1)
        for name, value, most in (("pixels", pixels, particles), ("slabs", slabs, particles // 2)):
            if value > most:
                raise ValueError(
                    f"expected {name} up to {most} with {particles} particles; got {value}"
                )
        positive = {"side": side, "omega_b": omega_b, "h": h, "scale": scale}
        for name, each in positive.items():
            if not 0 < each < math.inf:
                raise ValueError(f"expected {name} to be positive and finite; got {each!r}")
        if quantity not in QUANTITIES:
            raise ValueError(f"expected quantity {' or '.join(QUANTITIES)}; got {quantity!r}")
        if omega_b >= OMEGA_M.minimum:
            raise ValueError(f"expected omega_b below {OMEGA_M.minimum:g}; got {omega_b:g}")
        if not math.isfinite(n_s):
            raise ValueError(f"expected a finite n_s; got {n_s!r}")
        if not 3 * NEAREST_LENS <= source_redshift <= 10:
            raise ValueError(
                f"expected source_redshift from {3 * NEAREST_LENS:g} to 10; got {source_redshift!r}"
            )
        self.parameters: dict[str, Any] = {
            "particles": particles,
            "side": float(side),
            "steps": whole_number("steps", steps, 1),
            "mesh": mesh,
            "pixels": pixels,
            "slabs": slabs,
            "quantity": quantity,
            "source_redshift": float(source_redshift),
            "omega_b": float(omega_b),
            "h": float(h),
            "n_s": float(n_s),
            "scale": float(scale),
        }
        if lower is None and quantity == "density":
            lower = -1.0
        if lower is not None:
            self.parameters["lower"] = float(lower)
        redshift = REDSHIFT
        if quantity == "convergence":
            farthest = min(REDSHIFT.maximum, source_redshift - NEAREST_LENS)
            redshift = replace(REDSHIFT, minimum=NEAREST_LENS, maximum=farthest)
        self.conditions = (OMEGA_M, SIGMA_8, redshift)
        long_name = "convergence" if quantity == "convergence" else "projected overdensity"
        self.fields = (Field("values", "1", ("y", "x"), long_name, "float32"),)
        centres = tuple(((np.arange(pixels) + 0.5) * side / pixels).tolist())
        self.grid = tuple(Axis(name, "Mpc/h", centres) for name in self.fields[0].axes)
        self.block_size = 3 * slabs
        self._solver = PoissonSolver(mesh)

    def __repr__(self) -> str:
        arguments = ", ".join(f"{name}={value!r}" for name, value in self.parameters.items())
        return f"Cosmology({arguments})"

    def sample(
        self,
        conditions: Conditions,
        count: int,
        seed: int,
        *,
        first_event: int = 0,
        progress: Progress | None = None,
    ) -> Samples:
        """Simulate maps.

        Args:
            conditions: "omega_m", "sigma_8" and "redshift", one number or shape (count,) each.
                Each set of values within a block costs a run.
            count: number of maps.
            seed: the run, a whole number >= 0.
            first_event: number of the first map, a multiple of `block_size`.
            progress: called with (done, count).

        Returns:
            {"values": float32 (count, pixels, pixels)}.

        Raises:
            ValueError: for a condition out of range or not one per event, or a count, seed or
                first event that is not what it should be.
        """
        count, seed = whole_number("count", count), whole_number("seed", seed)
        first_event = start_of_block(first_event, self.block_size)
        arrays = condition_arrays(conditions, self.conditions, count)
        places = np.stack([arrays[condition.name] for condition in self.conditions], -1)
        values = np.empty((count, *[self.parameters["pixels"]] * 2), np.float32)
        tasks: list[Task] = []
        for start in range(0, count, self.block_size):
            block = slice(start, start + self.block_size)
            path = (seed, first_event // self.block_size + start // self.block_size)
            tasks += self._tasks(places[block], path, values[block])
        done = 0
        for made in concurrently(tasks):
            done += made
            if progress is not None:
                progress(done, count)
        return {"values": values}

    def seconds_per_independent_sample(self, conditions: Conditions) -> float:
        """Measure the cost of one map, here and now.

        The time of a run with all cores at work over two thirds of its 3 x slabs maps. The maps of
        a run share its long waves: over 60 runs at redshifts 0 and 1, the power from 2 to 8
        fundamental wavenumbers scatters from run to run as if 7 to 9 of 12 maps were independent,
        at the fundamental 5 to 6, above 8 of them 9 or more.

        Args:
            conditions: numbers, or several of each, of which the first counts: the cost of a run
                hardly depends on them.
        """
        first = {name: np.ravel(values)[:1] for name, values in conditions.items()}
        point = {
            name: float(v[0]) for name, v in condition_arrays(first, self.conditions, 1).items()
        }
        count = self.block_size * cores()
        self.sample(point, 1, 0)  # compiles
        start = time.perf_counter()
        self.sample(point, count, 0)
        return (time.perf_counter() - start) / (INDEPENDENT * count)

    def _tasks(self, places: NDArray[np.float64], path: tuple[int, int], out: Single) -> list[Task]:
        """A task for each set of conditions of a block; the first event that has it seeds it."""
        sets, first, which = np.unique(places, axis=0, return_index=True, return_inverse=True)
        return [
            partial(
                self._run,
                sets[number],
                (*path, int(first[number])),
                np.flatnonzero(which.ravel() == number),
                out,
            )
            for number in np.argsort(first)
        ]

    def _run(
        self,
        place: NDArray[np.float64],
        path: tuple[int, ...],
        events: NDArray[np.int64],
        out: Single,
    ) -> int:
        """Simulate the maps of some events of a block, all at one place; their number."""
        omega_m, sigma_8, redshift = place.tolist()
        p = self.parameters
        power = LinearPower(omega_m, sigma_8, p["omega_b"], p["h"], p["n_s"])
        waves = linear_field(np.random.default_rng(path), power, p["particles"], p["side"])
        scale_factors = np.linspace(START, 1 / (1 + redshift), p["steps"] + 1)
        positions = evolve(waves, growth(scale_factors, omega_m), self._solver)
        sheet = on_sheet(positions, p["particles"])
        maps = overdensity_maps(sheet, p["pixels"], p["slabs"])
        if p["quantity"] == "convergence":
            thickness = p["side"] / p["slabs"]
            maps *= np.float32(
                convergence_factor(omega_m, redshift, p["source_redshift"], thickness)
            )
        out[events] = maps.reshape(-1, *out.shape[1:])[events]
        return len(events)


def _even(name: str, value: object, minimum: int) -> int:
    number = whole_number(name, value, minimum, LARGEST)
    if number % 2:
        raise ValueError(
            f"expected {name} to be even; got {number}; pass {number - 1} or {number + 1}"
        )
    return number
