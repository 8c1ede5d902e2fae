"""Arrays of a fitted baseline in an .npz file."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from physgan.data.files import write_atomically

__all__ = ["read_arrays", "write_arrays"]


def read_arrays(path: str | Path, names: Sequence[str]) -> dict[str, np.ndarray]:
    """The named arrays, without pickle; none if the file does not hold all of them."""
    try:
        with Path(path).open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            return {name: file[name] for name in names}
    except (KeyError, ValueError, TypeError, EOFError, AttributeError, BadZipFile):
        return {}


def write_arrays(path: str | Path, arrays: Mapping[str, Any]) -> None:
    """Write the arrays by their names, compressed, without pickle, atomically."""
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)
    write_atomically(Path(path), stream.getvalue())
