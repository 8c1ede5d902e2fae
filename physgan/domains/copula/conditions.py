"""The conditions at which a fitted baseline draws, and the noise that it draws from."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from physgan.errors import InputError
from simulators.protocol import Condition

__all__ = ["checked_conditions", "event_noise"]


def checked_conditions(
    schema: Sequence[Condition], given: Mapping[str, Any], count: int, extrapolate: bool, name: str
) -> dict[str, np.ndarray]:
    """All conditions, float64, one number for each sample.

    Args:
        schema: the fitted ranges.
        given: name -> a number or shape (count,).
        count: number of samples.
        extrapolate: whether values outside the fitted ranges are allowed.
        name: of the baseline, for messages.

    Raises:
        InputError: for missing, wrong or outlying conditions.
    """
    if count < 0:
        raise InputError(f"expected a count of 0 or more; got {count}")
    names = [c.name for c in schema]
    if set(given) != set(names):
        raise InputError(f"expected the conditions {names}; got {sorted(given)}")
    for condition in schema:
        values = np.asarray(given[condition.name], np.float64)
        low, high = condition.minimum, condition.maximum
        if values.shape not in ((), (count,)):
            raise InputError(
                f"expected {condition.name} to be one number or {count}; got shape {values.shape}"
            )
        room = 1e-5 * max(abs(low), abs(high))
        outside = values[~((values >= low - room) & (values <= high + room))]
        sensible = np.all(np.isfinite(outside) & ((outside > 0) | (low <= 0)))
        if outside.size and not (extrapolate and sensible):
            raise InputError(
                f"expected {condition.name} in [{low:g}, {high:g}] {condition.unit} (fitted range "
                f"of {name}); got {outside.flat[0]:g}; pass extrapolate=True to sample anyway"
            )
    return {n: np.broadcast_to(np.asarray(given[n], np.float64), (count,)) for n in names}


def event_noise(seed: int, first: int, count: int, width: int) -> np.ndarray:
    """White normal numbers (count, width), each row of (seed, event number) alone."""
    noise = np.empty((count, width))
    for row in range(count):
        stream = np.random.Philox(key=seed, counter=[0, 0, 0, first + row])
        np.random.Generator(stream).standard_normal(out=noise[row])
    return noise
