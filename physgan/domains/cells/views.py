"""Inputs of classifiers of cells, and spectra of their values."""

from collections.abc import Sequence
from functools import partial

import numpy as np

from physgan.domains.base import Conditions, Samples, Spectrum
from physgan.domains.cells.layout import FIELD, CellLayout
from physgan.domains.cells.observables import profiles
from physgan.domains.entry_counts import entry_counts
from physgan.domains.labels import label_column
from physgan.domains.runs import group_of, grouped, span
from simulators.protocol import Condition

__all__ = ["PHYSICAL_VIEW", "cell_views", "spectra_of", "spectrum_bins"]

PHYSICAL_VIEW = "log cells"
_WIDTH, _BINS = 0.15, 93
_FINE_WIDTH, _MOST_FINE = 0.05, 400
_TINY = float(np.finfo(np.float64).tiny)


def cell_views(
    layout: CellLayout, schema: Sequence[Condition], samples: Samples, conditions: Conditions
) -> dict[str, np.ndarray]:
    """Cells and features.

    "low-level": cells as they are, over the largest value of the data that the source describes.
    "log cells": ln(1 + x / u) of every cell, with a tenth of the smallest value as u, or 1 for
    whole numbers. "cell spectrum": how many cells lie in each of at most 93 bins of .15 or more in
    ln x, below and above, and how many are lit. "high-level": logarithms of the total, of the
    largest cell and of the profiles; number of lit cells; centres and widths.

    Args:
        layout: of the cells.
        schema: descriptions of the conditions.
        samples: with "values".
        conditions: one number per sample.

    Returns:
        Name -> float32 (n, k), computed in float64, the conditions first.
    """
    count = len(samples[FIELD])
    flat = np.asarray(samples[FIELD], np.float64).reshape(count, -1)
    lit = np.count_nonzero(flat, 1)[:, None]
    labels = [label_column(conditions[c.name], count, logarithmic=c.scale == "log") for c in schema]
    every = np.zeros(flat.shape[1], int), 1
    (spectrum,) = entry_counts(flat, spectrum_bins(layout, _WIDTH, _BINS), [every])
    columns = {
        "low-level": [flat / layout.largest],
        "high-level": _features(layout, samples, flat, lit),
        PHYSICAL_VIEW: [_levels(layout, flat)],
        "cell spectrum": [spectrum[:, 0], lit],
    }
    return {
        name: np.concatenate([*labels, *parts], 1).astype(np.float32)
        for name, parts in columns.items()
    }


def _levels(layout: CellLayout, values: np.ndarray) -> np.ndarray:
    return np.asarray(np.log1p(values / layout.level))


def _features(
    layout: CellLayout, samples: Samples, flat: np.ndarray, lit: np.ndarray
) -> list[np.ndarray]:
    sums = [flat.sum(1, keepdims=True), flat.max(1, keepdims=True)]
    places = []
    for profile in profiles(layout, samples).values():
        sums.append(profile.sums)
        places += [profile.centre[:, None], profile.width[:, None]]
    return [*(_levels(layout, some) for some in sums), lit, *places]


def spectrum_bins(layout: CellLayout, width: float, most: int) -> np.ndarray:
    """Edges of bins in ln x from the smallest to the largest value, between open ones.

    Args:
        layout: of the cells.
        width: of a bin in ln x; wider if there would be more than `most`.
        most: bins. Of whole numbers, edges lie half way between two of them.
    """
    low, high = np.log([layout.smallest, max(layout.largest, 2 * layout.smallest)])
    number = min(int(np.ceil((high - low) / width)), most)
    width = max(width, (high - low) / number)
    inner = np.exp(low + width * np.arange(number + 1)) * (1 - 1e-6)
    if layout.whole:
        inner = np.unique(np.ceil(inner)) - 0.5
    return np.concatenate([[_TINY], inner, [np.inf]])


def spectra_of(layout: CellLayout) -> tuple[Spectrum, ...]:
    """Spectra of lit cells: of all, and in at most five runs of cells along the first axis."""
    values = partial(_values, layout)
    edges = partial(_edges, layout)
    spectrum = partial(
        Spectrum, symbol="$x$", unit=layout.unit, values=values, edges=edges, logarithmic=True
    )
    number, axis = next(iter(layout.long.items()))
    runs = grouped(len(axis))
    place = np.indices(layout.axes)[number].ravel()
    unit = "" if axis.unit == "1" else f" {axis.unit}"
    return (
        spectrum("cell_value", long_name="lit cells"),
        spectrum(
            f"cell_value_by_{axis.name}",
            long_name=f"lit cells by {axis.name}",
            parts=tuple(span(axis.name, "", axis.centres[run], unit) for run in runs),
            part=group_of(runs)[place],
        ),
    )


def _values(layout: CellLayout, columns: np.ndarray) -> np.ndarray:
    """Values of columns of "log cells", float64; to seven digits of that view."""
    values = layout.level * np.expm1(columns.astype(np.float64))
    return np.asarray(np.rint(values) if layout.whole else values)


def _edges(layout: CellLayout, values: np.ndarray) -> np.ndarray:
    """Bins of .05 in ln x where there are real cells, between an open one on either side."""
    lit = values[values > 0]
    if not lit.size:
        return np.array([_TINY, np.inf])
    first, last = np.floor(np.log([lit.min(), lit.max()]) / _FINE_WIDTH)
    inner = np.exp(np.arange(first, last + 2) * _FINE_WIDTH)
    if layout.whole:
        inner = np.unique(np.ceil(inner)) - 0.5
    return np.concatenate([[_TINY], inner, [np.inf]])
