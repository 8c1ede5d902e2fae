"""Figures of what histograms hide: correlations between observables, and their tails."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from physgan.benchmark.report.style import (
    EXACT,
    colours,
    legend_above,
    panel_grid,
    panel_titles,
    panels,
    styled,
    unit_text,
)
from physgan.benchmark.results import Results
from physgan.benchmark.sources import DrawnSet
from physgan.domains.base import Observable
from physgan.fidelity import pearson

__all__ = ["correlation_figure", "folded_distribution", "tail_figure"]

_LEVELS = 24
_FEWEST = 3
_SMALLEST_RANGE = 0.1
_INWARDS = 0.965
"""Moves matrices to the left, for the numbers of the last colour bar."""


def folded_distribution(
    values: np.ndarray, places: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The share of values beyond each place, on the nearer side, with its binomial error.

    Below the median that is the distribution function, above it the survival function, so both
    tails are seen on one logarithmic axis.

    Args:
        values: shape (n,).
        places: ascending, shape (k,).

    Returns:
        (share, lower end, upper end of one standard error), each (k,); NaN where nothing is beyond.
    """
    ordered, count = np.sort(values), len(values)
    below = np.searchsorted(ordered, places, side="right")
    above = count - np.searchsorted(ordered, places, side="left")
    share = np.minimum(below, above) / count
    error = np.sqrt(share * (1 - share) / count)
    share = np.where(share > 0, share, np.nan)
    return share, np.maximum(share - error, 0.3 / count), share + error


@styled
def tail_figure(results: Results, observable: Observable) -> Figure:
    """The folded distribution of one observable at every condition, with standard errors."""
    count = len(results.plan.conditions)
    rows, columns = panel_grid(count)
    titles = panel_titles(results, columns)
    figure, grid = panels([1.3] * rows, columns, titles=titles, sharey=True)
    for axes in grid.ravel()[count:]:
        axes.set_visible(False)
    for number, axes in enumerate(grid.ravel()[:count]):
        _tails(axes, results, observable.name, number)
        axes.set_title(titles[number])
        axes.set_xlabel(f"{observable.symbol}{unit_text(observable.unit)}")
    for axes in grid[:, 0]:
        axes.set_ylabel("share beyond")
    legend_above(figure, grid[:1, :1])
    return figure


def _tails(axes: Axes, results: Results, name: str, condition_index: int) -> None:
    truth = results.reference.pooled[condition_index][name]
    half = np.geomspace(0.5, min(_FEWEST / len(truth), 0.4), _LEVELS)
    places = np.unique(np.quantile(truth, np.concatenate([half[::-1], 1 - half])))
    ink = colours(results)
    share, low, high = folded_distribution(truth, places)
    simulator = results.reference_set.name
    axes.fill_between(places, low, high, color=EXACT, alpha=0.4, lw=0)
    axes.plot(places, share, color=ink[simulator], lw=1, label=simulator)
    for source in (s for s in results.sources if s.role != "truth"):
        share, low, high = folded_distribution(source.values[condition_index][name], places)
        style: dict[str, Any] = {"color": ink[source.name], "label": source.name}
        if source.role == "surrogate":
            sides = share - low, high - share
            axes.errorbar(places, share, sides, fmt="o", ms=2, elinewidth=0.8, **style)
        else:
            axes.plot(places, share, lw=0.8, **style)
    axes.set_yscale("log")


@styled
def correlation_figure(results: Results, observable: Observable | None = None) -> Figure:
    """Pearson coefficients of truth and surrogate, and how both and the truth again differ.

    At fixed condition, so that what the condition moves together does not count, and averaged over
    the conditions.

    Args:
        results: of the benchmark.
        observable: a vector, between whose entries they are; None for all scalar observables.
    """
    truth, own, again = (
        _coefficients(source, observable, results)
        for source in (results.reference_set, results.surrogate, results.of_role("truth")[0])
    )
    differences = own - truth, again - truth
    most = max(_SMALLEST_RANGE, *(float(np.abs(d).max()) for d in differences))
    names = [results.reference_set.name, results.surrogate.name]
    names += [f"{name} − {names[0]}" for name in (names[1], results.of_role("truth")[0].name)]
    figure, grid = panels([2.0], 4, above=0.3, gaps=(0.6,))
    for number, (axes, matrix) in enumerate(zip(grid[0], (truth, own, *differences), strict=True)):
        limit = 1.0 if number < 2 else most
        place = axes.get_position()
        axes.set_position((_INWARDS * place.x0, place.y0, place.width, place.height))
        image = axes.imshow(matrix, cmap="RdBu_r", vmin=-limit, vmax=limit, interpolation="none")
        axes.set_title(names[number], fontsize=8)
        axes.grid(False)
        figure.colorbar(image, ax=axes, fraction=0.046)
        _label(axes, results, observable, number == 0)
    return figure


def _label(axes: Axes, results: Results, observable: Observable | None, left: bool) -> None:
    if observable is not None:
        axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
        axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
        axes.set_xlabel((observable.axis or ("",))[0])
        return
    symbols = {o.name: o.symbol for o in results.plan.domain.observables}
    names = [symbols[name] for name in results.plan.domain.histograms]
    axes.set_xticks(range(len(names)), names, fontsize=7, rotation=90)
    axes.set_yticks(range(len(names)), names if left else [""] * len(names), fontsize=7)


def _coefficients(source: DrawnSet, observable: Observable | None, results: Results) -> np.ndarray:
    """Mean over the conditions of the matrices there, shape (k, k)."""
    names = results.plan.domain.histograms if observable is None else (observable.name,)
    at_conditions = [
        pearson(np.column_stack([values[name] for name in names])) for values in source.values
    ]
    return np.asarray(np.mean(at_conditions, 0))
