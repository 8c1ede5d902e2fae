"""The main job in one call: simulate, train, benchmark, and a page to look at."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from physgan.data import simulate
from physgan.progress import Report
from physgan.benchmark import benchmark_run
from physgan.methods import train

__all__ = ["quickstart"]

RECIPE = "ising-16"
BENCHMARK_COUNT = 4_096

Reporting = Callable[[str, str], AbstractContextManager[Report]]
"""(what is being done, what is counted) -> a context that takes progress."""


@contextmanager
def _silent(label: str, unit: str) -> Iterator[Report]:
    yield lambda done, total, note="": None


def quickstart(out: str | Path, *, seed: int = 0, reporting: Reporting = _silent) -> dict[str, Any]:
    """Simulate the recipe "ising-16", train a GAN and the classical baseline, compare them.

    Stopped and called again, it goes on where it was.

    Args:
        out: folder for the dataset, the two runs and the report.
        seed: of everything random.
        reporting: shows each stage's progress; see `physgan.progress.reporting`.

    Returns:
        {"report": path of report.html, "verdict", "dataset", "run"}, JSON values.
    """
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    dataset, run, baseline = out / f"{RECIPE}.h5", out / "gan", out / "clipped-gaussian"
    with reporting("simulate", "events") as progress:
        simulate(RECIPE, dataset, seed=seed, progress=progress)
    with reporting("fit the baseline", "samples") as progress:
        train(dataset, baseline, seed=seed, method="clipped-gaussian", progress=progress)
    with reporting("train", "samples") as progress:
        train(dataset, run, seed=seed, progress=progress)
    with reporting("benchmark", "steps") as progress:
        result = benchmark_run(
            run,
            out / "report",
            count=BENCHMARK_COUNT,
            recipe=RECIPE,
            baselines=[str(baseline)],
            seed=seed + 1,
            progress=progress,
        )
    return {
        "report": str(out / "report" / "report.html"),
        "verdict": result["verdict"],
        "dataset": str(dataset),
        "run": str(run),
    }
