"""Speed of the calorimeter: showers and steps a second, on one and on two threads.

The shower is that of the Geant4-grade C++ figure: a 10 GeV electron in 50 x (2.3 mm absorber +
5.7 mm liquid argon), 62 ms on one quiet core. Time is processor time on one thread and wall time
on two, so that a busy machine does not look slow on one.
"""

import argparse
import json
import resource
import time

import numpy as np

from simulators import Calorimeter
from simulators.calorimeter.transport import run_events

REFERENCE_MS = 62.0


def stack(absorber: str) -> Calorimeter:
    """The reference geometry."""
    layers = {"layers": 50, "absorber": absorber, "absorber_mm": 2.3, "gap": "LAr", "gap_mm": 5.7}
    return Calorimeter((layers,))


def one_thread(calorimeter: Calorimeter, energy: float, count: int) -> dict[str, float]:
    """Run `count` showers in this thread."""
    tracks = calorimeter._tracks({"energy_mev": np.full(count, energy)}, count)
    layers, cells = calorimeter.layers, calorimeter._cells
    outputs = (
        np.zeros((count, layers * cells.per_layer), np.float32),
        np.zeros((count, layers), np.float32),
        np.zeros((count, 4), np.float32),
        np.zeros((count, 5)),
        np.zeros((0, 2, layers)),
    )
    start, wall = time.process_time(), time.perf_counter()
    run_events(1, 0, tracks, calorimeter.physics, calorimeter._geometry, cells, *outputs)
    seconds, wall = time.process_time() - start, time.perf_counter() - wall
    steps = outputs[3][:, :2].mean(0)
    return {
        "ms_per_shower": 1e3 * seconds / count,
        "charged_steps": float(steps[0]),
        "photon_steps": float(steps[1]),
        "microseconds_per_step": 1e6 * seconds / count / steps.sum(),
        "million_steps_per_second": steps.sum() * count / seconds / 1e6,
        "wall_over_processor_time": wall / seconds,
    }


def two_threads(calorimeter: Calorimeter, energy: float, count: int) -> float:
    """Wall time of one thread over wall time of two, for the same showers."""
    from concurrent.futures import ThreadPoolExecutor

    def run(part: int, number: int) -> None:
        calorimeter_part = calorimeter._tracks({"energy_mev": np.full(number, energy)}, number)
        outputs = (
            np.zeros((number, calorimeter.layers * calorimeter._cells.per_layer), np.float32),
            np.zeros((number, calorimeter.layers), np.float32),
            np.zeros((number, 4), np.float32),
            np.zeros((0, 5)),
            np.zeros((0, 2, calorimeter.layers)),
        )
        physics, geometry = calorimeter.physics, calorimeter._geometry
        run_events(1, part, calorimeter_part, physics, geometry, calorimeter._cells, *outputs)

    start = time.perf_counter()
    run(0, count)
    single = time.perf_counter() - start
    start = time.perf_counter()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(run, (0, count // 2), (count // 2, count - count // 2)))
    return single / (time.perf_counter() - start)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--absorbers", nargs="*", default=["PbWO4", "Pb"])
    parser.add_argument("--energy-gev", type=float, default=10.0)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--no-scaling", action="store_true", help="skip the two-thread run")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    start = time.process_time()
    stack("Pb").sample({"energy_mev": 1.0}, 1, 0)
    result: dict = {"start_seconds": time.process_time() - start}
    for absorber in options.absorbers:
        calorimeter = stack(absorber)
        one_thread(calorimeter, 100.0, 2)
        figures = one_thread(calorimeter, 1e3 * options.energy_gev, options.count)
        if options.energy_gev == 10.0:
            figures["of_the_c++_figure"] = figures["ms_per_shower"] / REFERENCE_MS
        if not options.no_scaling:
            figures["gain_of_two_threads"] = two_threads(
                calorimeter, 1e3 * options.energy_gev, max(options.count // 4, 8)
            )
        result[absorber] = figures
    result["peak_memory_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if options.json:
        print(json.dumps(result, indent=2))
        return
    for name, figures in result.items():
        if isinstance(figures, dict):
            print(name)
            for key, value in figures.items():
                print(f"  {key.replace('_', ' '):<28} {value:12.3f}")
        else:
            print(f"{name.replace('_', ' '):<30} {figures:12.3f}")


if __name__ == "__main__":
    main()
