"""Conditions as a user gives them, checked against those that something was trained at."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from physgan.data import Condition
from physgan.errors import InputError
from simulators.protocol import Conditions

__all__ = ["condition_columns"]


def condition_columns(
    known: Sequence[Condition], given: Conditions, count: int, extrapolate: bool
) -> np.ndarray:
    """Conditions as columns, float32 (count, number of conditions).

    Args:
        known: names and trained ranges.
        given: one number for all events, or arrays of shape (count,), physical units.
        count: number of events.
        extrapolate: whether finite positive numbers outside the trained range will do.

    Raises:
        InputError: for conditions that are missing, unknown, of wrong length or out of range.
    """
    names = [c.name for c in known]
    if set(given) != set(names):
        raise InputError(f"expected the conditions {names}; got {sorted(given)}")
    if count < 0:
        raise InputError(f"expected a count of 0 or more; got {count}")
    columns = [_column(c, given[c.name], count) for c in known]
    for condition, column in zip(known, columns, strict=True):
        _check_range(condition, column, extrapolate)
    return np.stack(columns, -1) if columns else np.zeros((count, 0), np.float32)


def _column(condition: Condition, given: Any, count: int) -> np.ndarray:
    values = np.asarray(given, np.float32)
    if values.shape not in ((), (count,)):
        raise InputError(
            f"expected {condition.name} to be one number or {count}; got shape {values.shape}"
        )
    return np.broadcast_to(values, (count,))


def _check_range(condition: Condition, values: np.ndarray, extrapolate: bool) -> None:
    tolerance = 1e-5 * max(abs(condition.minimum), abs(condition.maximum))
    inside = (values >= condition.minimum - tolerance) & (values <= condition.maximum + tolerance)
    outside = values[~inside]
    if outside.size and not (extrapolate and np.all(np.isfinite(outside)) and outside.min() > 0):
        raise InputError(
            f"expected {condition.name} in [{condition.minimum:g}, {condition.maximum:g}] "
            f"{condition.unit} (trained range); got {outside[0]:g}; "
            "pass extrapolate=True to sample anyway"
        )
