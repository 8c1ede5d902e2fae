"""Energy deposits of particle showers in layers of cells."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import numpy as np

from physgan.domains.protocol import (
    Conditions,
    Described,
    EnsembleObservable,
    Observable,
    Samples,
    Target,
)
from physgan.domains.showers.ensemble import ENSEMBLE, TARGETS
from physgan.domains.showers.features import cell_levels, feature_names, physical_features
from physgan.domains.showers.geometry import CellGeometry, geometry_of
from physgan.domains.showers.observables import ShowerSums, observables_of
from physgan.domains.showers.pictures import draw_cells, draw_event, shower_figure
from physgan.domains.showers.symmetries import random_rotation, random_square_symmetry
from physgan.domains.showers.views import shower_views
from physgan.errors import InputError

__all__ = ["CellGeometry", "Showers", "draw_event", "geometry_of", "shower_figure"]

_DYNAMIC_RANGE = 1e-7
_EMPTY = 0.1
_TRAINING = {
    "batch_size": 128,
    "generator_width": 96,
    "discriminator_width": 32,
    "embedding": 32,
    "likelihood_samples": 640_000,
    "likelihood_rate": 2e-3,
    "adversarial_samples": 64_000,
    "generator_rate": 1e-5,
    "discriminator_rate": 1e-4,
    "head_start": 19_200,
    "checkpoint_samples": 32_000,
}


class Showers:
    """The domain of showers in the cells of one detector; see `physgan.domains.Domain`.

    The samples' field is "deposits", float32; in network space they lie on the grid of
    `CellGeometry`, shape (n, layers, rows, columns), same unit.

    Args:
        source: what has fields, conditions, grid and parameters: a dataset, a simulator, a
            surrogate.

    Raises:
        InputError: if it has no deposits in cells.
    """

    name: str = "showers"
    field: str = "deposits"
    ensemble: tuple[EnsembleObservable, ...] = ENSEMBLE
    histograms: tuple[str, ...] = ("response",)
    periodic: bool = False
    unit_scale: bool = False
    needs_conditions: bool = True
    picture_note: str = "energy, four decades below each one's largest"
    targets: Mapping[str, tuple[Target, ...]] = TARGETS

    def __init__(self, source: Described) -> None:
        self.cells = geometry_of(source)
        self.conditions: tuple[str, ...] = tuple(c.name for c in source.conditions)
        self.observables: tuple[Observable, ...] = observables_of(self.cells, self.conditions)
        self.features: tuple[str, ...] = tuple(
            o.name for o in self.observables if o.name != "ring_energy"
        )
        self._sums = ShowerSums(self.cells)
        self._symmetry = self._symmetry_of()

    def geometry(self, samples: Samples) -> dict[str, float]:
        """Nothing follows from the arrays' shapes."""
        return {}

    def views(self, samples: Samples, conditions: Conditions) -> dict[str, np.ndarray]:
        """Low-level, normalised and high-level; see `shower_views`."""
        return shower_views(self._sums, self.conditions, samples, conditions)

    def points(self, samples: Samples) -> np.ndarray:
        """log10 of the deposits in MeV, empty cells at 0.1 MeV (CaloChallenge), (n, cells)."""
        flat = np.asarray(samples["deposits"], np.float32).reshape(len(samples["deposits"]), -1)
        return np.log10(np.where(flat > 0, flat, np.float32(_EMPTY)))

    def images(self, samples: Samples) -> np.ndarray:
        """Deposits as float32 (n, layers, rows * columns, 1), on a logarithmic scale."""
        padded = self.cells.to_grid(samples["deposits"])
        flat = padded.reshape(len(padded), self.cells.grid[0], -1, 1)
        return np.log1p(flat / max(float(flat.mean()), 1e-30)).astype(np.float32)

    def augment(self, images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Nothing: flattened cells have no symmetry of images."""
        return images

    def picture(self, axes: Any, samples: Samples, index: int) -> None:
        """Draw shower `index`, depth against the last axis."""
        draw_cells(axes, self.cells.to_grid(samples["deposits"][index : index + 1])[0])

    def encode(self, samples: Samples) -> np.ndarray:
        """Deposits on the grid: float32 (n, layers, rows, columns)."""
        return self.cells.to_grid(np.asarray(samples["deposits"], np.float32))

    def decode(self, array: np.ndarray) -> dict[str, np.ndarray]:
        """Inverse of `encode`."""
        return {"deposits": self.cells.from_grid(np.asarray(array, np.float32))}

    def transform(self, keys: jax.Array, array: jax.Array) -> jax.Array:
        """Random rotation and reflection of each shower, where the beam is on the axis."""
        return self._symmetry(keys, array)

    def discriminator_input(self, array: jax.Array) -> jax.Array:
        """Shares of the cells in the shower's energy, on a logarithmic scale: (n, cells)."""
        return cell_levels(array)

    def physical_features(self, array: jax.Array) -> jax.Array:
        """Observables of each shower; see `physical_features`."""
        return physical_features(self.cells, array)

    def validation_features(self, array: jax.Array) -> None:
        """None: the physical features are."""
        return None

    def feature_names(self, shape: Sequence[int]) -> tuple[str, ...]:
        """Names of those features."""
        return feature_names(shape[0])

    def training(self) -> dict[str, Any]:
        """Wider networks than the smallest lattice needs, and a longer first stage."""
        return dict(_TRAINING)

    def generator(self, array: np.ndarray, first_condition: np.ndarray) -> dict[str, Any]:
        """The cascade, with the threshold and the mean response of these showers."""
        totals = array.reshape(len(array), -1).sum(1, dtype=np.float64)
        scale = first_condition if self.conditions[0].startswith("energy") else 1.0
        ratio = np.log((totals / scale)[totals > 0])
        return {
            "network": "shower-cascade",
            "shape": list(array.shape[1:]),
            "threshold": _threshold(array),
            "ratio": [float(ratio.mean()), max(float(ratio.std()), 1e-3)],
            "relative": self.conditions[0].startswith("energy"),
        }

    def values(self, array: np.ndarray) -> dict[str, Any]:
        """Logarithms of the deposits in units of the threshold."""
        return {"kind": "deposits", "threshold": _threshold(array)}

    def exact_parts(self, parameters: Mapping[str, Any]) -> dict[str, Callable[..., Any]]:
        """None: energy and threshold are kept by the cascade itself."""
        return {}

    def log_density(self, parameters: Mapping[str, Any]) -> None:
        """None: no formula gives the probability of a shower."""
        return None

    def _symmetry_of(self) -> Callable[[jax.Array, jax.Array], jax.Array]:
        """On-axis showers have the symmetry of their cells; others, and plain arrays, none."""
        aimed = any(not name.startswith(("energy", "particle")) for name in self.conditions)
        if not aimed and self.cells.round:
            return random_rotation
        edges = [np.asarray(e) for e in self.cells.edges.values()]
        if not aimed and edges and not self.cells.round and _square(*edges):
            return random_square_symmetry
        return lambda keys, array: array


def _threshold(array: np.ndarray) -> float:
    """Smallest deposit that is not zero, within 7 decades of the largest."""
    positive = array[array > 0]
    if not positive.size:
        raise InputError("expected showers with energy; got zeros only")
    return max(float(positive.min()), _DYNAMIC_RANGE * float(positive.max()))


def _square(first: np.ndarray, second: np.ndarray) -> bool:
    """Whether cells are the same in x and y, and seen from either end."""
    return (
        len(first) == len(second)
        and bool(np.allclose(first, second))
        and bool(np.allclose(first, -first[::-1]))
    )
