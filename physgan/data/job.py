"""What a run makes: all that its shards depend on, wherever they are made."""

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from physgan.data.schema import DatasetInfo
from physgan.data.splitting import assign_splits
from physgan.data.writer import file_image
from simulators.protocol import Progress

__all__ = ["Job", "Made", "Make", "Produce"]

Arrays = dict[str, np.ndarray]
Produce = Callable[[int, int, Progress], tuple[Arrays, Arrays]]
"""(first event, number of events, progress within them) -> (samples, conditions)."""


@dataclass(frozen=True)
class Made:
    """A shard that is not written yet.

    Args:
        image: the bytes of its file.
        sha256: of these.
        count: number of its events.
        event_bytes: of the arrays of an event.
        seconds: wall time of its simulation.
    """

    image: bytes
    sha256: str
    count: int
    event_bytes: int
    seconds: float


Make = Callable[[int, Callable[[int], None]], Made]
"""(first event, called with the number of events done) -> the shard."""


@dataclass(frozen=True)
class Job:
    """Arguments of `write_events` that determine the bytes."""

    info: DatasetInfo
    count: int
    produce: Produce
    definition: dict[str, Any]
    shard_size: int
    shares: Mapping[str, float]
    split_size: int
    recipe: dict[str, Any]

    def splits(self, first: int, stop: int) -> dict[str, np.ndarray]:
        """Split name -> its events among `first` to `stop` - 1."""
        seed = self.info.seed or 0
        return assign_splits(self.shares, self.count, seed, self.split_size, first, stop)

    def make(self, size: int, first: int, progress: Callable[[int], None]) -> Made:
        """The shard of `size` events, fewer at the end, that begins with event `first`."""
        count = min(size, self.count - first)
        started = time.perf_counter()
        samples, conditions = self.produce(first, count, lambda done, total: progress(done))
        seconds = time.perf_counter() - started
        event_bytes = sum(array.nbytes for array in samples.values()) // count
        splits = self.splits(first, first + count)
        local = {name: events - first for name, events in splits.items()}
        image = file_image(samples, conditions, self.info, local)
        digest = hashlib.sha256(image).hexdigest()
        return Made(image, digest, count, event_bytes, round(seconds, 6))
