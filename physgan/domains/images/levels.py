"""Grey levels of pictures."""

from typing import Any

import numpy as np

from physgan.domains.base import Described

__all__ = ["in_levels", "levels_of"]


def levels_of(source: Described) -> int:
    """Number of grey levels of a source's pictures; 0 if they are not discrete."""
    return int(source.parameters.get("levels", 0))


def in_levels(values: Any, levels: int) -> Any:
    """Intensities clipped to [0, 1] and rounded to the grey levels, float32."""
    xp = values.__array_namespace__()
    values = xp.clip(values.astype(np.float32), 0, 1)
    if levels > 1:
        values = xp.round(values * (levels - 1)) / np.float32(levels - 1)
    return values.astype(np.float32)
