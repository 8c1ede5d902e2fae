"""The autocorrelation time of |m| and of the energy, against the fit that sets schedules."""

import argparse
import json
import sys
from pathlib import Path

import numpy as np

from simulators.ising import exact
from simulators.ising.lattice import pack, unpack
from simulators.ising.metropolis import rates, sweeps
from simulators.ising.random_bits import new_key
from simulators.ising.schedule import autocorrelation_sweeps

TEMPERATURES = (1.2, 1.5, 1.8, 2.0, 2.1, 2.2, 2.25, 2.3, 2.35, 2.4, 2.5, 2.7, 3.0, 3.5, 5.0, 8.0)
REPLICAS = 256
LOW, HIGH = 0.75, 2.0
RESULT = Path(__file__).parent / "results" / "ising_autocorrelation.json"


def main() -> int:
    """Print and store the table; status 1 if the fit is far from a measurement."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[8, 16, 32, 64])
    parser.add_argument("--out", type=Path, default=RESULT)
    options = parser.parse_args()
    print("  L       T   fit tau   of |m|   of energy   fit / |m|")
    rows = []
    for size in options.sizes:
        for temperature in sorted((*TEMPERATURES, exact.critical_temperature)):
            row = measure(size, temperature)
            rows.append(row)
            print(
                f"{size:3d} {temperature:7.4f} {row['fit']:9.1f} {row['magnetisation']:8.1f} "
                f"{row['energy']:11.1f} {row['fit'] / row['magnetisation']:11.2f}",
                flush=True,
            )
    good = all(LOW < row["fit"] / row["magnetisation"] < HIGH for row in rows)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps({"good": good, "rows": rows}, indent=1) + "\n")
    return 0 if good else 1


def measure(size: int, temperature: float) -> dict[str, float]:
    """Integrated autocorrelation times, in sweeps, from 60 fitted ones of 256 replicas."""
    fit = float(autocorrelation_sweeps(size, np.array(temperature)))
    every = max(1, int(fit / 8))
    key, chances = new_key(77, size), rates(np.full(REPLICAS, temperature))
    packed = pack(np.ones((REPLICAS, size, size), np.int8))
    done = int(10 + 15 * fit)
    packed = sweeps(packed, chances, key, 0, done)
    series = []
    for _ in range(int(60 * fit / every) + 40):
        packed = sweeps(packed, chances, key, done, every)
        done += every
        spins = unpack((np.asarray(packed[0]), np.asarray(packed[1])))
        unequal = sum(np.count_nonzero(spins != np.roll(spins, 1, a), (1, 2)) for a in (1, 2))
        series.append((np.abs(spins.mean((1, 2))), unequal))
    magnetisation, energy = np.moveaxis(np.array(series), 1, 0)
    return {
        "size": size,
        "temperature": temperature,
        "fit": fit,
        "magnetisation": every * integrated_time(magnetisation),
        "energy": every * integrated_time(energy),
    }


def integrated_time(series) -> float:
    """1/2 plus the sum of the autocorrelation up to 6 times itself, shape (times, replicas)."""
    count, centred = len(series), series - series.mean()
    spectrum = np.abs(np.fft.rfft(centred, 2 * count, axis=0)) ** 2
    sums = np.fft.irfft(spectrum, axis=0)[:count].mean(1)
    correlation = sums / np.arange(count, 0, -1)
    times = 0.5 + np.cumsum(correlation[1:] / correlation[0])
    window = np.argmax(np.arange(1, count) > 6 * times)
    return float(times[window])


if __name__ == "__main__":
    sys.exit(main())
