"""Seconds that a sample takes in training, without compilation, validation and checkpoints."""

import time

__all__ = ["Pace"]


class Pace:
    """Adds up the time between marks, unless something interrupted the training between them."""

    def __init__(self) -> None:
        self._seconds, self._samples = 0.0, 0
        self._last: tuple[float, int] | None = None

    def interrupt(self) -> None:
        """Do not count the time since the last mark, and until the next."""
        self._last = None

    def mark(self, samples: int) -> None:
        """Note that `samples` samples are seen now, all computations included."""
        now = time.monotonic()
        if self._last is not None:
            self._seconds += now - self._last[0]
            self._samples += samples - self._last[1]
        self._last = now, samples

    @property
    def seconds_per_sample(self) -> float | None:
        """The mean, None if there were not two marks without an interruption."""
        return self._seconds / self._samples if self._samples else None
