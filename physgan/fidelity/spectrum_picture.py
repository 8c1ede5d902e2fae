"""A picture of a spectrum: entries of a sample in each bin, and their ratio to the first set's."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from physgan.fidelity.spectra import SpectrumCounts

__all__ = ["Curve", "draw_spectrum"]

_RATIOS = (0.5, 1.5)
_TINY = 1e-300


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

    Bands are standard errors of the ratio, from the scatter of whole samples. Open bins at the
    ends are left out.

    Args:
        above: axes of the histograms.
        below: axes of the ratios.
        curves: at least one, in equal bins; the first is what the others are divided by.
        part: number of the spectrum's part.
    """
    spectrum, edges = curves[0].counts.spectrum, curves[0].counts.edges
    shown = slice(*np.flatnonzero(np.isfinite(edges) & (np.abs(edges) > _TINY))[[0, -1]])
    inner = edges[shown.start : shown.stop + 1]
    below.axhline(1, color=curves[0].colour, lw=0.8)
    first, first_error = (values[part, shown] for values in curves[0].counts.mean())
    for number, (name, colour, counts) in enumerate(curves):
        mean, error = (values[part, shown] for values in counts.mean())
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
    if spectrum.logarithmic:
        above.set(xscale="log", yscale="log")
        below.set_xscale("log")
