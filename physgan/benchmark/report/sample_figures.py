"""Figures of samples: pictures side by side, histograms, and spectra of single entries."""

from dataclasses import replace
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from physgan.benchmark.copies import Nearest
from physgan.benchmark.report.formatting import condition_title
from physgan.benchmark.report.style import (
    EXACT,
    WIDTH,
    colours,
    legend_above,
    panel_grid,
    panel_pairs,
    panel_titles,
    panels,
    styled,
    unit_text,
    wrapped,
)
from physgan.benchmark.results import Results
from physgan.benchmark.sources import DrawnSet
from physgan.domains.base import Observable, Spectrum
from physgan.domains.figures import NotebookFigure, share_colours
from physgan.fidelity import Curve, draw_spectrum

__all__ = ["histogram_figure", "nearest_figure", "picture_figure", "spectrum_figure"]

_EACH, _EACH_ALONE = 2, 8
_MOST_CONDITIONS = 6
_LEFT, _TOP, _LINE, _GAP, _WIDE_GAP = 0.25, 0.3, 0.15, 0.06, 0.2
_TRUTH, _RATIOS = "#d5dae2", (0.5, 1.5)
_SCALED = 0.75, 0.75, 0.45
"""Space on the left, on the right and below of pictures with labels and a colour bar, inches."""


@styled
def picture_figure(results: Results) -> Figure:
    """The first samples of every source: a row a source, a block a condition."""
    domain, apart = results.plan.domain, results.plan.apart
    blocks = min(len(apart), _MOST_CONDITIONS)
    drawn = np.unique(np.array(apart)[np.linspace(0, len(apart) - 1, blocks).astype(int)])
    each = _EACH if results.plan.conditions[0] else _EACH_ALONE
    rows = [results.reference_set, *(s for s in results.sources if s.role != "truth")]
    scaled = bool(domain.picture_unit)
    left, right, bottom = _SCALED if scaled else (_LEFT, 0.0, 0.0)
    gaps = _WIDE_GAP * (blocks - 1) + _GAP * blocks * (each - 1)
    side = min(2.2, (WIDTH - left - right - gaps) / (blocks * each))
    block_width = each * side + (each - 1) * _GAP
    titles = [wrapped(condition_title(results, int(n)), block_width) for n in drawn]
    top = _TOP + _LINE * max(title.count("\n") for title in titles)
    height = top + len(rows) * (side + _GAP) + bottom
    figure = NotebookFigure(figsize=(WIDTH, height))
    panels = []
    for block, condition_index in enumerate(drawn):
        start = left + block * (block_width + _WIDE_GAP)
        middle = (start + block_width / 2) / WIDTH
        figure.text(middle, 1 - 0.1 / height, titles[block], ha="center", va="top", fontsize=8.5)
        for row, source in enumerate(rows):
            for index in range(each):
                x = start + index * (side + _GAP)
                y = height - top - row * (side + _GAP) - side
                axes = figure.add_axes((x / WIDTH, y / height, side / WIDTH, side / height))
                domain.picture(axes, source.samples[condition_index], index)
                _tidy(axes, scaled and block == index == 0, scaled and row == len(rows) - 1)
                panels.append(axes)
    for row, source in enumerate(rows):
        middle = (height - top - row * (side + _GAP) - side / 2) / height
        name, ink = source.name.replace(", ", ",\n"), colours(results)[source.name]
        style: dict[str, Any] = {"rotation": "vertical", "ha": "center", "va": "center"}
        figure.text(0.12 / WIDTH, middle, name, color=ink, fontsize=8, **style)
    image = share_colours(panels) if scaled else None
    if image is not None:
        end = left + blocks * (block_width + _WIDE_GAP) - _WIDE_GAP + 0.1
        place = (end / WIDTH, bottom / height, 0.12 / WIDTH, 1 - (top + bottom) / height)
        figure.colorbar(image, cax=figure.add_axes(place), label=domain.picture_unit)
    return figure


@styled
def nearest_figure(results: Results, near: Nearest) -> Figure:
    """Distances to the nearest training sample, and the nearest pairs: generated above learnt."""
    domain, ink = results.plan.domain, colours(results)
    pairs = len(next(iter(near.samples.values())))
    height, side, left = 3.5, 1.5, 4.6
    figure = NotebookFigure(figsize=(WIDTH, height))
    axes = figure.add_axes((0.55 / WIDTH, 0.45 / height, 3.3 / WIDTH, 1 - 0.8 / height))
    both = {results.reference_set.name: near.truth, results.surrogate.name: near.own}
    for name, values in both.items():
        axes.ecdf(values, color=ink[name], label=name)
    axes.set(xlabel="distance d to the nearest training sample", ylabel="share nearer than d")
    axes.set_xlim(0, max(float(np.quantile(values, 0.95)) for values in both.values()))
    axes.set_ylim(0, 1)
    legend_above(figure, np.array([[axes]]))
    names, distances = (results.surrogate.name, "training sample"), np.sort(near.own)
    for row, (name, samples) in enumerate(zip(names, (near.samples, near.learnt), strict=True)):
        y = height - 0.3 - side - row * (side + 0.1)
        style: dict[str, Any] = {"rotation": "vertical", "ha": "center", "va": "center"}
        text = name.replace(", ", ",\n")
        figure.text((left - 0.15) / WIDTH, (y + side / 2) / height, text, fontsize=8, **style)
        for index in range(pairs):
            x = left + index * (side + _GAP)
            place = (x / WIDTH, y / height, side / WIDTH, side / height)
            picture = figure.add_axes(place)
            domain.picture(picture, samples, index)
            _tidy(picture, False, False)
            if not row:
                picture.set_title(f"d = {distances[index]:.3g}", fontsize=8)
    return figure


def _tidy(axes: Axes, left: bool, below: bool) -> None:
    """Leave labels of a picture's axes only where they are wanted."""
    axes.grid(False)
    axes.tick_params(labelleft=left, labelbottom=below, labelsize=6)
    if not left:
        axes.set_ylabel("")
    if not below:
        axes.set_xlabel("")


@styled
def histogram_figure(results: Results, observable: Observable) -> Figure:
    """Histograms of one observable at every condition, below each the ratios to the truth's."""
    count = len(results.plan.conditions)
    rows, columns = panel_grid(count)
    titles = panel_titles(results, columns)
    figure, grid = panels([1.6, 0.6] * rows, columns, gaps=(0.1, 0.75), titles=titles, sharex=True)
    for number, (main, below) in enumerate(panel_pairs(grid, count)):
        _histogram(main, below, results, observable, number)
        main.set_title(titles[number])
        main.tick_params(labelbottom=False)
        below.set_xlabel(f"{observable.symbol}{unit_text(observable.unit)}")
    grid[0, 0].set_ylabel("share of samples a bin")
    grid[1, 0].set_ylabel("ratio")
    legend_above(figure, grid[:1, :1])
    return figure


@styled
def spectrum_figure(results: Results, spectrum: Spectrum) -> Figure:
    """A spectrum at every condition with its ratio to the truth's below; a column a part."""
    numbers, parts = range(len(results.plan.conditions)), spectrum.parts or ("",)
    whole = len(parts) == 1
    rows, columns = panel_grid(len(numbers), 3) if whole else (len(numbers), len(parts))
    titles = panel_titles(results, columns)
    figure, grid = panels([2.1, 0.8] * rows, columns, gaps=(0.1, 0.75), titles=titles, sharex=True)
    shown = [(number, part) for number in numbers for part in range(len(parts))]
    pairs = panel_pairs(grid, len(shown))
    for (above, below), (number, part) in zip(pairs, shown, strict=True):
        draw_spectrum(above, below, _spectrum_curves(results, spectrum.name, number), part)
        words = [titles[number], parts[part]]
        above.set_title(", ".join(word for word in words if word))
        above.tick_params(labelbottom=False)
        below.set_xlabel(f"{spectrum.symbol}{unit_text(spectrum.unit)}")
    for row in range(rows):
        grid[2 * row, 0].set_ylabel("entries per sample and bin")
        grid[2 * row + 1, 0].set_ylabel("ratio")
    legend_above(figure, grid[:1, :1])
    return figure


def _spectrum_curves(results: Results, name: str, condition_index: int) -> list[Curve]:
    """All runs of the simulator together, then the other sources, the surrogate on top."""
    ink = colours(results)
    truth = [drawn.spectra[condition_index][name] for drawn in results.reference.sets]
    pooled = replace(truth[0], counts=np.concatenate([counts.counts for counts in truth]))
    shown = sorted(
        (source for source in results.sources if source.role != "truth"),
        key=lambda source: source.role == "surrogate",
    )
    simulator = results.reference_set.name
    return [
        Curve(simulator, ink[simulator], pooled),
        *(Curve(s.name, ink[s.name], s.spectra[condition_index][name]) for s in shown),
    ]


def _histogram(
    axes: Axes, below: Axes, results: Results, observable: Observable, condition_index: int
) -> None:
    name = observable.name
    binning = results.reference.floors[condition_index][name].binning
    ink = colours(results)
    sets: list[DrawnSet] = [s for s in results.sources if s.role != "truth"]
    truth = results.reference.pooled[condition_index][name]
    values = [source.values[condition_index][name] for source in sets]
    low, high = _range_of_interest([truth, *values])
    edges = binning.edges(low, high)
    expected = _shares(truth, edges)
    axes.stairs(expected, edges, fill=True, color=_TRUTH, label=results.reference_set.name)
    _ratio_band(below, edges, expected * len(truth))
    for source, own in sorted(
        zip(sets, values, strict=True), key=lambda pair: pair[0].role == "surrogate"
    ):
        found, colour = _shares(own, edges), ink[source.name]
        surrogate = source.role == "surrogate"
        axes.stairs(found, edges, color=colour, label=source.name, lw=1.5 if surrogate else 1.0)
        ratio = np.divide(found, expected, out=np.full(len(found), np.nan), where=expected > 0)
        if surrogate:
            error = ratio / np.sqrt(np.maximum(found * len(own), 1))
            style: dict[str, Any] = {"fmt": "o", "ms": 2, "elinewidth": 0.9, "color": colour}
            below.errorbar((edges[1:] + edges[:-1]) / 2, ratio, error, **style)
        else:
            below.stairs(ratio, edges, baseline=None, color=colour, lw=0.9)
    axes.set_xlim(edges[0] - binning.width, edges[-1] + binning.width)
    below.set_ylim(*_RATIOS)


def _ratio_band(axes: Axes, edges: np.ndarray, counts: np.ndarray) -> None:
    """The truth's own error around a ratio of 1."""
    error = 1 / np.sqrt(np.maximum(counts, 1))
    error = np.append(error, error[-1])
    axes.fill_between(edges, 1 - error, 1 + error, step="post", color=_TRUTH, lw=0)
    axes.axhline(1, color=EXACT, lw=0.8)


def _shares(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    return np.histogram(values, edges)[0] / len(values)


def _range_of_interest(samples: list[np.ndarray]) -> tuple[float, float]:
    """Where all but a thousandth of every source lies."""
    tails = np.array([np.quantile(s, (0.0005, 0.9995)) for s in samples])
    return float(tails[:, 0].min()), float(tails[:, 1].max())
