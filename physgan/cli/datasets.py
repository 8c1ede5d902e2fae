"""Commands that make, check and show datasets, and the command `list`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from physgan.cli.app import (
    EXTRA,
    MOST_EVENTS,
    ConditionOption,
    Json,
    SchedulerOption,
    ShardOption,
    app,
    own_options,
    with_more_help,
)
from physgan.cli.conditions import recipe_of_options, recipe_with_conditions
from physgan.cli.listing import LISTS, settings_text, simulate_help
from physgan.cli.next_command import after_dataset, after_part
from physgan.cli.options import UsageError, assignments, extra_options, shard_of
from physgan.cli.printing import print_result
from physgan.errors import InputError, nearest
from physgan.progress import reporting

if TYPE_CHECKING:
    from physgan.surrogates import Surrogate

__all__ = ["info", "list_words", "show", "simulate", "verify"]


@app.command(context_settings=EXTRA, cls=with_more_help(simulate_help))
def simulate(
    context: typer.Context,
    what: Annotated[str, typer.Argument(help="A recipe, a .toml file, or a simulator.")],
    out: Annotated[Path, typer.Option(help="x.h5 for one file, else a folder of shards.")],
    count: Annotated[
        int | None, typer.Option(help="Number of events.", min=1, max=MOST_EVENTS)
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the run.", min=0)] = None,
    condition: ConditionOption = None,
    parameter: Annotated[
        list[str] | None, typer.Option(help="name=value of the simulator; repeatable.")
    ] = None,
    shard: ShardOption = "",
    scheduler: SchedulerOption = "",
    as_json: Json = False,
) -> None:
    """Make a dataset; the same command continues an interrupted run.

    By a recipe:        physgan simulate ising-32 --out data/

    Other conditions:   physgan simulate calo-pb-lar --energy-gev 1:20 --count 1000 --out x.h5

    By a simulator:     physgan simulate ising --size 32 --temperature 1.5:3.5 --count 1000
    --out x.h5
    """
    from physgan.data import recipe_names
    from physgan.data import simulate as run

    free, own, part = extra_options(context.args), own_options(context), shard_of(shard)
    if what in recipe_names() or what.endswith(".toml"):
        if parameter:
            raise UsageError(
                f"expected no parameters: {what} is a recipe and fixes them; "
                "copy its .toml file and change the copy"
            )
        texts = {**free, **assignments(condition or [])}
        recipe: Any = recipe_with_conditions(what, texts, own) if texts else what
    else:
        recipe = recipe_of_options(what, free, condition or [], parameter or [], count, own)
    with reporting("simulate", "events") as report:
        result = run(
            recipe,
            out,
            count=count,
            seed=seed,
            shard=part,
            scheduler=scheduler,
            progress=report,
        )
    print_result({**result, "next": after_part(part) or after_dataset(out)}, as_json)


@app.command()
def info(
    path: Annotated[str, typer.Argument(help="Dataset, trained run, or name of a recipe.")],
    as_json: Json = False,
) -> None:
    """Say what a dataset, a trained run or a recipe is."""
    from physgan.data import info as describe
    from physgan.data import load_recipe, recipe_names
    from physgan.surrogates import pretrained_names

    names = recipe_names()
    if Path(path).exists():
        print_result(_about_run(path) if _is_run(Path(path)) else describe(path), as_json)
    elif path in (shipped := pretrained_names()) and path not in names:
        print_result(_about_run(path), as_json)
    elif path in names:
        recipe = load_recipe(path)
        print_result(dict(vars(recipe)), True) if as_json else print(recipe.card or recipe.summary)
    else:
        raise InputError(
            f"expected a dataset, a run, or a recipe or surrogate of the package; {path} does not "
            f"exist{nearest(path, [*names, *shipped])}"
        )


def _is_run(path: Path) -> bool:
    """Whether a path looks like the folder of a trained run rather than a dataset."""
    return path.is_dir() and not (path / "manifest.json").exists()


def _about_run(path: str) -> dict[str, Any]:
    from dataclasses import asdict

    from physgan.surrogates import load

    surrogate = load(path)
    return {
        "name": surrogate.name,
        "certificate": _about_certificate(surrogate),
        **asdict(surrogate.description),
        "parameter_count": surrogate.parameter_count,
        "flops_per_sample": surrogate.flops_per_sample(),
    }


def _about_certificate(surrogate: "Surrogate") -> Any:
    """The verdict on a surrogate, or that there is none."""
    found = surrogate.certificate
    if found is None:
        return "none; physgan benchmark judges a surrogate and writes one"
    own = found.weights_sha256 == surrogate.description.weights_sha256
    places = [place for place in found.places if place.missed]
    return {
        "of": "these weights" if own else "other weights",
        "verdict": found.verdict,
        "sentence": found.sentence,
        "missed": [*found.missed, *(f"{', '.join(p.missed)} at {p.values}" for p in places)],
        "truth": found.truth,
        "judged": found.created,
        "count": found.count,
        "seed": found.seed,
        "learnt from": found.data_sha256 or "not known",
    }


@app.command()
def verify(
    path: Annotated[Path, typer.Argument(help="Dataset: a file or a folder.")],
    as_json: Json = False,
) -> None:
    """Read all of a dataset and check every byte; exit code 3 if anything is wrong."""
    from physgan.domains import verify as check

    with reporting("verify", "samples") as report:
        result = check(path, progress=report)
    print_result(result, as_json)


@app.command()
def show(
    data: Annotated[Path, typer.Argument(help="Dataset: a file or a folder.")],
    out: Annotated[Path, typer.Option(help="Picture: .png, .pdf or .svg.")],
    sample: Annotated[int, typer.Option(help="Number of the sample.", min=0)] = 0,
    as_json: Json = False,
) -> None:
    """Draw one sample of a dataset."""
    from physgan.cli.picture import draw_sample

    print_result(draw_sample(data, sample, out), as_json)


@app.command(hidden=True)
def display(
    data: Path,
    out: Annotated[Path, typer.Option()],
    event: Annotated[int, typer.Option(min=0)] = 0,
    as_json: Json = False,
) -> None:
    """Former name of `show`."""
    show(data, out, event, as_json)


@app.command("list")
def list_words(
    kind: Annotated[str | None, typer.Argument(help=f"One of: {', '.join(LISTS)}.")] = None,
    as_json: Json = False,
) -> None:
    """List what there is to name: recipes, simulators, domains, methods, trained surrogates."""
    if kind is not None and kind not in LISTS:
        raise UsageError(
            f"expected a list ({', '.join(LISTS)}); got {kind!r}" + nearest(kind, LISTS)
        )
    lists = {name: LISTS[name]() for name in ([kind] if kind else LISTS)}
    if as_json:
        tables = {
            name: {word: entry.to_json() for word, entry in entries.items()}
            for name, entries in lists.items()
        }
        print_result(tables, True)
    elif kind and any(entry.settings for entry in lists[kind].values()):
        print(settings_text(lists[kind]))
    else:
        lines = {n: {w: entry.summary for w, entry in words.items()} for n, words in lists.items()}
        print_result(lines, False)
