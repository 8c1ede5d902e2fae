"""Time a shower on one CPU core, for a surrogate and for the simulator, in turns.

Both run in this process, tied to one core, at the same incident energies (log-uniform over the
surrogate's range). Writes benchmarks/results/shower_speed.json.

    python benchmarks/shower_speed.py RUN --recipe calo-pbwo4-lar
"""

import os

os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})

import argparse  # noqa: E402
import json  # noqa: E402
import resource  # noqa: E402
import time  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

import numpy as np  # noqa: E402

from physgan import load  # noqa: E402
from physgan.data import build_simulator, load_recipe  # noqa: E402

RESULTS = Path(__file__).parent / "results"
BATCHES = {1: 100, 100: 10, 1000: 2}
"""Batch size -> calls in a round."""


def milliseconds(source: Any, energies: np.ndarray, calls: int) -> float:
    """Wall time of a shower, ms, where each call asks for showers of these energies."""
    start = time.perf_counter()
    for call in range(calls):
        source.sample({"energy_mev": energies}, len(energies), call)
    return 1e3 * (time.perf_counter() - start) / calls / len(energies)


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run")
    parser.add_argument("--recipe", default="calo-pbwo4-lar")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    surrogate, recipe = load(options.run), load_recipe(options.recipe)
    simulator = build_simulator(recipe.simulator, recipe.parameters)
    condition = surrogate.conditions[0]
    law = np.random.default_rng(0)
    draws = np.exp(law.uniform(np.log(condition.minimum), np.log(condition.maximum), 1000))
    draws = np.clip(draws, condition.minimum * 1.001, condition.maximum * 0.999)
    for batch in BATCHES:
        surrogate.sample({"energy_mev": draws[:batch]}, batch, 0)
    simulator.sample({"energy_mev": draws[:1]}, 1, 0)
    found: dict[str, list[float]] = {f"surrogate, batch {batch}": [] for batch in BATCHES}
    found["simulator"] = []
    for _ in range(options.rounds):
        for batch, calls in BATCHES.items():
            found[f"surrogate, batch {batch}"].append(
                milliseconds(surrogate, draws[:batch] if batch > 1 else draws[100:101], calls)
            )
        found["simulator"].append(milliseconds(simulator, draws[:100], 1))
    middle = {name: float(np.median(values)) for name, values in found.items()}
    peaks = {}
    for count in (1000, 10_000):
        surrogate.sample({"energy_mev": 5000.0}, count, 1)
        peaks[count] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    result = {
        "milliseconds_a_shower": middle,
        "spread": {name: float(np.std(values)) for name, values in found.items()},
        "simulator_over_surrogate": {
            name: middle["simulator"] / value for name, value in middle.items()
        },
        "peak_memory_mb_after": peaks,
        "rounds": options.rounds,
    }
    text = json.dumps(result, indent=1)
    (RESULTS / "shower_speed.json").write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
