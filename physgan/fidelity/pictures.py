"""Pictures that comparison and benchmark share: spectra with their ratios."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.ticker import LogFormatter

from physgan.fidelity.spectra import SpectrumCounts

__all__ = ["Curve", "draw_spectrum"]

_RATIOS = (0.5, 1.5)
_TINY = 1e-300
_RESOLVED = 0.05
_MOST_MERGED = 8
_FEW_DECADES = (2, 0.4)


class Curve(NamedTuple):
    """One set of samples in the picture.

    Attributes:
        name: for the legend.
        colour: of its line.
        counts: see `SpectrumCounts`.
    """

    name: str
    colour: str
    counts: SpectrumCounts


def draw_spectrum(above: Any, below: Any, curves: Sequence[Curve], part: int = 0) -> None:
    """Draw the histograms on one matplotlib axes, ratios to the first with bands on another.

    Entries are counted on a logarithmic axis, where tails are seen as well as the bulk. Bands are
    standard errors of the ratio, from the scatter of whole samples. Open bins at the ends are
    left out, and neighbours merged until half of the first set's are known to 5 %.

    Args:
        above: axes of the histograms.
        below: axes of the ratios.
        curves: at least one, in equal bins; the first is what the others are divided by.
        part: number of the spectrum's part.
    """
    spectrum, merged = curves[0].counts.spectrum, _merged(curves[0].counts, part)
    if not merged:
        return
    sides = [curve.counts.merged(merged) for curve in curves]
    inner = sides[0].edges
    below.axhline(1, color=curves[0].colour, lw=0.8)
    first, first_error = (values[part] for values in sides[0].mean())
    for number, ((name, colour, _), counts) in enumerate(zip(curves, sides, strict=True)):
        mean, error = (values[part] for values in counts.mean())
        if number == 0:
            above.stairs(mean, inner, color=colour, fill=True, alpha=0.15, lw=0)
        above.stairs(mean, inner, color=colour, label=name, lw=1.2)
        if number:
            both = (mean > 0) & (first > 0)
            one, other = np.where(both, first, 1.0), np.where(both, mean, 1.0)
            ratio = np.where(both, other / one, np.nan)
            band = ratio * np.hypot(error / other, first_error / one)
            low, high = (np.append(side, side[-1]) for side in (ratio - band, ratio + band))
            below.fill_between(inner, low, high, step="post", color=colour, alpha=0.25, lw=0)
            below.stairs(ratio, inner, baseline=None, color=colour, lw=1.0)
    below.set_ylim(*_RATIOS)
    above.set_yscale("log")
    above.yaxis.set_minor_formatter(LogFormatter(minor_thresholds=_FEW_DECADES))
    if spectrum.logarithmic:
        above.set_xscale("log")
        below.set_xscale("log")


def _merged(counts: SpectrumCounts, part: int) -> int:
    """How many bins to merge; 0 if all are open."""
    number = int(len(counts.merged(1).edges) > 1)
    while 0 < number < _MOST_MERGED:
        mean, error = (values[part] for values in counts.merged(number).mean())
        if np.median((error / np.maximum(mean, _TINY))[mean > 0]) < _RESOLVED:
            break
        number *= 2
    return number
