"""Numbers of 0 or more in cells: pads by time bins, strips, pixels."""

from collections.abc import Sequence
from typing import Any, ClassVar

import jax
import numpy as np

from physgan.domains.base import Conditions, Described, Domain, Observable, Samples
from physgan.domains.cells.copula import CellCopula
from physgan.domains.cells.features import cell_levels, feature_names, physical_features
from physgan.domains.cells.generator import CellCascade
from physgan.domains.cells.importer import IMPORTER
from physgan.domains.cells.layout import FIELD, layout_of
from physgan.domains.cells.observables import TARGETS, ensemble_of, observables_of
from physgan.domains.cells.pictures import cell_figure, draw_cells, picture_note
from physgan.domains.cells.preprocessing import LogCells
from physgan.domains.cells.rounding import dequantised_once
from physgan.domains.cells.views import PHYSICAL_VIEW, cell_views, spectra_of
from physgan.domains.showers.cascade_settings import cascade_settings, threshold_of
from physgan.errors import InputError

__all__ = ["Cells"]

_TRAINING = {
    "augment": False,
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


class Cells(Domain):
    """The domain of cells.

    The samples' field is "values", of one to three axes, 0 or more, in any unit: float32, or int32
    for whole numbers. Conditions are optional. In network space samples are float32 of shape (n,
    layers, rows, columns); see `CellLayout.grid`.

    Args:
        source: has fields, conditions, grid and parameters: a dataset, a simulator or a surrogate.

    Raises:
        InputError: if it has no values in cells.
    """

    name = "cells"
    summary = "numbers of 0 or more in cells: pads by time bins, strips, pixels"
    field = FIELD
    unit_scale = False
    many_kernels = True
    physical_view = PHYSICAL_VIEW
    generators: ClassVar = {"cell-cascade": CellCascade}
    baselines: ClassVar = {"copula": CellCopula}
    importer = IMPORTER
    preprocessing = LogCells
    histograms = ("total", "lit_cells", "largest")
    targets = TARGETS
    observables: tuple[Observable, ...] = ()

    def __init__(self, source: Described) -> None:
        super().__init__(source)
        self.layout = layout_of(source)
        self._conditions = tuple(source.conditions)
        self.observables = observables_of(self.layout)
        self.ensemble = ensemble_of(self.layout)
        self.spectra = spectra_of(self.layout)
        self.picture_note = picture_note(self.layout)
        self.picture_unit = self.layout.label if len(self.layout.long) > 1 else ""

    def views(self, samples: Samples, conditions: Conditions) -> dict[str, np.ndarray]:
        """Cells, their logarithms, their spectrum and features; see `cell_views`."""
        return cell_views(self.layout, self._conditions, samples, conditions)

    def points(self, samples: Samples) -> np.ndarray:
        """ln(1 + x / u) of the cells, float32 (n, cells); see `CellLayout.level`."""
        flat = np.asarray(samples[FIELD], np.float32).reshape(len(samples[FIELD]), -1)
        return np.log1p(flat / np.float32(self.layout.level))

    def images(self, samples: Samples) -> np.ndarray:
        """The same as float32 (n, layers, rows * columns, 1); one axis is a row of channels."""
        layers = self.layout.grid[0]
        points = self.points(samples)
        if layers == 1:
            return points[:, None, None, :]
        return points.reshape(len(points), layers, -1, 1)

    def picture(self, axes: Any, samples: Samples, index: int) -> None:
        """Draw sample `index`: a map over the two longest axes, or a curve."""
        draw_cells(axes, self.layout, np.asarray(samples[FIELD][index]))

    def figure(self, samples: Samples, conditions: Conditions, index: int) -> Any | None:
        """The same with a colour bar."""
        return cell_figure(self.layout, np.asarray(samples[FIELD][index]))

    def encode(self, samples: Samples) -> np.ndarray:
        """Values on the grid: float32 (n, layers, rows, columns)."""
        values = np.asarray(samples[FIELD], np.float32)
        if values.shape[1:] != self.layout.axes:
            raise InputError(
                f"expected {FIELD} of shape {self.layout.axes}, with a coordinate of the grid for "
                f"each cell along an axis; got {values.shape[1:]}"
            )
        return self.layout.to_grid(values)

    def decode(self, array: Any) -> dict[str, Any]:
        """Inverse of `encode`."""
        values = self.layout.from_grid(array.astype(np.float32))
        if self.layout.whole:
            values = array.__array_namespace__().round(values).astype(np.int32)
        return {FIELD: values}

    def discriminator_input(self, array: jax.Array) -> jax.Array:
        """Values on a logarithmic scale, (n, cells)."""
        return cell_levels(self.layout, array.reshape(len(array), -1))

    def physical_features(self, array: jax.Array) -> jax.Array:
        """Observables of each sample; see `physical_features`."""
        return physical_features(self.layout, array)

    def feature_names(self, shape: Sequence[int]) -> tuple[str, ...]:
        """Names of those features."""
        return feature_names(self.layout)

    def training(self) -> dict[str, Any]:
        """Wider networks than the methods' defaults, and a longer likelihood stage."""
        return dict(_TRAINING)

    def generator(self, array: np.ndarray, conditions: np.ndarray) -> dict[str, Any]:
        """The cascade, with threshold and totals of these samples."""
        own = self.preprocessing_settings(array)
        some = dequantised_once(array) if own["whole"] else array
        settings = cascade_settings(some, own["threshold"])
        return {"network": "cell-cascade", **settings, "whole": own["whole"]}

    def preprocessing_settings(self, array: np.ndarray) -> dict[str, Any]:
        """Smallest value that is not zero; less 1/2 if whole."""
        threshold = threshold_of(array)
        if self.layout.whole:
            threshold = float(array[array > 0].min()) - 0.5
        return {"threshold": threshold, "whole": self.layout.whole}
