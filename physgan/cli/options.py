"""What the command line accepts: conditions, parameters and settings as text."""

import json
import tomllib
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any

from physgan.errors import InputError

if TYPE_CHECKING:
    from physgan.data import Recipe
    from simulators.protocol import Condition

__all__ = [
    "UsageError",
    "assignments",
    "drawn_conditions",
    "extra_options",
    "import_settings",
    "law_table",
    "numbers",
    "read_toml",
    "recipe_of_options",
    "recipe_with_conditions",
    "settings",
    "shares",
    "training_options",
]


class UsageError(InputError):
    """A command line that cannot be understood; exit code 2."""


def assignments(items: Iterable[str]) -> dict[str, str]:
    """Turn ["name=value", ...] into a dict.

    Raises:
        UsageError: for an item without "=".
    """
    result = {}
    for item in items:
        name, sign, value = item.partition("=")
        if not (name and sign and value):
            raise UsageError(f"expected name=value; got {item!r}")
        result[name.strip()] = value.strip()
    return result


def extra_options(arguments: Sequence[str]) -> dict[str, str]:
    """Turn ["--size", "32", "--temperature=2.3"] into a dict.

    Raises:
        UsageError: for anything else.
    """
    result, rest = {}, list(arguments)
    while rest:
        name, sign, value = rest.pop(0).partition("=")
        if not name.startswith("--"):
            raise UsageError(f"expected an option such as --temperature 2.3; got {name!r}")
        if not sign:
            if not rest:
                raise UsageError(f"expected a value after {name}; got nothing")
            value = rest.pop(0)
        result[name[2:].replace("-", "_")] = value
    return result


def law_table(name: str, text: str, scale: str = "linear") -> dict[str, Any]:
    """Turn "2.3", "1.5:3.5" or "1.5,2,2.5" into the table of a law.

    A range is drawn uniformly on the condition's own scale.

    Raises:
        UsageError: if the text is none of these.
    """
    try:
        if ":" in text:
            minimum, maximum = map(float, text.split(":"))
            kind = "loguniform" if scale == "log" else "uniform"
            return {"law": kind, "minimum": minimum, "maximum": maximum}
        if "," in text:
            return {"law": "grid", "values": [float(part) for part in text.split(",")]}
        return {"law": "fixed", "value": float(text)}
    except ValueError:
        raise UsageError(
            f"expected {name} as a number, a range like 1.5:3.5 or a list like 1.5,2,2.5; "
            f"got {text!r}"
        ) from None


def value_of(text: str) -> Any:
    """A JSON value, or the text itself if it is not JSON."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def settings(items: Iterable[str]) -> dict[str, Any]:
    """Turn ["name=value", ...] into a dict of JSON values."""
    return {name: value_of(text) for name, text in assignments(items).items()}


def training_options(arguments: Sequence[str]) -> dict[str, Any]:
    """Turn ["--network", "dcgan28", "--gamma", "1"] into settings of `TrainingConfig`.

    Raises:
        UsageError: for an option that is no setting.
    """
    from physgan.training import TrainingConfig

    given = {name: value_of(text) for name, text in extra_options(arguments).items()}
    known = list(TrainingConfig().to_table())
    for name in given:
        if name not in known:
            close = get_close_matches(name, known, 1)
            hint = f"; did you mean {option_of(close[0])}?" if close else ""
            raise UsageError(
                f"expected an option of train or one of its settings; got {option_of(name)}{hint}"
            )
    return given


def option_of(name: str) -> str:
    """`--spectral-norm` for `spectral_norm`."""
    return "--" + name.replace("_", "-")


def numbers(text: str) -> list[float]:
    """Turn "0,5,10" into numbers.

    Raises:
        UsageError: for anything else.
    """
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise UsageError(f"expected numbers such as 0,5,10; got {text!r}") from None


def shares(text: str) -> dict[str, float]:
    """Turn "train=0.9,validation=0.1" into a dict; empty text into an empty one.

    Raises:
        UsageError: for anything else.
    """
    given = assignments(part for part in text.split(",") if part)
    return {name: numbers(value)[0] for name, value in given.items()}


def import_settings(given: dict[str, Any], recipe: Path | None) -> dict[str, Any]:
    """Arguments of `physgan.import_arrays`: those of a recipe, under those given on the line.

    Args:
        given: all that may be set, empty values where nothing was given.
        recipe: TOML file with the same keys, its file names relative to it; or None.

    Raises:
        UsageError: if no data, domain or condition is given.
        InputError: for other keys in the recipe.
    """
    table = read_toml(recipe) if recipe else {}
    if unknown := set(table) - set(given):
        raise InputError(f"expected only {', '.join(given)} in {recipe}; got {min(unknown)}")
    for name, value in table.items():
        kind = {"axes": list, "threshold": int | float}.get(name, str)
        if not isinstance(value, dict if name in ("conditions", "edges", "splits") else kind):
            raise InputError(f"expected {name} in {recipe} as in the documentation; got {value!r}")
    if recipe and "data" in table:
        table["data"] = recipe.parent / str(table["data"])
    for name, value in given.items():
        if isinstance(value, dict) and name in table and name != "splits":
            value = {**table[name], **value}
        if value not in (None, "", [], {}):
            table[name] = value
    for name, option in (("data", "a file"), ("domain", "--domain"), ("conditions", "--condition")):
        if name not in table:
            raise UsageError(f"expected {option} on the line or {name} in a recipe; got none")
    return table


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file of settings.

    Raises:
        InputError: if it is not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"expected TOML in {path}; got {' '.join(str(error).split())}") from None


def recipe_of_options(
    name: str, free: dict[str, str], condition: list[str], parameter: list[str], count: int | None
) -> "Recipe":
    """A recipe made of options: those that the simulator's constructor takes are parameters.

    Args:
        name: of the simulator.
        free: options that the command itself does not know, name -> text.
        condition: ["name=text", ...].
        parameter: ["name=JSON value", ...].
        count: number of events.

    Raises:
        UsageError: for an unknown option or no count.
        InputError: for an unknown simulator.
    """
    from physgan.data import Recipe, build_simulator, recipe_names
    from simulators import SIMULATORS

    if name not in SIMULATORS:
        raise InputError(
            f"expected a recipe ({', '.join(recipe_names())}), a .toml file or a simulator "
            f"({', '.join(SIMULATORS)}); got {name!r}"
        )
    if count is None:
        raise UsageError(f"expected --count with a simulator; got none; say how many {name} events")
    arguments = set(signature(SIMULATORS[name]).parameters)
    parameters = settings(parameter) | {k: value_of(free.pop(k)) for k in arguments & set(free)}
    known = {c.name: c for c in build_simulator(name, parameters).conditions}
    texts = free | assignments(condition)
    _expect_known(texts, [*known, *sorted(arguments)])
    tables = {key: law_table(key, text, known[key].scale) for key, text in texts.items()}
    return Recipe(name=name, simulator=name, parameters=parameters, conditions=tables, count=count)


def recipe_with_conditions(name: str, texts: dict[str, str]) -> "Recipe":
    """A recipe whose conditions are drawn by other laws.

    An option that ends in `_gev` stands for the condition that ends in `_mev`.

    Args:
        name: of the recipe, or a .toml file.
        texts: condition name -> text, see `law_table`.

    Raises:
        UsageError: for an option that is no condition of the recipe.
    """
    from dataclasses import replace

    from physgan.data import load_recipe

    recipe = load_recipe(name)
    tables = dict(recipe.conditions)
    for option, given in texts.items():
        key, text = _in_mev(option, given)
        if key not in tables:
            raise UsageError(
                f"expected only conditions ({', '.join(tables)}); got --{option}; "
                f"{name} is a recipe and fixes them; copy its .toml file and change the copy"
            )
        logarithmic = tables[key].get("law") == "loguniform" or tables[key].get("scale") == "log"
        tables[key] = law_table(key, text, "log" if logarithmic else "linear")
    return replace(recipe, conditions=tables)


def _in_mev(option: str, text: str) -> tuple[str, str]:
    """Turn "energy_gev", "1:20" into "energy_mev", "1000:20000"; leave other options alone.

    Numbers, ranges and lists as in `law_table`.

    Raises:
        UsageError: for anything else.
    """
    if not option.endswith("_gev"):
        return option, text
    name = option.removesuffix("_gev") + "_mev"
    mark = ":" if ":" in text else ","
    try:
        return name, mark.join(repr(1000.0 * float(part)) for part in text.split(mark))
    except ValueError:
        raise UsageError(f"expected energies in GeV, such as 1:20; got {text!r}") from None


def drawn_conditions(
    texts: dict[str, str], known: "Iterable[Condition]", count: int, seed: int
) -> dict[str, Any]:
    """Conditions for `count` samples: one number each, or drawn if a range or list was given.

    An option that ends in `_gev` stands for the condition that ends in `_mev`.

    Args:
        texts: condition name -> text, see `law_table`.
        known: the surrogate's conditions.
        count: number of samples.
        seed: of what is drawn.
    """
    from physgan.data.laws import make_laws

    scales = {condition.name: condition.scale for condition in known}
    texts = dict(_in_mev(option, text) for option, text in texts.items())
    _expect_known(texts, list(scales))
    tables = {name: law_table(name, text, scales[name]) for name, text in texts.items()}
    laws = make_laws(tables, seed)
    return {
        name: law.minimum if law.kind == "fixed" else law.draw(0, count)
        for name, law in laws.items()
    }


def _expect_known(given: dict[str, str], known: list[str]) -> None:
    for name in given:
        if name not in known:
            raise UsageError(f"expected options {', '.join('--' + k for k in known)}; got --{name}")
