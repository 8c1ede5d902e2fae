"""Plain records and numbers that the compiled code and its callers share."""

from typing import NamedTuple

import numpy as np

# Ways for energy to leave: columns of leakage.
FRONT, BACK, SIDE, OUTSIDE = 0, 1, 2, 3
WAYS = 4
CYLINDER, CARTESIAN = 0, 1
# Kinds of tracks.
PHOTON, ELECTRON, POSITRON = 0, 1, 2
# Columns of `Tally.counts`.
CHARGED_STEPS, PHOTON_STEPS, ELECTRONS, POSITRONS, PHOTONS = 0, 1, 2, 3, 4
COUNTS = 5


class Cells(NamedTuple):
    """Cells of a layer of the active medium.

    Attributes:
        kind: CYLINDER, cells (alpha, r) with r fastest, or CARTESIAN, cells (x, y), y fastest.
        edges: of r, or of y, mm, increasing.
        other_edges: of x, mm; empty for cylinders.
        sectors: of alpha on [-pi, pi].
        per_layer: number of cells.
    """

    kind: int
    edges: np.ndarray
    other_edges: np.ndarray
    sectors: int
    per_layer: int


class Tally(NamedTuple):
    """Of one event: deposits (layer x cell), absorber (layer), leakage (way), counts, lengths."""

    deposits: np.ndarray
    absorber: np.ndarray
    leakage: np.ndarray
    counts: np.ndarray
    lengths: np.ndarray
