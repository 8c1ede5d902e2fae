"""Pictures of explanations, with units on their axes."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from physgan.data import Axis, Condition
from physgan.domains import Observable, Samples
from physgan.explain.attribution import Attribution
from physgan.explain.differences import Sensitivity
from physgan.explain.latents import Effect

__all__ = ["effects_figure", "map_figure", "sensitivity_figure", "traversal_figure"]

_BLUE = "#0b63c5"
_MOST_COLUMNS = 3
_MOST_BARS = 12

Picture = Callable[[Any, Samples, int], None]


def sensitivity_figure(
    condition: Condition, observables: Sequence[Observable], sensitivities: Mapping[float, Any]
) -> Figure:
    """Means of observables against a condition, with their slopes as tangents.

    Args:
        condition: on the horizontal axis.
        observables: one panel per observable; components of a vector are lines.
        sensitivities: value of the condition -> observable's name -> `Sensitivity`.
    """
    columns = min(_MOST_COLUMNS, len(observables))
    rows = -(-len(observables) // columns)
    figure = Figure(figsize=(3.6 * columns, 2.7 * rows), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in grid[len(observables) :]:
        axes.set_visible(False)
    for axes, observable in zip(grid, observables, strict=False):
        values = {at: by_name[observable.name] for at, by_name in sensitivities.items()}
        _tangents(axes, condition, values)
        axes.set_xlabel(_labelled(condition.name, condition.unit))
        axes.set_ylabel(_labelled(observable.symbol, observable.unit))
        if observable.axis is not None:
            axes.set_title(f"one line per {observable.axis[0]}", fontsize=8)
    return figure


def _tangents(axes: Axes, condition: Condition, values: Mapping[float, Sensitivity]) -> None:
    at = np.array(list(values))
    log = condition.scale == "log"
    means = np.array([s.mean for s in values.values()])
    slopes = np.array([s.slope for s in values.values()])
    reach = 0.35 * np.gradient(np.log(at) if log else at)
    sides = [at * np.exp(d) if log else at + d for d in (-reach, reach)]
    for number in range(means.shape[1]):
        colour = _BLUE if means.shape[1] == 1 else _shade(number / max(1, means.shape[1] - 1))
        errors = [s.mean_error[number] for s in values.values()]
        axes.errorbar(at, means[:, number], errors, fmt="o", ms=3, color=colour, lw=1)
        ends = [means[:, number] + slopes[:, number] * (side - at) for side in sides]
        axes.plot(sides, ends, color=colour, lw=1.2)
    if log:
        axes.set_xscale("log")
        axes.set_xticks(at, [f"{value:.3g}" for value in at])
        axes.xaxis.set_minor_formatter(NullFormatter())


def traversal_figure(
    picture: Picture, rows: Mapping[str, Sequence[Samples]], titles: Sequence[str]
) -> Figure:
    """Samples along paths, one row per path; everything else is fixed.

    Args:
        picture: the domain's.
        rows: label -> samples at each step; the first sample is shown.
        titles: of the steps.
    """
    figure = Figure(figsize=(1.7 * len(titles) + 0.8, 1.8 * len(rows) + 0.4), layout="constrained")
    grid = figure.subplots(len(rows), len(titles), squeeze=False)
    for line, (label, samples) in zip(grid, rows.items(), strict=True):
        for axes, sample in zip(line, samples, strict=True):
            picture(axes, sample, 0)
        line[0].set_ylabel(label, fontsize=8)
    for axes, title in zip(grid[0], titles, strict=True):
        axes.set_title(title, fontsize=8)
    return figure


def effects_figure(
    groups: Sequence[slice], effects: Mapping[str, Sequence[Effect]], labels: Mapping[str, str]
) -> Figure:
    """Total effects of latents on observables.

    Args:
        groups: of latents.
        effects: observable's name -> an effect for each group.
        labels: observable's name -> label.
    """
    table = np.array([[e.share for e in row] for row in effects.values()])
    figure = Figure(
        figsize=(0.45 * len(groups) + 3.2, 0.32 * len(effects) + 1.6), layout="constrained"
    )
    axes = figure.subplots()
    image = axes.imshow(table, vmin=0, vmax=1, cmap="Blues", aspect="auto")
    axes.set_yticks(range(len(effects)), [labels[name] for name in effects], fontsize=8)
    names = [_group_name(group) for group in groups]
    axes.set_xticks(range(len(groups)), names, rotation=90, fontsize=8)
    axes.set_xlabel("latents")
    figure.colorbar(image, ax=axes, label="share of variance (total effect)")
    return figure


def map_figure(
    attribution: Attribution, shape: Sequence[int], axes: Sequence[Axis], names: Sequence[str]
) -> Figure:
    """Maps of a discriminator's attributions on the sample, and bars of those on its features.

    Args:
        attribution: on (sample, features).
        shape: of the sample, two or three axes.
        axes: of the sample, with coordinates or edges where they are known.
        names: of the features.
    """
    views = _views(tuple(shape))
    figure = Figure(figsize=(12, 3 * len(views) + 3.2), layout="constrained")
    grid = figure.subplots(len(views) + 1, 3, squeeze=False)
    maps = {
        "adds to score(real) - score(fake)": (attribution.mean[0], "RdBu_r"),
        "|gradient| at real samples": (attribution.real_slope[0], "viridis"),
        "|gradient| at fake samples": (attribution.fake_slope[0], "viridis"),
    }
    for row, (across, up, summed) in zip(grid, views, strict=False):
        for panel, (title, (values, colours)) in zip(row, maps.items(), strict=True):
            flat = np.asarray(values).reshape(shape).sum(summed)
            _map(panel, flat if up < across else flat.T, axes[across], axes[up], colours)
            panel.set_title(title, fontsize=9)
    for panel in grid[-1, 1:]:
        panel.remove()
    _bars(grid[-1, 0], attribution, names)
    return figure


def _views(shape: tuple[int, ...]) -> list[tuple[int, int, tuple[int, ...]]]:
    """(axis across, axis up, axes that are summed over) of each view of a sample."""
    if len(shape) == 1:
        return []
    if len(shape) == 2:
        return [(1, 0, ())]
    if shape[2] <= 4:
        return [(1, 0, (2,))]  # an image's colours
    return [(0, 2, (1,)), (0, 1, (2,))]


def _map(panel: Axes, values: np.ndarray, across: Axis, up: Axis, colours: str) -> None:
    top = float(np.abs(values).max()) or 1.0
    limits = (-top, top) if colours == "RdBu_r" else (0.0, top)
    edges = [_edges(axis, n) for axis, n in ((across, values.shape[1]), (up, values.shape[0]))]
    mesh = panel.pcolormesh(*edges, values, cmap=colours, vmin=limits[0], vmax=limits[1])
    panel.set_xlabel(_labelled(across.name, across.unit))
    panel.set_ylabel(_labelled(up.name, up.unit))
    panel.figure.colorbar(mesh, ax=panel, label="score")


def _edges(axis: Axis, cells: int) -> np.ndarray:
    """Edges along an axis; half-integers around the cells' indices if they are not known."""
    if len(axis.values) == cells + 1:
        return np.asarray(axis.values)
    return np.arange(cells + 1) - 0.5


def _bars(panel: Axes, attribution: Attribution, names: Sequence[str]) -> None:
    """Contribution of the whole sample, then the largest ones of the features."""
    order = np.argsort(-np.abs(attribution.mean[1]))[:_MOST_BARS]
    labels = ["the sample itself", *(names[i] for i in order)]
    values = [attribution.totals[0][0], *attribution.mean[1][order]]
    errors = [attribution.totals[0][1], *attribution.error[1][order]]
    panel.barh(labels, values, xerr=errors, color=_BLUE)
    panel.invert_yaxis()
    panel.tick_params(labelsize=7)
    gap, error = attribution.gap
    panel.set_xlabel(f"adds to the score's gap, {gap:.3g} ± {error:.1g}")


def _labelled(name: str, unit: str) -> str:
    unit = unit.replace("k_B", "$k_B$")
    return name if unit in ("", "1") else f"{name} ({unit})"


def _group_name(group: slice) -> str:
    last = group.stop - 1
    return str(group.start) if last == group.start else f"{group.start}-{last}"


def _shade(share: float) -> tuple[float, float, float]:
    return (0.1 + 0.6 * share, 0.35 + 0.2 * share, 0.75 - 0.5 * share)
