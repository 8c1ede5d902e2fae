"""The two-dimensional Ising model on a torus."""

import math
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulators._inputs import condition_arrays, start_of_block, whole_number
from simulators._workers import Task, concurrently
from simulators.ising.schedule import CHAINS, favours_clusters, plan_chains
from simulators.protocol import Axis, Condition, Conditions, Field, Progress, Samples

__all__ = ["Ising"]

ALGORITHMS = ("auto", "metropolis", "wolff")
LARGEST = 4096
SAMPLE, RELAX = 0, 1

Spins = NDArray[np.int8]
Array = NDArray[np.float64]


class Ising:
    """Configurations of H = -J sum_<ij> s_i s_j - h sum_i s_i on an L x L torus.

    A configuration s has the Boltzmann probability exp(-H(s) / T) / Z. Without field, there is a
    transition at T_c = 2 / ln(1 + sqrt 2) = 2.269 J/k_B: below it, large lattices have
    |m| = (1 - sinh^-4(2/T))^(1/8) (Yang); at T_c the correlation length is cut off by L. Energy
    and specific heat agree with Kaufman's solution on the torus (`exact.kaufman`).

    Events are snapshots of Markov chains that start ordered, so that no stripes survive
    below T_c, and run 10 + 12 autocorrelation times before the first snapshot and 4
    between snapshots; a chain gives 8 events at most, all at one temperature. Before every
    snapshot a heat bath chooses between the configuration and its mirror image, which
    without field is a fair coin: the sign of the magnetisation never has to tunnel.

    Args:
        size: L, even, 4 to 4096.
        field: external field h, in units of J; default 0.
        algorithm: "metropolis" (multi-spin-coded checkerboard sweeps), "wolff" (single
            clusters, without field only), or "auto" (default): clusters for L >= 128 near T_c,
            where they are faster, else Metropolis.

    Raises:
        ValueError: for an odd size or one out of range, a field that is not finite, an unknown
            algorithm, or clusters in a field.

    Good values: L = 16 to 256, T = 1 to 5 J/k_B.
    Breaks when: T < 0.5, where flips rarer than 2^-22 never happen: the ground state.
    """

    name = "ising"
    version = "1"
    domain = "spins"
    independence = "two integrated autocorrelation times"
    conditions = (Condition("temperature", "J/k_B", 0.1, 10.0, "linear", "temperature"),)
    fields = (Field("spins", "1", ("row", "column"), "spin", "int8"),)

    def __init__(self, size: int, field: float = 0.0, algorithm: str = "auto") -> None:
        self.size = whole_number("size", size, 4, LARGEST)
        if self.size % 2:
            raise ValueError(f"expected size to be even; got {size}; pass {size - 1} or {size + 1}")
        if not math.isfinite(field):
            raise ValueError(f"expected a finite field; got {field}; pass a number in units of J")
        if algorithm not in ALGORITHMS:
            choices = ", ".join(ALGORITHMS)
            raise ValueError(f"expected algorithm {choices}; got {algorithm!r}; pass one of these")
        if field and algorithm == "wolff":
            raise ValueError(
                f"expected field 0 with algorithm wolff; got {field:g}; pass algorithm='metropolis'"
            )
        self.field = float(field)
        self.algorithm = algorithm
        self.block_size = max(1024, 8192 * 64 // max(64, self.size))
        axis = tuple(float(i) for i in range(self.size))
        self.grid = tuple(Axis(name, "lattice spacing", axis) for name in self.fields[0].axes)
        self.parameters: dict[str, Any] = {
            "size": self.size,
            "field": self.field,
            "algorithm": algorithm,
        }

    def __repr__(self) -> str:
        arguments = ", ".join(f"{name}={value!r}" for name, value in self.parameters.items())
        return f"Ising({arguments})"

    def sample(
        self,
        conditions: Conditions,
        count: int,
        seed: int,
        *,
        first_event: int = 0,
        progress: Progress | None = None,
    ) -> Samples:
        """Simulate configurations in equilibrium.

        Args:
            conditions: "temperature" in J/k_B, one number or shape (count,). Events of
                equal temperature within a block share chains, which makes few distinct
                temperatures up to three times cheaper than all different ones.
            count: number of events.
            seed: the run, a whole number >= 0.
            first_event: number of the first event, a multiple of `block_size`.
            progress: called with (done, count).

        Returns:
            {"spins": int8 of shape (count, L, L), -1 or +1}.

        Raises:
            ValueError: for a temperature out of range or not one per event, or a count,
                seed or first event that is not what it should be.

        Example:
            >>> from simulators import Ising
            >>> Ising(16).sample({"temperature": 2.0}, 3, seed=1)["spins"].shape
            (3, 16, 16)
        """
        count, seed = whole_number("count", count), whole_number("seed", seed)
        first_event = start_of_block(first_event, self.block_size)
        temperature = condition_arrays(conditions, self.conditions, count)["temperature"]
        spins = np.empty((count, self.size, self.size), np.int8)
        done = 0
        for start in range(0, count, self.block_size):
            block = slice(start, start + self.block_size)
            path = (seed, SAMPLE, (first_event + start) // self.block_size)
            for made in concurrently(self._tasks(temperature[block], path, spins[block])):
                done += made
                if progress is not None:
                    progress(done, count)
        return {"spins": spins}

    def relax(self, samples: Samples, conditions: Conditions, sweeps: int, seed: int) -> Samples:
        """Apply Metropolis sweeps to given configurations.

        The Boltzmann distribution is stationary: configurations in equilibrium stay so, and
        others approach it within some autocorrelation times.

        Args:
            samples: {"spins": shape (n, L, L), -1 or +1}; L need not be this simulator's.
            conditions: "temperature", one number or shape (n,).
            sweeps: number of sweeps, >= 0.
            seed: a whole number >= 0.

        Returns:
            {"spins": int8 of the same shape}.

        Raises:
            ValueError: for spins that are not -1 or +1 or not on an even square lattice.

        Breaks when: the magnetisation of the configurations has the wrong sign or distribution
            below T_c, which single flips change very slowly.
        """
        from simulators.ising import _metropolis_chains

        sweeps, seed = whole_number("sweeps", sweeps), whole_number("seed", seed)
        spins = _checked_spins(samples)
        temperature = condition_arrays(conditions, self.conditions, len(spins))["temperature"]
        relaxed = _metropolis_chains.relax(spins, self.field, temperature, sweeps, (seed, RELAX))
        return {"spins": relaxed}

    def seconds_per_independent_sample(self, conditions: Conditions) -> float:
        """Measure the cost of one statistically independent configuration, here and now.

        Two integrated autocorrelation times of |m|, in sweeps, times the measured time per
        sweep and configuration with all cores at work. Burn-in is left out: it is shared by
        arbitrarily many events of a long run.

        Args:
            conditions: "temperature", one number or several, of which the mean is returned.

        Returns:
            Seconds of wall clock per configuration.
        """
        given = np.atleast_1d(np.asarray(conditions.get("temperature"), float))
        checked = condition_arrays(
            {**conditions, "temperature": given}, self.conditions, given.size
        )
        temperature = checked["temperature"]
        engines = self._engines(temperature)
        costs = [
            engine.seconds_per_independent_sample(self.size, self.field, temperature[events])
            for engine, events in engines
        ]
        return float(np.concatenate(costs).mean())

    def _tasks(self, temperature: Array, path: tuple[int, ...], out: Spins) -> list[Task]:
        tasks: list[Task] = []
        for engine, events in self._engines(temperature):
            plan = plan_chains(temperature, events, CHAINS)
            tasks += engine.tasks(self.size, self.field, plan, path, out)
        return tasks

    def _engines(self, temperature: Array) -> list[tuple[ModuleType, NDArray[np.int64]]]:
        """Which algorithm makes which events."""
        clusters = np.full(temperature.shape, self.algorithm == "wolff")
        if self.algorithm == "auto" and not self.field:
            clusters = favours_clusters(self.size, temperature)
        engines = []
        if clusters.any():
            from simulators.ising import _wolff_chains

            engines.append((_wolff_chains, np.flatnonzero(clusters)))
        if not clusters.all():
            from simulators.ising import _metropolis_chains

            engines.append((_metropolis_chains, np.flatnonzero(~clusters)))
        return engines


def _checked_spins(samples: Samples) -> Spins:
    spins = np.asarray(samples.get("spins"))
    square = spins.ndim == 3 and spins.shape[1] == spins.shape[2]
    if not square or spins.shape[1] % 2 or spins.shape[1] < 4:
        raise ValueError(
            f"expected spins of shape (n, L, L) with even L >= 4; got {spins.shape}; "
            "pass whole configurations"
        )
    if not np.all(np.abs(spins) == 1):
        raise ValueError("expected spins -1 or +1; got other values; pass signs")
    return spins.astype(np.int8)
