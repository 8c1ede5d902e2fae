"""Chains of configurations by Wolff's single-cluster updates, without field.

A cluster grows from a random site: a neighbour with an equal spin joins with probability
1 - exp(-2 J / T), and the whole cluster is flipped. The Boltzmann distribution is stationary. At
T_c the autocorrelation time, in spins flipped per site, hardly grows with L, unlike that of
single flips.

Good values: L >= 128 near T_c.
Breaks when: in a field (refused); far above T_c, where clusters are single sites, and far below,
where they are the whole lattice: Metropolis sweeps are then cheaper.

Reference: Wolff, Phys. Rev. Lett. 62, 361 (1989).
"""

import time
from functools import partial

import numba
import numpy as np
from numpy.typing import NDArray

from simulators._workers import Task, concurrently, cores
from simulators.ising.random_bits import seeded
from simulators.ising.schedule import Plan, cluster_fraction

__all__ = ["seconds_per_independent_sample", "tasks"]

CHUNK = 16
TAU = 3.0
"""Autocorrelation time of the energy near T_c for L = 64 to 256, in spins flipped per site."""
BURN_IN = 10 * TAU
THINNING = 3 * TAU
MEASURE_SECONDS = 0.2

Array = NDArray[np.float64]
Spins = NDArray[np.int8]


def tasks(size: int, field: float, plan: Plan, path: tuple[int, ...], out: Spins) -> list[Task]:
    """Tasks that simulate the chains of `plan` and write their events into `out`.

    Args:
        size: L.
        field: 0, clusters know no other.
        plan: chains and events.
        path: the seed and further integers that the random numbers depend on.
        out: shape (events, L, L).

    Returns:
        Tasks that return the number of events they made.
    """
    seeds = seeded(*path).generate_state(len(plan.temperature), np.uint64).astype(np.uint64)
    return [
        partial(
            _run_chunk,
            plan.temperature[start : start + CHUNK],
            plan.event[:, start : start + CHUNK],
            seeds[start : start + CHUNK],
            out,
        )
        for start in range(0, len(plan.temperature), CHUNK)
    ]


def seconds_per_independent_sample(size: int, field: float, temperature: Array) -> Array:
    """Two autocorrelation times of clusters, timed on all cores at once.

    Args:
        size: L.
        field: 0.
        temperature: shape (n,), J/k_B.

    Returns:
        Seconds, shape (n,).
    """
    values, where = np.unique(temperature, return_inverse=True)
    seconds = [_seconds_per_cluster(size, value) for value in values]
    costs: Array = np.array(seconds) * _clusters(size, values, 2 * TAU)
    return costs[where]


def _run_chunk(
    temperature: Array, event: NDArray[np.int64], seeds: NDArray[np.uint64], out: Spins
) -> int:
    size = out.shape[1]
    burn_in = _clusters(size, temperature, BURN_IN)
    thinning = _clusters(size, temperature, THINNING)
    neighbours = _neighbours(size)
    for chain, value in enumerate(temperature):
        events = event[event[:, chain] >= 0, chain]
        snapshots = np.empty((len(events), size * size), np.int8)
        _chain(snapshots, neighbours, value, burn_in[chain], thinning[chain], seeds[chain])
        out[events] = snapshots.reshape(-1, size, size)
    return int((event >= 0).sum())


def _clusters(size: int, temperature: Array, sweeps: float) -> NDArray[np.int64]:
    """Number of clusters that flip as many spins as `sweeps` sweeps on average."""
    return np.ceil(sweeps / cluster_fraction(size, temperature)).astype(np.int64)


def _neighbours(size: int) -> NDArray[np.int32]:
    """The four neighbours of every site, shape (L^2, 4)."""
    sites = np.arange(size * size, dtype=np.int32).reshape(size, size)
    rolled = [np.roll(sites, shift, axis).ravel() for shift in (1, -1) for axis in (0, 1)]
    return np.stack(rolled, axis=1)


def _seconds_per_cluster(size: int, temperature: float) -> float:
    neighbours = _neighbours(size)
    count = int(_clusters(size, np.array([temperature]), 1.0)[0])

    def run() -> int:
        own = np.empty((1, size * size), np.int8)
        _chain(own, neighbours, temperature, count, 0, np.uint64(1))
        return count

    run()
    while True:
        start = time.perf_counter()
        done = sum(concurrently([run] * cores()))
        seconds = time.perf_counter() - start
        if seconds > MEASURE_SECONDS:
            return seconds / done
        count *= 2


@numba.njit(nogil=True, inline="always")
def _random(state: np.ndarray) -> np.uint64:  # pragma: no cover
    """Next 64 random bits (SplitMix64, Steele et al., OOPSLA 2014)."""
    state[0] += np.uint64(0x9E3779B97F4A7C15)
    z = state[0]
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@numba.njit(nogil=True)
def _flip_cluster(spins, stack, neighbours, limit, state):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Grow a cluster from a random site and flip it; `limit` is 2^32 (1 - exp(-2/T))."""
    half, low = np.uint64(32), np.uint64(0xFFFFFFFF)
    seed = np.int64(((_random(state) >> half) * np.uint64(len(spins))) >> half)
    old = spins[seed]
    spins[seed] = -old
    stack[0] = seed
    height = 1
    while height > 0:
        height -= 1
        site = stack[height]
        first, second = _random(state), _random(state)
        # No branches: whether a neighbour joins is a coin that no processor can predict.
        for draw, k in (
            (first & low, 0),
            (first >> half, 1),
            (second & low, 2),
            (second >> half, 3),
        ):
            neighbour = neighbours[site, k]
            joins = np.int8((spins[neighbour] == old) & (draw < limit))
            spins[neighbour] *= np.int8(1) - np.int8(2) * joins
            stack[height] = neighbour
            height += int(joins)


@numba.njit(nogil=True)
def _chain(out, neighbours, temperature, burn_in, thinning, seed):  # type: ignore[no-untyped-def]  # pragma: no cover
    """One chain from the ordered state; a snapshot's sign is a coin."""
    spins = np.ones(len(neighbours), np.int8)
    stack = np.empty(len(neighbours) + 4, np.int32)
    state = np.array([seed], np.uint64)
    limit = np.uint64(-np.expm1(-2.0 / temperature) * 2.0**32)
    for snapshot in range(len(out)):
        for _ in range(thinning if snapshot else burn_in):
            _flip_cluster(spins, stack, neighbours, limit, state)
        sign = np.int8(1) if _random(state) >> np.uint64(63) else np.int8(-1)
        out[snapshot] = sign * spins
