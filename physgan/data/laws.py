"""How the conditions of a dataset are drawn: event number -> value.

A law is entered in `LAWS` under the name that recipes use. Laws of one value per event number
make any shard computable alone.
"""

import math
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from physgan.errors import InputError

__all__ = ["LAWS", "Law", "make_laws"]

BLOCK = 4096


@dataclass(frozen=True)
class Law:
    """One condition's law.

    Args:
        kind: name of the law in `LAWS`.
        minimum: smallest value it gives.
        maximum: largest value it gives.
        seen: the values that it gives, or the intervals that it draws from.
        draw: (first event, number of events) -> float64, shape (number,).
    """

    kind: str
    minimum: float
    maximum: float
    seen: tuple[float | tuple[float, float], ...]
    draw: Callable[[int, int], np.ndarray]


@dataclass(frozen=True)
class Place:
    """Where a law stands among those of its recipe.

    Args:
        seed: the run's.
        name: the condition's.
        stride: product of the lengths of the grids before it.
        dimension: number of Sobol laws before it.
        dimensions: number of Sobol laws in all.
    """

    seed: int
    name: str
    stride: int = 1
    dimension: int = 0
    dimensions: int = 1


def fixed(table: Mapping[str, Any], place: Place) -> Law:
    """Every event has the same value."""
    value = _number(table, "value", place)
    return Law("fixed", value, value, (value,), lambda first, count: np.full(count, value))


def grid(table: Mapping[str, Any], place: Place) -> Law:
    """Event i has values[i % n]; several grids go through all their combinations."""
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

    return Law("grid", float(values.min()), float(values.max()), tuple(values.tolist()), draw)


def uniform(table: Mapping[str, Any], place: Place) -> Law:
    """Independent draws, uniform in value between minimum and maximum."""
    return _continuous("uniform", table, place, False, _random_numbers)


def loguniform(table: Mapping[str, Any], place: Place) -> Law:
    """Independent draws, uniform in the logarithm."""
    return _continuous("loguniform", table, place, True, _random_numbers)


def sobol(table: Mapping[str, Any], place: Place) -> Law:
    """A scrambled Sobol sequence, one dimension for each condition that asks for it.

    `scale = "log"` spreads it evenly in the logarithm.
    """
    return _continuous("sobol", table, place, table.get("scale") == "log", _sobol_numbers)


LAWS: dict[str, Callable[[Mapping[str, Any], Place], Law]] = {
    "fixed": fixed,
    "grid": grid,
    "uniform": uniform,
    "loguniform": loguniform,
    "sobol": sobol,
}
"""Name in recipes -> maker of the law."""

KEYS = {
    "fixed": {"value"},
    "grid": {"values", "held_out"},
    "uniform": {"minimum", "maximum", "held_out"},
    "loguniform": {"minimum", "maximum", "held_out"},
    "sobol": {"minimum", "maximum", "held_out", "scale"},
}


def make_laws(tables: Mapping[str, Mapping[str, Any]], seed: int) -> dict[str, Law]:
    """Laws of all conditions of a recipe.

    Args:
        tables: condition name -> {"law": name, ...}.
        seed: the run's.

    Raises:
        InputError: for an unknown law or a wrong setting.
    """
    dimensions = sum(table.get("law") == "sobol" for table in tables.values())
    stride, dimension, laws = 1, 0, {}
    for name, table in tables.items():
        kind = table.get("law")
        if kind not in LAWS:
            raise InputError(f"expected a law ({', '.join(LAWS)}) for {name}; got {kind!r}")
        if unknown := set(table) - KEYS[kind] - {"law"}:
            raise InputError(
                f"expected only {', '.join(sorted(KEYS[kind]))} for the law {kind} of {name}; "
                f"got {min(unknown)}"
            )
        laws[name] = LAWS[kind](table, Place(seed, name, stride, dimension, dimensions))
        stride *= len(table["values"]) if kind == "grid" else 1
        dimension += kind == "sobol"
    return laws


def _continuous(
    kind: str,
    table: Mapping[str, Any],
    place: Place,
    logarithmic: bool,
    numbers: Callable[[Place, int, int], np.ndarray],
) -> Law:
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

    return Law(kind, minimum, maximum, tuple(intervals), draw)


def _stretched(u: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Map [0, 1) onto a union of intervals (rows of `edges`), uniformly."""
    cumulative = np.concatenate([[0.0], np.cumsum(edges[:, 1] - edges[:, 0])])
    position = u * cumulative[-1]
    which = np.clip(np.searchsorted(cumulative, position, side="right") - 1, 0, len(edges) - 1)
    return edges[which, 0] + position - cumulative[which]


def _allowed(
    minimum: float, maximum: float, bands: list[tuple[float, float]], place: Place
) -> list[tuple[float, float]]:
    """What is left of [minimum, maximum] without the bands."""
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
