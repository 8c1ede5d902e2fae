"""Arrays in a user's own files: .npz, .npy and HDF5, never unpickled."""

import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from physgan.data.checks import check_array, check_links
from physgan.data.hdf5 import DEFAULT_BUDGET_BYTES, opened
from physgan.errors import InputError

__all__ = ["opened_arrays", "read_column"]

Arrays = Callable[[str], Any]
"""Key -> an object with a shape, a dtype and slices of rows."""

_COLUMN = re.compile(r"(.*)\[(\d+)\]")


@contextmanager
def opened_arrays(path: Path, budget_bytes: int = DEFAULT_BUDGET_BYTES) -> Iterator[Arrays]:
    """Open a file of arrays; arrays of .npy and HDF5 files stay on the disk until sliced.

    Args:
        path: .npz, .npy or HDF5. The key of a .npy file's only array is "".
        budget_bytes: largest size of one array of an .npz file, which is read as a whole.

    Raises:
        InputError: for another kind of file or a key that is not there, and for arrays of
            anything but numbers.
    """
    if not path.is_file():
        raise InputError(f"expected a file of arrays; {path} does not exist")
    if path.suffix == ".npy":
        yield lambda key: _only(path, key)
    elif path.suffix == ".npz":
        yield lambda key: _member(path, key, budget_bytes)
    elif path.suffix in (".h5", ".hdf5", ".hdf"):
        with opened(path) as file:
            check_links(file["/"])
            yield lambda key: _dataset(file, key, path)
    else:
        raise InputError(f"expected a .npz, .npy, .h5 or .hdf5 file; got {path}")


def read_column(arrays: Arrays, home: Path, key: str, count: int) -> np.ndarray:
    """One number per sample: an array (n,) or (n, 1), or one column of an array.

    Args:
        arrays: of the open file.
        home: folder of other files, searched after the current one.
        key: an array of the file, or another .npy file; "key[2]" is its third column.
        count: expected number of samples.

    Returns:
        float64, shape (count,).

    Raises:
        InputError: for anything else.
    """
    column = _COLUMN.fullmatch(key)
    name, number = (column[1], int(column[2])) if column else (key, 0)
    if name.endswith(".npy"):
        path = Path(name) if Path(name).is_file() else home / name
        with opened_arrays(path) as others:
            array = others("")
    else:
        array = arrays(name)
    shape = tuple(array.shape)
    if len(shape) == 0 or shape[0] != count:
        raise InputError(f"expected {count} values in {key}, one per sample; got shape {shape}")
    width = shape[1] if len(shape) == 2 else 1
    if len(shape) > 2 or number >= width or (width > 1 and not column):
        raise InputError(
            f"expected one value per sample in {key}; got shape {shape}; try {name}[0]"
        )
    values = array[:] if len(shape) == 1 else array[:, number]
    return np.asarray(values, np.float64)


def _only(path: Path, key: str) -> np.ndarray:
    if key:
        raise InputError(f"expected no key for {path}, which holds one array; got {key}")
    with _one_line_errors(path):
        return _numbers(np.load(path, mmap_mode="r", allow_pickle=False), str(path))


def _member(path: Path, key: str, budget_bytes: int) -> np.ndarray:
    with _one_line_errors(path), zipfile.ZipFile(path) as archive:
        sizes = {i.filename.removesuffix(".npy"): i.file_size for i in archive.infolist()}
    _expect_key(key, sizes, path)
    if sizes[key] > budget_bytes:
        raise InputError(
            f"expected at most {budget_bytes} bytes in {key} of {path}; got {sizes[key]}; "
            "store it as .npy or HDF5, which are read piece by piece"
        )
    with _one_line_errors(path), np.load(path, allow_pickle=False) as file:
        return _numbers(file[key], f"{key} of {path}")


def _dataset(file: h5py.File, key: str, path: Path) -> h5py.Dataset:
    names: list[str] = []
    file.visititems(
        lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None
    )
    _expect_key(key.strip("/"), names, path)
    check_array(file[key])
    return file[key]


def _expect_key(key: str, keys: Any, path: Path) -> None:
    if key not in keys:
        first = ", ".join(sorted(keys)[:20]) or "none"
        raise InputError(f"expected an array of {path} ({first}); got {key or 'no key'!r}")


def _numbers(array: np.ndarray, where: str) -> np.ndarray:
    if array.dtype.kind not in "iufb":
        raise InputError(f"expected numbers in {where}; got dtype {array.dtype}")
    return array


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
