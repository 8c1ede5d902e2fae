"""What all figures have in common: notebooks show them, and pictures can share their colours."""

import io
from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure

__all__ = ["NotebookFigure", "share_colours"]

_DPI = 100


class NotebookFigure(Figure):
    """A figure that a notebook shows where it is the last line, whether pyplot is in use or not."""

    def _repr_png_(self) -> bytes:
        buffer = io.BytesIO()
        self.savefig(buffer, format="png", dpi=_DPI)
        return buffer.getvalue()


def share_colours(panels: Sequence[Any]) -> Any | None:
    """Give all images and meshes of matplotlib axes the colours of the brightest; None if none.

    Returns:
        One of the images, for a colour bar.
    """
    drawn = [item for panel in panels for item in (*panel.images, *panel.collections)]
    images = [item for item in drawn if item.get_array() is not None]
    if not images:
        return None
    brightest = max(images, key=lambda image: image.get_clim()[1])
    for image in images:
        image.set_clim(*brightest.get_clim())
    return brightest
