"""A simulator of nothing, and a server that runs it in processes that get killed.

`python tiny_simulator.py` reads lines "OUT N". For each it starts a process that simulates into
OUT and gets kill -9 before its N-th call to fsync or rename (0 for never), and prints the exit
status. So the packages are imported once.
"""

import os
import signal
import sys
from typing import Any

import numpy as np

from physgan.data import Recipe, simulate
from simulators.protocol import Axis, Condition, Field

RECIPE = Recipe(
    name="tiny",
    simulator="tiny",
    parameters={"size": 4},
    conditions={"temperature": {"law": "uniform", "minimum": 1.0, "maximum": 4.0}},
    count=150,
    seed=5,
    shard_size=32,
)


class Tiny:
    """Random signs whose share of +1 is 1 / temperature."""

    name = "tiny"
    version = "1"
    domain = "spins"
    block_size = 16
    conditions = (Condition("temperature", "J/k_B", 0.5, 10.0),)
    fields = (Field("spins", "1", ("row", "column"), "spin", "int8"),)
    grid = tuple(Axis(name, "sites", (0.0, 1.0, 2.0, 3.0)) for name in ("row", "column"))

    def __init__(self, size: int = 4) -> None:
        self.parameters: dict[str, Any] = {"size": size}
        self.calls: list[int] = []

    def sample(self, conditions, count, seed, *, first_event=0, progress=None):
        assert first_event % self.block_size == 0
        self.calls.append(first_event)
        events = range(first_event, first_event + count)
        u = np.stack([np.random.default_rng([seed, i]).random((4, 4)) for i in events])
        share = 1 / np.asarray(conditions["temperature"])
        if progress is not None:
            progress(count, count)
        return {"spins": np.where(u < share[:, None, None], 1, -1).astype(np.int8)}


def kill_before(number: int) -> None:
    """Send kill -9 to this process before its `number`-th fsync or rename."""
    calls = 0

    def fatal(function: Any) -> Any:
        def call(*arguments: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls == number:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*arguments)

        return call

    os.fsync, os.replace = fatal(os.fsync), fatal(os.replace)


def serve() -> None:
    """Answer requests until stdin ends."""
    for line in sys.stdin:
        out, number = line.rsplit(maxsplit=1)
        child = os.fork()
        if child == 0:
            kill_before(int(number))
            simulate(RECIPE, out, simulator=Tiny())
            os._exit(0)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    serve()
