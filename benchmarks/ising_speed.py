"""Attempted spin flips per nanosecond on one core, beside mcising and a scalar loop.

All contenders run in one process bound to one core and take turns, so that whatever else
the machine does hits all of them. Times are the process's CPU time: on a quiet machine
that of the clock, on a busy one free of other programs' share. Quoted is the median over
the rounds, and the ratio is the median of the ratios within a round.

One attempted flip is one Metropolis decision at one site of one lattice. mcising has one
lattice per call; the scalar loop is the textbook update in compiled Python.
"""

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})

import jax
import mcising
import numba
import numpy as np

from simulators.ising.metropolis import rates, sweeps
from simulators.ising.random_bits import new_key

REFERENCE = "mcising"
WORDS = 8
TEMPERATURES = (2.0, 2.269, 3.0)
RESULT = Path(__file__).parent / "results" / "ising_speed.json"

Contender = Callable[[int, float], Callable[[int], int]]


def multi_spin(size: int, temperature: float) -> Callable[[int], int]:
    """This project's kernel: 256 lattices at once, as `Ising.sample` runs it."""
    lattice = jax.numpy.full((size, size // 2, WORDS), 0xFFFFFFFF, jax.numpy.uint32)
    state, replicas = [lattice, lattice], 32 * WORDS
    chances = jax.device_put(rates(np.full(replicas, temperature)))

    def run(count: int) -> int:
        state[:] = jax.block_until_ready(sweeps(tuple(state), chances, new_key(1), 0, count))
        return count * replicas * size**2

    return run


def peer(size: int, temperature: float) -> Callable[[int], int]:
    """The Metropolis update of mcising, in Rust."""
    simulation = mcising.IsingSimulation(size, 1.0, 0.0, 0.0, 0.0, 1, "metropolis")

    def run(count: int) -> int:
        simulation.sweep(count, temperature=temperature)
        return count * size**2

    return run


def scalar(size: int, temperature: float) -> Callable[[int], int]:
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


CONTENDERS: dict[str, Contender] = {
    "physgan": multi_spin,
    REFERENCE: peer,
    "scalar numba loop": scalar,
}


def main() -> int:
    """Measure, print a table and store it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[16, 32, 64])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--seconds", type=float, default=0.2, help="of each turn")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--out", type=Path, default=RESULT)
    options = parser.parse_args()
    rows = [
        row
        for size in options.sizes
        for temperature in TEMPERATURES
        for row in compare(size, temperature, options.rounds, options.seconds)
    ]
    result = {"machine": machine(), "unit": "attempted flips per nanosecond", "rows": rows}
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result) if options.json else table(rows))
    return 0


def compare(size: int, temperature: float, rounds: int, seconds: float) -> list[dict[str, object]]:
    """Let the contenders take turns."""
    runs = {name: make(size, temperature) for name, make in CONTENDERS.items()}
    counts = {name: sweeps_for(run, seconds) for name, run in runs.items()}
    speeds = {name: np.empty(rounds) for name in runs}
    for turn in range(rounds):
        for name, run in runs.items():
            speeds[name][turn] = speed(run, counts[name])
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


def sweeps_for(run: Callable[[int], int], seconds: float) -> int:
    """Number of sweeps that take about so long; also compiles and warms up."""
    run(1)
    count, spent = 1, 0.0
    while spent < seconds / 4:
        count *= 2
        start = time.process_time()
        run(count)
        spent = time.process_time() - start
    return max(1, int(count * seconds / spent))


def speed(run: Callable[[int], int], count: int) -> float:
    """Attempted flips per nanosecond of CPU time."""
    start = time.process_time_ns()
    flips = run(count)
    return flips / (time.process_time_ns() - start)


def table(rows: list[dict[str, object]]) -> str:
    """The rows as text."""
    lines = [f"  L      T  {'':18s} flips/ns   (lowest, highest)   times {REFERENCE}"]
    for row in rows:
        lines.append(
            f"{row['L']:3d} {row['T']:6.3f}  {row['name']:18s} {row['flips_per_ns']:8.3f}   "
            f"({row['lowest']:.3f}, {row['highest']:.3f}) {row[f'times_{REFERENCE}']:12.1f}"
        )
    return "\n".join(lines)


def machine() -> dict[str, object]:
    """What the figures were measured on."""
    cpu_info = Path("/proc/cpuinfo")
    text = cpu_info.read_text() if cpu_info.exists() else ""
    lines = [line.partition(":") for line in text.splitlines()]
    fields = {key.strip(): value.strip() for key, _, value in lines}
    flags = set(fields.get("flags", "").split())
    return {
        "cpu": fields.get("model name", platform.processor()),
        "vectors": [name for name in ("avx2", "avx512f") if name in flags],
        "cores_in_machine": os.cpu_count(),
        "cores_used": 1,
        "load_at_end": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        "python": platform.python_version(),
        **{name: version(name) for name in ("jax", "jaxlib", "numba", "numpy", "mcising")},
    }


if __name__ == "__main__":
    sys.exit(main())
