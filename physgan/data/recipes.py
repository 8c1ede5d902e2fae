"""Recipes: the full definition of a dataset, in TOML.

They are in `datasets/` of a checkout and in `physgan/_recipes` of an installed wheel.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from physgan.data.distributions import make_distributions
from physgan.data.schema import SPLITS
from physgan.errors import InputError, nearest

__all__ = ["DEFAULT_SPLITS", "Recipe", "check_splits", "load_recipe", "recipe_names"]

DEFAULT_SPLITS = {"train": 0.9, "validation": 0.05, "test": 0.05}
KEYS = {"summary", "simulator", "events", "conditions", "splits", "train", "benchmark"}


@dataclass(frozen=True)
class Recipe:
    """A dataset's full definition, with settings for training and benchmark.

    Args:
        name: "ising-32".
        simulator: key of `simulators.SIMULATORS`.
        parameters: the simulator's arguments.
        conditions: condition name -> name and settings of its distribution, see
            `physgan.data.distributions`.
        count: number of events.
        seed: of the run.
        splits: split name -> share of the events.
        shard_size: events per file of a sharded dataset; None for about 8 MiB.
        summary: one line for listings.
        train: settings of the training.
        benchmark: settings of the benchmark.
        card: the data card, Markdown.
    """

    name: str
    simulator: str
    parameters: dict[str, Any]
    conditions: dict[str, dict[str, Any]]
    count: int
    seed: int = 0
    splits: dict[str, float] = field(default_factory=lambda: dict(DEFAULT_SPLITS))
    shard_size: int | None = None
    summary: str = ""
    train: dict[str, Any] = field(default_factory=dict)
    benchmark: dict[str, Any] = field(default_factory=dict)
    card: str = ""

    def __post_init__(self) -> None:
        _whole("count", self.count, 1)
        _whole("seed", self.seed, 0)
        if self.shard_size is not None:
            _whole("shard_size", self.shard_size, 1)
        check_splits(self.splits)
        make_distributions(self.conditions, self.seed)


def recipe_names() -> list[str]:
    """Names of recipes for `load_recipe`."""
    names = [item.name for item in _home().iterdir() if item.name.endswith(".toml")]
    return sorted(name.removesuffix(".toml") for name in names)


def load_recipe(name_or_path: str | os.PathLike[str]) -> Recipe:
    """Load a recipe by its name, or from a TOML file of your own.

    Raises:
        InputError: for an unknown name or a file that is not a recipe.

    Example:
        recipe = load_recipe("ising-32")
    """
    text = os.fspath(name_or_path)
    if text.endswith(".toml"):
        return _load(Path(text), Path(text).with_suffix(".md"), Path(text).stem)
    if text not in recipe_names():
        raise InputError(
            f"expected a recipe ({', '.join(recipe_names())}) or a .toml file; got {text!r}"
            + nearest(text, recipe_names())
        )
    return _load(_home() / f"{text}.toml", _home() / f"{text}.md", text)


def _home() -> Traversable:
    packaged = files("physgan") / "_recipes"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "datasets"


def _load(path: Traversable, card: Traversable, name: str) -> Recipe:
    if not path.is_file():
        raise InputError(f"expected a recipe; {path} does not exist")
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"expected TOML in {path}; got {' '.join(str(error).split())}") from None
    simulator = dict(_table(content, "simulator", name))
    events = dict(_table(content, "events", name))
    if unknown := set(content) - KEYS | set(events) - {"count", "seed", "shard_size"}:
        raise InputError(f"expected only {', '.join(sorted(KEYS))} in {name}; got {min(unknown)}")
    if "name" not in simulator or "count" not in events:
        raise InputError(f"expected simulator.name and events.count in {name}; got neither or one")
    return Recipe(
        name=name,
        simulator=str(simulator.pop("name")),
        parameters=simulator,
        conditions=dict(_table(content, "conditions", name)),
        splits=dict(_table({"splits": DEFAULT_SPLITS, **content}, "splits", name)),
        summary=str(content.get("summary", "")),
        train=dict(_table({"train": {}, **content}, "train", name)),
        benchmark=dict(_table({"benchmark": {}, **content}, "benchmark", name)),
        card=card.read_text(encoding="utf-8") if card.is_file() else "",
        **events,
    )


def _table(content: Mapping[str, Any], key: str, name: str) -> Mapping[str, Any]:
    value = content.get(key)
    if not isinstance(value, dict):
        raise InputError(f"expected a table [{key}] in the recipe {name}; got {value!r}")
    return value


def _whole(name: str, value: Any, minimum: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not minimum <= value < 2**63:
        raise InputError(f"expected {name} as a whole number from {minimum}; got {value!r}")


def check_splits(splits: Mapping[str, float]) -> None:
    """Refuse other splits than `SPLITS` and shares that add up to more than 1."""
    if unknown := set(splits) - set(SPLITS):
        raise InputError(f"expected the splits {', '.join(SPLITS)}; got {min(unknown)!r}")
    if not all(isinstance(share, int | float) for share in splits.values()):
        raise InputError(f"expected numbers as shares of the splits; got {dict(splits)}")
    if not all(share >= 0 for share in splits.values()) or sum(splits.values()) > 1 + 1e-9:
        raise InputError(f"expected shares that add up to at most 1; got {dict(splits)}")
