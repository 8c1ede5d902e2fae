"""Arrays of a fitted baseline in an .npz file."""

from collections.abc import Sequence
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

__all__ = ["read_arrays"]


def read_arrays(path: str | Path, names: Sequence[str]) -> dict[str, np.ndarray]:
    """The named arrays, without pickle; none if the file does not hold all of them."""
    try:
        with Path(path).open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            return {name: file[name] for name in names}
    except (KeyError, ValueError, TypeError, EOFError, AttributeError, BadZipFile):
        return {}
