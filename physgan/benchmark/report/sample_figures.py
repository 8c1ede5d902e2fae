"""Figures of samples: pictures side by side, and histograms."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from physgan.benchmark.report.style import (
    WIDTH,
    colours,
    figure_title,
    legend_above,
    panel_grid,
    panels,
    styled,
    unit_text,
)
from physgan.benchmark.results import Results
from physgan.benchmark.sources import DrawnSet
from physgan.domains.base import Observable

__all__ = ["histogram_figure", "picture_figure"]

_EACH, _EACH_ALONE = 2, 8
_MOST_CONDITIONS = 6
_LEFT, _TOP, _GAP, _WIDE_GAP = 0.25, 0.3, 0.06, 0.2


@styled
def picture_figure(results: Results) -> Figure:
    """The first samples of every source: a row a source, a block a condition."""
    conditions = len(results.plan.conditions)
    drawn = np.unique(np.linspace(0, conditions - 1, min(conditions, _MOST_CONDITIONS)).astype(int))
    each = _EACH if results.plan.conditions[0] else _EACH_ALONE
    rows = [results.reference_set, *(s for s in results.sources if s.role != "truth")]
    blocks = len(drawn)
    gaps = _WIDE_GAP * (blocks - 1) + _GAP * blocks * (each - 1)
    side = min(2.2, (WIDTH - _LEFT - gaps) / (blocks * each))
    height = _TOP + len(rows) * (side + _GAP)
    figure = Figure(figsize=(WIDTH, height))
    for block, condition_index in enumerate(drawn):
        left = _LEFT + block * (each * side + (each - 1) * _GAP + _WIDE_GAP)
        middle = left + (each * side + (each - 1) * _GAP) / 2
        title = figure_title(results, int(condition_index))
        figure.text(middle / WIDTH, 1 - 0.1 / height, title, ha="center", va="top")
        for row, source in enumerate(rows):
            for index in range(each):
                x = left + index * (side + _GAP)
                y = height - _TOP - row * (side + _GAP) - side
                axes = figure.add_axes((x / WIDTH, y / height, side / WIDTH, side / height))
                results.plan.domain.picture(axes, source.samples[condition_index], index)
                axes.grid(False)
                axes.set(xlabel="", ylabel="")
                if block == index == 0:
                    label = source.name.replace(", ", ",\n")
                    axes.set_ylabel(label, color=colours(results)[source.name], fontsize=8)
    return figure


@styled
def histogram_figure(results: Results, observable: Observable) -> Figure:
    """Histograms of one observable at every condition, all sources overlaid."""
    count = len(results.plan.conditions)
    rows, columns = panel_grid(count)
    figure, grid = panels([1.6] * rows, columns)
    for number, axes in enumerate(grid.ravel()):
        if number >= count:
            axes.set_visible(False)
            continue
        _histogram(axes, results, observable, number)
        axes.set_title(figure_title(results, number))
        axes.set_xlabel(f"{observable.symbol}{unit_text(observable.unit)}")
    grid[0, 0].set_ylabel("share of samples a bin")
    legend_above(figure, grid[:1, :1])
    return figure


def _histogram(axes: Axes, results: Results, observable: Observable, condition_index: int) -> None:
    name = observable.name
    binning = results.reference.floors[condition_index][name].binning
    ink = colours(results)
    sets: list[DrawnSet] = [s for s in results.sources if s.role != "truth"]
    truth = results.reference.pooled[condition_index][name]
    values = [source.values[condition_index][name] for source in sets]
    low, high = _range_of_interest([truth, *values])
    edges = binning.edges(low, high)
    axes.stairs(
        _shares(truth, edges), edges, fill=True, color="#d5dae2", label=results.reference_set.name
    )
    for source, own in sorted(
        zip(sets, values, strict=True), key=lambda pair: pair[0].role == "surrogate"
    ):
        width = 1.5 if source.role == "surrogate" else 1.0
        axes.stairs(_shares(own, edges), edges, color=ink[source.name], label=source.name, lw=width)
    axes.set_xlim(edges[0] - binning.width, edges[-1] + binning.width)


def _shares(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    return np.histogram(values, edges)[0] / len(values)


def _range_of_interest(samples: list[np.ndarray]) -> tuple[float, float]:
    """Where all but a thousandth of every source lies."""
    tails = np.array([np.quantile(s, (0.0005, 0.9995)) for s in samples])
    return float(tails[:, 0].min()), float(tails[:, 1].max())
