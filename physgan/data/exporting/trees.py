"""Export as a ROOT tree."""

from pathlib import Path

import numpy as np

from physgan.data.exporting.plan import Plan
from physgan.data.extras import library

__all__ = ["write_root"]

TREE = "events"


def write_root(path: Path, plan: Plan) -> None:
    """The tree `TREE`, whose branches are numbers and arrays of fixed size."""
    uproot = library("uproot", f"to write {path.stem}")
    with uproot.recreate(path) as file:
        kinds = {key: np.dtype((c.dtype, c.shape)) for key, c in plan.columns.items()}
        tree = file.mktree(TREE, kinds)
        for piece in plan.pieces():
            tree.extend({key: np.ascontiguousarray(piece[key]) for key in plan.columns})
