"""Arrays of HDF5 files."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py

from physgan.data.arrays.rows import Arrays, Rows
from physgan.data.checks import check_array, check_links
from physgan.data.hdf5 import opened

__all__ = ["hdf5_arrays"]


@contextmanager
def hdf5_arrays(path: Path, budget_bytes: int) -> Iterator[Arrays]:
    """Arrays of an HDF5 file; a key is a path in it, such as "run/showers"."""
    with opened(path) as file:
        check_links(file["/"])
        names: list[str] = []
        file.visititems(
            lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None
        )

        def rows(key: str) -> Rows:
            array = file[key]
            check_array(array)
            return Rows(f"{key} of {path}", array.shape, lambda start, stop: array[start:stop])

        yield Arrays(str(path), names, rows)
