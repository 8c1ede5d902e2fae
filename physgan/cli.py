"""The command line: parse, call, print. Nothing heavy is imported until a command runs."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from physgan.errors import PhysganError, VerificationError
from physgan.options import (
    UsageError,
    assignments,
    drawn_conditions,
    extra_options,
    import_settings,
    numbers,
    read_toml,
    recipe_of_options,
    recipe_with_conditions,
    settings,
    shares,
    training_options,
)
from physgan.printing import show
from physgan.progress import reporting

__all__ = ["app", "main"]

app = typer.Typer(
    name="physgan",
    help="Emulate slow physics simulators with GANs, and say how well and how fast.",
    add_completion=False,
    rich_markup_mode=None,
)
USAGE_ERROR = next(c for c in typer.BadParameter.__mro__ if c.__name__ == "ClickException")
EXTRA = {"allow_extra_args": True, "ignore_unknown_options": True}

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Seed = Annotated[int, typer.Option(help="Seed of all random numbers.", min=0)]
ConditionOption = Annotated[
    list[str] | None,
    typer.Option("--condition", help="name=value, name=low:high or name=a,b,c; repeatable."),
]
Split = Annotated[
    str, typer.Option(help="train=0.93,validation=0.07: shares, if not 0.8, 0.1 and 0.1 test.")
]


@app.command()
def quickstart(
    out: Annotated[Path, typer.Option(help="Folder for everything that is made.")] = Path(
        "quickstart"
    ),
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Simulate, train and benchmark the Ising model; end with a page to look at."""
    from physgan.quickstart import quickstart as run

    show(run(out, seed=seed, reporting=reporting), as_json)


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


@app.command(context_settings=EXTRA)
def train(
    context: typer.Context,
    data: Annotated[Path, typer.Argument(help="Dataset: a file or a folder.")],
    out: Annotated[Path, typer.Option(help="Folder of the run.")],
    method: Annotated[
        str,
        typer.Option(
            help="gan, vae or flow-matching; without a network: clipped-gaussian (spins), copula "
            "(showers)."
        ),
    ] = "gan",
    config: Annotated[Path | None, typer.Option(help="TOML file of settings.")] = None,
    change: Annotated[
        list[str] | None, typer.Option("--set", help="key=value over the settings; repeatable.")
    ] = None,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Train a surrogate; killed and given again, the command goes on where it stopped.

    Settings may be given as options:  physgan train data/ --out run/ --network dcgan28
    --loss hinge --spectral-norm true
    """
    from physgan.training import train as run

    free = training_options(context.args) if context.args else {}
    table = {**(read_toml(config) if config else {}), **settings(change or []), **free}
    with reporting("train", "samples") as report:
        result = run(data, out, table, seed=seed, method=method, progress=report)
    show(result, as_json)


@app.command(context_settings=EXTRA)
def sample(
    context: typer.Context,
    run: Annotated[str, typer.Argument(help="Folder of a trained run, or a name: calo-pb-lar.")],
    out: Annotated[Path, typer.Option(help="x.h5 for one file, else a folder of shards.")],
    count: Annotated[int, typer.Option(help="Number of samples.", min=1)] = 1000,
    seed: Seed = 0,
    condition: ConditionOption = None,
    size: Annotated[int | None, typer.Option(help="Lattice size, if not the trained one.")] = None,
    extrapolate: Annotated[
        bool, typer.Option(help="Allow conditions outside the trained range.")
    ] = False,
    proposals: Annotated[
        int,
        typer.Option(help="Draws a sample, one kept by the physics' exact weight (spins).", min=1),
    ] = 1,
    as_json: Json = False,
) -> None:
    """Draw samples from a surrogate into a dataset.

    physgan sample run/ --temperature 2.3 --count 1000 --out x.h5
    """
    from physgan.surrogate import load

    surrogate = load(run)
    texts = {**extra_options(context.args), **assignments(condition or [])}
    conditions = drawn_conditions(texts, surrogate.conditions, count, seed)
    with reporting("sample", "samples") as report:
        result = surrogate.write(
            out,
            conditions,
            count,
            seed,
            extrapolate=extrapolate,
            size=size,
            proposals=proposals,
            progress=report,
        )
    show(result, as_json)


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
        Path | None, typer.Option(help="Dataset whose test split takes the simulator's place.")
    ] = None,
    classes: Annotated[
        str, typer.Option(help="Condition of --data whose values are classes to judge by.")
    ] = "",
    seed: Seed = 1,
    as_json: Json = False,
) -> None:
    """Compare a surrogate with its simulator, or with recorded data: a page and JSON."""
    from physgan.runs import benchmark_run

    with reporting("benchmark", "steps") as report:
        result = benchmark_run(
            run,
            out,
            count=count,
            recipe=recipe,
            baselines=baseline or [],
            data=data,
            classes=classes,
            seed=seed,
            progress=report,
        )
    show(result if as_json else {"report": str(out / "report.html")}, as_json)


@app.command()
def compare(
    real: Annotated[Path, typer.Argument(help="Dataset that is right by definition.")],
    fake: Annotated[Path, typer.Argument(help="Dataset under test, of the same domain.")],
    floor: Annotated[
        Path | None, typer.Option(help="Second dataset like the first, for truth against truth.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for pictures and compare.json.")] = None,
    count: Annotated[int, typer.Option(help="Most samples of each dataset.", min=2)] = 10_000,
    classes: Annotated[
        str, typer.Option(help="Condition whose values are classes: train a classifier of them.")
    ] = "",
    look: Annotated[
        str, typer.Option(help="What that classifier sees: images or observables.")
    ] = "images",
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Judge one dataset by another: distances, classifiers, neighbours, with errors."""
    from physgan.comparison import compare as run
    from physgan.comparison import table

    with reporting("compare", "steps") as report:
        result = run(
            real,
            fake,
            floor=floor,
            out=out,
            count=count,
            seed=seed,
            classes=classes,
            look=look,
            progress=report,
        )
    show(result.to_json(), True) if as_json else print(table(result))


@app.command(context_settings=EXTRA)
def explain(
    context: typer.Context,
    run: Annotated[str, typer.Argument(help="Folder of a trained run.")],
    out: Annotated[Path, typer.Option(help="Folder for pictures and explain.json.")],
    data: Annotated[
        Path | None,
        typer.Option(help="Dataset of the run: show what the discriminator objects to."),
    ] = None,
    count: Annotated[int, typer.Option(help="Samples at every point.", min=2)] = 1000,
    seed: Seed = 0,
    condition: ConditionOption = None,
    as_json: Json = False,
) -> None:
    """Why did it generate that? How samples answer to conditions and latents, as pictures and JSON.

    physgan explain run/ --temperature 2.3 --data data.h5 --out explained
    """
    from physgan.explain import explain as explained

    texts = {**extra_options(context.args), **assignments(condition or [])}
    at = {name: numbers(text)[0] for name, text in texts.items()}
    with reporting("explain", "steps") as report:
        result = explained(run, out, data=data, at=at, count=count, seed=seed, progress=report)
    short = {"explained": str(out / "explain.json"), "pictures": ", ".join(result["pictures"])}
    show(result if as_json else short, as_json)


@app.command()
def export_calochallenge(
    data: Annotated[Path, typer.Argument(help="Dataset of showers: a file or a folder.")],
    out: Annotated[Path, typer.Option(help="HDF5 file; the XML file goes beside it.")],
    as_json: Json = False,
) -> None:
    """Write showers as the CaloChallenge's pair of HDF5 and XML files."""
    from physgan.data import export_calochallenge as run

    with reporting("export", "showers") as report:
        result = run(data, out, progress=report)
    show(result, as_json)


@app.command("import")
def import_arrays(
    out: Annotated[Path, typer.Option(help="x.h5 for one file, else a folder of shards.")],
    data: Annotated[
        Path | None, typer.Argument(help=".npz, .npy or HDF5 file; the recipe may name it.")
    ] = None,
    samples: Annotated[str, typer.Option(help="Key of the samples; none for .npy.")] = "",
    condition: Annotated[
        list[str] | None,
        typer.Option(help="name=key:unit[:log]; key may be x.npy or key[column]; repeatable."),
    ] = None,
    domain: Annotated[str, typer.Option(help="showers or spins.")] = "",
    unit: Annotated[str, typer.Option(help="Of the deposits: eV to TeV.")] = "",
    axes: Annotated[
        str, typer.Option(help="Of a sample: layer,alpha,r or layer,x,y; else cells as they are.")
    ] = "",
    edges: Annotated[
        list[str] | None, typer.Option(help="r=0,5,10: bin edges in mm; repeatable.")
    ] = None,
    threshold: Annotated[
        float | None, typer.Option(help="Deposits below are set to 0; in the unit given.")
    ] = None,
    split: Split = "",
    recipe: Annotated[Path | None, typer.Option(help="TOML file of these settings.")] = None,
    as_json: Json = False,
) -> None:
    """Turn arrays of your own into a dataset.

    physgan import deposits.npz --out x.h5 --domain showers --samples deposits --unit MeV
    --condition energy_mev=energy:GeV:log --axes layer,alpha,r --edges r=0,5,10
    """
    from physgan.importing import import_arrays as run

    given = {
        "data": data,
        "domain": domain,
        "samples": samples,
        "unit": unit,
        "conditions": assignments(condition or []),
        "axes": axes.split(",") if axes else [],
        "edges": {name: numbers(text) for name, text in assignments(edges or []).items()},
        "threshold": threshold,
        "splits": shares(split),
    }
    table = import_settings(given, recipe)
    with reporting("import", "samples") as report:
        result = run(table.pop("data"), out, **table, progress=report)
    show(result, as_json)


@app.command()
def import_calochallenge(
    showers: Annotated[Path, typer.Argument(help="HDF5 file of the CaloChallenge.")],
    binning: Annotated[Path, typer.Argument(help="Its XML file.")],
    out: Annotated[Path, typer.Option(help="x.h5 for one file, else a folder of shards.")],
    pid: Annotated[int | None, typer.Option(help="Particle, if the XML file has several.")] = None,
    split: Split = "",
    as_json: Json = False,
) -> None:
    """Turn the CaloChallenge's pair of files into a dataset."""
    from physgan.data import import_calochallenge as run

    with reporting("import", "showers") as report:
        result = run(showers, binning, out, pid=pid, splits=shares(split) or None, progress=report)
    show(result, as_json)


@app.command()
def import_idx(
    images: Annotated[Path, typer.Argument(help="IDX file of images, gzipped or not.")],
    out: Annotated[Path, typer.Option(help="x.h5 for one file, else a folder of shards.")],
    labels: Annotated[
        Path | None, typer.Option(help="IDX file of their labels, which become the condition.")
    ] = None,
    split: Split = "",
    as_json: Json = False,
) -> None:
    """Turn images in the format of MNIST into a dataset.

    physgan import-idx train-images-idx3-ubyte.gz --labels train-labels-idx1-ubyte.gz
    --out digits.h5
    """
    from physgan.data import import_idx as run

    with reporting("import", "images") as report:
        result = run(images, out, labels=labels, splits=shares(split) or None, progress=report)
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


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 1 failed, 2 usage, 3 verification failed."""
    _keep_compiled_programs()
    sys.exit(run_command(sys.argv[1:] if arguments is None else list(arguments)))


def _keep_compiled_programs() -> None:
    """Have JAX keep what it compiled for the next command, unless told where to already."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(cache / "physgan" / "compiled"))
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES", "-1")


def run_command(arguments: list[str]) -> int:
    """Run one command and return its exit code; errors become one line on stderr."""
    try:
        return app(arguments or ["--help"], prog_name="physgan", standalone_mode=False) or 0
    except (KeyboardInterrupt, typer.Abort):
        return _fail("interrupted; finished files are kept and the same command goes on", 1)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        if "PHYSGAN_TRACEBACK" in os.environ:
            raise
        return _fail(error, _exit_code(error))


def _exit_code(error: Exception) -> int:
    if isinstance(error, VerificationError):
        return 3
    usage = isinstance(error, UsageError | USAGE_ERROR)
    return 2 if usage else 1


def _fail(error: object, code: int) -> int:
    text = " ".join(str(getattr(error, "format_message", lambda: error)()).split())
    known = isinstance(error, str | PhysganError | ValueError | OSError | USAGE_ERROR)
    print("error:", text if known else f"{type(error).__name__}: {text}", file=sys.stderr)
    return code


def _is_run(path: Path) -> bool:
    """Whether a path looks like the folder of a trained run rather than a dataset."""
    return path.is_dir() and not (path / "manifest.json").exists()


if __name__ == "__main__":
    main()
