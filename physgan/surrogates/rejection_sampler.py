"""Rejection sampling in calls of one shape, each event with its own sequence of draws."""

from collections.abc import Callable

import numpy as np

from simulators.protocol import Progress

__all__ = ["MOST_DRAWS", "sample_by_rejection"]

Attempt = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]
"""(event numbers (k,), numbers of the draw of each event (k,)) -> (samples (k, ...), kept (k,))."""

MOST_DRAWS = 100
"""The last of these draws is kept in any case."""


def sample_by_rejection(
    attempt: Attempt, count: int, chunk: int, progress: Progress | None = None
) -> np.ndarray:
    """The first draw of every event that is kept.

    Events that wait for a draw share the calls. If few are left, a call makes several draws of
    each, so that the last calls are not wasted.

    Args:
        attempt: draws, always `chunk` at once; a function of event and number of the draw.
        count: number of events, at least 1.
        chunk: draws per call.
        progress: called with (done, count).

    Returns:
        shape (count, ...).
    """
    waiting, drawn = np.arange(count), np.zeros(count, np.int64)
    result: np.ndarray | None = None
    while len(waiting):
        now = min(chunk, len(waiting))
        place = np.arange(chunk) % now
        number = drawn[:now][place] + np.arange(chunk) // now
        samples, kept = attempt(waiting[:now][place], number)
        if result is None:
            result = np.empty((count, *samples.shape[1:]), samples.dtype)
        hits = np.flatnonzero(kept | (number >= MOST_DRAWS - 1))[::-1]
        result[waiting[place[hits]]] = samples[hits]  # of several, the first draw is written last
        again = np.setdiff1d(np.arange(now), place[hits])
        drawn[:now] += np.bincount(place, minlength=now)
        left = np.concatenate([again, np.arange(now, len(waiting))])
        waiting, drawn = waiting[left], drawn[left]
        if progress is not None:
            progress(count - len(waiting), count)
    assert result is not None
    return result
