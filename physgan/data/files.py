"""Files: written atomically (temporary file, fsync, rename), by one writer; errors of one line."""

import errno
import hashlib
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from physgan.errors import InputError, PhysganError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["exclusive", "full_disk", "reading", "sha256_of", "write_atomically", "write_figure"]

_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EBADF)
_MOST_OF_ERROR = 200

TEMPORARY = ".partial"
"""Suffix of a file that is being written; one left by an interrupted run is overwritten."""


def write_atomically(path: Path, content: bytes) -> None:
    """Write `content` atomically: `path` never contains a part of it.

    Raises:
        PhysganError: if the disk is full; `path` is then unchanged.
    """
    temporary = path.with_name(path.name + TEMPORARY)
    try:
        with full_disk(path), open(temporary, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_directory(path.parent)


def write_figure(path: Path, figure: "Figure", dpi: int) -> None:
    """Write a picture atomically, in the format that the ending of its name says, else PNG."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format=path.suffix[1:] or "png", dpi=dpi)
    write_atomically(path, buffer.getvalue())


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Lock `folder` for one writer; the lock ends with the process.

    Where the file system has no locks, as some shared ones, there is none.
    """
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
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise
        yield
    finally:
        os.close(handle)


@contextmanager
def full_disk(path: Path) -> Iterator[None]:
    """Turn the system's errors about a full disk, and about a file too large, into one line.

    Args:
        path: what is being written.

    Raises:
        PhysganError: in place of those errors.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise
        raise PhysganError(
            f"expected room on the disk for {path}; it is full; finished files are kept: "
            "make room and give the same command again"
        ) from None


def _sync_directory(folder: Path) -> None:
    """Make a rename durable, if the system can open folders."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def reading(path: Path, kind: str) -> Iterator[None]:
    """A block that reads a file by a library, which may raise anything where the file is damaged.

    Args:
        path: of the file.
        kind: name of its format.

    Raises:
        InputError: in place of it.
    """
    try:
        yield
    except (PhysganError, PermissionError):
        raise
    except Exception as error:
        text = " ".join(f"{type(error).__name__} {error}".split())[:_MOST_OF_ERROR]
        raise InputError(f"expected a whole {kind} file; {path} is damaged: {text}") from None
