"""Progress on stderr: a bar on a terminal, otherwise a line at once and every ten seconds."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

__all__ = ["Report", "Steps", "reporting"]

SECONDS_BETWEEN_LINES = 10.0


class Report(Protocol):
    """Called with the amount done, the total, and an optional note."""

    def __call__(self, done: int, total: int, note: str = "") -> None:
        """Report `done` out of `total`."""


class Steps:
    """Counts steps of unequal kinds: called with what comes next, it reports what is done.

    Args:
        total: number of steps.
        progress: called with (steps done, total, what comes next).
    """

    def __init__(self, total: int, progress: Callable[[int, int, str], None] | None) -> None:
        self.total, self.done, self.progress = total, -1, progress

    def __call__(self, stage: str) -> None:
        """Report `stage` as the next one; the one before is done."""
        self.done += 1
        if self.progress is not None:
            self.progress(min(self.done, self.total), self.total, stage)


@contextmanager
def reporting(label: str, unit: str = "") -> Iterator[Report]:
    """Report the progress of a task until the block ends.

    Args:
        label: what is being done, such as "simulate".
        unit: what is counted, such as "events".

    Example:
        with reporting("simulate", "events") as report:
            simulate("ising-32", "data/", progress=report)
    """
    if sys.stderr.isatty():
        with _bar(label, unit) as report:
            yield report
    else:
        yield _Lines(label, unit)


@contextmanager
def _bar(label: str, unit: str) -> Iterator[Report]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(unit),
        TimeElapsedColumn(),
        TextColumn("ETA"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(label, total=None, note="")

        def report(done: int, total: int, note: str = "") -> None:
            progress.update(task, completed=done, total=total, note=note)

        yield report


class _Lines:
    """A line at the beginning, if nothing is done yet, and then one every ten seconds.

    The time left follows from the rate since the first piece was done: the first takes longer, as
    programs are compiled for it.
    """

    def __init__(self, label: str, unit: str) -> None:
        self.label, self.unit = label, unit
        self.began = self.last = time.monotonic()
        self.before: int | None = None
        self.first: tuple[float, int] | None = None

    def __call__(self, done: int, total: int, note: str = "") -> None:
        now = time.monotonic()
        begins = self.before is None and done == 0
        if self.before is None:
            self.before = done
        if self.first is None and done > self.before:
            self.first = now, done
        if not begins and now - self.last < SECONDS_BETWEEN_LINES:
            return
        self.last = now
        print(self._line(done, total, note, now), file=sys.stderr, flush=True)

    def _line(self, done: int, total: int, note: str, now: float) -> str:
        parts = [f"{self.label}: {done}/{total} {self.unit}".rstrip(), f"{now - self.began:.0f} s"]
        if self.first is not None and done > self.first[1]:
            seconds = (now - self.first[0]) / (done - self.first[1])
            parts.append(f"about {seconds * (total - done):.0f} s left")
        return ", ".join([*parts, note] if note else parts)
