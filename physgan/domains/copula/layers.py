"""The copula of cells in layers: cells, sums of layers and the total."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

from physgan.domains.base import Described, Samples
from physgan.domains.copula.entries import Copula
from physgan.domains.copula.layer_sums import match_layers
from physgan.domains.copula.tables import CopulaState
from physgan.errors import InputError
from simulators.protocol import Condition

__all__ = ["LayeredCopula", "Layers"]


class Layers(Protocol):
    """Cells in layers."""

    @property
    def axes(self) -> tuple[int, ...]:
        """Shape of one sample's field."""
        ...

    @property
    def grid(self) -> tuple[int, int, int]:
        """(layers, rows, columns) of a common grid of the layers."""
        ...

    @property
    def layer(self) -> np.ndarray:
        """Layer of each cell, shape (cells,)."""
        ...

    def to_grid(self, deposits: np.ndarray) -> np.ndarray:
        """Field (n, *axes) or (n, cells) to (n, *grid), zero where there is no cell."""
        ...

    def from_grid(self, padded: np.ndarray) -> np.ndarray:
        """Inverse of `to_grid`, shape (n, *axes)."""
        ...


class LayeredCopula(Copula):
    """A copula of cells that are zero or at least a threshold, of layers' sums and of the total.

    Cells are drawn first, then scaled to the sums of the layers, and those to the total. A subclass
    says where its cells are (`layers_of`), and may measure cells in a unit that depends on the
    conditions (`units`).
    """

    def __init__(self, source: Described, state: CopulaState) -> None:
        super().__init__(source, state)
        self.cells = self.layers_of(source)

    @classmethod
    @abstractmethod
    def layers_of(cls, source: Described) -> Layers:
        """The cells of the samples."""

    @classmethod
    def units(
        cls, schema: Sequence[Condition], conditions: Mapping[str, np.ndarray], count: int
    ) -> np.ndarray:
        """What cells are measured in, shape (count,); here 1."""
        return np.ones(count)

    @classmethod
    def shape_of(cls, source: Described) -> tuple[int, ...]:
        """Shape of one sample."""
        return cls.layers_of(source).axes

    @classmethod
    def width(cls, source: Described) -> int:
        """Number of cells, of layers and one."""
        cells = cls.layers_of(source)
        return len(cells.layer) + cells.grid[0] + 1

    @classmethod
    def measured(
        cls,
        source: Described,
        samples: Samples,
        conditions: Mapping[str, np.ndarray],
        rng: np.random.Generator,
    ) -> tuple[np.ndarray, float]:
        """Cells above the threshold, sums and the total, in `units`; and the threshold."""
        cells = samples[cls.field].reshape(len(samples[cls.field]), -1)
        if not (cells > 0).any():
            raise InputError(f"expected {cls.field} above zero; got zeros only")
        threshold = float(cells[cells > 0].min())
        values = _variables(cells, cls.layers_of(source).layer, threshold)
        values /= cls.units(source.conditions, conditions, len(values))[:, None]
        return values, threshold

    def restored(self, values: np.ndarray, conditions: Mapping[str, np.ndarray]) -> np.ndarray:
        """Samples (n, *axes), float32, whose cells add up to the layers' sums."""
        return self.cells.from_grid(self._on_grid(values, conditions)).astype(np.float32)

    def _on_grid(self, values: np.ndarray, conditions: Mapping[str, np.ndarray]) -> np.ndarray:
        """Float64, shape (n, *grid)."""
        values = values * self.units(self.conditions, conditions, len(values))[:, None]
        cells, threshold = len(self.cells.layer), float(self.state.threshold)
        layers, total = values[:, cells:-1], values[:, -1]
        sums = layers.sum(1)
        layers = layers * np.divide(total, sums, out=np.zeros_like(sums), where=sums > 0)[:, None]
        hit = values[:, :cells]
        hit = self.cells.to_grid(np.where(hit > 0, hit + threshold, 0))
        drawn = match_layers(hit.reshape(len(hit), self.cells.grid[0], -1), layers, threshold)
        return drawn.reshape(-1, *self.cells.grid)


def _variables(cells: np.ndarray, layer: np.ndarray, threshold: float) -> np.ndarray:
    """Cells above the threshold, sums of layers and the total: float32 (n, v).

    A lit cell keeps a tiny value at least, so that it is not taken for an empty one.
    """
    count, width = cells.shape
    layers = int(layer.max()) + 1
    values = np.empty((count, width + layers + 1), np.float32)
    smallest = np.float32(1e-6 * threshold)
    np.subtract(cells, np.float32(threshold), out=values[:, :width])
    np.maximum(values[:, :width], smallest, out=values[:, :width])
    values[:, :width] *= cells > 0
    for number in range(layers):
        values[:, width + number] = cells[:, layer == number].sum(1, dtype=np.float64)
    values[:, -1] = values[:, width:-1].sum(1, dtype=np.float64)
    return values
