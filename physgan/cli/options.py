"""Parsing of options, parameters and settings from text."""

import json
import tomllib
from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from physgan.errors import InputError, nearest

__all__ = [
    "UsageError",
    "assignments",
    "edges_of",
    "extra_options",
    "import_settings",
    "numbers",
    "option_of",
    "read_toml",
    "settings",
    "shape_of",
    "shard_of",
    "shares",
    "training_options",
    "value_of",
]


class UsageError(InputError):
    """A command line that cannot be parsed; exit code 2."""


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


def shard_of(text: str) -> tuple[int, int] | None:
    """Turn "3/8" into (3, 8), and "" into None.

    Raises:
        UsageError: for anything else, and for a number that is not from 1 to N.
    """
    from physgan.data.array_jobs import check_shard

    if not text:
        return None
    number, _, jobs = text.partition("/")
    if not (number.isdecimal() and jobs.isdecimal()):
        raise UsageError(f"expected --shard as i/N, such as 1/8; got {text!r}")
    try:
        check_shard((int(number), int(jobs)))
    except InputError as error:
        raise UsageError(str(error)) from None
    return int(number), int(jobs)


def value_of(text: str) -> Any:
    """A JSON value, or the text itself if it is not JSON."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def settings(items: Iterable[str]) -> dict[str, Any]:
    """Turn ["name=value", ...] into a dict of JSON values."""
    return {name: value_of(text) for name, text in assignments(items).items()}


def training_options(
    arguments: Sequence[str], method: str, others: Iterable[str] = ()
) -> dict[str, Any]:
    """Turn ["--network", "dcgan28", "--gamma", "1"] into settings of a method.

    Args:
        arguments: options that the command does not declare.
        method: name of the method; "" for the settings of any method.
        others: names of the options that the command declares.

    Raises:
        UsageError: for an option that is not a setting.
        InputError: for an unknown method.
    """
    from physgan.methods import METHODS, method_of

    methods = [method_of(method)] if method else METHODS.values()
    table = {name: value_of(text) for name, text in extra_options(arguments).items()}
    names = [name for each in methods for name in each.settings.names()]
    for name in table:
        if name not in names:
            raise UsageError(
                f"expected an option of train or one of its settings; got {option_of(name)}"
                + nearest(option_of(name), map(option_of, [*names, *others]))
            )
    return table


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


def edges_of(text: str) -> list[float]:
    """Turn "0,5,10", or "start:step:n" with a number of bins, into bin edges.

    Raises:
        UsageError: for anything else.

    Example:
        >>> edges_of("-2:1:4")
        [-2.0, -1.0, 0.0, 1.0, 2.0]
    """
    if ":" not in text:
        return numbers(text)
    parts = text.split(":")
    try:
        start, step, bins = Fraction(parts[0]), Fraction(parts[1]), int(parts[2])
    except (ValueError, IndexError):
        bins = 0
    if len(parts) != 3 or not 0 < bins <= 100_000:
        raise UsageError(f"expected edges as start:step:n with n bins, or 0,5,10; got {text!r}")
    return [float(start + step * i) for i in range(bins + 1)]


def shape_of(text: str) -> list[int]:
    """Turn "12,12" into the lengths of axes; empty text into none.

    Raises:
        UsageError: for anything else.
    """
    lengths = numbers(text) if text else []
    if any(length < 1 or length != int(length) for length in lengths):
        raise UsageError(f"expected a shape such as 12,12; got {text!r}")
    return [int(length) for length in lengths]


def shares(text: str) -> dict[str, float]:
    """Turn "train=0.9,validation=0.1" into a dict; empty text into an empty one.

    Raises:
        UsageError: for anything else.
    """
    texts = assignments(part for part in text.split(",") if part)
    return {name: numbers(value)[0] for name, value in texts.items()}


def import_settings(
    options: dict[str, Any], recipe: Path | None, needed: Sequence[str] = ("data", "domain")
) -> dict[str, Any]:
    """Arguments of `physgan.import_arrays`: those of a recipe, overridden by options.

    Args:
        options: all arguments by name; an empty value means not set.
        recipe: TOML file with the same keys and file names relative to it; or None.
        needed: names of arguments without which nothing can be done.

    Raises:
        UsageError: if one of those is missing.
        InputError: for other keys in the recipe.
    """
    table = read_toml(recipe) if recipe else {}
    if unknown := set(table) - set(options):
        raise InputError(f"expected only {', '.join(options)} in {recipe}; got {min(unknown)}")
    for name, value in table.items():
        kind = {"data": str | list, "axes": list, "shape": list, "threshold": int | float}.get(
            name, str
        )
        if not isinstance(value, dict if name in ("conditions", "edges", "splits") else kind):
            raise InputError(f"expected {name} in {recipe} as in the documentation; got {value!r}")
    if recipe and "data" in table:
        names = table["data"] if isinstance(table["data"], list) else [table["data"]]
        table["data"] = [recipe.parent / str(name) for name in names]
    for name, value in options.items():
        if isinstance(value, dict) and name in table and name != "splits":
            value = {**table[name], **value}
        if value not in (None, "", [], {}):
            table[name] = value
    for name in needed:
        if name not in table:
            option = "a file" if name == "data" else option_of(name)
            raise UsageError(f"expected {option} on the line or {name} in a recipe; got none")
    return table


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file of settings.

    Raises:
        InputError: if it is not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"expected TOML in {path}; got {' '.join(str(error).split())}") from None
