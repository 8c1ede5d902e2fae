"""The classical baseline of cells."""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from physgan.domains.base import Described, Samples
from physgan.domains.cells.layout import FIELD, CellLayout, layout_of
from physgan.domains.copula import CopulaState, LayeredCopula

__all__ = ["CellCopula"]

_NOISE = np.float32(1e-3)


class CellCopula(LayeredCopula):
    """A copula of cells, of sums along the first axis and of the total.

    Whole numbers are fitted as they are, but for a little noise that breaks their ties, and draws
    are rounded.
    """

    field: ClassVar[str] = FIELD

    def __init__(self, source: Described, state: CopulaState) -> None:
        super().__init__(source, state)
        self.whole = layout_of(source).whole

    @classmethod
    def layers_of(cls, source: Described) -> CellLayout:
        """The cells of the samples."""
        return layout_of(source)

    @classmethod
    def measured(
        cls,
        source: Described,
        samples: Samples,
        conditions: Mapping[str, np.ndarray],
        rng: np.random.Generator,
    ) -> tuple[np.ndarray, float]:
        """See `LayeredCopula.measured`."""
        values = np.asarray(samples[FIELD], np.float32)
        if layout_of(source).whole:
            values = np.where(values > 0, values + _NOISE * rng.random(values.shape, np.float32), 0)
        return super().measured(source, {FIELD: values}, conditions, rng)

    def restored(self, values: np.ndarray, conditions: Mapping[str, np.ndarray]) -> np.ndarray:
        """Samples (n, *axes), in the field's type."""
        drawn = super().restored(values, conditions)
        return np.floor(drawn + 0.5).astype(np.int32) if self.whole else drawn
