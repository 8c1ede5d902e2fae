"""Figures of classifiers, relaxation, speed and training."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from physgan.benchmark.report.style import EXACT, colours, new_figure, panel_grid, styled
from physgan.benchmark.report.words import condition_title
from physgan.benchmark.results import Results

__all__ = ["CLASSIFIERS", "classifier_figure", "relaxation_figure", "training_figure"]

CLASSIFIERS = {
    "trees": "boosted trees on observables",
    "convnet": "convolutional net on samples",
}
_CLOCKS = ("samples_seen", "samples", "step", "seconds")
_MOST_POINTS = 800
_MOST_PANELS = 9


@styled
def classifier_figure(results: Results) -> Figure:
    """AUC of every source at every condition, a panel a classifier."""
    kinds = list(results.classifiers[results.surrogate.name])
    figure = new_figure(11, 2.9)
    grid = figure.subplots(1, len(kinds), sharey=True, squeeze=False)[0]
    ink = colours(results)
    places = np.arange(len(results.plan.conditions))
    for axes, kind in zip(grid, kinds, strict=True):
        axes.axhline(0.5, color=EXACT, lw=1)
        for number, source in enumerate(results.sources):
            found = results.classifiers[source.name][kind]
            values, errors = np.array(found.per_condition).T
            shift = (number - (len(results.sources) - 1) / 2) * 0.12
            axes.errorbar(
                places + shift, values, errors, fmt="o", ms=5, color=ink[source.name],
                label=source.name,
            )  # fmt: skip
        axes.set_title(CLASSIFIERS[kind])
        axes.set_xticks(places, [condition_title(results, int(n)) for n in places])
        axes.set_ylim(min(0.45, axes.get_ylim()[0]), max(0.7, axes.get_ylim()[1]))
    grid[0].set_ylabel("AUC on unseen samples")
    handles, labels = grid[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=len(labels))
    return figure


@styled
def relaxation_figure(results: Results) -> Figure:
    """Histogram overlap over truth-against-truth's own after updates of the dynamics."""
    names = results.plan.domain.histograms
    figure = new_figure(11, 2.9)
    grid = figure.subplots(1, len(names), squeeze=False, sharey=True)[0]
    ink = colours(results)
    for axes, name in zip(grid, names, strict=True):
        axes.axhline(1, color=EXACT, lw=1)
        for source, rows in results.relaxed.items():
            for number, row in enumerate(rows):
                shares = [c.histograms[name].ratio[0] for c in row]
                alpha = 0.35 + 0.65 * number / max(1, len(rows) - 1)
                label = source if number == len(rows) - 1 else None
                axes.plot(
                    range(len(row)), shares, "o-", ms=3.5, color=ink[source], alpha=alpha,
                    label=label,
                )  # fmt: skip
        observable = next(o for o in results.plan.domain.observables if o.name == name)
        axes.set_title(f"{observable.long_name} {observable.symbol}")
        axes.set_xticks(range(len(results.sweeps)), [str(k) for k in results.sweeps])
        axes.set_xlabel("sweeps of the simulator's dynamics")
    grid[0].set_ylabel("overlap / truth against truth")
    handles, labels = grid[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=len(labels))
    return figure


@styled
def training_figure(path: str | Path) -> Figure | None:
    """Every number in a JSON-lines file of training metrics; None if it holds none."""
    rows = _rows(Path(path))
    clock = next((c for c in _CLOCKS if any(c in row for row in rows)), None)
    series = _series(rows, clock) if clock else {}
    if not series:
        return None
    lines, columns = panel_grid(len(series), 3)
    figure = new_figure(11, 2.1 * lines)
    grid = figure.subplots(lines, columns, squeeze=False).ravel()
    for axes in grid[len(series) :]:
        axes.set_visible(False)
    for axes, (name, (x, y)) in zip(grid, series.items(), strict=False):
        _line(axes, name, x, y)
        axes.set_xlabel(str(clock).replace("_", " "))
    return figure


def _line(axes: Axes, name: str, x: np.ndarray, y: np.ndarray) -> None:
    stride = max(1, len(x) // _MOST_POINTS)
    axes.plot(x[::stride], y[::stride], color="#0b63c5", lw=1.1)
    axes.set_title(name.replace("_", " ").replace("/", ": "))
    if np.all(y > 0) and y.max() > 300 * y.min():
        axes.set_yscale("log")


def _rows(path: Path) -> list[Mapping[str, Any]]:
    """Lines that are JSON objects; a last line cut short by a kill is passed over."""
    rows: list[Mapping[str, Any]] = []
    try:
        text = path.read_text()
    except OSError:
        return []
    for line in text.splitlines():
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if isinstance(row, dict):
            rows.append(row)
    return rows


def _series(rows: list[Mapping[str, Any]], clock: str) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    found: dict[str, list[tuple[float, float]]] = {}
    for row in rows:
        for name, value in row.items():
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if number and name not in _CLOCKS and clock in row and np.isfinite(value):
                found.setdefault(name, []).append((float(row[clock]), float(value)))
    varying = {n: np.array(p).T for n, p in found.items() if len(p) > 1 and np.ptp(p, 0)[1] > 0}
    return {n: (p[0], p[1]) for n, p in list(varying.items())[:_MOST_PANELS]}
