"""The command that would come next, with which commands that make a dataset or a run end."""

import os
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulators.protocol import Condition

__all__ = ["after_dataset", "after_part", "after_quickstart", "after_samples", "after_training"]


def after_dataset(path: str | os.PathLike[str]) -> str:
    """Train on a dataset; look at it, if it has nothing to train on."""
    from physgan.data import open_dataset

    dataset = open_dataset(path)
    if all(len(dataset.splits.get(name, ())) for name in ("train", "validation")):
        return _line("train", path, "--out", Path("runs") / dataset.path.stem)
    return _show(path)


def after_part(shard: tuple[int, int] | None) -> str:
    """What completes a dataset when its parts are there; "" for the whole."""
    return f"when all {shard[1]} parts are made: the same command without --shard" if shard else ""


def after_training(run: str | os.PathLike[str], data: str | os.PathLike[str]) -> str:
    """Benchmark a run: by its recipe in the package, or beside the test split of its data."""
    from physgan.data import load_recipe, open_dataset, recipe_names
    from physgan.surrogates import load

    dataset, words = open_dataset(data), ["benchmark", run, "--out", f"{run}-report"]
    name = dataset.recipe.get("name", "")
    if name in recipe_names():
        recipe = load_recipe(name)
        same = recipe.parameters.items() <= dataset.info.parameters.items()
        if same and recipe.benchmark.get("conditions"):
            return _line(*words)
    if len(dataset.splits.get("test", ())):
        return _line(*words, *(["--data", data] if dataset.info.simulator else []))
    return _sample(run, load(Path(run)).conditions)


def after_samples(path: str | os.PathLike[str], like: str) -> str:
    """Compare samples with the dataset whose conditions they have, if any; else look at them."""
    return _line("compare", like, path) if like else _show(path)


def after_quickstart(run: str | os.PathLike[str], data: str | os.PathLike[str]) -> str:
    """Draw from the surrogate of a run on a dataset."""
    from physgan.data import open_dataset

    return _sample(run, open_dataset(data).info.conditions)


def _sample(run: str | os.PathLike[str], conditions: "Sequence[Condition]") -> str:
    """At the smallest condition: between two that are trained there may be none."""
    options = [
        word for c in conditions for word in (f"--{c.name.replace('_', '-')}", f"{c.minimum:.6g}")
    ]
    return _line("sample", run, *options, "--count", 1000, "--out", "samples.h5")


def _show(path: str | os.PathLike[str]) -> str:
    return _line("show", path, "--out", Path(path).with_suffix(".png").name)


def _line(*words: object) -> str:
    return shlex.join(["physgan", *map(str, words)])
