"""Arrays of .npy and .npz files, never unpickled."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from math import prod
from pathlib import Path

import numpy as np

from physgan.data.arrays.rows import Arrays, Rows
from physgan.data.npz_files import npz_headers, read_npz, reading_arrays
from physgan.errors import InputError

__all__ = ["npy_arrays", "npz_arrays"]


@contextmanager
def npy_arrays(path: Path, budget_bytes: int) -> Iterator[Arrays]:
    """The only array of an .npy file, mapped into memory; its key is ""."""

    def rows(key: str) -> Rows:
        with reading_arrays(path):
            array = np.load(path, mmap_mode="r", allow_pickle=False)
        return _rows(array, str(path))

    yield Arrays(str(path), [""], rows)


@contextmanager
def npz_arrays(path: Path, budget_bytes: int) -> Iterator[Arrays]:
    """Arrays of an .npz file; each is read as a whole, once."""
    headers = npz_headers(path)

    @cache
    def rows(key: str) -> Rows:
        size = prod(headers[key].shape) * headers[key].dtype.itemsize
        if size > budget_bytes:
            raise InputError(
                f"expected at most {budget_bytes} bytes in {key} of {path}; got {size}; "
                "store it as .npy or HDF5, which are read piece by piece"
            )
        return _rows(read_npz(path, [key])[key], f"{key} of {path}")

    yield Arrays(str(path), list(headers), rows)


def _rows(array: np.ndarray, name: str) -> Rows:
    if array.dtype.kind not in "iufb":
        raise InputError(f"expected numbers in {name}; got dtype {array.dtype}")
    if array.ndim == 0:
        raise InputError(f"expected an array with a row for every sample in {name}; got a number")
    return Rows(name, array.shape, lambda start, stop: np.asarray(array[start:stop]))
