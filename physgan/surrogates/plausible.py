"""Whether a description from a file can be that of a surrogate, before a network is built."""

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from physgan.errors import InputError

if TYPE_CHECKING:
    from physgan.surrogates.description import Description

__all__ = ["check_description"]

_TEXTS = ("method", "domain", "simulator", "simulator_version", "recipe", "weights_sha256")
_TABLES = ("parameters", "network", "training", "seen", "versions")
_MOST = 2**16
_MOST_LAYERS = 256
_MOST_ENTRIES = 2**24


def check_description(about: "Description") -> None:
    """Refuse values of another type, and numbers that no surrogate has.

    Raises:
        InputError: naming the first of them.
    """
    for names, kind in ((_TEXTS, str), (_TABLES, dict)):
        for name in names:
            if not isinstance(getattr(about, name), kind):
                raise InputError(
                    f"expected {name} as a {'text' if kind is str else 'table'} in the description "
                    f"of a surrogate; got {getattr(about, name)!r}"
                )
    _check_whole("size", about.size, _MOST)
    for condition in about.conditions:
        low, high = condition.minimum, condition.maximum
        if not (_is_finite(low) and _is_finite(high) and low <= high):
            raise InputError(
                f"expected a trained range of {condition.name}; got {low!r} to {high!r}"
            )
    for axis in about.grid:
        if not all(map(_is_finite, axis.values)):
            raise InputError(f"expected finite numbers along the axis {axis.name}; got others")
    lengths = {axis.name: len(axis.values) for axis in about.grid}
    for field in about.fields:
        if np.dtype(field.dtype).kind not in "iufb":
            raise InputError(f"expected numbers in {field.name}; got dtype {field.dtype}")
        _check_entries(field.name, [lengths.get(axis, 1) for axis in field.axes])
    for name, value in _numbers(about.network, ""):
        _check_setting(name, value)


def _check_setting(name: str, value: Any) -> None:
    """Refuse a number of a network's settings that no network has."""
    if isinstance(value, list):
        _check_entries(name, value)
    elif isinstance(value, int):
        _check_whole(name, value, _MOST_LAYERS if name in ("depth", "blocks") else _MOST)
    elif not math.isfinite(value) or (name == "threshold" and value < 0):
        raise InputError(f"expected {name} of a network from 0, and finite; got {value!r}")


def _check_whole(name: str, value: Any, most: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise InputError(
            f"expected {name} of a surrogate as a whole number from 0 to {most}; got {value!r}"
        )


def _check_entries(name: str, lengths: list[Any]) -> None:
    for length in lengths:
        _check_whole(name, length, _MOST)
    if math.prod(lengths) > _MOST_ENTRIES:
        raise InputError(f"expected {name} of at most {_MOST_ENTRIES} entries; got {lengths}")


def _numbers(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Numbers among a network's settings by the names of their tables, and whole shapes."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _numbers(item, str(key))
    elif name == "shape" and isinstance(value, list):
        yield name, value
    elif isinstance(value, list):
        for item in value:
            yield from _numbers(item, name)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield name, value


def _is_finite(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)
