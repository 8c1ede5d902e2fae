"""Arrays of .npz files, never unpickled; headers are checked before any array is read."""

import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np

from physgan.data.files import reading
from physgan.data.growth import check_growth
from physgan.errors import InputError

__all__ = ["Header", "npz_headers", "read_npz", "reading_arrays"]

_SUFFIX = ".npy"
_PLAIN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class Header(NamedTuple):
    """Shape and type of an array."""

    shape: tuple[int, ...]
    dtype: np.dtype


def npz_headers(path: Path) -> dict[str, Header]:
    """Headers of all arrays by name, in the order of the file; values are not read.

    Raises:
        InputError: for another or a damaged file, Python objects, arrays that would take much more
            memory than the file takes on the disk, and two of one name.
    """
    headers: dict[str, Header] = {}
    with reading_arrays(path), zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        check_growth(sum(m.file_size for m in members), path.stat().st_size, str(path))
        for member in members:
            name = member.filename.removesuffix(_SUFFIX)
            if name in headers:
                raise InputError(
                    f"expected arrays of different names in {path}; got {name!r} twice"
                )
            if member.compress_type not in _PLAIN:
                raise InputError(f"expected arrays stored or deflated in {path}; got {name!r}")
            with archive.open(member) as stream:
                headers[name] = _header(stream, member.file_size, f"{name} of {path}")
    return headers


def read_npz(path: Path, names: Iterable[str]) -> dict[str, np.ndarray]:
    """Some arrays of a file whose headers have been checked.

    Raises:
        InputError: for a file that is damaged.
    """
    with reading_arrays(path), np.load(path, allow_pickle=False) as file:
        return {name: file[name] for name in names}


def _header(stream: IO[bytes], size: int, where: str) -> Header:
    """The header at the beginning of an array of `size` bytes."""
    version = np.lib.format.read_magic(stream)
    if version == (1, 0):
        shape, _, dtype = np.lib.format.read_array_header_1_0(stream)
    elif version == (2, 0):
        shape, _, dtype = np.lib.format.read_array_header_2_0(stream)
    else:
        raise InputError(f"expected an array of numbers in {where}; got format {version}")
    if not dtype.hasobject and prod(shape) * dtype.itemsize != size - stream.tell():
        raise InputError(
            f"expected the shape declared to match the data in {where}; got {shape} of {dtype} and "
            f"{size - stream.tell()} bytes"
        )
    return Header(shape, dtype)


@contextmanager
def reading_arrays(path: Path) -> Iterator[None]:
    """A block that reads by NumPy; its errors are an `InputError` of one line."""
    with reading(path, "NumPy"):
        try:
            yield
        except ValueError as error:
            if isinstance(error, InputError) or "bject" not in str(error):
                raise
            raise InputError(
                f"expected an array of numbers in {path}; got Python objects or no array; "
                "nothing is unpickled, store an array of numbers"
            ) from None
