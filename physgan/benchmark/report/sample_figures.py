"""Figures of samples: pictures side by side, and histograms."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from physgan.benchmark.report.style import colours, new_figure, panel_grid, styled
from physgan.benchmark.report.words import condition_title
from physgan.benchmark.results import Results
from physgan.benchmark.sources import DrawnSet
from physgan.domains.protocol import Observable

__all__ = ["histogram_figure", "picture_figure"]

_EACH = 2
_MOST_CONDITIONS = 6


@styled
def picture_figure(results: Results) -> Figure:
    """The first samples of every source: a row a source, a block a condition."""
    conditions = len(results.plan.conditions)
    shown = np.unique(np.linspace(0, conditions - 1, min(conditions, _MOST_CONDITIONS)).astype(int))
    rows = [results.shown, *(s for s in results.sources if s.role != "truth")]
    ink = colours(results)
    figure = new_figure(11, 0.45 + 11 / (_EACH * len(shown) + 0.9) * len(rows))
    blocks = figure.subfigures(1, len(shown), wspace=0.03)
    for block, number in zip(np.atleast_1d(np.asarray(blocks)), shown, strict=True):
        block.suptitle(condition_title(results, number), fontsize=9)
        grid = block.subplots(len(rows), _EACH, squeeze=False)
        for line, source in zip(grid, rows, strict=True):
            for index, axes in enumerate(line):
                results.plan.domain.picture(axes, source.samples[number], index)
                axes.grid(False)
            if number == shown[0]:
                line[0].set_ylabel(source.name, color=ink[source.name], fontsize=9)
    return figure


@styled
def histogram_figure(results: Results, observable: Observable) -> Figure:
    """Histograms of one observable at every condition, all sources overlaid."""
    count = len(results.plan.conditions)
    rows, columns = panel_grid(count)
    figure = new_figure(11, 2.35 * rows + 0.35)
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for number, axes in enumerate(grid):
        if number >= count:
            axes.set_visible(False)
            continue
        _histogram(axes, results, observable, number)
        axes.set_title(condition_title(results, number))
        unit = "" if observable.unit == "1" else f" ({observable.unit})"
        axes.set_xlabel(f"{observable.symbol}{unit}")
    grid[0].set_ylabel("share of samples a bin")
    handles, labels = grid[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=len(labels))
    return figure


def _histogram(axes: Axes, results: Results, observable: Observable, number: int) -> None:
    name = observable.name
    binning = results.reference.floors[number][name].binning
    ink = colours(results)
    sets: list[DrawnSet] = [s for s in results.sources if s.role != "truth"]
    truth = results.reference.pooled[number][name]
    values = [source.values[number][name] for source in sets]
    edges = binning.edges(min(map(np.min, [truth, *values])), max(map(np.max, [truth, *values])))
    axes.stairs(_shares(truth, edges), edges, fill=True, color="#d5dae2", label=results.shown.name)
    for source, own in sorted(
        zip(sets, values, strict=True), key=lambda pair: pair[0].role == "surrogate"
    ):
        width = 1.5 if source.role == "surrogate" else 1.0
        axes.stairs(_shares(own, edges), edges, color=ink[source.name], label=source.name, lw=width)
    low, high = _range_of_interest([truth, *values])
    axes.set_xlim(low - 2 * binning.width, high + 2 * binning.width)


def _shares(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    return np.histogram(values, edges)[0] / len(values)


def _range_of_interest(samples: list[np.ndarray]) -> tuple[float, float]:
    """Where all but a thousandth of every source lies."""
    tails = np.array([np.quantile(s, (0.0005, 0.9995)) for s in samples])
    return float(tails[:, 0].min()), float(tails[:, 1].max())
