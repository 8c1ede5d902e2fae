"""The classical baseline of pictures."""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from physgan.domains.base import Described
from physgan.domains.copula import Copula, CopulaState
from physgan.domains.images.levels import in_levels, levels_of

__all__ = ["ImageCopula"]


class ImageCopula(Copula):
    """A copula of the pixels, in the grey levels of the real ones."""

    field: ClassVar[str] = "intensities"

    def __init__(self, source: Described, state: CopulaState) -> None:
        super().__init__(source, state)
        self.levels = levels_of(source)

    def restored(self, values: np.ndarray, conditions: Mapping[str, np.ndarray]) -> np.ndarray:
        """Pictures, float32 (n, height, width, channels) in [0, 1]."""
        return in_levels(super().restored(values, conditions), self.levels)
