"""Energy and specific heat of sampled configurations against Kaufman's exact torus.

Errors are a jackknife over blocks of events, which share no chains.
"""

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np

from simulators import Ising
from simulators.ising import exact

SIZES = (16, 32)
TEMPERATURES = (2.0, exact.critical_temperature, 2.5, 3.0)
SIGMAS = 4.0
LARGEST_ERROR = 5e-4
RESULT = Path(__file__).parent / "results" / "ising_kaufman.json"


def main() -> int:
    """Print and store the table; status 1 if a row is off."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--blocks", type=int, default=128, help="blocks of 8,192 events a row")
    parser.add_argument("--algorithm", default="metropolis", choices=["metropolis", "wolff"])
    parser.add_argument("--out", type=Path, default=RESULT)
    options = parser.parse_args()
    print("  L       T    events          u      error   sigmas         c      error   sigmas")
    rows = []
    for size in SIZES:
        for temperature in TEMPERATURES:
            row = measure(size, temperature, options.blocks, options.algorithm)
            rows.append(row)
            print(
                f"{size:3d} {temperature:7.4f} {row['events']:9d} "
                f"{row['u']:10.6f} {row['u_error']:10.6f} {row['u_sigmas']:8.2f} "
                f"{row['c']:9.5f} {row['c_error']:10.5f} {row['c_sigmas']:8.2f}",
                flush=True,
            )
    good = all(map(is_good, rows))
    result = {"algorithm": options.algorithm, "version": Ising.version, "good": good, "rows": rows}
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(result, indent=1) + "\n")
    return 0 if good else 1


def is_good(row: dict[str, float]) -> bool:
    """Whether u and c agree with the exact values, and u is known well enough."""
    agree = max(abs(row["u_sigmas"]), abs(row["c_sigmas"])) < SIGMAS
    return agree and row["u_error"] < LARGEST_ERROR


def measure(size: int, temperature: float, blocks: int, algorithm: str) -> dict[str, float]:
    """One row of the table."""
    ising, start = Ising(size, algorithm=algorithm), time.perf_counter()
    moments = np.array([block_moments(ising, temperature, block) for block in range(blocks)])
    u, u_error = jackknife(moments, lambda mean: mean[0])
    scale = size**2 / temperature**2
    c, c_error = jackknife(moments, lambda mean: scale * (mean[1] - mean[0] ** 2))
    torus = exact.kaufman(size, temperature)
    return {
        "size": size,
        "temperature": temperature,
        "events": blocks * ising.block_size,
        "u": u,
        "u_error": u_error,
        "u_exact": torus.energy,
        "u_sigmas": (u - torus.energy) / u_error,
        "c": c,
        "c_error": c_error,
        "c_exact": torus.specific_heat,
        "c_sigmas": (c - torus.specific_heat) / c_error,
        "seconds": round(time.perf_counter() - start, 2),
    }


def block_moments(ising: Ising, temperature: float, block: int) -> tuple[float, float]:
    """Mean energy per site of a block of events, and mean square."""
    first = block * ising.block_size
    conditions = {"temperature": temperature}
    spins = ising.sample(conditions, ising.block_size, 2024, first_event=first)["spins"]
    bonds = spins * (np.roll(spins, 1, 1) + np.roll(spins, 1, 2))
    energy = -bonds.reshape(len(spins), -1).sum(1, dtype=np.int32) / ising.size**2
    return float(energy.mean()), float((energy**2).mean())


def jackknife(moments, function) -> tuple[float, float]:
    """A function of mean moments, corrected for bias, and its standard error."""
    count = len(moments)
    without = (moments.sum(0) - moments) / (count - 1)
    values = np.array([function(mean) for mean in without])
    estimate = count * function(moments.mean(0)) - (count - 1) * values.mean()
    return float(estimate), float(np.sqrt((count - 1) * values.var()))


if __name__ == "__main__":
    sys.exit(main())
