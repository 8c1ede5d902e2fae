"""Benchmark a trained run, with what its recipe says about where and how."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from physgan.benchmark.recorded import Recorded
from physgan.benchmark.report import Report
from physgan.benchmark.run import benchmark
from physgan.benchmark.sources import Variant
from physgan.data import Dataset, Recipe, build_simulator, load_recipe, open_split, recipe_names
from physgan.errors import InputError
from physgan.progress import Report as Progress
from physgan.surrogates import Description, Surrogate, load
from physgan.training import dataset_of
from simulators.protocol import Simulator

__all__ = ["benchmark_run"]

_REFERENCES = 2
PASSED_ON = {"targets", "relax_sweeps", "classifier_budget", "references", "batches"}


def benchmark_run(
    run: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    count: int | None = None,
    recipe: str | None = None,
    baselines: Sequence[str] = (),
    data: str | os.PathLike[str] | None = None,
    classes: str = "",
    seed: int = 1,
    progress: Progress | None = None,
) -> Report:
    """Compare the surrogate of a run with its simulator, or recorded data, and write the report.

    Args:
        run: folder of the run.
        out: folder of the report.
        count: samples of each source at each condition, if not the recipe's number.
        recipe: the one whose [benchmark] table is used, and whose simulator where the
            surrogate's samples were imported; None for the first that has the surrogate's
            simulator and parameters.
        baselines: folders of other runs, shown beside it.
        data: dataset whose test split takes the simulator's place, or another: "x.h5:train".
            None: the simulator; if the surrogate learnt from imported events, those of its own
            dataset, unless `recipe` names a simulator.
        classes: condition of `data` whose values are classes: a classifier of them judges too.
        seed: of all samples.
        progress: called with (steps done, steps in total, what comes next).

    Returns:
        What is in report.json; see `benchmark`.
    """
    surrogate = load(Path(run))
    truth: Simulator | Recorded
    dataset = _recorded_data(surrogate, Path(run), recipe, data)
    if dataset is not None:
        truth, chosen = _beside_recorded(surrogate, Path(run), dataset, classes, seed, count)
    elif classes:
        raise InputError("expected --data with --classes: samples whose classes are known")
    else:
        truth, chosen = _beside_simulator(surrogate, Path(run), recipe)
    return benchmark(
        surrogate,
        truth,
        seed=seed,
        out=Path(out),
        baselines=_baselines(surrogate, baselines),
        progress=progress,
        **{**chosen, "count": count or chosen["count"]},
    )


def _baselines(surrogate: Surrogate, paths: Sequence[str]) -> list[Surrogate | Variant]:
    """Other runs; those whose method another one has, too, are named with their folders."""
    others = [load(Path(path)) for path in paths]
    names = [surrogate.name, *(other.name for other in others)]
    return [
        other if names.count(other.name) == 1 else Variant(other, f"{other.name}, {path}", {})
        for other, path in zip(others, paths, strict=True)
    ]


def _beside_simulator(
    surrogate: Surrogate, run: Path, recipe: str | None
) -> tuple[Simulator, dict[str, Any]]:
    """The surrogate's simulator, and what its recipe asks of the benchmark."""
    about = surrogate.description
    chosen = load_recipe(recipe) if recipe else _recipe_of(about)
    table = dict(chosen.benchmark)
    if not table.get("conditions"):
        raise InputError(
            f"expected [benchmark] with conditions in {chosen.name}; got none; choose another"
        )
    if unknown := set(table) - PASSED_ON - {"conditions", "count", "proposals"}:
        raise InputError(f"expected no {min(unknown)} in [benchmark] of {chosen.name}; got it")
    return _simulator_of(about, chosen), {
        "conditions": table["conditions"],
        "count": table.get("count", 10_000),
        "variants": _variants(surrogate, table.get("proposals", 1)),
        "training": _training(run, about),
        **{key: table[key] for key in PASSED_ON & set(table)},
    }


def _recorded_data(
    surrogate: Surrogate, run: Path, recipe: str | None, data: str | os.PathLike[str] | None
) -> tuple[Dataset, str] | None:
    """Recorded events that take the simulator's place, and their split; None for a simulator."""
    if data is not None:
        return open_split(data, "test")
    if recipe is not None or surrogate.description.simulator:
        return None
    dataset = dataset_of(run)
    if dataset is None:
        raise InputError(
            f"expected --data, since {surrogate.name} has no simulator and the dataset that it "
            "learnt from is no longer where it was; got none; pass recorded events"
        )
    return dataset, "test"


def _beside_recorded(
    surrogate: Surrogate,
    run: Path,
    data: tuple[Dataset, str],
    classes: str,
    seed: int,
    count: int | None,
) -> tuple[Recorded, dict[str, Any]]:
    """Recorded events, and what they allow the benchmark."""
    about, (dataset, split) = surrogate.description, data
    fields = [field.name for field in about.fields]
    truth = Recorded(dataset, about.conditions, fields, seed, split)
    own = dataset_of(run)
    if own is not None and own.path.resolve() == dataset.path.resolve():
        truth.what += f", the dataset that {surrogate.name} learnt from"
    samples, known = truth.labelled
    if classes and classes not in known:
        names = ", ".join(known) or "none"
        raise InputError(
            f"expected a condition of {dataset.path} as classes ({names}); got {classes!r}"
        )
    each = count or truth.fair_count(_REFERENCES + 1)
    return truth, {
        "conditions": truth.bins(each),
        "count": each,
        "training": _training(run, about),
        "references": _REFERENCES,
        "classes": (samples, known, classes) if classes else None,
    }


def _variants(surrogate: Surrogate, proposals: int) -> list[Variant]:
    """The surrogate with proposals, where the recipe asks for some, or without rejection."""
    if surrogate.rejects:
        generator = surrogate.without_rejection()
        return [Variant(generator, f"{generator.name}, no rejection", {})]
    if proposals == 1 or not surrogate.proposes:
        return []
    name = f"{surrogate.name}, {proposals} proposals"
    return [Variant(surrogate, name, {"proposals": proposals})]


def _simulator_of(about: Description, recipe: Recipe) -> Simulator:
    """The surrogate's own simulator; the recipe's, if it learnt from imported samples."""
    source: Description | Recipe = about if about.simulator else recipe
    return build_simulator(source.simulator, source.parameters)


def _recipe_of(about: Description) -> Recipe:
    """The recipe that the surrogate was trained by, or the first of the same simulator."""
    names = recipe_names()
    for name in sorted(names, key=lambda name: name != about.recipe):
        recipe = load_recipe(name)
        same = recipe.simulator == about.simulator
        if same and recipe.parameters.items() <= about.parameters.items():
            return recipe
    what = about.simulator or "imported samples"
    raise InputError(
        f"expected a recipe for {what} with {about.parameters}; there is none; "
        f"pass --recipe ({', '.join(names)} or a .toml file), or --data"
    )


def _training(run: Path, about: Description) -> dict[str, Any]:
    """What the report says about the training."""
    metrics = run / "metrics.jsonl"
    return {
        **({"metrics": str(metrics)} if metrics.exists() else {}),
        **({"dataset": about.recipe} if about.recipe else {}),
        **({"seen": about.seen} if about.seen else {}),
        "stages": about.provenance,
    }
