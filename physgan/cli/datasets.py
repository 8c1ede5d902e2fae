"""The commands that make datasets and look at them."""

from pathlib import Path
from typing import Annotated, Any

import typer

from physgan.cli.app import EXTRA, ConditionOption, Json, app
from physgan.options import (
    UsageError,
    assignments,
    extra_options,
    recipe_of_options,
    recipe_with_conditions,
)
from physgan.printing import show
from physgan.progress import reporting

__all__ = ["display", "info", "simulate", "verify"]


@app.command(context_settings=EXTRA)
def simulate(
    context: typer.Context,
    what: Annotated[str, typer.Argument(help="A recipe, a .toml file, or a simulator.")],
    out: Annotated[Path, typer.Option(help="x.h5 for one file, else a folder of shards.")],
    count: Annotated[int | None, typer.Option(help="Number of events.", min=1)] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the run.", min=0)] = None,
    condition: ConditionOption = None,
    parameter: Annotated[
        list[str] | None, typer.Option(help="name=value of the simulator; repeatable.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Make a dataset; killed and given again, the command goes on where it stopped.

    By a recipe:        physgan simulate ising-32 --out data/

    Other conditions:   physgan simulate calo-pb-lar --energy-gev 1:20 --count 1000 --out x.h5

    By a simulator:     physgan simulate ising --size 32 --temperature 1.5:3.5 --count 1000
    --out x.h5
    """
    from physgan.data import recipe_names
    from physgan.data import simulate as run

    free = extra_options(context.args)
    if what in recipe_names() or what.endswith(".toml"):
        if parameter:
            raise UsageError(
                f"expected no parameters: {what} is a recipe and fixes them; "
                "copy its .toml file and change the copy"
            )
        texts = {**free, **assignments(condition or [])}
        recipe: Any = recipe_with_conditions(what, texts) if texts else what
    else:
        recipe = recipe_of_options(what, free, condition or [], parameter or [], count)
    with reporting("simulate", "events") as report:
        result = run(recipe, out, count=count, seed=seed, progress=report)
    show(result, as_json)


@app.command()
def info(
    path: Annotated[str, typer.Argument(help="Dataset, trained run, or name of a recipe.")],
    as_json: Json = False,
) -> None:
    """Say what a dataset, a trained run or a recipe is."""
    from physgan.data import info as describe
    from physgan.data import load_recipe, recipe_names

    if path in recipe_names() and not Path(path).exists():
        recipe = load_recipe(path)
        show(dict(vars(recipe)), True) if as_json else print(recipe.card or recipe.summary)
    elif _is_run(Path(path)):
        from dataclasses import asdict

        from physgan.surrogate import load

        surrogate = load(path)
        counts = {
            "parameter_count": surrogate.parameter_count,
            "flops_per_sample": surrogate.flops_per_sample(),
        }
        show({**asdict(surrogate.description), **counts}, as_json)
    else:
        show(describe(path), as_json)


@app.command()
def verify(
    path: Annotated[Path, typer.Argument(help="Dataset: a file or a folder.")],
    as_json: Json = False,
) -> None:
    """Read all of a dataset and check every byte; exit code 3 if anything is wrong."""
    from physgan.data import verify as check

    with reporting("verify", "samples") as report:
        result = check(path, progress=report)
    show(result, as_json)


@app.command()
def display(
    data: Annotated[Path, typer.Argument(help="Dataset of showers: a file or a folder.")],
    out: Annotated[Path, typer.Option(help="Picture: .png, .pdf or .svg.")],
    event: Annotated[int, typer.Option(help="Number of the shower.", min=0)] = 0,
    as_json: Json = False,
) -> None:
    """Draw one shower: depth against radius, and layers face on, in MeV."""
    from physgan.domains.showers import draw_event

    show(draw_event(data, event, out), as_json)


def _is_run(path: Path) -> bool:
    """Whether a path looks like the folder of a trained run rather than a dataset."""
    return path.is_dir() and not (path / "manifest.json").exists()
