"""Checkpoints by Orbax, with a SHA-256 of every file; incomplete ones are ignored."""

import json
import logging
import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, TypeVar

import jax
import numpy as np
import orbax.checkpoint as ocp

from physgan.data.files import sha256_of, write_atomically
from physgan.data.json_files import read_table
from physgan.errors import InputError

__all__ = ["SavedIfStopped", "restore_latest", "save"]

State = TypeVar("State")

_KEEP = 2
_SUMS = "sha256.json"


def save(folder: Path, samples: int, state: State) -> None:
    """Write `state` as the checkpoint after `samples` samples; keep it and the one before.

    Later ones, which were passed over as damaged, are removed. The file of checksums is written
    last, so a checkpoint without it is incomplete. Of several processes the first alone writes.

    Raises:
        OSError: such as ENOSPC, and PhysganError for a full disk; the checkpoints before are then
            unchanged.
    """
    target = folder / f"{samples:012d}"
    for later in folder.iterdir() if folder.is_dir() else []:
        if later.name >= target.name:
            shutil.rmtree(later)
    with _system_errors(target), _checkpointer() as checkpointer:
        checkpointer.save((target / "state").absolute(), _on_host(state))
    sums = {
        str(file.relative_to(target)): sha256_of(file)
        for file in sorted((target / "state").rglob("*"))
        if file.is_file()
    }
    write_atomically(target / _SUMS, json.dumps(sums).encode())
    for old in sorted(folder.iterdir())[:-_KEEP]:
        shutil.rmtree(old)


def restore_latest(folder: Path, like: State) -> State | None:
    """The newest complete checkpoint, or None; damaged ones are skipped, with a note on stderr.

    Its arrays are NumPy's.

    Args:
        folder: where `save` wrote.
        like: a state of the same shapes and types.
    """
    for target in sorted(folder.iterdir(), reverse=True) if folder.is_dir() else []:
        if _is_whole(target):
            host = _on_host(like)
            with _checkpointer() as checkpointer:
                restored = checkpointer.restore(
                    (target / "state").absolute(),
                    restore_args=ocp.checkpoint_utils.construct_restore_args(host),
                    item=host,
                )
            return restored
        if (target / _SUMS).exists():
            print(
                f"note: expected the checkpoint {target} as it was saved; got a damaged one; "
                "training goes back to the one before, or begins again if there is none",
                file=sys.stderr,
                flush=True,
            )
    return None


class SavedIfStopped(Generic[State]):
    """A block whose last whole state is saved as a checkpoint if KeyboardInterrupt ends it.

    Args:
        folder: see `save`.
        samples: samples seen by the state that the block begins with, which is not saved.

    Attributes:
        state: the last state after which all was done that was due.
    """

    def __init__(self, folder: Path, samples: int) -> None:
        self._folder, self._saved = folder, samples
        self.state: State | None = None
        self.samples = samples

    def set(self, samples: int, state: State, saved: bool) -> None:
        """State after `samples` samples, and whether it is in a checkpoint already."""
        self.samples, self.state = samples, state
        self._saved = samples if saved else self._saved

    def __enter__(self) -> "SavedIfStopped[State]":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, KeyboardInterrupt) and self.samples != self._saved:
            save(self._folder, self.samples, self.state)


@contextmanager
def _system_errors(target: Path) -> Iterator[None]:
    """Turn the checkpoint library's errors of the system into OSError, and drop its log of them."""
    log = logging.getLogger("absl")
    level = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    except Exception as error:
        number = re.search(r"os_error_code='(\d+)'", str(error))
        if number is None:
            raise
        shutil.rmtree(target, ignore_errors=True)
        code = int(number[1])
        raise OSError(code, os.strerror(code), str(target)) from None
    finally:
        log.setLevel(level)


def _checkpointer() -> Any:
    """Orbax's, of this process alone: it waits for no other."""
    alone = ocp.options.MultiprocessingOptions(active_processes={0}, barrier_sync_key_prefix="one")
    handler = ocp.PyTreeCheckpointHandler(multiprocessing_options=alone)
    return ocp.Checkpointer(handler, multiprocessing_options=alone)


def _on_host(state: State) -> State:
    """The state as NumPy arrays, which belong to no device: any number of them may go on."""
    return jax.tree.map(np.asarray, state)


def _is_whole(target: Path) -> bool:
    try:
        sums = read_table(target / _SUMS, "checksums")
        return all(sha256_of(target / name) == digest for name, digest in sums.items())
    except (OSError, InputError):
        return False
