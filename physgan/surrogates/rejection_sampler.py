"""Rejection sampling in calls of one shape, each event with its own sequence of draws."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from simulators.protocol import Progress

__all__ = ["MOST_DRAWS", "Draws", "sample_by_rejection"]

Draws = tuple[np.ndarray, np.ndarray]
"""Event numbers (k,), and numbers of the draw of each event (k,)."""

Attempts = Callable[[Sequence[Draws]], Iterable[tuple[Any, Any]]]
"""Calls -> of each the samples (k, ...), and which of them are kept (k,)."""

MOST_DRAWS = 100
"""The last of these draws is kept in any case."""


def sample_by_rejection(
    attempts: Attempts, count: int, chunk: int, progress: Progress | None = None
) -> np.ndarray:
    """The first draw of every event that is kept.

    In every round the events that wait for a draw share the calls, which may run at once. If few
    are left for the last call, it makes several draws of each, so that the last rounds are not
    wasted.

    Args:
        attempts: draws, always `chunk` in a call; a function of event and number of the draw.
        count: number of events, at least 1.
        chunk: draws per call.
        progress: called with (done, count).

    Returns:
        shape (count, ...).
    """
    waiting, drawn = np.arange(count), np.zeros(count, np.int64)
    done, result = 0, None
    while len(waiting):
        shares = [waiting[start : start + chunk] for start in range(0, len(waiting), chunk)]
        calls = [_call(share, drawn, chunk) for share in shares]
        left = []
        for share, (events, numbers), made in zip(shares, calls, attempts(calls), strict=True):
            samples, kept = np.asarray(made[0]), np.asarray(made[1])
            if result is None:
                result = np.empty((count, *samples.shape[1:]), samples.dtype)
            hits = np.flatnonzero(kept | (numbers >= MOST_DRAWS - 1))[::-1]
            result[events[hits]] = samples[hits]  # of several, the first draw is written last
            drawn[share] += np.bincount(np.arange(chunk) % len(share), minlength=len(share))
            again = np.setdiff1d(share, events[hits])
            left.append(again)
            done += len(share) - len(again)
            if progress is not None:
                progress(done, count)
        waiting = np.concatenate(left)
    assert result is not None
    return result


def _call(events: np.ndarray, drawn: np.ndarray, chunk: int) -> Draws:
    """The next draws of at most `chunk` events, in turn until there are `chunk`.

    Args:
        events: their numbers.
        drawn: draws made so far of every event, shape (count,).
        chunk: number of draws.
    """
    place = np.arange(chunk) % len(events)
    return events[place], drawn[events][place] + np.arange(chunk) // len(events)
