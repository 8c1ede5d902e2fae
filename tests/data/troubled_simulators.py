"""Simulators that fail, in a module that workers can import."""

import os
import signal
from pathlib import Path

from tiny_simulator import Tiny


class Dying(Tiny):
    """Kills its process at one shard as often as it is told to, counted in the files of a folder.

    Args:
        folder: holds a file for each death.
        times: number of deaths.
    """

    def __init__(self, folder: Path, times: int) -> None:
        super().__init__()
        self.folder, self.times = folder, times

    def sample(self, conditions, count, seed, *, first_event=0, progress=None):
        deaths = len(list(self.folder.iterdir()))
        if first_event == 64 and deaths < self.times:
            (self.folder / str(deaths)).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return super().sample(conditions, count, seed, first_event=first_event)


class Failing(Tiny):
    """Raises at some shards, a number of times each."""

    def __init__(self, folder: Path, shards: tuple[int, ...], times: int) -> None:
        super().__init__()
        self.folder, self.shards, self.times = folder, shards, times

    def sample(self, conditions, count, seed, *, first_event=0, progress=None):
        tries = len(list(self.folder.glob(f"{first_event}-*")))
        if first_event in self.shards and tries < self.times:
            (self.folder / f"{first_event}-{tries}").touch()
            raise ArithmeticError(f"no shower at {first_event}")
        return super().sample(conditions, count, seed, first_event=first_event)
