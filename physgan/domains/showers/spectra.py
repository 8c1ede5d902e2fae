"""Spectra of cell energies in MeV: of all cells, by depth, by radius, and the CaloChallenge's.

A calorimeter's cells have structure at fixed energies: peaks of one and two minimum-ionising
tracks, Compton edges, the edge of the threshold. Bins of 5 % in energy resolve it.
"""

from functools import partial

import numpy as np

from physgan.domains.base import Spectrum
from physgan.domains.runs import group_of, grouped, span
from physgan.domains.showers.geometry import CellGeometry
from physgan.domains.showers.views import cell_energies

__all__ = ["spectra_of"]

_WIDTH = 0.05
_CHALLENGE_LOWEST, _CHALLENGE_EDGES = 0.5e-3 / 0.033, 50


def spectra_of(geometry: CellGeometry) -> tuple[Spectrum, ...]:
    """Spectra of lit cells; those by depth and radius in at most five groups of layers or rings.

    The last has the binning of the CaloChallenge's evaluation script (arXiv:2410.21611): 49
    logarithmic bins from its threshold of 15.15 keV to the largest cell of the reference.
    """
    radii, ring = np.unique(np.round(geometry.radius, 6), return_inverse=True)
    unit = " mm" if geometry.in_mm else ""
    spectrum = partial(
        Spectrum, symbol="$E$", unit="MeV", values=cell_energies, logarithmic=True, edges=_edges
    )
    depth, rings = grouped(geometry.grid[0]), grouped(len(radii))
    return (
        spectrum("cell_energy", long_name="energy of lit cells"),
        spectrum(
            "cell_energy_by_depth",
            long_name="energy of lit cells by depth",
            parts=tuple(span("layer", "s", members, "") for members in depth),
            part=group_of(depth)[geometry.layer],
        ),
        spectrum(
            "cell_energy_by_radius",
            long_name="energy of lit cells by radius",
            parts=tuple(span("r =", "", radii[members], unit) for members in rings),
            part=group_of(rings)[ring],
        ),
        spectrum(
            "voxel_energy", long_name="energy of voxels (CaloChallenge)", edges=_challenge_edges
        ),
    )


def _edges(energies: np.ndarray) -> np.ndarray:
    """Bins of .05 in ln E where there are real cells, between an open one on either side."""
    lit = energies[energies > 0]
    if not lit.size:
        return np.array([np.finfo(np.float64).tiny, np.inf])
    first, last = np.floor(np.log([lit.min(), lit.max()]) / _WIDTH)
    inner = np.exp(np.arange(first, last + 2) * _WIDTH)
    return np.concatenate([[np.finfo(np.float64).tiny], inner, [np.inf]])


def _challenge_edges(energies: np.ndarray) -> np.ndarray:
    highest = max(float(energies.max(initial=0.0)), 2 * _CHALLENGE_LOWEST)
    return np.geomspace(_CHALLENGE_LOWEST, highest, _CHALLENGE_EDGES)
