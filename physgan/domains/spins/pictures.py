"""Drawing of a spin lattice."""

from typing import Any

import numpy as np

__all__ = ["COLOURS", "draw_lattice"]

COLOURS = ("#1f2a44", "#f2e9dc")
"""Colour of spin down and of spin up."""


def draw_lattice(axes: Any, spins: np.ndarray) -> None:
    """Draw one lattice, shape (L, L), on matplotlib `axes`, without ticks."""
    from matplotlib.colors import ListedColormap

    axes.imshow(spins, cmap=ListedColormap(list(COLOURS)), vmin=-1, vmax=1, interpolation="nearest")
    axes.set_xticks([])
    axes.set_yticks([])
