"""Pictures of fields: a map with a scale bar."""

from typing import TYPE_CHECKING, Any

import numpy as np

from physgan.domains.fields.layout import FieldLayout

if TYPE_CHECKING:
    from physgan.domains.figures import NotebookFigure

__all__ = ["draw_field", "field_figure", "picture_note"]

_SIGNED, _OTHER = "RdBu_r", "viridis"
_OUTSIDE = 0.5
"""Per cent of the pixels on either side that have the colour of the end."""

_ROUND = (1, 2, 5)
_LONGEST_BAR = 0.4
_MARGIN, _LIFT = 0.05, 0.03


def picture_note(layout: FieldLayout) -> str:
    """Caption of pictures."""
    bar = f", bar of {_bar_label(layout)}" if _has_bar(layout) else ""
    return f"{layout.label or 'values'}{bar}"


def draw_field(axes: Any, layout: FieldLayout, field: np.ndarray) -> None:
    """Draw a field, shape (rows, columns), on matplotlib `axes`, the first row at the bottom.

    Where signs have a meaning colours diverge from 0 in equal steps; other fields have colours of
    rising lightness between their outer percentiles. The bar is at most two fifths of the width.
    """
    low, high = np.percentile(field, [_OUTSIDE, 100 - _OUTSIDE])
    if layout.zonal:
        high = max(abs(low), abs(high))
        low = -high
    axes.imshow(
        field, origin="lower", interpolation="nearest", vmin=low, vmax=high,
        cmap=_SIGNED if layout.zonal else _OTHER, aspect=layout.spacing[0] / layout.spacing[1],
    )  # fmt: skip
    axes.set_xticks([])
    axes.set_yticks([])
    if _has_bar(layout):
        _draw_bar(axes, layout)


def field_figure(layout: FieldLayout, field: np.ndarray) -> "NotebookFigure":
    """One field with a colour bar, whose ends are open where pixels lie beyond."""
    from physgan.domains.figures import NotebookFigure

    figure = NotebookFigure(figsize=(5.4, 4.5), layout="constrained")
    panel = figure.subplots()
    draw_field(panel, layout, field)
    names = [axis.name for axis in layout.axes]
    panel.set(xlabel=names[1], ylabel=names[0])
    figure.colorbar(panel.images[0], label=layout.label, extend="both")
    return figure


def _has_bar(layout: FieldLayout) -> bool:
    """Whether lengths along both axes have one unit."""
    return layout.length_unit not in ("1", "pixel")


def _bar_length(layout: FieldLayout) -> float:
    """The longest of 1, 2, 5, 10, ... that is at most two fifths of the width."""
    most = _LONGEST_BAR * layout.lengths[1]
    decade = 10 ** np.floor(np.log10(most))
    return float(decade * max(step for step in _ROUND if step * decade <= most * (1 + 1e-9)))


def _bar_label(layout: FieldLayout) -> str:
    return f"{_bar_length(layout):g} {layout.length_unit}"


def _draw_bar(axes: Any, layout: FieldLayout) -> None:
    from matplotlib.patheffects import withStroke

    columns, share = layout.shape[1], _bar_length(layout) / layout.lengths[1]
    left = -0.5 + _MARGIN * columns
    outline = [withStroke(linewidth=3, foreground="white")]
    bottom = -0.5 + _MARGIN * layout.shape[0]
    axes.plot(
        [left, left + share * columns], [bottom, bottom], color="black", lw=1.5,
        solid_capstyle="butt", path_effects=outline, scalex=False, scaley=False,
    )  # fmt: skip
    axes.text(
        left, bottom + _LIFT * layout.shape[0], _bar_label(layout), fontsize="x-small",
        color="black", va="bottom", path_effects=outline,
    )  # fmt: skip
