"""The command `quickstart`: simulate, train and benchmark a recipe."""

from pathlib import Path
from typing import Annotated, Any

import typer

from physgan.cli.app import Json, Seed, app
from physgan.cli.next_command import after_quickstart
from physgan.cli.printing import print_result
from physgan.errors import InputError
from physgan.progress import reporting

__all__ = ["baseline_of", "quickstart"]

_MOST_BENCHMARKED = 4_096


@app.command()
def quickstart(
    out: Annotated[Path, typer.Option(help="Folder for everything that is made.")] = Path(
        "quickstart"
    ),
    recipe: Annotated[str, typer.Option(help="What to simulate and emulate.")] = "calo-small",
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Simulate, train and benchmark a recipe; the result is a page.

    The same command continues an interrupted run.
    """
    print_result(_run(out, recipe, seed), as_json)


def baseline_of(domain: str) -> str:
    """Method of a domain's first classical baseline; "" if there is none."""
    from physgan.domains import domain_type

    return next(iter(domain_type(domain).baselines), "")


def _run(out: Path, name: str, seed: int) -> dict[str, Any]:
    from physgan.benchmark import benchmark_run
    from physgan.data import load_recipe, open_dataset, simulate
    from physgan.methods import train

    recipe = load_recipe(name)
    if not recipe.benchmark.get("conditions"):
        raise InputError(f"expected [benchmark] with conditions in the recipe {name}; got none")
    out.mkdir(parents=True, exist_ok=True)
    dataset, run, baselines = out / f"{recipe.name}.h5", out / "run", []
    with reporting("simulate", "events") as progress:
        simulate(recipe, dataset, seed=seed, progress=progress)
    if baseline := baseline_of(open_dataset(dataset).info.domain):
        baselines = [str(out / baseline)]
        with reporting("fit the baseline", "samples") as progress:
            train(dataset, out / baseline, seed=seed, method=baseline, progress=progress)
    with reporting("train", "samples") as progress:
        train(dataset, run, seed=seed, progress=progress)
    with reporting("benchmark", "steps") as progress:
        result = benchmark_run(
            run,
            out / "report",
            count=min(_MOST_BENCHMARKED, recipe.benchmark.get("count", _MOST_BENCHMARKED)),
            recipe=name,
            baselines=baselines,
            seed=seed + 1,
            progress=progress,
        )
    return {
        "report": str(out / "report" / "report.html"),
        "verdict": result["verdict"],
        "dataset": str(dataset),
        "run": str(run),
        "next": after_quickstart(run, dataset),
    }
