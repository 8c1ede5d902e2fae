"""Arrays of a fitted baseline in an .npz file."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from physgan.data.npz_files import npz_headers, read_npz
from physgan.errors import InputError

__all__ = ["read_arrays", "write_arrays"]


def read_arrays(path: str | Path, names: Sequence[str]) -> dict[str, np.ndarray]:
    """The named arrays, without pickle; none if the file does not hold these alone."""
    try:
        if set(npz_headers(Path(path))) != set(names):
            return {}
        return read_npz(Path(path), names)
    except InputError:
        return {}


def write_arrays(path: str | Path, arrays: Mapping[str, Any]) -> None:
    """Write the arrays by their names, compressed, without pickle."""
    with Path(path).open("wb") as file:
        np.savez_compressed(file, **arrays)
