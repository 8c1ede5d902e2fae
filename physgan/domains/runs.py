"""Runs of neighbours along an axis, such as layers: a spectrum for each."""

from collections.abc import Sequence

import numpy as np

__all__ = ["group_of", "grouped", "span"]

_GROUPS = 5


def grouped(count: int) -> list[np.ndarray]:
    """Numbers 0 ... count - 1 in at most five runs of nearly equal length."""
    return np.array_split(np.arange(count), min(count, _GROUPS))


def group_of(groups: Sequence[np.ndarray]) -> np.ndarray:
    """The run of each number."""
    return np.repeat(np.arange(len(groups)), [len(members) for members in groups])


def span(word: str, plural: str, values: np.ndarray, unit: str) -> str:
    """Words for a run of layers or rings: "layer 3", "layers 0-1" or "r = 2.5-8 mm"."""
    if len(values) == 1:
        return f"{word} {values[0]:.3g}{unit}"
    return f"{word}{plural} {values[0]:.3g}-{values[-1]:.3g}{unit}"
