"""Whether a condition was seen in training."""

from collections.abc import Mapping, Sequence
from typing import Any

from physgan.benchmark.sources import ConditionValues

__all__ = ["seen_in_training"]

_TOLERANCE = 1e-6


def seen_in_training(condition: ConditionValues, training: Mapping[str, Any]) -> str:
    """Return "seen", "held out" or, where `training` does not say, "unknown".

    Args:
        condition: name -> value.
        training: may hold "seen": condition name -> list of values and of [low, high] ranges
            that training drew from.
    """
    seen = training.get("seen")
    if not seen:
        return "unknown"
    inside = all(_covers(seen.get(name, ()), value) for name, value in condition.items())
    return "seen" if inside else "held out"


def _covers(entries: Sequence[float | Sequence[float]], value: float) -> bool:
    for entry in entries:
        low, high = (entry, entry) if isinstance(entry, int | float) else entry
        if low - _TOLERANCE <= value <= high + _TOLERANCE:
            return True
    return False
