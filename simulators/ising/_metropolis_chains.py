"""Chains of configurations by Metropolis sweeps, 256 replicas at a time."""

import time
from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit

from simulators._workers import Task, concurrently, cores
from simulators.ising.lattice import BITS, Packed, magnetisation, pack, pack_mask, unpack
from simulators.ising.metropolis import Rates, flip, rates, sweeps
from simulators.ising.random_bits import new_key, seeded
from simulators.ising.schedule import (
    Plan,
    autocorrelation_sweeps,
    burn_in_sweeps,
    thinning_sweeps,
)

__all__ = ["CHUNK", "relax", "seconds_per_independent_sample", "tasks"]

CHUNK = 8 * BITS
FIELD_STAGES = 4
MEASURE_SECONDS = 0.2

Array = NDArray[np.float64]
Spins = NDArray[np.int8]
Path = tuple[int, ...]


def tasks(size: int, field: float, plan: Plan, path: Path, out: Spins) -> list[Task]:
    """Tasks that simulate the chains of `plan` and write their events into `out`.

    Args:
        size: L.
        field: external field h, in units of J.
        plan: chains and events.
        path: the seed and further integers that the random numbers depend on.
        out: shape (events, L, L).

    Returns:
        Tasks that return the number of events they made.
    """
    return [
        partial(
            _run_chunk,
            field=field,
            temperature=plan.temperature[start : start + CHUNK],
            event=plan.event[:, start : start + CHUNK],
            path=(*path, start),
            out=out,
        )
        for start in range(0, len(plan.temperature), CHUNK)
    ]


def relax(spins: Spins, field: float, temperature: Array, count: int, path: Path) -> Spins:
    """`count` sweeps of every configuration in `spins`, shape (events, L, L)."""
    out = np.empty_like(spins)

    def run(start: int) -> int:
        chunk = slice(start, start + CHUNK)
        given = spins[chunk]
        missing = ((0, CHUNK - len(given)), (0, 0), (0, 0))
        packed = pack(np.pad(given, missing, constant_values=1))
        key = new_key(*path, start)
        packed = _host(sweeps(packed, _rates(temperature[chunk], field), key, 0, count))
        out[chunk] = unpack(packed)[: len(given)]
        return len(given)

    starts = range(0, len(spins), CHUNK)
    for _ in concurrently([partial(run, start) for start in starts]):
        pass
    return out


def seconds_per_independent_sample(size: int, field: float, temperature: Array) -> Array:
    """Two autocorrelation times of sweeps, timed on all cores at once.

    Args:
        size: L.
        field: external field h.
        temperature: shape (n,), J/k_B.

    Returns:
        Seconds, shape (n,).
    """
    seconds = _seconds_per_sweep(size, _rates(temperature[:CHUNK], field))
    return 2 * autocorrelation_sweeps(size, temperature) * seconds


def _run_chunk(
    field: float, temperature: Array, event: NDArray[np.int64], path: Path, out: Spins
) -> int:
    used = event[(event >= 0).any(axis=1)]
    steps = _steps(out.shape[1], field, temperature, len(used))
    packed, done = _ordered(out.shape[1], field), 0
    replicas, key = _rates(temperature, field), new_key(*path)
    for number, step in enumerate(steps):
        packed = sweeps(packed, replicas, key, done, step)
        spins = unpack(_host(packed))
        turned = _global_flips(spins, field, temperature, (*path, number + 1))
        packed, done = flip(packed, pack_mask(turned)), done + step
        snapshot = number - (len(steps) - len(used))
        if snapshot >= 0:
            spins[turned] *= -1
            made = used[snapshot] >= 0
            out[used[snapshot][made]] = spins[: len(made)][made]
    return int((used >= 0).sum())


def _steps(size: int, field: float, temperature: Array, snapshots: int) -> list[int]:
    """Sweeps before every global flip; the last `snapshots` flips end in a snapshot.

    In a field the sign is part of the equilibrium, so flips also divide the burn-in.
    """
    tau = autocorrelation_sweeps(size, temperature)
    burn_in, thinning = int(burn_in_sweeps(tau).max()), int(thinning_sweeps(tau).max())
    stages = FIELD_STAGES if field else 1
    return [-(-burn_in // stages)] * stages + [thinning] * (snapshots - 1)


def _ordered(size: int, field: float) -> Packed:
    """All spins equal, along the field: no stripes to wait for below T_c."""
    word = 0 if field < 0 else 0xFFFFFFFF
    sublattice = np.full((size, size // 2, CHUNK // BITS), word, np.uint32)
    return sublattice, sublattice


def _rates(temperature: Array, field: float) -> Rates:
    return rates(np.pad(temperature, (0, CHUNK - len(temperature)), mode="edge"), field)


def _host(packed: tuple[ArrayLike, ArrayLike]) -> Packed:
    return np.asarray(packed[0]), np.asarray(packed[1])


def _global_flips(spins: Spins, field: float, temperature: Array, path: Path) -> NDArray[np.bool_]:
    """Heat bath between every configuration and its mirror image, a coin without field."""
    replicas = np.pad(temperature, (0, len(spins) - len(temperature)), mode="edge")
    uniform = seeded(*path).generate_state(len(spins)) / 2.0**32
    return np.asarray(uniform < expit(-2 * field * magnetisation(spins) / replicas))


def _seconds_per_sweep(size: int, replicas: Rates) -> float:
    """Seconds a sweep of one replica takes, with every core at work."""
    packed, key, count = _ordered(size, 0.0), new_key(0), 1

    def run() -> int:
        _host(sweeps(packed, replicas, key, 0, count))
        return count

    run()
    while True:
        start = time.perf_counter()
        done = sum(concurrently([run] * cores()))
        seconds = time.perf_counter() - start
        if seconds > MEASURE_SECONDS:
            return seconds / (done * CHUNK)
        count *= 2
