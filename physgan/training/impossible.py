"""Events that a generator cannot make: refused before training, left out of means during it."""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np

from physgan.errors import InputError

__all__ = ["LeftOut", "listed", "possible", "refuse_impossible"]

_LARGEST = 1e8
"""Nats of an event. A density in single precision costs at most about 100 nats a variable, and
1e4 in the logarithm of a narrow distribution; a generator states zero density by 1e9 or more."""

_LISTED = 5
_KEPT = 20


def possible(losses: Any) -> Any:
    """Whether -ln p of each event, nats, is finite and not that of a density of zero."""
    return losses < _LARGEST


def listed(rows: Sequence[int]) -> str:
    """The first five numbers, and how many more there are."""
    some = ", ".join(str(row) for row in rows[:_LISTED])
    more = f" and {len(rows) - _LISTED} more" if len(rows) > _LISTED else ""
    return f"{'row' if len(rows) == 1 else 'rows'} {some}{more}"


def refuse_impossible(split: str, events: np.ndarray, losses: np.ndarray, network: str) -> None:
    """Refuse a split with events whose density is zero or not finite.

    Args:
        split: its name.
        events: numbers of the events in the dataset, shape (n,).
        losses: -ln p of each, nats, shape (n,).
        network: name of the generator.

    Raises:
        InputError: that names the events.
    """
    bad = events[~possible(losses)].tolist()
    if bad:
        raise InputError(
            f"expected events that the network {network} can generate; got a density that is zero "
            f"or not finite for {len(bad)} of {len(events)} in the split {split}, "
            f"{listed(bad)} of the dataset; drop them, or cut entries at a threshold at import"
        )


class LeftOut:
    """Events that were left out of steps since the last line of metrics.

    Args:
        rows: samples seen before a step -> numbers of its events in the dataset, shape (n,).
    """

    def __init__(self, rows: Callable[[int], np.ndarray]) -> None:
        self._rows = rows
        self._steps: list[tuple[int, jax.Array]] = []

    def add(self, samples: int, used: jax.Array | None) -> None:
        """Remember the step after `samples` samples and which of its events it used, (n,)."""
        if used is not None:
            self._steps.append((samples, used))

    def metrics(self) -> dict[str, Any]:
        """{"impossible_events": how often, "impossible_rows": numbers}; {} if none. Starts anew."""
        steps = [(samples, np.asarray(used)) for samples, used in self._steps]
        self._steps = []
        bad = [self._rows(samples)[~used] for samples, used in steps if not used.all()]
        if not bad:
            return {}
        events = np.concatenate(bad)
        rows = np.unique(events)[:_KEPT].tolist()
        return {"impossible_events": len(events), "impossible_rows": rows}
