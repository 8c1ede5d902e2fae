"""Everything about materials that transport looks up, as arrays on the energy grid."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from simulators.calorimeter import (
    annihilation,
    bremsstrahlung,
    compton,
    cuts,
    elements,
    grid,
    ionisation,
    multiple_scattering,
    pair_production,
    transport_cross_section,
)
from simulators.calorimeter.constants import BARN, MIGDAL
from simulators.calorimeter.materials import Material

# Columns of `Physics.charged`.
RANGE, LOSS, SIGMA, MAJORANT, DELTA, RADIATE, LAMBDA = 0, 1, 2, 3, 4, 5, 6
CHARGED_COLUMNS = 8
# Columns of `Physics.photon`: total, then cumulative shares of conversion and Compton.
TOTAL, CONVERT, SCATTER = 0, 1, 2
PHOTON_COLUMNS = 4
# Columns of `Physics.constants`.
ELECTRON_CUT, PHOTON_CUT, EXCITATION, DIELECTRIC, POSITRON_Z = 0, 1, 2, 3, 4


class Physics(NamedTuple):
    """Tables of all materials, first axis the material.

    Attributes:
        energies: nodes of the charged grid, MeV.
        charged: (material, electron or positron, node, column).
        photon: (material, node, column).
        spectrum: (material, node, place) bremsstrahlung spectra.
        scattering: (material, parameter) of Urban's model.
        constants: (material, column).
        pair_share: (material, octave, element) cumulative shares in conversion.
        absorb_share: (material, node, element) cumulative shares in the photoelectric effect.
        screening: (material, element, 3) of `pair_production.screening_row`.
        k_edge: (material, element), MeV.
    """

    energies: np.ndarray
    charged: np.ndarray
    photon: np.ndarray
    spectrum: np.ndarray
    scattering: np.ndarray
    constants: np.ndarray
    pair_share: np.ndarray
    absorb_share: np.ndarray
    screening: np.ndarray
    k_edge: np.ndarray


def build(materials: Sequence[Material], range_cut: float) -> Physics:
    """Tables for a list of materials and one production cut in mm."""
    parts = [_material_tables(m, range_cut) for m in materials]
    width = max(len(m.atoms) for m in materials)
    stacked = {name: np.stack([part[name] for part in parts]) for name in _PLAIN}
    for name, axis, fill in (
        ("pair_share", 1, 1.0),
        ("absorb_share", 1, 1.0),
        ("screening", 0, 1.0),
        ("k_edge", 0, 1.0),
    ):
        stacked[name] = np.stack([_pad(part[name], axis, width, fill) for part in parts])
    return Physics(energies=grid.nodes(grid.CHARGED_BITS), **stacked)


_PLAIN = ("charged", "photon", "spectrum", "scattering", "constants")


def _pad(array: np.ndarray, axis: int, width: int, fill: float) -> np.ndarray:
    extra = [(0, 0)] * array.ndim
    extra[axis] = (0, width - array.shape[axis])
    return np.pad(array, extra, constant_values=fill)


@lru_cache(maxsize=32)
def _material_tables(material: Material, range_cut: float) -> dict[str, np.ndarray]:
    electron_cut = max(cuts.electron_cut(material, range_cut), 1e-3)
    photon_cut = max(cuts.photon_cut(material, range_cut), 1e-3)
    sparse = grid.nodes(grid.SPECTRUM_BITS)
    return {
        "charged": np.stack(
            [charged_table(material, electron_cut, photon_cut, positron=p) for p in (False, True)]
        ),
        "spectrum": np.stack(
            [bremsstrahlung.spectrum_row(material, float(e), photon_cut) for e in sparse]
        ),
        "scattering": multiple_scattering.urban_parameters(material),
        "constants": np.array(
            [
                electron_cut,
                photon_cut,
                material.mean_excitation,
                MIGDAL * material.electron_density,
                bremsstrahlung.positron_z(material),
            ]
        ),
        "screening": np.stack([pair_production.screening_row(z) for z, _ in material.atoms]),
        "k_edge": np.array([elements.k_edge_mev(z) for z, _ in material.atoms]),
        **_photon_tables(material),
    }


def charged_table(
    material: Material, electron_cut: float, photon_cut: float, *, positron: bool
) -> np.ndarray:
    """Table of one particle in one material, shape (nodes, CHARGED_COLUMNS)."""
    energies = grid.nodes(grid.CHARGED_BITS)
    table = np.zeros((len(energies), CHARGED_COLUMNS))
    loss = ionisation.collision_loss(energies, electron_cut, material, positron=positron)
    loss = loss + _on_sparse(
        energies,
        lambda e: bremsstrahlung.radiative_loss(material, e, photon_cut, positron=positron),
    )
    delta = material.electron_density * ionisation.delta_ray_cross_section(
        energies, electron_cut, positron=positron
    )
    radiate = _on_sparse(
        energies,
        lambda e: bremsstrahlung.cross_section(material, e, photon_cut, positron=positron),
        start=photon_cut,
    )
    other = np.zeros_like(energies)
    if positron:
        other = material.electron_density * annihilation.annihilation_cross_section(energies)
    sigma = delta + radiate + other
    safe = np.where(sigma > 0, sigma, 1.0)
    table[:, RANGE] = _ranges(energies, loss)
    table[:, LOSS] = loss
    table[:, SIGMA] = sigma
    table[:, MAJORANT] = _majorant(sigma)
    table[:, DELTA] = delta / safe
    table[:, RADIATE] = (delta + radiate) / safe
    table[:, LAMBDA] = transport_cross_section.transport_mean_free_path(
        material, energies, positron=positron
    )
    return table


def _on_sparse(
    energies: np.ndarray, function: Callable[[float], float], start: float = 0.0
) -> np.ndarray:
    """Evaluate a slow smooth function on every second node and interpolate in ln E."""
    chosen = energies[::2]
    if start > 0:
        first = start * np.array([1.0001, 1.02, 1.05, 1.1, 1.2])
        chosen = np.append(first, chosen[chosen > start * 1.25])
    values = np.array([function(float(e)) for e in chosen])
    result = np.interp(np.log(energies), np.log(chosen), values)
    return np.where(energies > start, result, 0.0)


def _ranges(energies: np.ndarray, loss: np.ndarray) -> np.ndarray:
    """Integral of dE over loss; below the grid the loss is taken as growing with sqrt(E)."""
    fine = np.linspace(energies[:-1], energies[1:], 9, axis=1)
    inverse = np.exp(-np.interp(np.log(fine), np.log(energies), np.log(loss)))
    pieces = np.trapezoid(inverse, fine, axis=1)
    return energies[0] / loss[0] + np.concatenate([[0.0], np.cumsum(pieces)])


def _majorant(sigma: np.ndarray) -> np.ndarray:
    """Largest rate between each node's upper neighbour and half its energy."""
    reach = 2**grid.CHARGED_BITS
    result = np.empty_like(sigma)
    for i in range(len(sigma)):
        result[i] = sigma[max(0, i - reach) : i + 2].max()
    return result * 1.0001


def _photon_tables(material: Material) -> dict[str, np.ndarray]:
    energies = grid.nodes(grid.PHOTON_BITS)
    key = tuple(float(e) for e in energies)
    pairs, scatters, absorbs = [], [], []
    for z, atoms in material.atoms:
        pairs.append(atoms * BARN * pair_production.pair_barn(z, energies, material))
        scatters.append(atoms * BARN * compton.compton_barn(z, energies))
        absorbs.append(atoms * BARN * elements.photoelectric_barn(z, key))
    pair, scatter, absorb = (np.sum(part, axis=0) for part in (pairs, scatters, absorbs))
    total = pair + scatter + absorb
    photon = np.zeros((len(energies), PHOTON_COLUMNS))
    photon[:, TOTAL] = total
    photon[:, CONVERT] = pair / total
    photon[:, SCATTER] = (pair + scatter) / total
    octaves = 2**grid.PHOTON_BITS
    return {
        "photon": photon,
        "pair_share": _cumulative(np.array(pairs).T[::octaves]),
        "absorb_share": _cumulative(np.array(absorbs).T),
    }


def _cumulative(values: np.ndarray) -> np.ndarray:
    sums = np.cumsum(values, axis=1)
    total = np.where(sums[:, -1:] > 0, sums[:, -1:], 1.0)
    return np.where(sums[:, -1:] > 0, sums / total, 1.0)
