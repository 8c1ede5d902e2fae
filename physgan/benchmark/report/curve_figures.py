"""Figures of ensemble observables against conditions, with exact solutions drawn in."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from physgan.benchmark.report.formatting import condition_label, condition_units, value_text
from physgan.benchmark.report.style import (
    EXACT,
    colours,
    legend_above,
    panel_grid,
    panel_pairs,
    panel_titles,
    panels,
    styled,
    unit_text,
)
from physgan.benchmark.results import Results
from physgan.domains.base import EnsembleObservable

__all__ = ["curve_figure", "spans_decades", "vector_figure"]

_FINE = 160
_DECADE = 10.0


@styled
def curve_figure(
    results: Results, observables: Sequence[EnsembleObservable] | None = None
) -> Figure:
    """Scalar observables, by default all, against each condition; below, how far from the truth.

    With several conditions that vary there is a column for each, and points that differ in no
    other are joined. Bins are at the mean of the condition in them.
    """
    chosen = results.plan.domain.ensemble if observables is None else observables
    scalars = [o for o in chosen if o.axis is None]
    names = _varied(results)
    shown = [(observable, name) for observable in scalars for name in names]
    rows, columns = panel_grid(len(shown), 3 if len(names) == 1 else len(names))
    figure, grid = panels([2.0, 0.75] * rows, columns, gaps=(0.1, 0.75), sharex=True)
    for (main, below), curve in zip(panel_pairs(grid, len(shown)), shown, strict=True):
        _curve(main, below, results, *curve)
    legend_above(figure, grid)
    return figure


@styled
def vector_figure(results: Results, observable: EnsembleObservable) -> Figure:
    """A vector observable at every condition; below, the deviation from the truth."""
    count = len(results.plan.conditions)
    rows, columns = panel_grid(count)
    titles = panel_titles(results, columns)
    truth = [results.reference.best(n, observable.name).value for n in range(count)]
    logarithmic = spans_decades(observable.along, np.array(truth))
    figure, grid = panels([1.6, 0.7] * rows, columns, gaps=(0.1, 0.75), titles=titles, sharex=True)
    for number, (main, below) in enumerate(panel_pairs(grid, count)):
        _vector(main, below, results, observable, number, logarithmic)
        main.set_title(titles[number])
    grid[0, 0].set_ylabel(f"{observable.symbol}{unit_text(observable.unit)}")
    grid[1, 0].set_ylabel("Δ / truth" if logarithmic else "Δ")
    legend_above(figure, grid)
    return figure


def _curve(
    main: Axes, below: Axes, results: Results, observable: EnsembleObservable, name: str
) -> None:
    places = np.array([c[name] for c in results.plan.conditions], float)
    families = _families(results, name)
    own = np.concatenate(families)
    _exact_curves(main, results, observable, name, families)
    ink = colours(results)
    for place, source in enumerate(results.sources):
        found = [c.observables[observable.name] for c in results.comparisons[source.name]]
        shift = (place - (len(results.sources) - 1) / 2) * 0.006 * (np.ptp(places[own]) or 1.0)
        style: dict[str, Any] = {
            "color": ink[source.name],
            "ms": 4,
            "capsize": 0,
            "elinewidth": 1.2,
            "lw": 0.7,
            "label": source.name,
        }
        joined = "o-" if len(families) > 1 else "o"
        for rows in families:
            x = places[rows] + shift
            values = [found[row].value for row in rows]
            deviations = [found[row].deviation for row in rows]
            for axes, side in ((main, values), (below, deviations)):
                if axes is below or source.role != "truth":
                    errors = [e.error for e in side]
                    axes.errorbar(x, [e.value for e in side], errors, fmt=joined, **style)
    _truth(main, results, observable.name, name, families)
    if len(families) > 1:
        main.margins(x=0.15)  # for the words beside the points
        below.margins(x=0.15)
    below.axhline(0, color=EXACT, lw=1)
    main.tick_params(labelbottom=False)
    unit = unit_text(condition_units(results).get(name, ""))
    below.set_xlabel(condition_label(results, name) + unit)
    main.set_ylabel(f"{observable.symbol}{unit_text(observable.unit)}")
    main.set_title(observable.long_name)
    below.set_ylabel("Δ")


def _truth(axes: Axes, results: Results, name: str, along: str, families: list[np.ndarray]) -> None:
    """The reference as open circles; beside each family the values of its other conditions."""
    own = np.concatenate(families)
    places = np.array([c[along] for c in results.plan.conditions])
    truth = np.array([found[name].value for found in results.reference.estimates])
    shown = results.reference_set.name
    ink = colours(results)[shown]
    axes.plot(places[own], truth[own], "o", mfc="none", mec=ink, ms=7, label=shown)
    if len(families) == 1:
        return
    for rows in families:
        condition = results.plan.conditions[rows[0]]
        others = {n: condition[n] for n in _varied(results) if n != along}
        axes.annotate(
            value_text(results, others),
            (places[rows[-1]], truth[rows[-1]]),
            xytext=(7, 0),
            textcoords="offset points",
            va="center",
            fontsize=7,
            color=ink,
        )


def _varied(results: Results) -> list[str]:
    """Conditions that differ among the benchmark's; the first if none does."""
    conditions = results.plan.conditions
    names = list(conditions[0])
    if results.plan.bins:
        return names
    return [n for n in names if len({c[n] for c in conditions}) > 1] or names[:1]


def _families(results: Results, name: str) -> list[np.ndarray]:
    """Numbers of the conditions that differ in `name` alone, or its bins, by rising value."""
    if results.plan.bins:
        return [np.array([n for n, each in enumerate(results.plan.bins) if each.name == name])]
    found: dict[tuple[float, ...], list[int]] = {}
    conditions = results.plan.conditions
    for number in sorted(range(len(conditions)), key=lambda n: conditions[n][name]):
        others = tuple(v for key, v in conditions[number].items() if key != name)
        found.setdefault(others, []).append(number)
    return [np.array(rows) for rows in found.values()]


def _exact_curves(
    axes: Axes,
    results: Results,
    observable: EnsembleObservable,
    name: str,
    families: list[np.ndarray],
) -> None:
    """Lines of the exact solutions of the finite and of the infinite system, not of bins."""
    if results.plan.bins:
        return
    values = [c[name] for c in results.plan.conditions]
    fine = np.linspace(min(values), max(values), _FINE)
    for rows in families:
        context = results.reference_set.contexts[rows[0]]
        for function, style, label in (
            (observable.bulk, ":", "exact, infinite system"),
            (observable.exact, "-", "exact, this size"),
        ):
            if function is not None and function({**context, name: values[0]}) is not None:
                line = [function({**context, name: float(x)}) for x in fine]
                axes.plot(fine, np.array(line, float), color=EXACT, label=label, zorder=1, ls=style)


def spans_decades(along: tuple[float, ...] | None, values: np.ndarray) -> bool:
    """Whether positive vectors, such as power spectra, are ones for logarithmic axes.

    Args:
        along: coordinate of each entry, ascending; None for indices.
        values: shape (n, entries).
    """
    if along is None or along[0] <= 0 or along[-1] < _DECADE * along[0]:
        return False
    return bool(values.min() > 0 and (values.max(1) > _DECADE * values.min(1)).any())


def _vector(
    main: Axes,
    below: Axes,
    results: Results,
    observable: EnsembleObservable,
    number: int,
    logarithmic: bool,
) -> None:
    name, ink = observable.name, colours(results)
    truth = results.reference.best(number, name)
    index = np.arange(truth.value.size) if observable.along is None else np.array(observable.along)
    main.plot(
        index,
        truth.value,
        color=ink[results.reference_set.name],
        lw=1,
        label=results.reference_set.name,
    )
    for source in results.sources:
        found = results.comparisons[source.name][number].observables[name]
        style: dict[str, Any] = {"color": ink[source.name], "ms": 3, "elinewidth": 1, "fmt": "o"}
        if source.role != "truth":
            main.errorbar(index, found.value.value, found.value.error, label=source.name, **style)
        scale = truth.value if logarithmic else 1.0
        deviation = found.deviation.value / scale, found.deviation.error / scale
        below.errorbar(index, *deviation, label=source.name, **style)
    below.axhline(0, color=EXACT, lw=1)
    if logarithmic:
        main.set(xscale="log", yscale="log")
    quantity, unit = observable.axis or ("", "")
    main.tick_params(labelbottom=False)
    below.set_xlabel(quantity + unit_text(unit))
    if not logarithmic:
        below.xaxis.set_major_locator(MaxNLocator(4, integer=observable.along is None))
