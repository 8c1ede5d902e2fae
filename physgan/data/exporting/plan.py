"""What an export writes."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

__all__ = ["Column", "Plan"]


class Column(NamedTuple):
    """An array of an export: its type, the shape of one row, and its unit."""

    dtype: np.dtype
    shape: tuple[int, ...]
    unit: str


@dataclass(frozen=True)
class Plan:
    """The arrays of an export.

    Args:
        columns: key -> description.
        count: number of rows.
        pieces: makes an iterator over pieces of all rows, key -> array, from the beginning.
    """

    columns: Mapping[str, Column]
    count: int
    pieces: Callable[[], Iterator[dict[str, np.ndarray]]]
