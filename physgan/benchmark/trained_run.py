"""Benchmark a trained run, with what its recipe says about where and how."""

import os
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from physgan.benchmark.certify import certificate_of
from physgan.benchmark.command import command_line
from physgan.benchmark.recorded import Recorded
from physgan.benchmark.report import Report, training_rows
from physgan.benchmark.run import benchmark
from physgan.benchmark.sources import ConditionValues, Variant
from physgan.benchmark.training_set import learnt_by
from physgan.data import Dataset, Recipe, build_simulator, load_recipe, open_split, recipe_names
from physgan.errors import CertificateWarning, InputError, PhysganError
from physgan.progress import Report as Progress
from physgan.surrogates import Certificate, Description, Surrogate, folder_of, load
from physgan.training import dataset_of, identity_of_data
from simulators.protocol import Simulator

__all__ = ["benchmark_run"]

_REFERENCES = 2
PASSED_ON = {
    "targets",
    "tolerances",
    "relax_sweeps",
    "classifier_budget",
    "references",
    "batches",
}


def benchmark_run(
    run: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    count: int | None = None,
    recipe: str | None = None,
    baselines: Sequence[str] = (),
    data: str | os.PathLike[str] | None = None,
    classes: str = "",
    tolerances: Mapping[str, float] | None = None,
    cost: float | None = None,
    certificate: bool = True,
    seed: int = 1,
    progress: Progress | None = None,
) -> Report:
    """Compare the surrogate of a run with its simulator, or recorded data, and write the report.

    The simulator's events are fresh: their seeds follow from `seed` and are not the dataset's. They
    are at the conditions of the recipe and at both ends of the trained range. The verdict is
    kept with the weights as certificate.json, unless the surrogate is one of the package's.

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
        tolerances: name -> limit over the recipe's; see `targets_of`.
        cost: seconds that simulating one recorded event took, to say when a surrogate pays.
        certificate: whether to write the certificate.
        seed: of all samples.
        progress: called with (steps done, steps in total, what comes next).

    Returns:
        What is in report.json; see `benchmark`.

    Raises:
        InputError: for training events in the simulator's place, and see `benchmark`.
    """
    options = {
        "count": count, "recipe": recipe, "baseline": baselines, "data": data, "classes": classes,
        "tolerance": tolerances, "cost": cost, "certificate": certificate, "seed": seed,
    }  # fmt: skip
    run = Path(run)
    surrogate = load(run).without_certificate()
    truth: Simulator | Recorded
    dataset = _recorded_data(surrogate, run, recipe, data)
    if dataset is not None:
        truth, chosen = _beside_recorded(surrogate, run, dataset, classes, seed, count, cost)
    elif cost is not None:
        raise InputError("expected --cost with recorded events only; the simulator's is measured")
    elif classes:
        raise InputError("expected --data with --classes: samples whose classes are known")
    else:
        truth, chosen = _beside_simulator(surrogate, run, recipe)
    report = benchmark(
        surrogate,
        truth,
        seed=seed,
        out=Path(out),
        baselines=_baselines(surrogate, baselines),
        learnt=learnt_by(run),
        command=command_line(run, out, options),
        progress=progress,
        **{
            **chosen,
            "count": count or chosen["count"],
            "tolerances": {**chosen.get("tolerances", {}), **(tolerances or {})},
        },
    )
    if certificate and run.exists():
        about, data = surrogate.description, identity_of_data(run)
        _keep(certificate_of(report, about, data), folder_of(run))
    return report


def _keep(certificate: Certificate, folder: Path) -> None:
    """Write the certificate, or say that it cannot be written; the report is complete already."""
    try:
        certificate.save(folder)
    except (OSError, PhysganError) as error:
        reason = getattr(error, "strerror", "a full disk")
        text = f"expected to write a certificate to {folder}; got {reason}; copy the run"
        warnings.warn(text, CertificateWarning, stacklevel=3)


def _baselines(surrogate: Surrogate, paths: Sequence[str]) -> list[Surrogate | Variant]:
    """Other runs; those whose method another one has, too, are named with their folders."""
    others = [load(Path(path)).without_certificate() for path in paths]
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
    if unknown := set(table) - PASSED_ON - {"conditions", "count", "proposals", "edges"}:
        raise InputError(f"expected no {min(unknown)} in [benchmark] of {chosen.name}; got it")
    return _simulator_of(about, chosen), {
        "conditions": _with_edges(table["conditions"], about, table.get("edges", True)),
        "count": table.get("count", 10_000),
        "variants": _variants(surrogate, table.get("proposals", 1)),
        "training": _training(run, about),
        **{key: table[key] for key in PASSED_ON & set(table)},
    }


def _with_edges(
    places: Sequence[ConditionValues], about: Description, edges: bool
) -> list[ConditionValues]:
    """The places, with the lowest and the highest of all trained conditions around them."""
    low = {c.name: c.minimum for c in about.conditions}
    high = {c.name: c.maximum for c in about.conditions}
    if not edges or low == high:
        return list(places)
    before, after = ([] if edge in places else [edge] for edge in (low, high))
    return [*before, *places, *after]


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
    cost: float | None,
) -> tuple[Recorded, dict[str, Any]]:
    """Recorded events, and what they allow the benchmark."""
    about, (dataset, split) = surrogate.description, data
    fields = [field.name for field in about.fields]
    truth = Recorded(
        dataset, about.conditions, fields, seed, split, float("nan") if cost is None else cost
    )
    own = dataset_of(run)
    if own is not None and own.path.resolve() == dataset.path.resolve():
        if split in ("", "train"):
            raise InputError(
                f"expected events that training never saw; got {split or 'all'} of the dataset "
                f"that {surrogate.name} learnt from; pass {dataset.path}:test"
            )
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
        **_costs(run, metrics),
        "stages": about.provenance,
    }


def _costs(run: Path, metrics: Path) -> dict[str, Any]:
    """Events that were simulated for a run and seconds of its training, as far as known."""
    dataset = dataset_of(run)
    rows = training_rows(metrics)
    seconds = [row["seconds"] for row in rows if isinstance(row.get("seconds"), int | float)]
    return {
        **({"training_events": len(dataset)} if dataset is not None else {}),
        **({"training_seconds": seconds[-1]} if seconds else {}),
    }
