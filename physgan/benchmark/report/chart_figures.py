"""Figures of classifiers, relaxation, speed and training."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from physgan.benchmark.break_even import break_even
from physgan.benchmark.report.style import (
    EXACT,
    colours,
    legend_above,
    panel_grid,
    panel_titles,
    panels,
    styled,
)
from physgan.benchmark.results import Results

__all__ = [
    "adversarial_figure",
    "break_even_figure",
    "classifier_figure",
    "relaxation_figure",
    "training_figure",
    "training_rows",
]

_CLOCKS = ("samples_seen", "samples", "step", "seconds")
_CHECKPOINT_PANELS = {
    "mean score": {
        "score_train": "training samples", "score_held_out": "held-out samples",
        "score_fake": "generated samples",
    },
    "share of pairs ranked rightly": {
        "accuracy_train": "training samples", "accuracy_held_out": "held-out samples",
    },
    "over the truth’s": {"spread": "smallest spread", "duplicates": "duplicates"},
}  # fmt: skip
_LINES = {
    "training samples": "#8a93a3", "held-out samples": "#1c2430", "generated samples": "#0b63c5",
    "smallest spread": "#0f8a6a", "duplicates": "#d97706",
}  # fmt: skip
_MOST_POINTS = 800
_MOST_PANELS = 9


@styled
def classifier_figure(results: Results) -> Figure:
    """AUC of every source by view, a panel a classifier; the largest by the samples trained on."""
    tests = results.classifiers[results.surrogate.name]
    kinds = list(dict.fromkeys(test.procedure.settings.name for test in tests))
    figure, grid = panels([2.0], len(kinds) + 1, sharey=True)
    ink = colours(results)
    for kind, axes in zip(kinds, grid[0], strict=False):
        numbers = [n for n, test in enumerate(tests) if test.procedure.settings.name == kind]
        positions = np.arange(len(numbers))
        for place, source in enumerate(results.sources):
            found = [results.classifiers[source.name][n].auc for n in numbers]
            values, errors = np.array(found).T
            shift = (place - (len(results.sources) - 1) / 2) * 0.12
            style: dict[str, Any] = {"fmt": "o", "ms": 4, "color": ink[source.name]}
            axes.errorbar(positions + shift, values, errors, label=source.name, **style)
        first = tests[numbers[0]].procedure
        axes.set_title(f"{first.settings.label}, {first.samples}")
        names = [
            tests[n].view.replace("-", "-\n").replace(", ", ",\n").replace(" ", "\n")
            for n in numbers
        ]
        axes.set_xticks(positions, names, fontsize=7)
        axes.set_xlim(-0.5, len(numbers) - 0.5)
    _auc_curves(grid[0, -1], results)
    for axes in grid[0]:
        axes.axhline(0.5, color=EXACT, lw=1)
    low, high = grid[0, 0].get_ylim()
    grid[0, 0].set_ylim(min(0.45, low), max(0.7, high))
    grid[0, 0].set_ylabel("AUC on unseen samples")
    legend_above(figure, grid)
    return figure


def _auc_curves(axes: Axes, results: Results) -> None:
    """Each source's strongest classifier on fewer samples; truth’s by the surrogate’s in grey."""
    ink = colours(results)
    own = results.largest_auc[results.surrogate.name]
    (truth,) = results.of_role("truth")
    lines = {name: [p.value for p in found.curve] for name, found in results.largest_auc.items()}
    lines[truth.name] = [point.floor for point in own.curve]
    for name, points in lines.items():
        counts = [point.count for point in results.largest_auc.get(name, own).curve]
        values, errors = np.array(points).T
        axes.errorbar(counts, values, errors, fmt="o-", ms=4, lw=1, color=ink[name])
    axes.set_xscale("log")
    counts = [point.count for point in own.curve]
    axes.set_xticks(counts, [f"{count:,}" for count in counts])
    axes.set_xticks([], minor=True)
    axes.set_xlabel("samples a side trained on")
    axes.set_title("strongest classifier")


@styled
def break_even_figure(results: Results) -> Figure | None:
    """Seconds by events: the simulator, and the surrogate with its training set and training."""
    found = break_even(results)
    if found is None:
        return None
    figure, grid = panels([2.2], 1)
    axes, ink = grid[0, 0], colours(results)
    last = found.events if np.isfinite(found.events) else found.learnt
    events = np.geomspace(max(1.0, found.learnt / 100), 30 * max(last, found.learnt), 200)
    name = results.surrogate.name
    axes.plot(events, found.plain(events), color=EXACT, lw=1.3, label="simulation")
    axes.plot(events, found.by_surrogate(events), color=ink[name], lw=1.3, label=name)
    if np.isfinite(found.events):
        axes.axvline(found.events, color=EXACT, lw=0.8, ls=":")
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("events")
    axes.set_ylabel("seconds")
    legend_above(figure, grid)
    return figure


@styled
def relaxation_figure(results: Results) -> Figure:
    """Histogram overlap over truth-against-truth's own after updates of the dynamics."""
    names, count = results.plan.domain.histograms, len(results.plan.conditions)
    observables = {o.name: o for o in results.plan.domain.observables}
    titles = panel_titles(results, count, sharey=True)
    figure, grid = panels([1.15] * len(names), count, gaps=(0.15,), sharex=True, sharey=True)
    ink = colours(results)
    positions = range(len(results.sweeps))
    for row, name in zip(grid, names, strict=True):
        for number, axes in enumerate(row):
            axes.axhline(1, color=EXACT, lw=1)
            for source, comparisons in results.relaxed.items():
                shares = np.array([c.histograms[name].ratio for c in comparisons[number]]).T
                axes.errorbar(
                    positions, *shares, fmt="o-", ms=3, lw=1.1, color=ink[source], label=source
                )
        row[0].set_ylabel(f"overlap of {observables[name].symbol}")
    for title, axes in zip(titles, grid[0], strict=True):
        axes.set_title(title)
    for axes in grid[:-1].ravel():
        axes.tick_params(labelbottom=False)
    for axes in grid[-1]:
        axes.set_xticks(positions, [str(k) for k in results.sweeps])
        axes.set_xlabel("sweeps")
    legend_above(figure, grid)
    return figure


@styled
def adversarial_figure(rows: list[Mapping[str, Any]]) -> Figure | None:
    """Discriminator and generator at checkpoints, on samples seen and unseen; None if not there."""
    checkpoints = [row for row in rows if "accuracy_held_out" in row]
    if not checkpoints:
        return None
    figure, grid = panels([1.8], len(_CHECKPOINT_PANELS))
    x = [row["samples"] for row in checkpoints]
    for axes, (quantity, lines) in zip(grid[0], _CHECKPOINT_PANELS.items(), strict=True):
        for name, label in lines.items():
            y = np.array([row[name] for row in checkpoints])
            axes.plot(x, y, "o-", ms=3, lw=1.1, color=_LINES[label], label=label)
            if name.startswith("accuracy"):
                error = np.sqrt(y * (1 - y) / [row["pairs"] for row in checkpoints])
                axes.fill_between(x, y - error, y + error, color=_LINES[label], alpha=0.15, lw=0)
        axes.set_title(quantity)
        axes.set_xlabel("samples")
    grid[0, 1].axhline(0.5, color=EXACT, lw=1)
    grid[0, 2].axhline(1, color=EXACT, lw=1)
    legend_above(figure, grid)
    return figure


@styled
def training_figure(rows: list[Mapping[str, Any]]) -> Figure | None:
    """Every number in lines of training metrics, without checkpoints; None if there are none."""
    clock = next((c for c in _CLOCKS if any(c in row for row in rows)), None)
    series = _series(rows, clock) if clock else {}
    if not series:
        return None
    lines, columns = panel_grid(len(series), 4 if len(series) in (4, 7, 8) else 3)
    figure, grid = panels([1.3] * lines, columns, gaps=(0.78,), above=0.3)
    for axes in grid.ravel()[len(series) :]:
        axes.set_visible(False)
    for axes, (name, (x, y)) in zip(grid.ravel(), series.items(), strict=False):
        _line(axes, name, x, y)
        axes.set_xlabel(str(clock).replace("_", " "))
    return figure


def _line(axes: Axes, name: str, x: np.ndarray, y: np.ndarray) -> None:
    stride = max(1, len(x) // _MOST_POINTS)
    axes.plot(x[::stride], y[::stride], color="#0b63c5", lw=1.1)
    axes.set_title(name.replace("_", " ").replace("/", ": "))
    if np.all(y > 0) and y.max() > 300 * y.min():
        axes.set_yscale("log")


def training_rows(path: str | Path) -> list[Mapping[str, Any]]:
    """Lines of a file that are JSON objects; a last line cut short by a kill is passed over."""
    rows: list[Mapping[str, Any]] = []
    try:
        text = Path(path).read_text()
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
    points: dict[str, list[tuple[float, float]]] = {}
    for row in (row for row in rows if "accuracy_held_out" not in row):
        for name, value in row.items():
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if number and name not in _CLOCKS and clock in row and np.isfinite(value):
                points.setdefault(name, []).append((float(row[clock]), float(value)))
    varying = {n: np.array(p).T for n, p in points.items() if len(p) > 1 and np.ptp(p, 0)[1] > 0}
    return {n: (p[0], p[1]) for n, p in list(varying.items())[:_MOST_PANELS]}
