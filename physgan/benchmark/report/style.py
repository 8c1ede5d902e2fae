"""One style for all figures."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from physgan.benchmark.report.formatting import condition_title
from physgan.benchmark.results import Results
from physgan.domains.figures import NotebookFigure

__all__ = [
    "EXACT",
    "SEVERAL",
    "STYLE",
    "WIDTH",
    "colours",
    "legend_above",
    "panel_grid",
    "panel_pairs",
    "panel_titles",
    "panels",
    "styled",
    "unit_text",
    "wrapped",
]

EXACT = "#9aa3b2"
WIDTH = 11.0
"""Width of a figure, inches."""

_LEFT, _RIGHT, _BOTTOM = 0.66, 0.08, 0.46
_BETWEEN, _BETWEEN_SHARED = 0.62, 0.16
_LINE, _LETTER = 0.15, 0.073
"""Height of a line of a title, and mean width of its letters, inches."""

_INK = "#1c2430"
_REFERENCE, _SURROGATE, _AGAIN = "#1c2430", "#0b63c5", "#8a93a3"
_VARIANTS = ("#0f8a6a", "#5b3fb0")
_BASELINES = ("#d97706", "#a3397b", "#7a5c20")
SEVERAL = (_SURROGATE, *_BASELINES, *_VARIANTS)
"""Colours of surrogates side by side."""

STYLE: Any = {
    "font.size": 9,
    "font.family": "DejaVu Sans",
    "text.color": _INK,
    "axes.labelcolor": _INK,
    "axes.edgecolor": "#b8c0cc",
    "axes.linewidth": 0.8,
    "axes.titlesize": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#eef1f5",
    "grid.linewidth": 0.8,
    "axes.axisbelow": True,
    "xtick.color": "#5a6474",
    "ytick.color": "#5a6474",
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "lines.linewidth": 1.4,
    "svg.hashsalt": "physgan",
}


def colours(results: Results) -> dict[str, str]:
    """Source name -> colour; the reference set under the simulator's own name."""
    chosen = {results.reference_set.name: _REFERENCE, results.surrogate.name: _SURROGATE}
    for source in results.of_role("truth"):
        chosen[source.name] = _AGAIN
    for number, source in enumerate(results.of_role("variant")):
        chosen[source.name] = _VARIANTS[number % len(_VARIANTS)]
    for number, source in enumerate(results.of_role("baseline")):
        chosen[source.name] = _BASELINES[number % len(_BASELINES)]
    return chosen


def styled(draw: Callable[..., Any]) -> Callable[..., Any]:
    """Draw a figure in the report's style."""

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        with rc_context(STYLE):
            return draw(*args, **kwargs)

    wrapped.__doc__ = draw.__doc__
    return wrapped


def panel_grid(count: int, columns: int = 5) -> tuple[int, int]:
    """Rows and columns for `count` panels."""
    columns = min(columns, count)
    return math.ceil(count / columns), columns


def panels(
    heights: Sequence[float],
    columns: int,
    *,
    gaps: Sequence[float] = (0.66,),
    above: float = 0.62,
    titles: Sequence[str] = (),
    sharex: bool = False,
    sharey: bool = False,
) -> tuple[Figure, np.ndarray]:
    """A figure and its axes, [row, column], placed in inches.

    Matplotlib could find the margins itself, at the price of drawing everything twice.

    Args:
        heights: of the rows.
        columns: of panels.
        gaps: below a row, in turn; the last of them has titles below it.
        above: space for a legend and titles of one line.
        titles: of the panels; those of more lines get the space.
        sharex: whether the panels of a column share their horizontal axis.
        sharey: whether the panels of a row share their vertical axis.
    """
    further = _LINE * max((title.count("\n") for title in titles), default=0)
    gaps, above = [*gaps[:-1], gaps[-1] + further], above + further
    below = [gaps[row % len(gaps)] for row in range(len(heights) - 1)]
    total = sum(heights) + sum(below) + above + _BOTTOM
    width, between = _panel_width(columns, sharey), _between(sharey)
    figure = NotebookFigure(figsize=(WIDTH, total))
    grid = np.empty((len(heights), columns), object)
    for row, height in enumerate(heights):
        bottom = total - above - sum(heights[: row + 1]) - sum(below[:row])
        for column in range(columns):
            left = _LEFT + column * (width + between)
            axes = figure.add_axes(
                (left / WIDTH, bottom / total, width / WIDTH, height / total),
                sharex=grid[0, column] if sharex and row else None,
                sharey=grid[row, 0] if sharey and column else None,
            )
            axes.xaxis.set_major_locator(MaxNLocator(4))
            axes.yaxis.set_major_locator(MaxNLocator(4))
            axes.tick_params(labelleft=not (sharey and column))
            grid[row, column] = axes
    return figure, grid


def panel_pairs(grid: np.ndarray, count: int) -> list[tuple[Axes, Axes]]:
    """The first panels of a grid whose rows are in turn main and below; the others are hidden.

    Args:
        grid: axes, [row, column], an even number of rows.
        count: pairs that are shown.

    Returns:
        (main, below) of each, row by row.
    """
    pairs = list(zip(grid[::2].ravel(), grid[1::2].ravel(), strict=True))
    for pair in pairs[count:]:
        for axes in pair:
            axes.set_visible(False)
    return pairs[:count]


def legend_above(figure: Figure, axes: np.ndarray) -> None:
    """Every label of all panels once, in a line at the top left."""
    handles: dict[str, Any] = {}
    for panel in axes.ravel():
        for handle, label in zip(*panel.get_legend_handles_labels(), strict=True):
            handles.setdefault(label, handle)
    anchor = (0.5 / WIDTH, 1 - 0.02 / figure.get_figheight())
    figure.legend(
        list(handles.values()),
        list(handles),
        loc="upper left",
        bbox_to_anchor=anchor,
        ncols=len(handles),
    )


def _between(sharey: bool) -> float:
    return _BETWEEN_SHARED if sharey else _BETWEEN


def _panel_width(columns: int, sharey: bool) -> float:
    return (WIDTH - _LEFT - _RIGHT - _between(sharey) * (columns - 1)) / columns


def panel_titles(results: Results, columns: int, *, sharey: bool = False) -> list[str]:
    """Every condition as the heading of one of so many panels side by side; see `panels`."""
    width = _panel_width(columns, sharey) + _between(sharey) / 2
    numbers = range(len(results.plan.conditions))
    return [wrapped(condition_title(results, number), width) for number in numbers]


def wrapped(title: str, width: float) -> str:
    """A title with a new line after a comma wherever it would be wider than `width` inches."""
    lines: list[str] = []
    for part in title.split(", "):
        if lines and len(f"{lines[-1]}, {part}") * _LETTER <= width:
            lines[-1] += f", {part}"
        else:
            lines.append(part)
    return ",\n".join(lines).replace("k_B", "$k_B$")


def unit_text(unit: str) -> str:
    """A unit in brackets, with mathtext; "" for numbers without one."""
    return "" if unit in ("", "1") else f" ({unit.replace('k_B', '$k_B$')})"
