"""Checks of the user's conditions against the trained ranges."""

from collections.abc import Sequence

import numpy as np

from physgan.data import Condition
from physgan.errors import InputError
from simulators.protocol import Conditions

__all__ = ["check_conditions", "check_run", "condition_matrix"]

_TOLERANCE = 1e-5
_NUMBERS = 2**32


def check_conditions(
    schema: Sequence[Condition], conditions: Conditions, count: int, extrapolate: bool
) -> dict[str, np.ndarray]:
    """Conditions as float64 arrays, one value per event, in the order of `schema`.

    Args:
        schema: names and trained ranges of the conditions.
        conditions: one number for all events, or arrays of shape (count,), physical units.
        count: number of events.
        extrapolate: whether finite numbers outside the trained range are allowed; if that range is
            positive, they have to be positive.

    Raises:
        InputError: for conditions that are missing, unknown, of wrong length or out of range.
    """
    names = [c.name for c in schema]
    if set(conditions) != set(names):
        raise InputError(f"expected the conditions {names}; got {sorted(conditions)}")
    if count < 0:
        raise InputError(f"expected a count of 0 or more; got {count}")
    columns = {c.name: _column(c, conditions[c.name], count) for c in schema}
    for condition in schema:
        _check_range(condition, columns[condition.name], extrapolate)
    return columns


def check_run(events: int, seed: int) -> None:
    """Refuse seeds and numbers of events beyond 32 bits, which JAX's keys would not tell apart.

    Raises:
        InputError: if there are such.
    """
    if not 0 <= seed < _NUMBERS:
        raise InputError(f"expected a seed from 0 and below 2^32; got {seed}")
    if events > _NUMBERS:
        raise InputError(f"expected at most {_NUMBERS} events; got {events}; ask for fewer")


def condition_matrix(schema: Sequence[Condition], conditions: Conditions, count: int) -> np.ndarray:
    """Conditions as inputs of a network: float32 (count, number of conditions)."""
    columns = [np.asarray(conditions[c.name], np.float32) for c in schema]
    return np.stack(columns, -1) if columns else np.zeros((count, 0), np.float32)


def _column(condition: Condition, value: float | np.ndarray, count: int) -> np.ndarray:
    values = np.asarray(value, np.float64)
    if values.shape not in ((), (count,)):
        raise InputError(
            f"expected {condition.name} to be one number or {count}; got shape {values.shape}"
        )
    return np.broadcast_to(values, (count,))


def _check_range(condition: Condition, values: np.ndarray, extrapolate: bool) -> None:
    tolerance = _TOLERANCE * max(abs(condition.minimum), abs(condition.maximum))
    inside = (values >= condition.minimum - tolerance) & (values <= condition.maximum + tolerance)
    outside = values[~inside]
    usable = bool(np.all(np.isfinite(outside)))
    usable &= condition.minimum <= 0 or bool(np.all(outside > 0))
    if outside.size and not (extrapolate and usable):
        raise InputError(
            f"expected {condition.name} in [{condition.minimum:g}, {condition.maximum:g}] "
            f"{condition.unit} (trained range); got {outside[0]:g}; "
            "pass extrapolate=True to sample anyway"
        )
