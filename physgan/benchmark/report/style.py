"""One look for all figures, and figures as text that a page can hold."""

import base64
import io
import math
from collections.abc import Callable
from typing import Any

from matplotlib import rc_context
from matplotlib.figure import Figure

from physgan.benchmark.results import Results

__all__ = ["EXACT", "colours", "data_uri", "new_figure", "panel_grid", "styled"]

EXACT = "#9aa3b2"
_INK = "#1c2430"
_REFERENCE, _SURROGATE, _AGAIN = "#1c2430", "#0b63c5", "#8a93a3"
_BASELINES = ("#d97706", "#0f8a6a", "#a3397b")

_STYLE: Any = {
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
    chosen = {results.shown.name: _REFERENCE, results.surrogate.name: _SURROGATE}
    for source in results.of_role("truth"):
        chosen[source.name] = _AGAIN
    for number, source in enumerate(results.of_role("baseline")):
        chosen[source.name] = _BASELINES[number % len(_BASELINES)]
    return chosen


def styled(draw: Callable[..., Any]) -> Callable[..., Any]:
    """Draw a figure in the report's style."""

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        with rc_context(_STYLE):
            return draw(*args, **kwargs)

    wrapped.__doc__ = draw.__doc__
    return wrapped


def new_figure(width: float, height: float) -> Figure:
    """An empty figure, inches."""
    return Figure(figsize=(width, height), layout="constrained")


def panel_grid(count: int, columns: int = 5) -> tuple[int, int]:
    """Rows and columns for `count` panels."""
    columns = min(columns, count)
    return math.ceil(count / columns), columns


def data_uri(figure: Figure, kind: str = "svg", dpi: int = 150) -> str:
    """A figure as a data URI."""
    buffer = io.BytesIO()
    metadata = {"Date": None} if kind == "svg" else {}
    with rc_context(_STYLE):
        figure.savefig(buffer, format=kind, dpi=dpi, metadata=metadata)
    mime = "image/svg+xml" if kind == "svg" else f"image/{kind}"
    return f"data:{mime};base64,{base64.b64encode(buffer.getvalue()).decode()}"
