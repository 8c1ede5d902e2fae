"""Checkpoints by Orbax, with a SHA-256 of every file; incomplete ones are ignored."""

import json
import shutil
from pathlib import Path
from typing import TypeVar

import orbax.checkpoint as ocp

from physgan.data.files import sha256_of, write_atomically
from physgan.data.json_files import read_table
from physgan.errors import InputError

__all__ = ["restore_latest", "save"]

State = TypeVar("State")

_KEEP = 2
_SUMS = "sha256.json"


def save(folder: Path, samples: int, state: State) -> None:
    """Write `state` as the checkpoint after `samples` samples; keep it and the one before.

    The file of checksums is written last, so a checkpoint without it is incomplete.
    """
    target = folder / f"{samples:012d}"
    if target.exists():
        shutil.rmtree(target)
    with ocp.PyTreeCheckpointer() as checkpointer:
        checkpointer.save((target / "state").absolute(), state)
    sums = {
        str(file.relative_to(target)): sha256_of(file)
        for file in sorted((target / "state").rglob("*"))
        if file.is_file()
    }
    write_atomically(target / _SUMS, json.dumps(sums).encode())
    for old in sorted(folder.iterdir())[:-_KEEP]:
        shutil.rmtree(old)


def restore_latest(folder: Path, like: State) -> State | None:
    """The newest complete checkpoint, or None; damaged ones are skipped.

    Args:
        folder: where `save` wrote.
        like: a state of the same shapes and types.
    """
    for target in sorted(folder.iterdir(), reverse=True) if folder.is_dir() else []:
        if _is_whole(target):
            with ocp.PyTreeCheckpointer() as checkpointer:
                restored = checkpointer.restore(
                    (target / "state").absolute(),
                    restore_args=ocp.checkpoint_utils.construct_restore_args(like),
                    item=like,
                )
            return restored
    return None


def _is_whole(target: Path) -> bool:
    try:
        sums = read_table(target / _SUMS, "checksums")
        return all(sha256_of(target / name) == digest for name, digest in sums.items())
    except (OSError, InputError):
        return False
