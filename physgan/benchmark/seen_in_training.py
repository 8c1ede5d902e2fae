"""Whether a condition was seen in training, and whether it is at the edge of what was."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from physgan.benchmark.sources import ConditionValues

__all__ = ["seen_in_training"]

_TOLERANCE = 1e-6


def seen_in_training(condition: ConditionValues, training: Mapping[str, Any]) -> str:
    """Return "seen", "edge", "held out" or, where `training` does not say, "unknown".

    At an edge, some condition has the lowest or the highest value that training saw.

    Args:
        condition: name -> value.
        training: may hold "seen": condition name -> list of values and of [low, high] ranges
            that training drew from.
    """
    seen = training.get("seen")
    if not seen:
        return "unknown"
    inside = all(_covers(seen.get(name, ()), value) for name, value in condition.items())
    if not inside:
        return "held out"
    edge = any(_ends(seen[name], value) for name, value in condition.items())
    return "edge" if edge else "seen"


def _ends(entries: Sequence[float | Sequence[float]], value: float) -> bool:
    """Whether a value is the lowest or the highest of several."""
    ends = np.ravel([np.broadcast_to(np.asarray(entry, float), 2) for entry in entries])
    low, high = ends.min(), ends.max()
    return bool(low < high and min(abs(value - low), abs(value - high)) <= _TOLERANCE)


def _covers(entries: Sequence[float | Sequence[float]], value: float) -> bool:
    for entry in entries:
        low, high = (entry, entry) if isinstance(entry, int | float) else entry
        if low - _TOLERANCE <= value <= high + _TOLERANCE:
            return True
    return False
