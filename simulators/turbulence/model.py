"""The simulator of beta-plane turbulence."""

import math
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulators._inputs import condition_arrays, start_of_block, whole_number
from simulators._workers import Task, concurrently, cores
from simulators.html import NotebookTable
from simulators.protocol import Axis, Condition, Conditions, Field, Progress, Samples

__all__ = ["Turbulence"]

ENSTROPHY_INPUT = 1 / 27
RING_WIDTH = 2.0
VISCOUS_CUTOFF = 2.1
MODES_PER_FORCING = 2.5
SPIN_UP = 4.0
LARGEST = 4096

Array = NDArray[np.float64]


class Turbulence(NotebookTable):
    """Vorticity of forced two-dimensional turbulence on a beta plane, statistically steady.

    d zeta/dt + J(psi, zeta) + beta d psi/dx = F - mu zeta - nu (-Laplacian)^4 zeta with
    zeta = Laplacian psi on a torus: the barotropic model of atmosphere and ocean. F is white in
    time and excites a ring of wavenumbers k_f, so that energy enters at the rate epsilon exactly.
    It goes to larger scales, where drag takes it. Without beta the flow is isotropic; with beta the
    cascade turns into Rossby waves and zonal jets near the wavenumber sqrt(beta / 2 U) (P. B.
    Rhines, J. Fluid Mech. 69, 417, 1975; G. K. Vallis and M. E. Maltrud, J. Phys. Oceanogr. 23,
    1346, 1993).

    The unit of length is the side over 2 pi. The unit of time is (epsilon k_f^2)^(-1/3) / 3, so
    that the vorticity's root mean square is 0.85 to 1.1 at the good values below.

    Events are snapshots of chains that start at rest, spin up for a time 4 / mu, and then give a
    snapshot every two integrated autocorrelation times of the slowest quantity, which is the
    energy of the zonal flow or the wavenumber of the jets (`integral_time`). Events of a block with
    equal conditions share a chain. Each snapshot is moved by a random translation and mirrored or
    not, which are exact symmetries: so the positions of jets are independent.

    Args:
        size: pixels of a side, even, at most 4096; default 64.
        resolution: points of a side in the solver before the 3/2 rule, even, at most 4096;
            default: the size.
            The viscosity does not depend on it.
        forcing: wavenumber k_f of the forcing, at least 3; default 12.
        linear: vorticities up to about so many units are in proportion in networks; default 1000,
            all of them.

    Raises:
        ValueError: for an odd size, a resolution below the size or one that does not resolve the
            dissipation of enstrophy, resolution / 2 - 1 < 2.5 k_f.

    Good values: the defaults; beta 0 to 8 and drag 0.01 to 0.025, from eddies to clear jets.
    Breaks when: drag is so weak that energy reaches the scale of the box, or so strong that it
        stays at the forcing. Steps are as long as stability allows, interval (|u| k + |v| l) < 2.8,
        for speeds up to 4 sqrt(epsilon / mu), and a flow that outruns them is refused.

    Example:
        >>> from simulators import Turbulence
        >>> flow = Turbulence(size=20, forcing=3.0)
        >>> flow.sample({"beta": 1.0, "drag": 0.05}, 2, seed=1)["values"].shape
        (2, 20, 20)
    """

    name = "turbulence"
    version = "1"
    domain = "fields"
    conditions = (
        Condition("beta", "1", 0.0, 20.0, "linear", "gradient of the planetary vorticity"),
        Condition("drag", "1", 0.004, 0.1, "log", "linear drag"),
    )
    fields = (Field("values", "1", ("north", "east"), "vorticity", "float32"),)
    block_size = 8
    independence = "two integrated autocorrelation times of energy and jets"

    def __init__(
        self,
        size: int = 64,
        resolution: int | None = None,
        forcing: float = 12.0,
        linear: float = 1000.0,
    ) -> None:
        self.size = _even("size", size, 4)
        self.resolution = _even("resolution", size if resolution is None else resolution, self.size)
        if not 3 <= forcing < math.inf:
            raise ValueError(f"expected forcing as a wavenumber of at least 3; got {forcing!r}")
        if not 0 < linear < math.inf:
            raise ValueError(f"expected linear above 0; got {linear!r}")
        self.forcing, self.linear = float(forcing), float(linear)
        self.modes = self.resolution // 2 - 1
        if self.modes < MODES_PER_FORCING * forcing:
            needed = 2 * math.ceil(MODES_PER_FORCING * forcing + 1)
            raise ValueError(
                f"expected a resolution of at least {needed} for forcing at wavenumber "
                f"{forcing:g}; got {self.resolution}; pass resolution={needed} or a smaller forcing"
            )
        pixel = 2 * np.pi / self.size
        centres = tuple(((np.arange(self.size) + 0.5) * pixel).tolist())
        self.grid = tuple(Axis(name, "1", centres) for name in self.fields[0].axes)
        self.parameters: dict[str, Any] = {
            "size": self.size,
            "resolution": self.resolution,
            "forcing": self.forcing,
            "linear": self.linear,
        }

    @property
    def energy_input(self) -> float:
        """Rate epsilon at which the forcing adds energy per unit area."""
        return ENSTROPHY_INPUT / self.forcing**2

    @property
    def viscosity(self) -> float:
        """nu: eddies at 2.1 k_f are damped at the rate (epsilon k_f^2)^(1/3)."""
        return float(ENSTROPHY_INPUT ** (1 / 3) * (VISCOUS_CUTOFF * self.forcing) ** -8)

    def time_step(self, beta: float, drag: float) -> float:
        """The longest step that is taken: stable for all speeds expected, shorter than 1 / beta."""
        speed = math.sqrt(self.energy_input / drag)
        return 1 / max(2 * self.modes * speed, beta)

    @staticmethod
    def integral_time(beta: float, drag: float) -> float:
        """Integrated autocorrelation time of the slowest quantity, (0.7 + 0.25 beta) / mu.

        A fit to `validation/turbulence.py`. Without beta it is that of the energy.

        Breaks when: jets are so strong that their number hardly ever changes, as above beta = 8
            with drag below 0.012. Chains then keep the number that they have got from rest.
        """
        return (0.7 + 0.25 * beta) / drag

    def sample(
        self,
        conditions: Conditions,
        count: int,
        seed: int,
        *,
        first_event: int = 0,
        progress: Progress | None = None,
    ) -> Samples:
        """Simulate snapshots of the steady state.

        Args:
            conditions: "beta" and "drag", without unit, one number or shape (count,). Events of
                equal conditions within a block share a chain, which makes 8 equal ones up to 2.8
                times cheaper than 8 different ones.
            count: number of events.
            seed: the run, a whole number >= 0.
            first_event: number of the first event, a multiple of `block_size`.
            progress: called with (done, count).

        Returns:
            {"values": float32 (count, size, size)}, rows from south to north.

        Raises:
            ValueError: for conditions out of range or not one per event, or a count, seed or first
                event that is not what it should be.
            FloatingPointError: if a flow is too fast for the time step.
        """
        count, seed = whole_number("count", count), whole_number("seed", seed)
        first_event = start_of_block(first_event, self.block_size)
        checked = condition_arrays(conditions, self.conditions, count)
        values = np.empty((count, self.size, self.size), np.float32)
        done = 0
        for made in concurrently(self._tasks(checked, seed, first_event, values)):
            done += made
            if progress is not None:
                progress(done, count)
        return {"values": values}

    def seconds_per_independent_sample(self, conditions: Conditions) -> float:
        """Measure the cost of one statistically independent snapshot, here and now.

        The time per step with all cores at work, times the steps in two integrated autocorrelation
        times of the slowest quantity, which lie between snapshots of a chain. Spin-up is left
        out: it is shared by arbitrarily many events of a long run.

        Args:
            conditions: "beta" and "drag", one number or several, of which the mean is returned.

        Returns:
            Seconds of wall clock per snapshot.
        """
        count = max((np.size(each) for each in conditions.values()), default=1)
        checked = condition_arrays(conditions, self.conditions, count)
        pairs = list(zip(checked["beta"].tolist(), checked["drag"].tolist(), strict=True))
        runs = [self._run(*pairs[0], path=(0, core)) for core in range(cores())]
        runs[0](1, 0)
        tries = 100
        start = time.perf_counter()
        list(concurrently([partial(_values, run, tries) for run in runs]))
        seconds = (time.perf_counter() - start) / (tries * len(runs))
        return seconds * float(np.mean([self._steps(*pair)[0] for pair in pairs]))

    def _tasks(
        self, conditions: dict[str, Array], seed: int, first_event: int, out: np.ndarray
    ) -> list[Task]:
        """One task for each chain: the events of a block with equal conditions."""
        pairs = np.stack([conditions["beta"], conditions["drag"]], 1)
        tasks: list[Task] = []
        for start in range(0, len(pairs), self.block_size):
            block = pairs[start : start + self.block_size]
            for pair in np.unique(block, axis=0):
                events = start + np.flatnonzero((block == pair).all(1))
                path = (seed, first_event + int(events[0]))
                tasks.append(
                    partial(self._chain, float(pair[0]), float(pair[1]), path, events, out)
                )
        return tasks

    def _chain(
        self, beta: float, drag: float, path: tuple[int, int], events: np.ndarray, out: np.ndarray
    ) -> int:
        """Write the snapshots of one chain to `out[events]`; their number."""
        steps, interval = self._steps(beta, drag)
        spin_up = math.ceil(SPIN_UP / drag / interval)
        run = self._run(beta, drag, path)
        for number, event in enumerate(events):
            out[event] = run(steps if number else steps + spin_up, number)
        if not np.isfinite(out[events]).all():
            raise FloatingPointError(
                f"expected speeds below {4 * math.sqrt(self.energy_input / drag):.3g}; got a "
                f"faster flow at beta {beta:g} and drag {drag:g}; raise the drag"
            )
        return len(events)

    def _run(
        self, beta: float, drag: float, path: tuple[int, int]
    ) -> Callable[[int, int], np.ndarray]:
        """A chain at rest; called with (steps, number of a snapshot), it moves on to it."""
        import jax

        from simulators.turbulence import barotropic

        modes, (_, interval) = self.modes, self._steps(beta, drag)
        rates = barotropic.linear_rates(modes, beta, drag, self.viscosity).astype(np.complex64)
        amplitude = barotropic.ring_amplitudes(
            modes, self.forcing, RING_WIDTH, self.energy_input
        ).astype(np.float32)
        reach = int(self.forcing + RING_WIDTH / 2)
        words = np.random.SeedSequence(path).generate_state(2)
        key = jax.random.wrap_key_data(jax.numpy.asarray(words), impl="threefry2x32")
        state = np.zeros(rates.shape, np.complex64)

        def run(steps: int, number: int) -> np.ndarray:
            nonlocal state
            kicks, symmetry = jax.random.split(jax.random.fold_in(key, number))
            state = barotropic.advance(state, kicks, steps, interval, rates, amplitude, reach)
            return np.asarray(barotropic.snapshot(state, symmetry, self.size))

        return run

    def _steps(self, beta: float, drag: float) -> tuple[int, float]:
        """Number of steps between two snapshots of a chain, and their length."""
        spacing = 2 * self.integral_time(beta, drag)
        steps = math.ceil(spacing / self.time_step(beta, drag))
        return steps, spacing / steps


def _values(run: Callable[[int, int], np.ndarray], steps: int) -> int:
    return run(steps, 0).size


def _even(name: str, value: int, minimum: int) -> int:
    number = whole_number(name, value, minimum, LARGEST)
    if number % 2:
        raise ValueError(
            f"expected {name} to be even; got {value}; pass {number - 1} or {number + 1}"
        )
    return number
