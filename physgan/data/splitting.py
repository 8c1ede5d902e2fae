"""Assignment of events to splits."""

import zlib
from collections.abc import Mapping
from functools import lru_cache
from itertools import pairwise

import numpy as np

__all__ = ["assign_splits"]

_SPLIT_BLOCK = 2**24
"""Groups of events that are assigned to splits together, so that memory is bounded."""


def assign_splits(
    shares: Mapping[str, float],
    count: int,
    seed: int,
    size: int = 1,
    first: int = 0,
    stop: int | None = None,
) -> dict[str, np.ndarray]:
    """Assign events to splits at random, as a function of only the arguments.

    Args:
        shares: split name -> share of the events, adding up to at most 1.
        count: number of events of the run.
        seed: of the run.
        size: this many events in a row are assigned together.
        first: first event that is asked for.
        stop: one past the last event that is asked for; None for `count`.

    Returns:
        Split name -> sorted event numbers, disjoint.
    """
    events = np.arange(first, count if stop is None else stop)
    groups, group = -(-count // size), events // size
    names = np.full(len(events), -1)
    for block in np.unique(group // _SPLIT_BLOCK) if shares else ():
        start = int(block) * _SPLIT_BLOCK
        number = min(_SPLIT_BLOCK, groups - start)
        inside = group // _SPLIT_BLOCK == block
        table = _splits_of_block(tuple(shares.values()), number, seed, int(block))
        names[inside] = table[group[inside] - start]
    return {name: events[names == index] for index, name in enumerate(shares)}


@lru_cache(maxsize=2)
def _splits_of_block(shares: tuple[float, ...], groups: int, seed: int, block: int) -> np.ndarray:
    """The number of the split of each group of a block, -1 for none, shape (groups,)."""
    path = [seed, zlib.crc32(b"splits"), *([block] if block else [])]
    order = np.random.default_rng(path).permutation(groups)
    edges = np.rint(np.cumsum([0.0, *shares]) * groups).astype(int)
    table = np.full(groups, -1, np.int8)
    for index, (low, high) in enumerate(pairwise(edges)):
        table[order[low:high]] = index
    return table
