"""Attempted spin flips per nanosecond on one core, beside mcising and a scalar loop.

All contenders run in one process bound to one core and take turns, so that whatever else
the machine does hits all of them. Times are the process's CPU time: on a quiet machine
that of the clock, on a busy one free of other programs' share. Quoted is the median over
the rounds, and the ratio is the median of the ratios within a round.

One attempted flip is one Metropolis decision at one site of one lattice. mcising has one
lattice per call; the scalar loop is the textbook update in compiled Python. Writes
benchmarks/results/ising_speed.json.

    python benchmarks/ising_speed.py [--sizes 16 32 64] [--rounds 15]
"""

import os
import time
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from pathlib import Path

import jax
import mcising
import numba
import numpy as np
from lib.experiment import parser_of
from lib.measure import in_turns, on_one_core
from lib.table import RESULTS, Row, markdown, write_json

from simulators.ising.metropolis import rates, sweeps
from simulators.ising.random_bits import new_key

REFERENCE = "mcising"
WORDS = 8
TEMPERATURES = (2.0, 2.269, 3.0)

Run = Callable[[int], int]
"""Number of sweeps -> number of attempted flips."""


def multi_spin(size: int, temperature: float) -> Run:
    """This project's kernel: 256 lattices at once, as `Ising.sample` runs it."""
    lattice = jax.numpy.full((size, size // 2, WORDS), 0xFFFFFFFF, jax.numpy.uint32)
    state, replicas = [lattice, lattice], 32 * WORDS
    chances = jax.device_put(rates(np.full(replicas, temperature)))

    def run(count: int) -> int:
        state[:] = jax.block_until_ready(sweeps(tuple(state), chances, new_key(1), 0, count))
        return count * replicas * size**2

    return run


def peer(size: int, temperature: float) -> Run:
    """The Metropolis update of mcising, in Rust."""
    simulation = mcising.IsingSimulation(size, 1.0, 0.0, 0.0, 0.0, 1, "metropolis")

    def run(count: int) -> int:
        simulation.sweep(count, temperature=temperature)
        return count * size**2

    return run


def scalar(size: int, temperature: float) -> Run:
    """One spin after another, in numba."""
    spins = np.ones((size, size), np.int8)
    chances = np.exp(-2.0 * np.arange(-4, 5) / temperature)

    def run(count: int) -> int:
        _scalar_sweeps(spins, chances, count)
        return count * size**2

    return run


@numba.njit
def _scalar_sweeps(spins: np.ndarray, chances: np.ndarray, count: int) -> None:
    size = len(spins)
    for _ in range(count):
        for i in range(size):
            for j in range(size):
                around = spins[i - 1, j] + spins[i, j - 1]
                around += spins[i + 1 - size, j] + spins[i, j + 1 - size]
                cost = spins[i, j] * around
                if cost <= 0 or np.random.random() < chances[cost + 4]:  # noqa: NPY002
                    spins[i, j] = -spins[i, j]


CONTENDERS = {"physgan": multi_spin, REFERENCE: peer, "scalar numba loop": scalar}


def compare(size: int, temperature: float, rounds: int, seconds: float) -> list[Row]:
    """Let the contenders take turns, each turn of about so many seconds."""
    runs = {name: make(size, temperature) for name, make in CONTENDERS.items()}
    counts = {name: sweeps_for(run, seconds) for name, run in runs.items()}
    speeds = in_turns({name: partial(speed, runs[name], counts[name]) for name in runs}, rounds)
    return [
        {
            "L": size,
            "T": temperature,
            "name": name,
            "flips_per_ns": round(float(np.median(values)), 4),
            "lowest": round(float(values.min()), 4),
            "highest": round(float(values.max()), 4),
            f"times_{REFERENCE}": round(float(np.median(values / speeds[REFERENCE])), 2),
        }
        for name, values in speeds.items()
    ]


def sweeps_for(run: Run, seconds: float) -> int:
    """Number of sweeps that take about so long; also compiles and warms up."""
    run(1)
    count, spent = 1, 0.0
    while spent < seconds / 4:
        count *= 2
        start = time.process_time()
        run(count)
        spent = time.process_time() - start
    return max(1, int(count * seconds / spent))


def speed(run: Run, count: int) -> float:
    """Attempted flips per nanosecond of CPU time."""
    start = time.process_time_ns()
    flips = run(count)
    return flips / (time.process_time_ns() - start)


def machine() -> Row:
    """What `environment` does not say: vector instructions, load, further packages."""
    cpu_info = Path("/proc/cpuinfo")
    words = set(cpu_info.read_text().split()) if cpu_info.exists() else set()
    return {
        "vectors": [name for name in ("avx2", "avx512f") if name in words],
        "cores_in_machine": os.cpu_count(),
        "load_at_end": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        **{name: version(name) for name in ("jaxlib", "numba", REFERENCE)},
    }


def main() -> None:
    """Measure, print a table and store it."""
    out = RESULTS / "ising_speed.json"
    parser = parser_of(__doc__, sizes=[16, 32, 64], rounds=15, seconds=0.2, out=out)
    options = parser.parse_args()
    rows = [
        row
        for size in options.sizes
        for temperature in TEMPERATURES
        for row in compare(size, temperature, options.rounds, options.seconds)
    ]
    result = {"machine": machine(), "unit": "attempted flips per nanosecond", "rows": rows}
    write_json(options.out, result)
    print(markdown(list(rows[0]), [[str(value) for value in row.values()] for row in rows]))


if __name__ == "__main__":
    on_one_core()
    main()
