"""Branches of ROOT trees, read with uproot."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from physgan.data.arrays.rows import Arrays, Rows
from physgan.data.extras import library
from physgan.data.files import reading
from physgan.data.growth import check_growth
from physgan.errors import InputError

__all__ = ["root_branches"]


@contextmanager
def root_branches(path: Path, budget_bytes: int) -> Iterator[Arrays]:
    """Branches of the trees of a ROOT file, each with a fixed number of values per entry.

    The key of a branch is its name; "tree/branch" in a file of several trees.
    """
    uproot = library("uproot", f"to read {path}")
    with reading(path, "ROOT"):
        file = uproot.open(path)
    with file:
        with reading(path, "ROOT"):
            trees = {name: file[name] for name in _trees(file)}
            several = len(trees) > 1
            branches = {
                f"{tree}/{name}" if several else name: branch
                for tree, each in trees.items()
                for name, branch in each.items(recursive=True)
                if not len(branch.branches)
            }
        if not trees:
            raise InputError(f"expected a tree in {path}; got none")

        def rows(key: str) -> Rows:
            name = f"{key} of {path}"
            with reading(path, "ROOT"):
                check_growth(branches[key].uncompressed_bytes, path.stat().st_size, name)
                return _rows(branches[key], name, path, uproot)

        yield Arrays(str(path), list(branches), rows)


def _trees(file: Any) -> list[str]:
    """Names of the trees, each in its newest cycle."""
    kinds = file.classnames(recursive=True, cycle=False)
    return [name for name, kind in kinds.items() if kind == "TTree"]


def _rows(branch: Any, name: str, path: Path, uproot: Any) -> Rows:
    kind = branch.interpretation
    if not isinstance(kind, uproot.AsDtype) or kind.to_dtype.base.kind not in "iufb":
        raise InputError(
            f"expected as many numbers in every entry of {name}; got the type {branch.typename}; "
            "write them as an array of fixed size"
        )
    if not branch.num_entries:
        raise InputError(f"expected entries in {name}; got 0")

    def read(start: int, stop: int) -> np.ndarray:
        with reading(path, "ROOT"):
            return np.asarray(branch.array(entry_start=start, entry_stop=stop, library="np"))

    return Rows(name, (branch.num_entries, *kind.to_dtype.shape), read)
