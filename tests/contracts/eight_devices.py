"""What tests ask of a process with eight devices: `python eight_devices.py '[TASK, ...]'`, JSON."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from physgan.surrogates import Surrogate, load, network

COUNT, CALL = 100, 16
METHOD = "flow-matching"
"""Of the runs."""


def digest(surrogate: Surrogate) -> str:
    """SHA-256 of 100 samples that are drawn in calls of 16."""
    usual, network._chunk = network._chunk, lambda count, numbers: CALL
    try:
        given = {c.name: np.linspace(c.minimum, c.maximum, COUNT) for c in surrogate.conditions}
        (values,) = surrogate.sample(given, COUNT, seed=3).values()
    finally:
        network._chunk = usual
    return sha256(values.tobytes()).hexdigest()


def train_until(limit: int, folder: str) -> None:
    """Make or continue the tiny run in a folder, and stop it after `limit` samples."""
    from tiny_runs import train

    def stop(done: int, total: int) -> None:
        if limit <= done < total:
            raise KeyboardInterrupt

    with suppress(KeyboardInterrupt):
        train(METHOD, Path(folder), progress=stop)


def asked(*tasks: Sequence[Any]) -> list[Any]:
    """Answers of a process with eight devices.

    Args:
        tasks: name of a task and its arguments.
    """
    flags = re.sub(r"device_count=\d+", "device_count=8", os.environ["XLA_FLAGS"])
    done = subprocess.run(
        [sys.executable, __file__, json.dumps(tasks)],
        env={**os.environ, "XLA_FLAGS": flags},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    answers: list[Any] = json.loads(done.stdout)
    return answers


TASKS: dict[str, Callable[..., Any]] = {
    "digest": lambda folder: digest(load(folder)),
    "train_until": train_until,
}

if __name__ == "__main__":
    import jax

    assert len(jax.devices()) == 8
    sys.path.insert(0, str(Path(__file__).parent))
    print(json.dumps([TASKS[name](*arguments) for name, *arguments in json.loads(sys.argv[1])]))
