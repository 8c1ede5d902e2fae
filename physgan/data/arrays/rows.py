"""Arrays whose rows are read on demand."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from math import prod
from typing import NamedTuple

import numpy as np

from physgan.data.arrays.keys import listed
from physgan.errors import InputError, nearest

__all__ = ["Arrays", "Rows", "joined", "reshaped", "stacked"]


@dataclass(frozen=True)
class Rows:
    """An array of numbers that is read in pieces.

    Args:
        name: of the array and its file, for messages.
        shape: (n, *axes).
        read: (start, stop) -> rows start to stop - 1.
        starts: (first row, name of the file) of every file; empty for one file.
    """

    name: str
    shape: tuple[int, ...]
    read: Callable[[int, int], np.ndarray]
    starts: tuple[tuple[int, str], ...] = ()

    def __len__(self) -> int:
        return self.shape[0]

    def place(self, row: int) -> str:
        """A row in words: "row 3", or "row 3 of b.npz" among several files."""
        if not self.starts:
            return f"row {row}"
        first, file = self.starts[bisect_right(self.starts, row, key=lambda s: s[0]) - 1]
        return f"row {row - first} of {file}"


class Arrays(NamedTuple):
    """The arrays of a file, or of several whose rows follow each other.

    Attributes:
        file: name, for messages.
        keys: names of the arrays, in the order of the file.
        find: key among `keys` -> its rows.
    """

    file: str
    keys: Sequence[str]
    find: Callable[[str], Rows]

    def rows(self, key: str) -> Rows:
        """The rows of an array.

        Raises:
            InputError: if there is no such array or it does not hold numbers.
        """
        if key not in self.keys:
            got = repr(key) + nearest(key, self.keys) if key else "no key"
            raise InputError(f"expected an array of {self.file} ({listed(self.keys)}); got {got}")
        return self.find(key)


def joined(parts: Sequence[Rows]) -> Rows:
    """The rows of several files, one file after the other.

    Raises:
        InputError: if their shapes differ.
    """
    first = parts[0]
    for part in parts:
        if part.shape[1:] != first.shape[1:]:
            raise InputError(
                f"expected the shape of {first.name}, {first.shape[1:]} after the first axis; "
                f"got {part.shape[1:]} in {part.name}"
            )
    edges = list(accumulate(map(len, parts), initial=0))

    def read(start: int, stop: int) -> np.ndarray:
        pieces = [
            part.read(max(start, low) - low, min(stop, high) - low)
            for part, (low, high) in zip(parts, pairwise(edges), strict=True)
            if start < high and stop > low
        ]
        return np.concatenate(pieces or [first.read(0, 0)])

    names = [part.name.rpartition(" of ")[2] for part in parts]
    starts = tuple(zip(edges[:-1], names, strict=True))
    return Rows(first.name, (edges[-1], *first.shape[1:]), read, starts)


def stacked(columns: Sequence[Rows], name: str) -> Rows:
    """Arrays side by side: k of shape (n, *axes) give one of shape (n, k, *axes).

    Raises:
        InputError: if their shapes differ.
    """
    first = columns[0]
    for column in columns:
        if column.shape != first.shape:
            raise InputError(
                f"expected the shape of {first.name}, {first.shape}; "
                f"got {column.shape} of {column.name}"
            )
    shape = (len(first), len(columns), *first.shape[1:])

    def read(start: int, stop: int) -> np.ndarray:
        return np.stack([column.read(start, stop) for column in columns], 1)

    return Rows(name, shape, read, first.starts)


def reshaped(rows: Rows, shape: Sequence[int]) -> Rows:
    """Rows in another shape (n, *shape) of equally many entries.

    Raises:
        InputError: for another number of entries.
    """
    if prod(shape) != prod(rows.shape[1:]):
        raise InputError(
            f"expected a shape of {prod(rows.shape[1:])} entries for {rows.name}, "
            f"{rows.shape[1:]} per sample; got {', '.join(map(str, shape))}: {prod(shape)} entries"
        )

    def read(start: int, stop: int) -> np.ndarray:
        return rows.read(start, stop).reshape(-1, *shape)

    return replace(rows, shape=(len(rows), *shape), read=read)
