"""Lists of all names on the command line, and help made from them."""

import inspect
import re
import shutil
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from simulators.protocol import Condition

__all__ = [
    "LISTS",
    "Entry",
    "Setting",
    "settings_table",
    "settings_text",
    "simulate_help",
    "train_help",
]


_COLUMN = 31


class Setting(NamedTuple):
    """One setting: its name, its default and its meaning."""

    name: str
    default: Any
    meaning: str


class Entry(NamedTuple):
    """One entry of a list: a summary in one line, and its settings if it has any."""

    summary: str
    settings: tuple[Setting, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        settings = {s.name: {"default": s.default, "meaning": s.meaning} for s in self.settings}
        return {"summary": self.summary, **({"settings": settings} if settings else {})}


def settings_table(settings: Any) -> tuple[Setting, ...]:
    """Settings of a dataclass, or of an instance of one, with their meanings.

    The meanings are from the sections "Args" of its docstring and its bases' docstrings.
    """
    names = [field.name for field in fields(settings)] if is_dataclass(settings) else []
    kind = settings if isinstance(settings, type) else type(settings)
    meanings: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        meanings |= _arguments(base)
    return tuple(Setting(n, getattr(settings, n, None), meanings.get(n, "")) for n in names)


def _arguments(documented: Any) -> dict[str, str]:
    """Section "Args" of a docstring: name -> meaning, in one line."""
    _, _, section = (inspect.getdoc(documented) or "").partition("Args:\n")
    meanings: dict[str, str] = {}
    name = ""
    for line in section.splitlines():
        if line and not line.startswith(" "):
            break
        if match := re.match(r" {4}(\w+): (.*)", line):
            name, meanings[match[1]] = match[1], match[2]
        elif name and line:
            meanings[name] += " " + line.strip()
    return meanings


def _first_line(documented: Any) -> str:
    return (inspect.getdoc(documented) or "").partition("\n")[0]


def _recipes() -> dict[str, Entry]:
    from physgan.data import load_recipe, recipe_names

    return {name: Entry(load_recipe(name).summary) for name in recipe_names()}


def _simulators() -> dict[str, Entry]:
    from simulators import SIMULATORS

    return {name: Entry(_first_line(simulator)) for name, simulator in SIMULATORS.items()}


def _domains() -> dict[str, Entry]:
    from physgan.domains import DOMAINS

    return {name: Entry(domain.summary) for name, domain in DOMAINS.items()}


def _methods() -> dict[str, Entry]:
    from physgan.methods import METHODS

    return {
        name: Entry(method.summary, settings_table(method.settings))
        for name, method in METHODS.items()
    }


def _surrogates() -> dict[str, Entry]:
    from physgan.data.json_files import read_table
    from physgan.surrogates import Description, pretrained_folder, pretrained_names

    def summary(name: str) -> str:
        file = pretrained_folder(name) / "surrogate.json"
        about = Description.from_table(read_table(file, "a surrogate"))
        ranges = [f"{c.name} {c.minimum:g} to {c.maximum:g} {c.unit}" for c in about.conditions]
        return f"{about.name} of {about.simulator or 'imported samples'}, {', '.join(ranges)}"

    return {name: Entry(summary(name)) for name in pretrained_names()}


LISTS: dict[str, Callable[[], dict[str, Entry]]] = {
    "recipes": _recipes,
    "simulators": _simulators,
    "domains": _domains,
    "methods": _methods,
    "surrogates": _surrogates,
}
"""The lists of `physgan list`: kind of name -> entries by name."""


def settings_text(entries: Mapping[str, Entry]) -> str:
    """Names, summaries and settings, as `--option default  meaning`."""
    lines = []
    for name, entry in entries.items():
        lines += ["", f"{name}: {entry.summary}"]
        lines += _rows(
            (f"--{s.name.replace('_', '-')} {_default(s.default)}", s.meaning)
            for s in entry.settings
        )
    return "\n".join(lines[1:])


def _default(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value) or '""'


def _rows(pairs: Any) -> list[str]:
    """Two columns, the second one wrapped."""
    width, rows = max(60, min(100, shutil.get_terminal_size().columns)), []
    for left, right in pairs:
        begin = f"  {left}  ".ljust(_COLUMN)
        rows += textwrap.wrap(begin + right, width, subsequent_indent=" " * _COLUMN)
    return rows


def train_help(words: list[str]) -> str:
    """Settings of the method that is named among the words; without one, of all methods."""
    methods = _methods()
    named = {name: entry for name, entry in methods.items() if name in words}
    return "Settings, with their defaults:\n\n" + settings_text(named or methods)


def simulate_help(words: list[str]) -> str:
    """Description, parameters and conditions of the recipe or simulator among the words."""
    from physgan.data import recipe_names

    for word in words:
        if word in recipe_names() or word.endswith(".toml"):
            return _recipe_help(word)
        if not word.startswith("-") and word in _simulators():
            return _simulator_help(word)
    return "physgan simulate RECIPE --help says more; physgan list shows recipes and simulators."


def _recipe_help(name: str) -> str:
    from physgan.data import build_simulator, load_recipe
    from physgan.data.distributions import make_distributions, name_of

    recipe = load_recipe(name)
    distributions = make_distributions(recipe.conditions, recipe.seed)
    simulator = build_simulator(recipe.simulator, recipe.parameters)
    conditions = {c.name: c for c in simulator.conditions}
    lines = [f"Recipe {recipe.name}: {recipe.summary}", f"  simulator: {recipe.simulator}"]
    lines += [f"  count: {recipe.count:,}", "Conditions:" if distributions else "Conditions: none"]
    lines += _rows(
        _condition_row(conditions[name], d.minimum, d.maximum, name_of(recipe.conditions[name]))
        for name, d in distributions.items()
    )
    return "\n".join(lines)


def _simulator_help(name: str) -> str:
    from simulators import SIMULATORS

    simulator = SIMULATORS[name]
    meanings = _arguments(simulator)
    parameters = list(inspect.signature(simulator).parameters.values())
    lines = [f"Simulator {name}: {_first_line(simulator)}", "Parameters:"]
    lines += _rows(
        (f"--{p.name.replace('_', '-')}", meanings.get(p.name, "") + _with_default(p))
        for p in parameters
    )
    required = any(p.default is p.empty for p in parameters)
    described: Any = simulator if required else simulator()
    conditions = described.conditions
    lines += ["Conditions:" if conditions else "Conditions: none"]
    lines += _rows(_condition_row(c, c.minimum, c.maximum) for c in conditions)
    return "\n".join(lines)


def _with_default(parameter: inspect.Parameter) -> str:
    empty = parameter.default is inspect.Parameter.empty
    return " [required]" if empty else f" [default: {parameter.default}]"


def _condition_row(
    condition: "Condition", minimum: float, maximum: float, distribution: str = ""
) -> tuple[str, str]:
    values = f"{minimum:g}" if minimum == maximum else f"{minimum:g} to {maximum:g}"
    unit = "" if condition.unit == "1" else f" {condition.unit}"
    how = f" ({distribution})" if distribution else ""
    return f"--{condition.name.replace('_', '-')}", f"{values}{unit}{how}: {condition.long_name}"
