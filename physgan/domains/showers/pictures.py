"""Pictures of a shower: r against depth, and layers face on, in MeV on a logarithmic scale."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.colors import LogNorm

    from physgan.domains.figures import NotebookFigure

__all__ = ["FEW_LAYERS", "draw_cells", "draw_layers", "shower_figure"]

FEW_LAYERS = 3
"""Detectors of up to so many layers are seen face on: they have no depth to show."""

ARC = 16
_MOST_LABELS = 9


def draw_cells(
    axes: Any, deposits: np.ndarray, across: tuple[str, Sequence[float]] | None = None
) -> None:
    """Draw a shower (layers, rows, columns) on matplotlib `axes`: depth against the columns.

    Colours cover four decades below the largest sum over rows. All columns are equally wide.

    Args:
        axes: to draw on.
        deposits: MeV.
        across: name of the columns' axis and their edges, mm, which become the labels.
    """
    from matplotlib.ticker import MaxNLocator

    summed = deposits.sum(1)
    top = max(float(summed.max()), 1e-9)
    norm = _decades(top)
    axes.imshow(np.ma.masked_less_equal(summed.T, 0), norm=norm, origin="lower", aspect="auto")
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.set(xlabel="layer", ylabel="column of cells")
    if across is not None:
        name, edges = across
        every = -(-len(edges) // _MOST_LABELS)
        places = np.arange(0, len(edges), every) - 0.5
        axes.set_yticks(places, [f"{edge:.3g}" for edge in edges[::every]])
        labels = axes.get_yticklabels()
        labels[0].set_va("bottom")
        labels[-1].set_va("top")
        axes.set_ylabel(f"{name} (mm)")


def draw_layers(axes: Any, deposits: np.ndarray, edges: Mapping[str, Sequence[float]]) -> None:
    """Draw the layers of a shower face on, side by side on matplotlib `axes`.

    Colours cover four decades below the largest cell.

    Args:
        axes: to draw on.
        deposits: shape (layers, rows, columns), MeV.
        edges: "alpha" and "r", or "x" and "y", of rows and columns; empty to count the cells.
    """
    top = max(float(deposits.max()), 1e-9)
    norm = _decades(top)
    names = list(edges) or ["row", "column"]
    first, second = (
        np.asarray(edges[name], np.float64) if edges else np.arange(length + 1) - 0.5
        for name, length in zip(names, deposits.shape[1:], strict=True)
    )
    if "r" in edges:  # arcs rather than chords
        first, deposits = _finer(first, ARC), np.repeat(deposits, ARC, axis=1)
        across, up = (second * side(first[:, None]) for side in (np.cos, np.sin))
        names = ["x", "y"]
    else:
        across, up = np.broadcast_arrays(first[:, None], second)
    width = float(np.ptp(across))
    for layer, values in enumerate(deposits):
        shown = np.ma.masked_less_equal(values, 0)
        axes.pcolormesh(across + 1.1 * layer * width, up, shown, norm=norm)
    middle = [
        float(across.min() + across.max()) / 2 + 1.1 * n * width for n in range(len(deposits))
    ]
    ends = [float(across.min()), float(across.max())]
    if len(deposits) > 1:
        axes.set_xticks(middle, [f"layer {n}" for n in range(len(deposits))])
    else:
        axes.set_xticks(ends, [f"{end:.3g}" for end in ends])
    axes.set_yticks([float(up.min()), float(up.max())], [f"{v:.3g}" for v in (up.min(), up.max())])
    unit = " (mm)" if edges else ""
    axes.set(
        xlim=(ends[0], ends[1] + 1.1 * (len(deposits) - 1) * width), ylabel=f"{names[1]}{unit}",
        xlabel="" if len(deposits) > 1 else f"{names[0]}{unit}",
    )  # fmt: skip
    if edges:
        axes.set_aspect("equal")


def shower_figure(
    deposits: np.ndarray,
    edges: Mapping[str, Sequence[float]],
    title: str = "",
    layers: Sequence[int] | None = None,
) -> "NotebookFigure":
    """Draw one shower in cylindrical or Cartesian cells.

    Args:
        deposits: shape (layer, alpha, r) or (layer, x, y), MeV.
        edges: "alpha" and "r", or "x" and "y": bin edges of the last two axes.
        title: above the picture.
        layers: layers to draw; by default six around the largest deposit.

    Returns:
        A figure: above, depth against radius, or the energy by the last axis where layers are few;
        below, one picture per layer.

    Raises:
        ValueError: if the shape does not fit the edges.
    """
    round_cells = "r" in edges
    names = ("alpha", "r") if round_cells else ("x", "y")
    shape = tuple(len(edges[name]) - 1 for name in names)
    if deposits.ndim != 3 or deposits.shape[1:] != shape:
        raise ValueError(f"expected deposits of shape (layers, {shape}); got {deposits.shape}")
    layers = _layers(deposits) if layers is None else list(layers)
    top = max(float(deposits.max()), 1e-9)
    norm = _decades(top)
    from physgan.domains.figures import NotebookFigure

    figure = NotebookFigure(figsize=(max(6.0, 2.0 * len(layers)), 5.5), layout="constrained")
    rows = figure.add_gridspec(2, 1)
    above, below = (figure.add_subfigure(rows[i, 0]) for i in range(2))
    side = above.subplots()
    if len(deposits) <= FEW_LAYERS:
        for layer, values in enumerate(deposits):
            side.stairs(values.sum(0), edges[names[1]], label=f"layer {layer}")
        side.set(xlabel=f"{names[1]}, mm", ylabel="MeV", title=title)
        side.legend(frameon=False)
    else:
        mesh = side.pcolormesh(
            np.arange(len(deposits) + 1) - 0.5,
            np.asarray(edges[names[1]]),
            np.ma.masked_less_equal(deposits.sum(1).T, 0),
            norm=_decades(top, max(float(deposits.sum(1).max()), top)),
        )
        side.set(xlabel="layer", ylabel=f"{names[1]}, mm", title=title)
        above.colorbar(mesh, label="MeV")
    kind = {"projection": "polar"} if round_cells else {}
    panels = below.subplots(1, len(layers), squeeze=False, subplot_kw=kind)[0]
    for panel, layer in zip(panels, layers, strict=True):
        values = deposits[layer].T
        across = np.asarray(edges[names[0]], np.float64)
        if round_cells:  # arcs rather than chords
            across, values = _finer(across, ARC), np.repeat(values, ARC, axis=1)
        up = np.asarray(edges[names[1]])
        face = panel.pcolormesh(across, up, np.ma.masked_less_equal(values, 0), norm=norm)
        panel.set_title(f"layer {layer}", fontsize="small")
        panel.tick_params(labelsize="xx-small")
        if round_cells:
            _zoom(panel, deposits, np.asarray(edges["r"]))
            panel.set_xlabel("r, mm", fontsize="x-small")
        else:
            panel.set_xlabel(f"{names[0]}, mm", fontsize="x-small")
    if len(deposits) <= FEW_LAYERS:
        below.colorbar(face, ax=panels, label="MeV")
    return figure


def _decades(brightest: float, top: float = 0.0) -> "LogNorm":
    """Colours from four decades below `brightest` to it, or to `top`."""
    from matplotlib.colors import LogNorm

    return LogNorm(vmin=brightest * 1e-4, vmax=top or brightest)


def _finer(edges: np.ndarray, parts: int) -> np.ndarray:
    """Edges of bins divided into equal parts."""
    count = len(edges) - 1
    return np.interp(np.arange(count * parts + 1) / parts, np.arange(count + 1), edges)


def _zoom(panel, deposits: np.ndarray, radii: np.ndarray) -> None:  # type: ignore[no-untyped-def]
    """Limit the view to the rings with 95 percent of the energy."""
    share = np.cumsum(deposits.sum((0, 1))) / max(float(deposits.sum()), 1e-9)
    panel.set_rmax(radii[min(1 + int(np.searchsorted(share, 0.95)), len(radii) - 1)])
    panel.set_xticks([])


def _layers(deposits: np.ndarray) -> list[int]:
    """Six layers around the largest deposit, spread over the shower."""
    energy = deposits.sum((1, 2))
    bright = np.flatnonzero(energy > 0.02 * max(float(energy.max()), 1e-9))
    if len(bright) == 0:
        return [0]
    return sorted({int(i) for i in np.linspace(bright[0], bright[-1], 6)})
