"""Speed of the calorimeter: showers and steps a second, on one core and on two.

The shower is that of the Geant4-grade C++ figure: a 10 GeV electron in 50 x (2.3 mm absorber +
5.7 mm liquid argon), 62 ms on one quiet core. Time on one core is processor time, so that a busy
machine does not look slow; the gain of two cores is in wall time. Writes
benchmarks/results/calorimeter_speed.json.

    python benchmarks/calorimeter_speed.py [--absorbers PbWO4 Pb] [--energy-gev 10] [--count 100]
"""

import json
import os
import resource
import time

from lib.experiment import parser_of
from lib.table import RESULTS, Row, write_json

from simulators import Calorimeter

REFERENCE_MS = 62.0


def stack(absorber: str) -> Calorimeter:
    """The reference geometry."""
    layers = {"layers": 50, "absorber": absorber, "absorber_mm": 2.3, "gap": "LAr", "gap_mm": 5.7}
    return Calorimeter((layers,))


def on_cores(
    cores: list[int], calorimeter: Calorimeter, energy: float, count: int
) -> tuple[Row, float]:
    """Figures of `count` showers that run on these cores, and their wall time, s."""
    os.sched_setaffinity(0, cores)
    start, wall = time.process_time(), time.perf_counter()
    statistics = calorimeter.sample_with_statistics({"energy_mev": energy}, count, 1)[1]
    seconds, wall = time.process_time() - start, time.perf_counter() - wall
    charged, photons = (float(column) for column in statistics.counts[:, :2].mean(0))
    steps = charged + photons
    figures = {
        "ms_per_shower": 1e3 * seconds / count,
        "charged_steps": charged,
        "photon_steps": photons,
        "microseconds_per_step": 1e6 * seconds / count / steps,
        "million_steps_per_second": steps * count / seconds / 1e6,
        "wall_over_processor_time": wall / seconds,
    }
    return figures, wall


def main() -> None:
    """Measure, write, print."""
    out = RESULTS / "calorimeter_speed.json"
    parser = parser_of(__doc__, absorbers=["PbWO4", "Pb"], energy_gev=10.0, count=100, out=out)
    options = parser.parse_args()
    cores, energy = sorted(os.sched_getaffinity(0)), 1e3 * options.energy_gev
    start = time.process_time()
    stack("Pb").sample({"energy_mev": 1.0}, 1, 0)
    result: Row = {"start_seconds": time.process_time() - start}
    for absorber in options.absorbers:
        calorimeter = stack(absorber)
        on_cores(cores[:1], calorimeter, 100.0, 2)
        figures, wall = on_cores(cores[:1], calorimeter, energy, options.count)
        if options.energy_gev == 10.0:
            figures["of_the_c++_figure"] = figures["ms_per_shower"] / REFERENCE_MS
        if len(cores) > 1:
            both = on_cores(cores[:2], calorimeter, energy, options.count)[1]
            figures["gain_of_two_threads"] = wall / both
        result[absorber] = figures
    result["peak_memory_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(write_json(options.out, result), indent=1))


if __name__ == "__main__":
    main()
