"""Conditions as options of the command line: --temperature 1.5:3.5, --energy-gev 1,10."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from inspect import signature
from typing import TYPE_CHECKING, Any

from physgan.cli.options import UsageError, assignments, option_of, settings, value_of
from physgan.errors import InputError, nearest

if TYPE_CHECKING:
    from physgan.data import Recipe
    from simulators.protocol import Condition

__all__ = [
    "condition_tables",
    "conditions_like",
    "distribution_table",
    "drawn_conditions",
    "one_condition",
    "recipe_of_options",
    "recipe_with_conditions",
]


def distribution_table(condition: "Condition", text: str, unit: str) -> dict[str, Any]:
    """Turn "2.3", "1.5:3.5" or "1.5,2,2.5" into the table of a distribution.

    A range is drawn uniformly on the condition's own scale.

    Args:
        condition: what is drawn, in its own unit.
        text: numbers in `unit`.
        unit: another unit of the condition's kind, or its own.

    Raises:
        UsageError: if the text is none of these, or the unit does not convert.
    """
    from simulators.units import convert

    is_range = ":" in text
    try:
        numbers = [float(part) for part in text.split(":" if is_range else ",")]
    except ValueError:
        numbers = []
    if not numbers or (is_range and len(numbers) != 2):
        raise UsageError(
            f"expected {condition.name} as a number, a range like 1.5:3.5 or a list like "
            f"1.5,2,2.5; got {text!r}"
        )
    try:
        values = [convert(number, unit, condition.unit) for number in numbers]
    except ValueError as error:
        raise UsageError(f"{error} as the unit of {condition.name}") from None
    if is_range:
        kind = "loguniform" if condition.scale == "log" else "uniform"
        return {"distribution": kind, "minimum": values[0], "maximum": values[1]}
    if len(values) > 1:
        return {"distribution": "grid", "values": values}
    return {"distribution": "fixed", "value": values[0]}


def condition_tables(
    texts: Mapping[str, str], schema: Iterable["Condition"], others: Iterable[str] = ()
) -> dict[str, dict[str, Any]]:
    """Tables of the distributions that options define, by condition.

    An option with another unit of the condition's kind stands for it: `energy_gev` for
    `energy_mev`, `x_cm` for `x_mm`, `theta_deg` for `theta` in rad.

    Args:
        texts: option -> text, see `distribution_table`.
        schema: descriptions of all conditions.
        others: names of the command's other options, to suggest.

    Raises:
        UsageError: for an option that is not a condition, or a condition given twice.
    """
    from simulators.units import option_units

    conditions = {condition.name: condition for condition in schema}
    units: dict[str, tuple[str, str]] = {}
    for name, condition in conditions.items():
        spellings = option_units(name, condition.unit)
        units |= {o: (name, unit) for o, unit in spellings.items() if o not in conditions}
        units[name] = name, condition.unit
    tables: dict[str, dict[str, Any]] = {}
    for option, text in texts.items():
        if option not in units:
            raise UsageError(
                f"expected conditions ({', '.join(map(option_of, conditions)) or 'none'}) or "
                f"options of the command; got {option_of(option)}"
                + nearest(option_of(option), map(option_of, [*units, *others]))
            )
        name, unit = units[option]
        if name in tables:
            raise UsageError(f"expected {name} once; got it again as {option_of(option)}")
        tables[name] = distribution_table(conditions[name], text, unit)
    return tables


def recipe_of_options(
    name: str,
    free: Mapping[str, str],
    condition: list[str],
    parameter: list[str],
    count: int | None,
    others: Iterable[str] = (),
) -> "Recipe":
    """A recipe from options; the arguments of the simulator's constructor are its parameters.

    Args:
        name: of the simulator.
        free: options that the command does not declare, name -> text.
        condition: ["name=text", ...].
        parameter: ["name=JSON value", ...].
        count: number of events.
        others: names of the command's own options, to suggest.

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
            + nearest(name, [*recipe_names(), *SIMULATORS])
        )
    if count is None:
        raise UsageError(f"expected --count with a simulator; got none; say how many {name} events")
    arguments = signature(SIMULATORS[name]).parameters
    parameters = settings(parameter) | {k: value_of(free[k]) for k in arguments if k in free}
    texts = {k: text for k, text in free.items() if k not in arguments} | assignments(condition)
    for argument in arguments.values():
        if argument.default is argument.empty and argument.name not in parameters:
            got = ", ".join(map(option_of, texts)) or "none"
            raise UsageError(f"expected {option_of(argument.name)} with {name}; got {got}")
    conditions = build_simulator(name, parameters).conditions
    tables = condition_tables(texts, conditions, [*arguments, *others])
    return Recipe(name=name, simulator=name, parameters=parameters, conditions=tables, count=count)


def recipe_with_conditions(
    name: str, texts: Mapping[str, str], others: Iterable[str] = ()
) -> "Recipe":
    """A recipe with other distributions of its conditions.

    Args:
        name: of the recipe, or a .toml file.
        texts: option -> text, see `condition_tables`.
        others: names of the command's own options, to suggest.

    Raises:
        UsageError: for an option that is not a condition of the recipe.
    """
    from physgan.data import build_simulator, load_recipe
    from simulators import SIMULATORS

    recipe = load_recipe(name)
    conditions = [
        replace(condition, scale=_scale(recipe.conditions.get(condition.name, {})))
        for condition in build_simulator(recipe.simulator, recipe.parameters).conditions
    ]
    for parameter in signature(SIMULATORS[recipe.simulator]).parameters:
        if parameter in texts and parameter not in recipe.conditions:
            raise UsageError(
                f"expected no parameters: {name} is a recipe and fixes them; copy its .toml file "
                f"and change the copy; got {option_of(parameter)}"
            )
    tables = condition_tables(texts, conditions, others)
    return replace(recipe, conditions={**recipe.conditions, **tables})


def _scale(table: Mapping[str, Any]) -> str:
    """The scale of the distribution in a recipe's table."""
    from physgan.data.distributions import name_of

    return "log" if name_of(table) == "loguniform" or table.get("scale") == "log" else "linear"


def drawn_conditions(
    texts: Mapping[str, str],
    schema: Iterable["Condition"],
    count: int,
    seed: int,
    others: Iterable[str] = (),
) -> dict[str, Any]:
    """Conditions for `count` samples: one number each, or drawn if a range or list was given.

    Args:
        texts: option -> text, see `condition_tables`.
        schema: the surrogate's conditions.
        count: number of samples.
        seed: of the random draws.
        others: names of the command's own options, to suggest.
    """
    from physgan.data.distributions import make_distributions

    distributions = make_distributions(condition_tables(texts, schema, others), seed)
    return {
        name: each.minimum if each.kind == "fixed" else each.draw(0, count)
        for name, each in distributions.items()
    }


def conditions_like(
    like: str, schema: Iterable["Condition"], texts: Mapping[str, str], count: int | None
) -> tuple[dict[str, Any], int]:
    """Conditions of the events of a dataset, in its order, and how many these are.

    Args:
        like: a dataset, or "FILE:split".
        schema: the surrogate's conditions.
        texts: options that are conditions, of which there may be none.
        count: the first so many events; None for all.

    Raises:
        UsageError: for conditions given besides.
        InputError: if the dataset lacks a condition, or events.
    """
    from physgan.data import open_split

    if texts:
        raise UsageError(f"expected no {option_of(min(texts))} with --like; got both")
    dataset, split = open_split(like)
    units = {condition.name: condition.unit for condition in dataset.info.conditions}
    for condition in schema:
        if units.get(condition.name) != condition.unit:
            names = ", ".join(f"{name} ({unit})" for name, unit in units.items()) or "none"
            raise InputError(
                f"expected the condition {condition.name} ({condition.unit}) in {like}; got {names}"
            )
    values = dataset.read_conditions(split or None)
    found = len(dataset.splits[split]) if split else len(dataset)
    if count is not None and count > found:
        raise InputError(f"expected {count} events in {like}; got {found}; ask for fewer")
    return {c.name: values[c.name][:count] for c in schema}, count or found


def one_condition(
    texts: Mapping[str, str], schema: Iterable["Condition"], others: Iterable[str] = ()
) -> dict[str, float]:
    """One number for each condition among the options.

    Raises:
        UsageError: for a range or a list.
    """
    for option, text in texts.items():
        if ":" in text or "," in text:
            raise UsageError(f"expected one number as {option_of(option)}; got {text!r}")
    tables = condition_tables(texts, schema, others)
    return {name: table["value"] for name, table in tables.items()}
