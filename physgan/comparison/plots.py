"""Pictures of two sets of samples beside each other, of any domain."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from physgan.comparison.reading import Side
from physgan.data.files import write_figure
from physgan.domains import Domain, Observable
from physgan.domains.figures import share_colours
from physgan.fidelity import (
    Curve,
    LargestAuc,
    SpectrumCounts,
    choose_binning,
    count_spectra,
    draw_spectrum,
    pearson,
    spectrum_edges,
)

__all__ = ["draw_all"]

_FIRST, _SECOND = "#1c2430", "#0b63c5"
_DPI = 130
_DECADES = 100.0


def draw_all(
    domain: Domain, first: Side, second: Side, largest: LargestAuc, out: Path
) -> list[str]:
    """Draw all that applies to the domain into a folder; returns the files' names.

    Spectra of single entries with their ratio, means of vector observables by component with
    theirs, histograms of scalar ones, differences of correlation coefficients, the largest AUC by
    the samples trained on, and samples side by side.
    """
    drawn: dict[str, Figure] = {}
    views = [side.features.views[domain.physical_view] for side in (first, second)]
    edges = spectrum_edges(domain, views[0])
    counts = [count_spectra(domain, view, edges) for view in views]
    for name in edges:
        drawn[f"spectrum-{name}"] = _spectrum([side[name] for side in counts], (first, second))
    for observable in domain.observables:
        if first.features.observables[observable.name].shape[1] > 1:
            drawn[f"profile-{observable.name}"] = _profile(observable, first, second)
            drawn[f"correlations-{observable.name}"] = _correlations(observable, first, second)
        else:
            drawn[f"histogram-{observable.name}"] = _histogram(observable, first, second)
    drawn["auc"] = _curve(largest)
    drawn["samples"] = _samples(domain, first, second)
    for name, figure in drawn.items():
        write_figure(out / f"{name}.png", figure, _DPI)
    return [f"{name}.png" for name in drawn]


def _spectrum(counts: list[SpectrumCounts], sides: tuple[Side, Side]) -> Figure:
    """Entries of a sample in each bin, and their ratio with its error; a column for each part."""
    spectrum = counts[0].spectrum
    parts = spectrum.parts or ("",)
    figure = Figure(figsize=(max(8.0, 3.2 * len(parts)), 5.0), layout="constrained")
    layout: dict[str, Any] = {"height_ratios": (3, 1), "sharex": True, "sharey": "row"}
    grid = figure.subplots(2, len(parts), squeeze=False, **layout)
    curves = [
        Curve(side.name, colour, side_counts)
        for side, colour, side_counts in zip(sides, (_FIRST, _SECOND), counts, strict=True)
    ]
    for part, name in enumerate(parts):
        draw_spectrum(grid[0, part], grid[1, part], curves, part)
        grid[0, part].set_title(name, fontsize="small")
        grid[1, part].set_xlabel(_label(spectrum.symbol, spectrum.unit))
    grid[0, 0].set_ylabel("entries per sample and bin")
    grid[1, 0].set_ylabel("ratio")
    grid[0, 0].legend(frameon=False)
    figure.suptitle(spectrum.long_name, fontsize="medium")
    return figure


def _curve(largest: LargestAuc) -> Figure:
    """AUC of the strongest view and classifier by the samples that it was trained on."""
    figure, (panel,) = _axes(1)
    counts = [point.count for point in largest.curve]
    sides = {"fake": "value", "truth against truth": "floor"}
    for (label, name), colour in zip(sides.items(), (_SECOND, _FIRST), strict=True):
        values, errors = np.array([getattr(point, name) for point in largest.curve]).T
        panel.errorbar(counts, values, errors, fmt="o-", color=colour, label=label, lw=1)
    panel.axhline(0.5, color=_FIRST, lw=0.8)
    panel.set_xscale("log")
    panel.set(
        xlabel="samples a side trained on", ylabel="AUC on unseen samples",
        title=f"{largest.value.procedure.settings.label} on {largest.value.view}",
    )  # fmt: skip
    panel.legend(frameon=False)
    return figure


def _profile(observable: Observable, first: Side, second: Side) -> Figure:
    sides = [side.features.observables[observable.name] for side in (first, second)]
    means = [side.mean(0, dtype=np.float64) for side in sides]
    errors = [side.std(0, dtype=np.float64) / np.sqrt(len(side)) for side in sides]
    name, unit = observable.axis or ("component", "1")
    title = f"mean {observable.long_name}"
    return _with_ratio(
        _along(observable, len(means[0])), means, errors, (first, second), _label(name, unit),
        _label(observable.symbol, observable.unit), title,
    )  # fmt: skip


def _along(observable: Observable, count: int) -> np.ndarray:
    """Coordinates of a vector observable's entries."""
    return np.arange(count) if observable.along is None else np.array(observable.along)


def _spans_decades(means: list[np.ndarray]) -> bool:
    """Whether all means are positive or zero, and the positive ones differ a hundredfold."""
    values = np.concatenate(means)
    positive = values[values > 0]
    if (values < 0).any() or not len(positive):
        return False
    return bool(positive.max() > _DECADES * positive.min())


def _with_ratio(
    along: np.ndarray,
    means: list[np.ndarray],
    errors: list[np.ndarray],
    sides: tuple[Side, Side],
    xlabel: str,
    ylabel: str,
    title: str,
) -> Figure:
    figure, (above, below) = _axes(2, height_ratios=(3, 1), sharex=True)
    styles = (("o", _FIRST), ("s", _SECOND))
    for mean, error, side, (marker, colour) in zip(means, errors, sides, styles, strict=True):
        above.errorbar(
            along, mean, error, label=side.name, color=colour, marker=marker, markersize=3, lw=1
        )
    if _spans_decades(means):
        above.set_yscale("log")
    above.set(ylabel=ylabel, title=title)
    above.legend(frameon=False)
    usable = np.abs(means[0]) > 1e-12
    divisor = np.where(usable, means[0], 1.0)
    ratio = np.where(usable, means[1] / divisor, np.nan)
    spread = np.where(usable, np.hypot(errors[1], ratio * errors[0]) / np.abs(divisor), np.nan)
    below.axhline(1, color=_FIRST, lw=0.8)
    below.errorbar(along, ratio, spread, color=_SECOND, fmt="s", markersize=3, lw=1)
    finite = ratio[np.isfinite(ratio)]
    if len(finite):
        reach = min(1.0, max(0.05, 1.2 * float(np.percentile(np.abs(finite - 1), 90))))
        below.set_ylim(1 - reach, 1 + reach)
    below.set(xlabel=xlabel, ylabel="ratio")
    return figure


def _histogram(observable: Observable, first: Side, second: Side) -> Figure:
    sides = [side.features.observables[observable.name][:, 0] for side in (first, second)]
    edges = _edges(*sides)
    figure, (above, below) = _axes(2, height_ratios=(3, 1), sharex=True)
    counts = [np.histogram(side, edges)[0] for side in sides]
    shares = [c / len(side) for c, side in zip(counts, sides, strict=True)]
    for share, side, colour in zip(shares, (first, second), (_FIRST, _SECOND), strict=True):
        above.stairs(share / np.diff(edges), edges, label=side.name, color=colour, lw=1.3)
    unit = "" if observable.unit == "1" else f" (1/({observable.unit.replace('k_B', '$k_B$')}))"
    above.set(ylabel=f"probability density{unit}", title=observable.long_name)
    above.legend(frameon=False)
    both = (counts[0] > 0) & (counts[1] > 0)
    ratio = shares[1][both] / shares[0][both]
    error = ratio * np.sqrt(1 / counts[0][both] + 1 / counts[1][both])
    middle = (edges[1:] + edges[:-1])[both] / 2
    below.axhline(1, color=_FIRST, lw=0.8)
    below.errorbar(middle, ratio, error, color=_SECOND, fmt="s", markersize=3, lw=1)
    below.set(xlabel=_label(observable.symbol, observable.unit), ylabel="ratio", ylim=(0.5, 1.5))
    return figure


def _edges(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Bins by the first set, over the bulk of both."""
    binning = choose_binning(first)
    ranges = [np.quantile(side.astype(np.float64), (0.001, 0.999)) for side in (first, second)]
    low, high = min(r[0] for r in ranges), max(r[1] for r in ranges)
    edges = binning.edges(low, high)
    return edges if len(edges) <= 400 else np.linspace(low, high, 101)


def _correlations(observable: Observable, first: Side, second: Side) -> Figure:
    matrices = [pearson(side.features.observables[observable.name]) for side in (first, second)]
    difference = matrices[1] - matrices[0]
    reach = max(0.05, float(np.abs(difference).max()))
    name, unit = observable.axis or ("component", "1")
    figure, (panel,) = _axes(1)
    along = _along(observable, len(difference))
    limits = {"vmin": -reach, "vmax": reach}
    image = panel.pcolormesh(along, along, difference, cmap="RdBu_r", **limits)
    panel.set_aspect("equal")
    bar = figure.colorbar(image)
    bar.set_label(f"Pearson coefficient, {second.name} less {first.name}")
    panel.set(
        xlabel=_label(name, unit), ylabel=_label(name, unit),
        title=f"correlations of {observable.long_name}",
    )  # fmt: skip
    return figure


def _samples(domain: Domain, first: Side, second: Side) -> Figure:
    """Samples of the first set, and of the second those at the nearest conditions."""
    pairs = _paired(first, second)
    figure = Figure(figsize=(2.6 * len(pairs), 5.2), layout="constrained")
    panels = figure.subplots(2, len(pairs), squeeze=False)
    for column, pair in enumerate(pairs):
        for panel, side, index in zip(panels[:, column], (first, second), pair, strict=True):
            domain.picture(panel, side.pictured, index)
            panel.set_title(f"{side.name}{_conditions(side, index)}", fontsize="small")
    image = share_colours(list(panels.flat)) if domain.picture_unit else None
    if image is not None:
        figure.colorbar(image, ax=panels, label=domain.picture_unit)
    figure.suptitle(domain.picture_note, fontsize="small")
    return figure


def _paired(first: Side, second: Side, count: int = 3) -> list[tuple[int, int]]:
    """Rows of the first set's samples, from low to high conditions, and their likes."""
    tables = []
    for side in (first, second):
        kept = len(next(iter(side.pictured.values())))
        columns = [values[:kept] for values in side.features.conditions.values()]
        tables.append(np.stack([np.zeros(kept), *columns], 1))
    scale = np.maximum(tables[0].std(0), 1e-30)
    tables = [table / scale for table in tables]
    order = np.argsort(tables[0].sum(1), kind="stable")
    rows = order[np.linspace(0, len(order) - 1, min(count, len(order))).astype(int)]
    distances = ((tables[0][rows, None] - tables[1]) ** 2).sum(-1)
    return [(int(a), int(b)) for a, b in zip(rows, distances.argmin(1), strict=True)]


def _conditions(side: Side, index: int) -> str:
    values = side.features.conditions
    units = {c.name: "" if c.unit == "1" else f" {c.unit}" for c in side.conditions}
    texts = [f"{values[name][index]:.4g}{units[name]}" for name in values]
    return ", ".join(["", *texts])


def _axes(count: int, **layout: Any) -> tuple[Figure, Any]:
    figure = Figure(figsize=(6.4, 5.0), layout="constrained")
    subplots: Callable[..., Any] = figure.subplots
    return figure, np.atleast_1d(subplots(count, 1, **layout))


def _label(symbol: str, unit: str) -> str:
    return symbol if unit == "1" else f"{symbol} ({unit.replace('k_B', '$k_B$')})"
