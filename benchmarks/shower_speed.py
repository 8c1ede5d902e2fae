"""Time a shower on one CPU core, for a surrogate and for the simulator, in turns.

Both run in this process, tied to one core, at the same incident energies (log-uniform over the
surrogate's range). If the surrogate rejects some of its draws, the generator alone is timed, too.
Writes benchmarks/results/shower_speed.json.

    python benchmarks/shower_speed.py RUN --recipe calo-pbwo4-lar
"""

import json
import resource
import time
from functools import partial
from typing import Any

import numpy as np
from lib.experiment import parser_of
from lib.measure import in_turns, on_one_core
from lib.table import RESULTS, write_json

from physgan import load, load_recipe
from physgan.data import build_simulator

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
    out = RESULTS / "shower_speed.json"
    parser = parser_of(__doc__, "run", recipe="calo-pbwo4-lar", rounds=5, out=out)
    options = parser.parse_args()
    surrogate, recipe = load(options.run), load_recipe(options.recipe)
    simulator = build_simulator(recipe.simulator, recipe.parameters)
    span = surrogate.conditions[0]
    low, high = span.minimum * 1.001, span.maximum * 0.999
    energies = np.exp(np.random.default_rng(0).uniform(np.log(low), np.log(high), 1000))
    sources = {"surrogate": surrogate}
    if surrogate.rejects:
        sources["generator alone"] = surrogate.without_rejection()
    measured = {
        f"{name}, batch {batch}": partial(
            milliseconds, source, energies[:batch] if batch > 1 else energies[100:101], calls
        )
        for name, source in sources.items()
        for batch, calls in BATCHES.items()
    }
    measured["simulator"] = partial(milliseconds, simulator, energies[:100], 1)
    in_turns(measured, 1)  # compiles
    found = in_turns(measured, options.rounds)
    middle = {name: float(np.median(values)) for name, values in found.items()}
    peaks = {}
    for count in (1000, 10_000):
        surrogate.sample({"energy_mev": np.resize(energies, count)}, count, 1)
        peaks[count] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    result = {
        "milliseconds_a_shower": middle,
        "spread": {name: values.std() for name, values in found.items()},
        "simulator_over_surrogate": {n: middle["simulator"] / value for n, value in middle.items()},
        "peak_memory_mb_after": peaks,
        "rounds": options.rounds,
    }
    print(json.dumps(write_json(options.out, result), indent=1))


if __name__ == "__main__":
    on_one_core()
    main()
