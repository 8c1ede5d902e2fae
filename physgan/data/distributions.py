"""Distributions of the conditions of a dataset: event number -> value.

`DISTRIBUTIONS` holds them by the name that recipes use. The value of an event is a function of its
number, so each shard can be computed on its own. With `repeat = r` in a recipe, r events in a row
share a value.
"""

import math
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from physgan.errors import InputError

__all__ = ["DISTRIBUTIONS", "Distribution", "make_distributions", "name_of", "recorded"]

BLOCK = 4096


@dataclass(frozen=True)
class Distribution:
    """The distribution of one condition.

    Args:
        kind: its name in `DISTRIBUTIONS`.
        minimum: smallest value.
        maximum: largest value.
        support: the values, or the intervals of a continuous distribution.
        draw: (first event, number of events) -> float64, shape (number,).
        repeat: events in a row that share a value.
    """

    kind: str
    minimum: float
    maximum: float
    support: tuple[float | tuple[float, float], ...]
    draw: Callable[[int, int], np.ndarray]
    repeat: int = 1


@dataclass(frozen=True)
class Place:
    """Position of a distribution among those of its recipe.

    Args:
        seed: of the run.
        name: of the condition.
        stride: product of the lengths of the grids before it.
        dimension: number of Sobol sequences before it.
        dimensions: total number of Sobol sequences.
    """

    seed: int
    name: str
    stride: int = 1
    dimension: int = 0
    dimensions: int = 1


def fixed(table: Mapping[str, Any], place: Place) -> Distribution:
    """Every event has the same value."""
    value = _number(table, "value", place)
    return Distribution("fixed", value, value, (value,), lambda first, count: np.full(count, value))


def grid(table: Mapping[str, Any], place: Place) -> Distribution:
    """Event i has values[i % n]; several grids give all combinations of their values."""
    values = np.asarray(table.get("values"), dtype=np.float64)
    if values.ndim != 1 or not len(values) or not np.isfinite(values).all():
        raise InputError(f"expected a list of numbers as values of {place.name}; got {values}")
    for low, high in _bands(table, place):
        if (inside := values[(values > low) & (values < high)]).size:
            raise InputError(
                f"expected no {place.name} between {low} and {high} (held out); got {inside[0]}"
            )

    def draw(first: int, count: int) -> np.ndarray:
        return values[np.arange(first, first + count) // place.stride % len(values)]

    return Distribution(
        "grid", float(values.min()), float(values.max()), tuple(values.tolist()), draw
    )


def uniform(table: Mapping[str, Any], place: Place) -> Distribution:
    """Independent draws, uniform in value between minimum and maximum."""
    return _continuous("uniform", table, place, False, _random_numbers)


def loguniform(table: Mapping[str, Any], place: Place) -> Distribution:
    """Independent draws, uniform in the logarithm."""
    return _continuous("loguniform", table, place, True, _random_numbers)


def sobol(table: Mapping[str, Any], place: Place) -> Distribution:
    """A scrambled Sobol sequence, one dimension for each condition with this distribution.

    With `scale = "log"` it is uniform in the logarithm.
    """
    return _continuous("sobol", table, place, table.get("scale") == "log", _sobol_numbers)


DISTRIBUTIONS: dict[str, Callable[[Mapping[str, Any], Place], Distribution]] = {
    "fixed": fixed,
    "grid": grid,
    "uniform": uniform,
    "loguniform": loguniform,
    "sobol": sobol,
}
"""Name in recipes -> maker of the distribution."""

KEYS = {
    "fixed": {"value"},
    "grid": {"values", "held_out"},
    "uniform": {"minimum", "maximum", "held_out"},
    "loguniform": {"minimum", "maximum", "held_out"},
    "sobol": {"minimum", "maximum", "held_out", "scale"},
}


def make_distributions(
    tables: Mapping[str, Mapping[str, Any]], seed: int
) -> dict[str, Distribution]:
    """Distributions of all conditions of a recipe.

    Args:
        tables: condition name -> {"distribution": name, ...}; "law" is the former key.
        seed: of the run.

    Raises:
        InputError: for an unknown distribution or a wrong setting.
    """
    dimensions = sum(name_of(table) == "sobol" for table in tables.values())
    stride, dimension, distributions = 1, 0, {}
    for name, table in tables.items():
        kind = name_of(table)
        if kind not in DISTRIBUTIONS:
            raise InputError(
                f"expected a distribution ({', '.join(DISTRIBUTIONS)}) for {name}; got {kind!r}"
            )
        if (
            unknown := set(table)
            - KEYS[kind]
            - {"distribution" if "distribution" in table else "law", "repeat"}
        ):
            raise InputError(
                f"expected only {', '.join(sorted(KEYS[kind]))} and repeat for the distribution "
                f"{kind} of {name}; got {min(unknown)}"
            )
        place = Place(seed, name, stride, dimension, dimensions)
        distributions[name] = _repeated(DISTRIBUTIONS[kind](table, place), table, place)
        stride *= len(table["values"]) if kind == "grid" else 1
        dimension += kind == "sobol"
    return distributions


def name_of(table: Mapping[str, Any]) -> Any:
    """Name of the distribution in a recipe's table."""
    return table.get("distribution", table.get("law"))


def recorded(table: Mapping[str, Any]) -> dict[str, Any]:
    """A recipe's table as in the definitions of datasets, with the former key "law".

    So datasets keep their fingerprints, and unfinished ones can be continued.
    """
    return {"law" if key == "distribution" else key: value for key, value in table.items()}


def _repeated(each: Distribution, table: Mapping[str, Any], place: Place) -> Distribution:
    """The distribution whose event i has the value that event i // repeat of `each` has."""
    repeat = table.get("repeat", 1)
    if isinstance(repeat, bool) or not isinstance(repeat, int) or repeat < 1:
        raise InputError(
            f"expected repeat of {place.name} as a whole number from 1; got {repeat!r}"
        )

    def draw(first: int, count: int) -> np.ndarray:
        numbers = np.arange(first, first + count) // repeat
        values = each.draw(int(numbers[0]), int(numbers[-1] - numbers[0]) + 1)
        return values[numbers - numbers[0]]

    return replace(each, draw=draw, repeat=repeat) if repeat > 1 else each


def _continuous(
    kind: str,
    table: Mapping[str, Any],
    place: Place,
    logarithmic: bool,
    numbers: Callable[[Place, int, int], np.ndarray],
) -> Distribution:
    minimum, maximum = (_number(table, key, place) for key in ("minimum", "maximum"))
    if not minimum < maximum:
        raise InputError(f"expected minimum < maximum of {place.name}; got {minimum}, {maximum}")
    if logarithmic and minimum <= 0:
        raise InputError(
            f"expected a positive minimum of {place.name} on a log scale; got {minimum}"
        )
    there = np.log if logarithmic else np.asarray
    back = np.exp if logarithmic else np.asarray
    intervals = _allowed(minimum, maximum, _bands(table, place), place)
    edges = there(np.array(intervals))

    def draw(first: int, count: int) -> np.ndarray:
        values = back(_stretched(numbers(place, first, count), edges))
        return np.clip(values, minimum, maximum)

    return Distribution(kind, minimum, maximum, tuple(intervals), draw)


def _stretched(u: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Map [0, 1) onto a union of intervals (rows of `edges`), uniformly."""
    cumulative = np.concatenate([[0.0], np.cumsum(edges[:, 1] - edges[:, 0])])
    position = u * cumulative[-1]
    which = np.clip(np.searchsorted(cumulative, position, side="right") - 1, 0, len(edges) - 1)
    return edges[which, 0] + position - cumulative[which]


def _allowed(
    minimum: float, maximum: float, bands: list[tuple[float, float]], place: Place
) -> list[tuple[float, float]]:
    """[minimum, maximum] without the held-out bands."""
    left, start = [], minimum
    for low, high in sorted(bands):
        if low > start:
            left.append((start, min(low, maximum)))
        start = max(start, high)
    if start < maximum:
        left.append((start, maximum))
    if not left:
        raise InputError(f"expected some range of {place.name} to be left; all is held out")
    return left


def _bands(table: Mapping[str, Any], place: Place) -> list[tuple[float, float]]:
    bands = [tuple(map(float, band)) for band in table.get("held_out", [])]
    for band in bands:
        if len(band) != 2 or not band[0] < band[1]:
            raise InputError(f"expected held_out of {place.name} as [[low, high], ...]; got {band}")
    return [(band[0], band[1]) for band in bands]


def _random_numbers(place: Place, first: int, count: int) -> np.ndarray:
    """Uniform in [0, 1); number i is a function of (seed, name, i)."""
    blocks = range(first // BLOCK, (first + count - 1) // BLOCK + 1)
    key = zlib.crc32(place.name.encode())
    numbers = [np.random.default_rng([place.seed, key, block]).random(BLOCK) for block in blocks]
    offset = first - blocks.start * BLOCK
    return np.concatenate(numbers)[offset : offset + count]


def _sobol_numbers(place: Place, first: int, count: int) -> np.ndarray:
    from scipy.stats.qmc import Sobol  # half a second to import, and rarely needed

    sequence = Sobol(place.dimensions, scramble=True, rng=np.random.default_rng(place.seed))
    if first:
        sequence.fast_forward(first)
        points = sequence.random(count)
    else:  # the first draw has to be a power of two
        points = sequence.random(2 ** (count - 1).bit_length())[:count]
    return points[:, place.dimension]


def _number(table: Mapping[str, Any], key: str, place: Place) -> float:
    value = table.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InputError(f"expected a number as {key} of {place.name}; got {value!r}")
    return float(value)
