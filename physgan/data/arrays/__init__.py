"""Arrays in a user's own files, never unpickled: one reader for each format, one interface."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

from physgan.data.arrays.hdf5_files import hdf5_arrays
from physgan.data.arrays.numpy_files import npy_arrays, npz_arrays
from physgan.data.arrays.rows import Arrays, Rows, joined
from physgan.data.arrays.tables import csv_columns, parquet_columns
from physgan.data.arrays.trees import root_branches
from physgan.data.hdf5 import DEFAULT_BUDGET_BYTES
from physgan.errors import InputError

__all__ = ["READERS", "Arrays", "Rows", "opened_arrays"]

Reader = Callable[[Path, int], AbstractContextManager[Arrays]]
"""(file, largest size of what is read as a whole) -> its arrays, while the file is open."""

READERS: Mapping[str, Reader] = {
    ".npz": npz_arrays,
    ".npy": npy_arrays,
    ".h5": hdf5_arrays,
    ".hdf5": hdf5_arrays,
    ".hdf": hdf5_arrays,
    ".csv": csv_columns,
    ".parquet": parquet_columns,
    ".root": root_branches,
}
"""Ending of a file's name -> its reader."""


@contextmanager
def opened_arrays(
    paths: Sequence[Path], budget_bytes: int = DEFAULT_BUDGET_BYTES
) -> Iterator[Arrays]:
    """Open files of one kind of content; their rows follow each other in the order given.

    Arrays stay on the disk until rows are read. Exceptions are arrays of an .npz file and the table
    of a CSV file, which are read as a whole, and columns of Parquet, read one row group at a time.

    Args:
        paths: one file or more.
        budget_bytes: largest size of what is read as a whole.

    Raises:
        InputError: for another kind of file, a key that is not in every file, arrays of anything
            but numbers, and arrays whose shapes differ between files.
    """
    if not paths:
        raise InputError("expected a file of arrays; got none")
    with ExitStack() as stack:
        files = [stack.enter_context(_opened(path, budget_bytes)) for path in paths]
        if len(files) == 1:
            yield files[0]
            return

        def rows(key: str) -> Rows:
            return joined([file.rows(key) for file in files])

        yield Arrays(", ".join(map(str, paths)), files[0].keys, rows)


def _opened(path: Path, budget_bytes: int) -> AbstractContextManager[Arrays]:
    if not path.is_file():
        raise InputError(f"expected a file of arrays; {path} does not exist")
    if path.suffix not in READERS:
        raise InputError(f"expected a {', '.join(READERS)} file; got {path}")
    if path.stat().st_size == 0:
        raise InputError(f"expected a file of arrays; {path} is empty")
    return READERS[path.suffix](path, budget_bytes)
