"""Pictures of cells: a map over the two longest axes, or a step curve along one."""

from typing import TYPE_CHECKING, Any

import numpy as np

from physgan.domains.cells.layout import CellAxis, CellLayout

if TYPE_CHECKING:
    from physgan.domains.figures import NotebookFigure

__all__ = ["cell_figure", "draw_cells", "picture_note"]

_DECADES = 4
_MOST_LABELS = 9


def picture_note(layout: CellLayout) -> str:
    """Caption of pictures."""
    if len(layout.long) < 2:
        return "values of the cells"
    shown, hidden = _faces(layout)
    over = f", summed over {hidden[0][1].name}" if hidden else ""
    return f"values by {shown[0][1].name} and {shown[1][1].name}{over}"


def draw_cells(axes: Any, layout: CellLayout, sample: np.ndarray) -> None:
    """Draw a sample, shape `layout.axes`, on matplotlib `axes`.

    Colours cover four decades below the largest sum, or from the smallest value if that is less.
    Cells are equally wide; their centres are the labels.
    """
    if len(layout.long) < 2:
        (_, axis), *_ = layout.long.items()
        axes.stairs(sample.ravel(), axis.edges)
        axes.set(xlabel=axis.label, ylabel=layout.label)
        return
    from matplotlib.colors import LogNorm

    shown, _ = _faces(layout)
    others = tuple(k for k in range(sample.ndim) if k not in [number for number, _ in shown])
    summed = sample.sum(others, dtype=np.float64)
    top = max(float(summed.max()), layout.smallest)
    low = max(top * 10.0**-_DECADES, min(layout.smallest, top / 10))
    image = np.ma.masked_less_equal(summed, 0)
    (_, up), (_, across) = shown
    axes.imshow(image, norm=LogNorm(vmin=low, vmax=top), origin="lower", aspect="auto")
    axes.set_xticks(*_ticks(across))
    axes.set_yticks(*_ticks(up))
    axes.set(xlabel=across.label, ylabel=up.label)


def cell_figure(layout: CellLayout, sample: np.ndarray, title: str = "") -> "NotebookFigure":
    """One sample with a colour bar."""
    from physgan.domains.figures import NotebookFigure

    figure = NotebookFigure(figsize=(6.0, 4.5), layout="constrained")
    panel = figure.subplots()
    draw_cells(panel, layout, sample)
    panel.set_title(title or picture_note(layout), fontsize="small")
    if panel.images:
        figure.colorbar(panel.images[0], label=layout.label)
    return figure


def _ticks(axis: CellAxis) -> tuple[list[int], list[str]]:
    """Numbers and centres of at most nine cells."""
    numbers = list(range(0, len(axis), -(-len(axis) // _MOST_LABELS)))
    return numbers, [f"{axis.centres[number]:.3g}" for number in numbers]


def _faces(
    layout: CellLayout,
) -> tuple[list[tuple[int, CellAxis]], list[tuple[int, CellAxis]]]:
    """The two longest axes in the order of the field, and the others of two cells or more."""
    by_length = sorted(layout.long.items(), key=lambda item: -len(item[1]))
    return sorted(by_length[:2], key=lambda item: item[0]), by_length[2:]
