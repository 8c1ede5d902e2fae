"""Files that are either whole or absent: temporary file, fsync, rename."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from physgan.errors import InputError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

__all__ = ["exclusive", "sha256_of", "write_atomically"]

TEMPORARY = ".partial"
"""Suffix of a file that is being written; one that a killed run left behind is overwritten."""


def write_atomically(path: Path, content: bytes) -> None:
    """Write `content` so that `path` never holds a part of it, whatever happens.

    Raises:
        OSError: such as ENOSPC; then `path` is as it was before.
    """
    temporary = path.with_name(path.name + TEMPORARY)
    try:
        with open(temporary, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_directory(path.parent)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Hold `folder` for one writer; the hold ends with the process, however it ends."""
    if fcntl is None:
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError(
                f"expected {folder} to be free; another run is writing it; wait for it to end"
            ) from None
        yield
    finally:
        os.close(handle)


def _sync_directory(folder: Path) -> None:
    """Make a rename survive a power cut, where the system can open folders."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
