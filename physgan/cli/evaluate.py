"""Commands that evaluate surrogates and datasets, and explain surrogates."""

from pathlib import Path
from typing import Annotated

import typer

from physgan.cli.app import EXTRA, ConditionOption, Json, Seed, app, own_options
from physgan.cli.conditions import one_condition
from physgan.cli.options import assignments, extra_options, settings
from physgan.cli.printing import print_result
from physgan.progress import reporting

__all__ = ["benchmark", "compare", "explain", "report"]


@app.command()
def benchmark(
    run: Annotated[str, typer.Argument(help="Folder of a trained run.")],
    out: Annotated[Path, typer.Option(help="Folder of the report.")],
    count: Annotated[int | None, typer.Option(help="Samples a side.", min=2)] = None,
    recipe: Annotated[
        str | None, typer.Option(help="Recipe whose [benchmark] is used, if not the run's own.")
    ] = None,
    baseline: Annotated[
        list[str] | None, typer.Option(help="Another run to compare with; repeatable.")
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(
            help="Dataset whose test split, or FILE:split, takes the simulator's place; for a run "
            "on imported data its own dataset, if left out."
        ),
    ] = None,
    classes: Annotated[
        str,
        typer.Option(
            help="Condition of --data whose values are classes: train a classifier of them."
        ),
    ] = "",
    tolerance: Annotated[
        list[str] | None,
        typer.Option(
            help="name=limit over the recipe's, or name:measure=limit; a wrong name lists all; "
            "repeatable."
        ),
    ] = None,
    cost: Annotated[
        float | None,
        typer.Option(help="Seconds that simulating one recorded event took, if you know.", min=0),
    ] = None,
    certificate: Annotated[
        bool, typer.Option(help="Keep the verdict with the run, as certificate.json.")
    ] = True,
    check: Annotated[
        bool, typer.Option("--check", help="Exit with code 3 if a target is missed.")
    ] = False,
    seed: Seed = 1,
    as_json: Json = False,
) -> None:
    """Compare a surrogate with its simulator, or with recorded data: a page and JSON."""
    from physgan.benchmark import benchmark_run

    with reporting("benchmark", "steps") as progress:
        result = benchmark_run(
            run,
            out,
            count=count,
            recipe=recipe,
            baselines=baseline or [],
            data=data,
            classes=classes,
            tolerances=settings(tolerance or []),
            cost=cost,
            certificate=certificate,
            seed=seed,
            progress=progress,
        )
    verdict = result["verdict"]
    truth = result["simulator"]
    short = {"truth": truth["recorded"] or truth["name"], "report": str(out / "report.html")}
    short |= {"verdict": verdict["sentence"], "largest AUC": verdict["largest_auc"]}
    further = ("missed", "cannot_tell", "speed", "break_even")
    short |= {name.replace("_", " "): verdict[name] for name in further if verdict.get(name)}
    print_result(result if as_json else short, as_json)
    if check and verdict["missed"]:
        raise typer.Exit(3)


@app.command()
def report(
    reports: Annotated[
        list[str], typer.Argument(help="Folders that physgan benchmark --out wrote: two or more.")
    ],
    out: Annotated[Path, typer.Option(help="HTML file.")] = Path("side-by-side.html"),
    as_json: Json = False,
) -> None:
    """Lay reports of benchmarks side by side: verdicts, observables, curves."""
    from physgan.benchmark.report.side_by_side import side_by_side

    result = side_by_side(reports, out)
    short = {each["name"]: each["verdict"]["sentence"] for each in result["reports"]}
    print_result(result if as_json else {**short, "page": str(out)}, as_json)


@app.command()
def compare(
    real: Annotated[
        str, typer.Argument(help="Dataset that is right by definition, or FILE:split.")
    ],
    fake: Annotated[Path, typer.Argument(help="Dataset under test, of the same domain.")],
    floor: Annotated[
        Path | None, typer.Option(help="Second dataset like the first, for truth against truth.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for pictures and compare.json.")] = None,
    count: Annotated[int, typer.Option(help="Most samples of each dataset.", min=2)] = 10_000,
    split: Annotated[
        str, typer.Option(help="Split of REAL, such as test; all samples if left out.")
    ] = "",
    classes: Annotated[
        str, typer.Option(help="Condition whose values are classes: train a classifier of them.")
    ] = "",
    look: Annotated[
        str, typer.Option(help="What that classifier sees: images or observables.")
    ] = "images",
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Compare one dataset with another: distances, classifiers, neighbours, with errors."""
    from physgan.comparison import compare as run
    from physgan.comparison import table

    with reporting("compare", "steps") as progress:
        result = run(
            real,
            fake,
            floor=floor,
            out=out,
            count=count,
            split=split,
            seed=seed,
            classes=classes,
            class_inputs=look,
            progress=progress,
        )
    print_result(result.to_json(), True) if as_json else print(table(result))


@app.command(context_settings=EXTRA)
def explain(
    context: typer.Context,
    run: Annotated[str, typer.Argument(help="Folder of a trained run.")],
    out: Annotated[Path, typer.Option(help="Folder for pictures and explain.json.")],
    data: Annotated[
        Path | None,
        typer.Option(help="Dataset of the run: show attributions of the discriminator."),
    ] = None,
    count: Annotated[int, typer.Option(help="Samples at every point.", min=2)] = 1000,
    seed: Seed = 0,
    condition: ConditionOption = None,
    as_json: Json = False,
) -> None:
    """Explain samples: their dependence on conditions and latents, as pictures and JSON.

    physgan explain run/ --temperature 2.3 --data data.h5 --out explained
    """
    from physgan.explain import explain as explain_run
    from physgan.surrogates import load

    texts = {**extra_options(context.args), **assignments(condition or [])}
    at = one_condition(texts, load(run).conditions, own_options(context)) if texts else {}
    with reporting("explain", "steps") as progress:
        result = explain_run(run, out, data=data, at=at, count=count, seed=seed, progress=progress)
    short = {"explained": str(out / "explain.json"), "pictures": ", ".join(result["pictures"])}
    print_result(result if as_json else short, as_json)
