"""Conditions as a user gives them, checked against those that something was trained at."""

from collections.abc import Sequence

import numpy as np

from physgan.data import Condition
from physgan.errors import InputError
from simulators.protocol import Conditions

__all__ = ["check_conditions", "condition_matrix"]

_TOLERANCE = 1e-5


def check_conditions(
    known: Sequence[Condition], given: Conditions, count: int, extrapolate: bool
) -> dict[str, np.ndarray]:
    """Conditions as float64 arrays, one value per event, in the order of `known`.

    Args:
        known: names and trained ranges.
        given: one number for all events, or arrays of shape (count,), physical units.
        count: number of events.
        extrapolate: whether finite numbers outside the trained range will do; where that range is
            positive they have to be, too.

    Raises:
        InputError: for conditions that are missing, unknown, of wrong length or out of range.
    """
    names = [c.name for c in known]
    if set(given) != set(names):
        raise InputError(f"expected the conditions {names}; got {sorted(given)}")
    if count < 0:
        raise InputError(f"expected a count of 0 or more; got {count}")
    columns = {c.name: _column(c, given[c.name], count) for c in known}
    for condition in known:
        _check_range(condition, columns[condition.name], extrapolate)
    return columns


def condition_matrix(known: Sequence[Condition], conditions: Conditions, count: int) -> np.ndarray:
    """Conditions as a network sees them: float32 (count, number of conditions)."""
    columns = [np.asarray(conditions[c.name], np.float32) for c in known]
    return np.stack(columns, -1) if columns else np.zeros((count, 0), np.float32)


def _column(condition: Condition, given: float | np.ndarray, count: int) -> np.ndarray:
    values = np.asarray(given, np.float64)
    if values.shape not in ((), (count,)):
        raise InputError(
            f"expected {condition.name} to be one number or {count}; got shape {values.shape}"
        )
    return np.broadcast_to(values, (count,))


def _check_range(condition: Condition, values: np.ndarray, extrapolate: bool) -> None:
    tolerance = _TOLERANCE * max(abs(condition.minimum), abs(condition.maximum))
    inside = (values >= condition.minimum - tolerance) & (values <= condition.maximum + tolerance)
    outside = values[~inside]
    usable = bool(np.all(np.isfinite(outside))) and (
        condition.minimum <= 0 or bool(np.all(outside > 0))
    )
    if outside.size and not (extrapolate and usable):
        raise InputError(
            f"expected {condition.name} in [{condition.minimum:g}, {condition.maximum:g}] "
            f"{condition.unit} (trained range); got {outside[0]:g}; "
            "pass extrapolate=True to sample anyway"
        )
