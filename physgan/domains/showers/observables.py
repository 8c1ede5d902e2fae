"""Observables of a shower: the high-level features of the CaloChallenge.

C. Krause et al., arXiv:2410.21611, section 4: total energy; for each layer the energy, centres of
energy and widths in eta, phi and r, and the share of empty cells. Square cells have x and y, and
cells without edges column and row, in place of eta and phi. The number of lit cells and the energy
by distance from the axis are observables besides.
"""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from physgan.domains.base import Conditions, Observable, Samples
from physgan.domains.showers.geometry import CellGeometry
from simulators.protocol import Condition

__all__ = ["ShowerSums", "energy_name", "incident_energy", "observables_of"]

_ROWS = 2048
_TINY = 1e-16

Measure = Callable[[np.ndarray], np.ndarray]


class ShowerSums:
    """Sums over the cells of each layer, as matrix products, a few thousand showers at a time.

    Args:
        geometry: of the cells.
    """

    def __init__(self, geometry: CellGeometry) -> None:
        self.geometry = geometry
        layers = geometry.grid[0]
        self.member = (geometry.layer[:, None] == np.arange(layers)).astype(np.float64)
        self.cells = self.member.sum(0)

    def by_rows(self, samples: Samples, measure: Measure) -> np.ndarray:
        """`measure` of flattened deposits, float64 (rows, cells), for all samples."""
        flat = samples["deposits"].reshape(len(samples["deposits"]), -1)
        starts = range(0, max(len(flat), 1), _ROWS)
        return np.concatenate(
            [measure(flat[start : start + _ROWS].astype(np.float64)) for start in starts]
        )

    def layer_energies(self, deposits: np.ndarray) -> np.ndarray:
        """Shape (n, layers), MeV."""
        return deposits @ self.member

    def centre(self, deposits: np.ndarray, position: np.ndarray) -> np.ndarray:
        """Energy-weighted mean of the cells' positions in each layer, (n, layers), mm."""
        return deposits @ (self.member * position[:, None]) / (deposits @ self.member + _TINY)

    def width(self, deposits: np.ndarray, position: np.ndarray) -> np.ndarray:
        """Energy-weighted standard deviation of the positions in each layer, (n, layers), mm."""
        centre = self.centre(deposits, position)
        return np.sqrt(np.maximum(self.centre(deposits, position**2) - centre**2, 0))

    def sparsity(self, deposits: np.ndarray) -> np.ndarray:
        """Share of cells of each layer without energy, (n, layers)."""
        return (deposits <= 0) @ self.member / self.cells


def energy_name(conditions: Sequence[Condition]) -> str | None:
    """The incident energy among the conditions: the first that is an energy, None if none is."""
    return next((c.name for c in conditions if c.kind == "energy"), None)


def incident_energy(name: str | None, conditions: Conditions) -> np.ndarray:
    """Values of the condition of this name; 1 for None."""
    return np.asarray(1.0 if name is None else conditions[name], np.float64)


def observables_of(geometry: CellGeometry, energy: str | None) -> tuple[Observable, ...]:
    """The observables of showers in these cells.

    Args:
        geometry: of the cells.
        energy: name of the incident energy among the conditions, None if it is not one of them.
    """
    sums = ShowerSums(geometry)

    def response(samples: Samples, conditions: Conditions) -> np.ndarray:
        total = sums.by_rows(samples, lambda deposits: deposits.sum(1))
        return np.asarray(total / incident_energy(energy, conditions))

    def per_layer(measure: Measure) -> Callable[[Samples, Conditions], np.ndarray]:
        return lambda samples, conditions: sums.by_rows(samples, measure)

    def layered(name: str, symbol: str, unit: str, long_name: str, measure: Measure) -> Observable:
        return Observable(name, symbol, unit, long_name, per_layer(measure), axis=("layer", "1"))

    observables = [
        Observable("response", "$E_{tot}/E_{inc}$", "1", "visible share of the energy", response),
        layered("layer_energy", "$E_l$", "MeV", "layer energy", sums.layer_energies),
        layered("sparsity", "$s_l$", "1", "share of empty cells", sums.sparsity),
    ]
    unit, symbols = "mm" if geometry.in_mm else "cells", {"eta": "\\eta", "phi": "\\phi"}
    positions = (geometry.eta, geometry.phi, geometry.radius)
    for name, position in zip(_directions(geometry), positions, strict=True):
        centre, width = (partial(m, position=position) for m in (sums.centre, sums.width))
        symbol = symbols.get(name, name if len(name) == 1 else f"\\mathrm{{{name}}}")
        observables += [
            layered(
                f"centre_{name}", f"$\\langle {symbol} \\rangle_l$", unit,
                f"centre of energy in {name}", centre,
            ),
            layered(
                f"width_{name}", f"$\\sigma_{{{symbol}, l}}$", unit, f"width in {name}", width
            ),
        ]  # fmt: skip
    return (*observables, _lit_cells(sums), _ring_energy(sums))


def _directions(geometry: CellGeometry) -> tuple[str, str, str]:
    """Names of the transverse coordinates: those of the CaloChallenge for rings and sectors."""
    if "x" in geometry.edges:
        return "x", "y", "r"
    return ("eta", "phi", "r") if geometry.in_mm else ("column", "row", "r")


def _lit_cells(sums: ShowerSums) -> Observable:
    return Observable(
        "lit_cells", "$N_{lit}$", "1", "number of lit cells",
        lambda samples, conditions: sums.by_rows(
            samples, lambda deposits: (deposits > 0).sum(1, dtype=np.float64)
        ),
        spacing=lambda geometry: 1.0,
    )  # fmt: skip


def _ring_energy(sums: ShowerSums) -> Observable:
    """Energy in all cells at one distance from the axis, for each distance of a cell."""
    radii, ring = np.unique(np.round(sums.geometry.radius, 6), return_inverse=True)
    member = (ring[:, None] == np.arange(len(radii))).astype(np.float64)
    return Observable(
        "ring_energy", "$E_r$", "MeV", "energy in cells at this distance",
        lambda samples, conditions: sums.by_rows(samples, lambda deposits: deposits @ member),
        axis=("distance from the axis", "mm" if sums.geometry.in_mm else "cells"),
        along=tuple(map(float, radii)),
    )  # fmt: skip
