"""Names of arrays: lists of them in few words, and choices of several."""

import re
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from itertools import groupby

from physgan.errors import InputError, nearest

__all__ = ["chosen", "listed", "numbers_in", "pattern"]

_SHOWN = 20


def pattern(key: str) -> str:
    """A name without its numbers: "cell_#" for "cell_12"."""
    return re.sub(r"\d+", "#", key)


def listed(keys: Iterable[str]) -> str:
    """Names in words, with runs of numbered ones shortened: "energy, cell_0 ... cell_143"."""
    words = [
        word
        for run in (list(group) for _, group in groupby(keys, pattern))
        for word in ([f"{run[0]} ... {run[-1]}"] if len(run) > 3 else run)
    ]
    more = [f"{len(words) - _SHOWN} more"] if len(words) > _SHOWN else []
    return ", ".join([*words[:_SHOWN], *more]) or "none"


def chosen(keys: Sequence[str], text: str) -> list[str]:
    """The names that a text selects.

    Args:
        keys: all names, in the order of the file.
        text: one of them; or a pattern such as "cell_*"; or "cell_0:cell_143", the first and the
            last. Names that differ in their numbers only are put in the order of the numbers,
            others stay in that of the file.

    Raises:
        InputError: if it selects none, or numbers are missing between the first and the last.
    """
    if text in keys:
        return [text]
    first, colon, last = text.partition(":")
    if colon:
        return _between(keys, first, last)
    if any(sign in text for sign in "*?["):
        found = [key for key in keys if fnmatchcase(key, text)]
        if not found:
            raise InputError(f"expected columns ({listed(keys)}); got none like {text}")
        return _ordered(found)
    return [text]


def _between(keys: Sequence[str], first: str, last: str) -> list[str]:
    for key in (first, last):
        if key not in keys:
            raise InputError(f"expected columns ({listed(keys)}); got {key!r}{nearest(key, keys)}")
    alike = pattern(first) == pattern(last)
    order = _ordered([k for k in keys if pattern(k) == pattern(first)] if alike else list(keys))
    found = order[order.index(first) : order.index(last) + 1]
    low, high = numbers_in(first), numbers_in(last)
    if not found:
        raise InputError(f"expected {first} before {last}; got it after")
    if alike and len(low) == len(high) == 1 and len(found) != high[0] - low[0] + 1:
        there = {numbers_in(key)[0] for key in found}
        missing = next(n for n in range(low[0], high[0] + 1) if n not in there)
        raise InputError(
            f"expected {high[0] - low[0] + 1} columns {first} ... {last}; got {len(found)}, "
            f"without number {missing}"
        )
    return found


def _ordered(keys: list[str]) -> list[str]:
    return sorted(keys, key=numbers_in) if len(set(map(pattern, keys))) == 1 else keys


def numbers_in(key: str) -> list[int]:
    """The whole numbers in a name: [3, 12] for "adc_3_12"."""
    return [int(digits) for digits in re.findall(r"\d+", key)]
