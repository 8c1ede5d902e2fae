"""Checks of what users pass to `sample`, shared by all simulators."""

import operator
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from simulators.protocol import Condition, Conditions

__all__ = ["condition_arrays", "start_of_block", "whole_number"]


def whole_number(name: str, value: object, minimum: int = 0, maximum: int | None = None) -> int:
    """`value` as an int of at least `minimum`, and at most `maximum` if that is given.

    Raises:
        ValueError: if it is not.
    """
    try:
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        number = minimum - 1
    if number < minimum or isinstance(value, bool):
        raise ValueError(
            f"expected {name} to be a whole number >= {minimum}; got {value!r}; pass such a number"
        )
    if maximum is not None and number > maximum:
        raise ValueError(f"expected {name} of at most {maximum}; got {number}")
    return number


def start_of_block(first_event: object, block_size: int) -> int:
    """`first_event` as an int, the first of a block.

    Raises:
        ValueError: if it is no such number.
    """
    first = whole_number("first_event", first_event)
    if first % block_size:
        raise ValueError(
            f"expected first_event to be a multiple of block_size {block_size}; "
            f"got {first}; start at a block"
        )
    return first


def condition_arrays(
    conditions: Conditions, expected: Sequence[Condition], count: int
) -> dict[str, NDArray[np.float64]]:
    """Every condition as an array of shape (count,), checked against its range.

    Raises:
        ValueError: for a condition that is missing, unknown, not finite, out of range, or
            of wrong length.
    """
    names = [condition.name for condition in expected]
    unknown = sorted(set(conditions) - set(names))
    missing = [name for name in names if name not in conditions]
    if unknown or missing:
        raise ValueError(
            f"expected conditions {', '.join(names)}; got {', '.join(conditions) or 'none'}; "
            f"{'remove ' + ', '.join(unknown) if unknown else 'add ' + ', '.join(missing)}"
        )
    return {c.name: _checked(c, conditions[c.name], count) for c in expected}


def _checked(condition: Condition, given: object, count: int) -> NDArray[np.float64]:
    try:
        values = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(
            f"expected {condition.name} as numbers; got {given!r}; pass one number or an array"
        ) from None
    if values.shape not in ((), (count,)):
        raise ValueError(
            f"expected {condition.name} as one number or of shape ({count},); "
            f"got shape {values.shape}; pass one value per event"
        )
    good = (values >= condition.minimum) & (values <= condition.maximum)
    if not np.all(good):
        bad = np.atleast_1d(values)[~np.atleast_1d(good)][0]
        where = f" at event {np.flatnonzero(~good)[0]}" if values.ndim else ""
        raise ValueError(
            f"expected {condition.name} in [{condition.minimum:g}, {condition.maximum:g}] "
            f"{condition.unit}; got {bad:g}{where}; pass values within this range"
        )
    return np.broadcast_to(values, (count,))
