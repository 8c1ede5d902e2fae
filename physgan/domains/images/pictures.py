"""Drawing of a picture."""

from typing import Any

import numpy as np

__all__ = ["draw_image"]


def draw_image(axes: Any, image: np.ndarray) -> None:
    """Draw one picture, shape (height, width, channels), on matplotlib `axes`, without ticks.

    Three channels are red, green and blue; otherwise their mean is drawn in grey.
    """
    if image.shape[-1] == 3:
        axes.imshow(np.clip(image, 0, 1), interpolation="nearest")
    else:
        axes.imshow(image.mean(-1), cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    axes.set_xticks([])
    axes.set_yticks([])
