"""Energy deposits of particle showers in layers of cells."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

import jax
import numpy as np

from physgan.domains.base import (
    Conditions,
    Described,
    Domain,
    EnsembleObservable,
    Observable,
    Samples,
    Target,
)
from physgan.domains.showers.cascade_settings import cascade_settings, threshold_of
from physgan.domains.showers.copula import ShowerCopula
from physgan.domains.showers.ensemble import ENSEMBLE, LATERAL_TARGETS, TARGETS, lateral_ensemble
from physgan.domains.showers.features import cell_levels, feature_names, physical_features
from physgan.domains.showers.generator import ShowerCascade
from physgan.domains.showers.geometry import CellGeometry, geometry_of
from physgan.domains.showers.importer import IMPORTER
from physgan.domains.showers.observables import ShowerSums, energy_name, observables_of
from physgan.domains.showers.pictures import FEW_LAYERS, draw_cells, draw_layers, shower_figure
from physgan.domains.showers.preprocessing import LogDeposits
from physgan.domains.showers.spectra import spectra_of
from physgan.domains.showers.symmetries import (
    random_rotation,
    random_square_symmetry,
    rotated,
    square_symmetry,
)
from physgan.domains.showers.views import PHYSICAL_VIEW, shower_views
from simulators.protocol import Condition

__all__ = ["Showers"]

_EMPTY = 0.1
_NO_FEATURES = ("lit_cells", "ring_energy")
_TRAINING = {
    "batch_size": 128,
    "generator_width": 96,
    "discriminator_width": 32,
    "embedding": 32,
    "likelihood_samples": 640_000,
    "likelihood_rate": 5e-3,
    "weight_decay": 0.2,
    "adversarial_samples": 0,
    "rejection_samples": 256_000,
    "generator_rate": 1e-5,
    "discriminator_rate": 1e-4,
    "head_start": 19_200,
    "checkpoint_samples": 32_000,
}


class Showers(Domain):
    """The domain of showers in the cells of one detector.

    The samples' field is "deposits", float32; in network space they are on the grid of
    `CellGeometry`, shape (n, layers, rows, columns), same unit.

    Args:
        source: has fields, conditions, grid and parameters: a dataset, a simulator or a surrogate.

    Raises:
        InputError: if it has no deposits in cells.
    """

    name = "showers"
    summary = "energy deposits of particle showers in layers of cells"
    field = "deposits"
    unit_scale = False
    many_kernels = True
    needs_conditions = True
    physical_view = PHYSICAL_VIEW
    generators: ClassVar = {"shower-cascade": ShowerCascade}
    baselines: ClassVar = {"copula": ShowerCopula}
    importer = IMPORTER
    preprocessing = LogDeposits
    picture_note: str = "energy by depth and distance, summed over the other axis"
    picture_unit = "MeV"
    ensemble: tuple[EnsembleObservable, ...] = ENSEMBLE
    histograms = ("response", "lit_cells")
    targets: Mapping[str, tuple[Target, ...]] = TARGETS
    observables: tuple[Observable, ...] = ()
    features: tuple[str, ...] = ()

    def __init__(self, source: Described) -> None:
        super().__init__(source)
        self.cells = geometry_of(source)
        self._conditions, energy = tuple(source.conditions), energy_name(source.conditions)
        self.observables = observables_of(self.cells, energy)
        self.features = tuple(o.name for o in self.observables if o.name not in _NO_FEATURES)
        self.spectra = spectra_of(self.cells)
        self._few_layers = self.cells.grid[0] <= FEW_LAYERS
        if self._few_layers:
            self.picture_note = "energy of each layer's cells, seen along the beam"
            self.ensemble = lateral_ensemble(self.observables)
            self.targets = LATERAL_TARGETS
        self._sums = ShowerSums(self.cells)
        self._energy = self.conditions.index(energy) if energy else None
        self._symmetry = _symmetry_of(self.cells, source.conditions)

    def views(self, samples: Samples, conditions: Conditions) -> dict[str, np.ndarray]:
        """Cells and features, relative and in MeV; see `shower_views`."""
        return shower_views(self._sums, self._conditions, samples, conditions)

    def points(self, samples: Samples) -> np.ndarray:
        """log10 of the deposits in MeV, empty cells at 0.1 MeV (CaloChallenge), (n, cells)."""
        flat = np.asarray(samples["deposits"], np.float32).reshape(len(samples["deposits"]), -1)
        return np.log10(np.where(flat > 0, flat, np.float32(_EMPTY)))

    def images(self, samples: Samples) -> np.ndarray:
        """Deposits as float32 (n, layers, rows * columns, 1), on a logarithmic scale."""
        padded = self.cells.to_grid(samples["deposits"])
        flat = padded.reshape(len(padded), self.cells.grid[0], -1, 1)
        return np.log1p(flat / max(float(flat.mean()), 1e-30)).astype(np.float32)

    def picture(self, axes: Any, samples: Samples, index: int) -> None:
        """Draw shower `index`: depth against the last axis, or the layers if they are few."""
        shower = self.cells.to_grid(samples["deposits"][index : index + 1])[0]
        if self._few_layers:
            draw_layers(axes, shower, self.cells.edges)
            return
        draw_cells(axes, shower, *list(self.cells.edges.items())[1:])

    def figure(self, samples: Samples, conditions: Conditions, index: int) -> Any | None:
        """Depth against radius, and layers along the beam axis; None for cells without edges."""
        if not self.cells.edges:
            return None
        return shower_figure(samples["deposits"][index].astype(np.float64), self.cells.edges)

    def encode(self, samples: Samples) -> np.ndarray:
        """Deposits on the grid: float32 (n, layers, rows, columns)."""
        return self.cells.to_grid(np.asarray(samples["deposits"], np.float32))

    def decode(self, array: Any) -> dict[str, Any]:
        """Inverse of `encode`."""
        return {"deposits": self.cells.from_grid(array.astype(np.float32))}

    def transform(self, keys: jax.Array, array: jax.Array) -> jax.Array:
        """Random rotation and reflection of each shower, where the beam is on the axis."""
        return self._symmetry.by_keys(keys, array)

    def symmetry_choices(self, shape: Sequence[int]) -> tuple[int, ...]:
        """Sectors and senses of rotation, or three reflections; none without symmetry."""
        if self._symmetry is _ROTATION:
            return shape[1], 2
        return (2, 2, 2) if self._symmetry is _SQUARE else ()

    def symmetry(self, choices: jax.Array, array: jax.Array) -> jax.Array:
        """See `rotated` and `square_symmetry`."""
        return self._symmetry.by_numbers(choices, array)

    def discriminator_input(self, array: jax.Array) -> jax.Array:
        """Energies of the cells on a logarithmic scale, (n, cells)."""
        return cell_levels(array)

    def physical_features(self, array: jax.Array) -> jax.Array:
        """Observables of each shower; see `physical_features`."""
        return physical_features(self.cells, array)

    def feature_names(self, shape: Sequence[int]) -> tuple[str, ...]:
        """Names of those features."""
        return feature_names(shape[0])

    def training(self) -> dict[str, Any]:
        """Wider networks than the methods' defaults, and a longer likelihood stage.

        Without augmentation if the cells have no symmetry.
        """
        return {**_TRAINING, "augment": self._symmetry is not _NONE}

    def generator(self, array: np.ndarray, conditions: np.ndarray) -> dict[str, Any]:
        """The cascade, with threshold and response of these showers."""
        scale = 1.0 if self._energy is None else conditions[:, self._energy]
        return {
            "network": "shower-cascade",
            **cascade_settings(array, threshold_of(array), scale, most=1.0),
            "relative": self._energy is not None,
            **({"energy_column": self._energy} if self._energy else {}),
        }

    def preprocessing_settings(self, array: np.ndarray) -> dict[str, Any]:
        """Logarithms of the deposits in units of the threshold."""
        return {"threshold": threshold_of(array)}


class _Symmetry(NamedTuple):
    """A random symmetry: chosen by keys (n,), or by numbers (n, k)."""

    by_keys: Callable[[jax.Array, jax.Array], jax.Array]
    by_numbers: Callable[[jax.Array, jax.Array], jax.Array]


def _unchanged(_: jax.Array, array: jax.Array) -> jax.Array:
    return array


_ROTATION = _Symmetry(random_rotation, rotated)
_SQUARE = _Symmetry(random_square_symmetry, square_symmetry)
_NONE = _Symmetry(_unchanged, _unchanged)


def _symmetry_of(cells: CellGeometry, conditions: Sequence[Condition]) -> _Symmetry:
    """On-axis showers have the symmetry of their cells; others, and cells without edges, none."""
    off_axis = any(condition.kind in ("angle", "length") for condition in conditions)
    if not off_axis and cells.round:
        return _ROTATION
    edges = [np.asarray(e) for e in cells.edges.values()]
    if not off_axis and edges and not cells.round and _square(*edges):
        return _SQUARE
    return _NONE


def _square(first: np.ndarray, second: np.ndarray) -> bool:
    """Whether the edges are the same in x and y, and symmetric about 0."""
    return (
        len(first) == len(second)
        and bool(np.allclose(first, second))
        and bool(np.allclose(first, -first[::-1]))
    )
