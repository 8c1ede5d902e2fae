"""Arrays of .npy and .npz files, never unpickled."""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import numpy as np

from physgan.data.arrays.rows import Arrays, Rows
from physgan.errors import InputError

__all__ = ["npy_arrays", "npz_arrays"]


@contextmanager
def npy_arrays(path: Path, budget_bytes: int) -> Iterator[Arrays]:
    """The only array of an .npy file, mapped into memory; its key is ""."""

    def rows(key: str) -> Rows:
        with _one_line_errors(path):
            array = np.load(path, mmap_mode="r", allow_pickle=False)
        return _rows(array, str(path))

    yield Arrays(str(path), [""], rows)


@contextmanager
def npz_arrays(path: Path, budget_bytes: int) -> Iterator[Arrays]:
    """Arrays of an .npz file; each is read as a whole, once."""
    with _one_line_errors(path), zipfile.ZipFile(path) as archive:
        sizes = {i.filename.removesuffix(".npy"): i.file_size for i in archive.infolist()}

    @cache
    def rows(key: str) -> Rows:
        if sizes[key] > budget_bytes:
            raise InputError(
                f"expected at most {budget_bytes} bytes in {key} of {path}; got {sizes[key]}; "
                "store it as .npy or HDF5, which are read piece by piece"
            )
        with _one_line_errors(path), np.load(path, allow_pickle=False) as file:
            return _rows(file[key], f"{key} of {path}")

    yield Arrays(str(path), list(sizes), rows)


def _rows(array: np.ndarray, name: str) -> Rows:
    if array.dtype.kind not in "iufb":
        raise InputError(f"expected numbers in {name}; got dtype {array.dtype}")
    if array.ndim == 0:
        raise InputError(f"expected an array with a row for every sample in {name}; got a number")
    return Rows(name, array.shape, lambda start, stop: np.asarray(array[start:stop]))


@contextmanager
def _one_line_errors(path: Path) -> Iterator[None]:
    """Turn errors of NumPy's reader into messages of one line."""
    try:
        yield
    except (ValueError, EOFError, OSError, KeyError, zipfile.BadZipFile) as error:
        if isinstance(error, InputError | PermissionError):
            raise
        if "bject" in str(error):
            raise InputError(
                f"expected an array of numbers in {path}; got Python objects or no array; "
                "nothing is unpickled, store an array of numbers"
            ) from None
        raise InputError(f"expected a whole file of arrays; {path} is damaged: {error}") from None
