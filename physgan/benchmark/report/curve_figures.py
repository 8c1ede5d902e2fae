"""Figures of ensemble observables against a condition, with exact solutions drawn in."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from physgan.benchmark.report.formatting import condition_units
from physgan.benchmark.report.style import (
    EXACT,
    colours,
    figure_title,
    legend_above,
    panel_grid,
    panels,
    styled,
    unit_text,
)
from physgan.benchmark.results import Results
from physgan.domains.base import EnsembleObservable

__all__ = ["curve_figure", "vector_figure"]

_FINE = 160


@styled
def curve_figure(results: Results) -> Figure:
    """Every scalar observable against the condition; below, the deviation from the truth."""
    scalars = [o for o in results.plan.domain.ensemble if o.axis is None]
    rows, columns = panel_grid(len(scalars), 3)
    figure, grid = panels([2.0, 0.75] * rows, columns, gaps=(0.1, 0.75), sharex=True)
    for panel in range(rows * columns):
        row, column = divmod(panel, columns)
        main, below = grid[2 * row, column], grid[2 * row + 1, column]
        if panel >= len(scalars):
            main.set_visible(False)
            below.set_visible(False)
            continue
        _curve(main, below, results, scalars[panel])
    legend_above(figure, grid)
    return figure


@styled
def vector_figure(results: Results, observable: EnsembleObservable) -> Figure:
    """A vector observable at every condition; below, the deviation from the truth."""
    count = len(results.plan.conditions)
    rows, columns = panel_grid(count)
    figure, grid = panels([1.6, 0.7] * rows, columns, gaps=(0.1, 0.75), sharex=True)
    for panel in range(rows * columns):
        row, column = divmod(panel, columns)
        main, below = grid[2 * row, column], grid[2 * row + 1, column]
        if panel >= count:
            main.set_visible(False)
            below.set_visible(False)
            continue
        _vector(main, below, results, observable, panel)
    grid[0, 0].set_ylabel(observable.symbol)
    grid[1, 0].set_ylabel("Δ")
    legend_above(figure, grid)
    return figure


def _curve(main: Axes, below: Axes, results: Results, observable: EnsembleObservable) -> None:
    x, label = _abscissa(results)
    _exact_curves(main, results, observable)
    ink, name = colours(results), observable.name
    for number, source in enumerate(results.sources):
        observed = [c.observables[name] for c in results.comparisons[source.name]]
        shift = (number - (len(results.sources) - 1) / 2) * 0.006 * (np.ptp(x) or 1.0)
        style: dict[str, Any] = {
            "color": ink[source.name],
            "ms": 4,
            "capsize": 0,
            "elinewidth": 1.2,
        }
        if source.role != "truth":
            values = [o.value.value for o in observed], [o.value.error for o in observed]
            main.errorbar(x + shift, *values, fmt="o", label=source.name, **style)
        deviations = [o.deviation.value for o in observed], [o.deviation.error for o in observed]
        below.errorbar(x + shift, *deviations, fmt="o", label=source.name, **style)
    truth = [results.reference.estimates[n][name] for n in range(len(x))]
    main.plot(
        x,
        [t.value for t in truth],
        "o",
        mfc="none",
        mec=ink[results.reference_set.name],
        ms=7,
        label=results.reference_set.name,
    )
    below.axhline(0, color=EXACT, lw=1)
    main.tick_params(labelbottom=False)
    below.set_xlabel(label)
    main.set_ylabel(f"{observable.symbol}{unit_text(observable.unit)}")
    main.set_title(observable.long_name)
    below.set_ylabel("Δ")


def _exact_curves(axes: Axes, results: Results, observable: EnsembleObservable) -> None:
    """Lines of the exact solutions of the finite and of the infinite system."""
    names = list(results.plan.conditions[0])
    if len(names) != 1:
        return
    values = [c[names[0]] for c in results.plan.conditions]
    fine = np.linspace(min(values), max(values), _FINE)
    context = results.reference_set.contexts[0]
    for function, style, label in (
        (observable.bulk, ":", "exact, infinite system"),
        (observable.exact, "-", "exact, this size"),
    ):
        if function is not None and function({**context, names[0]: values[0]}) is not None:
            line = [function({**context, names[0]: float(x)}) for x in fine]
            axes.plot(fine, np.array(line, float), color=EXACT, label=label, zorder=1, ls=style)


def _vector(
    main: Axes, below: Axes, results: Results, observable: EnsembleObservable, condition_index: int
) -> None:
    name, ink = observable.name, colours(results)
    truth = results.reference.best(condition_index, name)
    index = np.arange(truth.value.size)
    main.plot(
        index,
        truth.value,
        color=ink[results.reference_set.name],
        lw=1,
        label=results.reference_set.name,
    )
    for source in results.sources:
        result = results.comparisons[source.name][condition_index].observables[name]
        style: dict[str, Any] = {"color": ink[source.name], "ms": 3, "elinewidth": 1, "fmt": "o"}
        if source.role != "truth":
            main.errorbar(index, result.value.value, result.value.error, label=source.name, **style)
        below.errorbar(
            index, result.deviation.value, result.deviation.error, label=source.name, **style
        )
    below.axhline(0, color=EXACT, lw=1)
    quantity, unit = observable.axis or ("", "")
    main.tick_params(labelbottom=False)
    below.set_xlabel(quantity + unit_text(unit))
    below.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    main.set_title(figure_title(results, condition_index))


def _abscissa(results: Results) -> tuple[np.ndarray, str]:
    """Horizontal coordinates: the condition, or its number if there are several."""
    names = list(results.plan.conditions[0])
    if len(names) != 1:
        return np.arange(len(results.plan.conditions), dtype=float), "condition"
    unit = condition_units(results).get(names[0], "")
    return np.array([c[names[0]] for c in results.plan.conditions], float), names[0] + unit_text(
        unit
    )
