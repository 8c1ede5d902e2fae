"""Processor time and memory that a call takes."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Usage", "used"]

_STATUS, _RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


@dataclass(frozen=True)
class Usage:
    """What a call took.

    Args:
        seconds: wall clock.
        cores: that were busy on average: processor time of all threads over wall clock.
        memory: most bytes of memory beyond what the process had before; None where the system does
            not say (it does on Linux).
    """

    seconds: float
    cores: float
    memory: int | None


def used(call: Callable[[], object]) -> Usage:
    """Make a call and measure it."""
    before = _resident("VmRSS") if _reset() else None
    wall, own = time.perf_counter(), time.process_time()
    call()
    seconds, busy = time.perf_counter() - wall, time.process_time() - own
    peak = None if before is None else _resident("VmHWM")
    memory = None if peak is None or before is None else max(0, peak - before)
    return Usage(seconds, busy / max(seconds, 1e-9), memory)


def _reset() -> bool:
    """Forget the peak of the process' memory so far."""
    try:
        _RESET.write_text("5")
    except OSError:
        return False
    return True


def _resident(name: str) -> int | None:
    """A line of the process' status, in bytes."""
    try:
        lines = _STATUS.read_text().splitlines()
    except OSError:
        return None
    found = [line.split()[1] for line in lines if line.startswith(f"{name}:")]
    return 1024 * int(found[0]) if found else None
