"""Ctrl-C and SIGTERM: both raise KeyboardInterrupt, once, and end in one line."""

import os
import signal
import sys
import time
from types import FrameType
from typing import NoReturn

__all__ = ["Stopping"]

_KEEPING = ("quickstart", "simulate", "train", "sample")
"""Commands, besides those that import, that keep what is finished when they are stopped."""

_REPEATED = 1.0
"""Seconds in which a second signal counts as the first: programs such as `timeout` send two."""


class Stopping:
    """Handles both signals from now on.

    The first one raises KeyboardInterrupt, so that unfinished files are dropped and the state of a
    training is saved. While modules are imported it ends the process: there is nothing to save,
    and modules mistake the exception for a missing library. So does a second signal, a second
    later. A signal that is ignored, as below `nohup`, stays so.

    Args:
        words: all arguments of the command line.
    """

    def __init__(self, words: list[str]) -> None:
        self.words = words
        self.signal, self._at = 0, 0.0
        for number in (signal.SIGINT, signal.SIGTERM):
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._handle)

    def exit(self) -> NoReturn:
        """Say on stderr how to go on, and exit with the shell's code of the signal.

        The interpreter's own way out would send itself another signal.
        """
        import shlex

        again = shlex.join(["physgan", *self.words])
        word = self.words[0] if self.words else ""
        keeps = word in _KEEPING or word.startswith("import")
        how = "what is finished is kept; to go on" if keeps else "to start again"
        print(f"stopped: {how}, give the same command: {again}", file=sys.stderr, flush=True)
        os._exit(128 + self.signal)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self.signal and time.monotonic() - self._at < _REPEATED:
            return
        again, self.signal, self._at = bool(self.signal), number, time.monotonic()
        if again or _imports(frame):
            self.exit()
        raise KeyboardInterrupt


def _imports(frame: FrameType | None) -> bool:
    """Whether a frame, or one that called it, imports a module."""
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False
