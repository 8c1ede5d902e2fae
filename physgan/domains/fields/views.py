"""Inputs of classifiers of fields, and the distribution of their values."""

import math
from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np

from physgan.domains.base import Conditions, Observable, Samples, Spectrum
from physgan.domains.entry_counts import entry_counts
from physgan.domains.fields.layout import FIELD, FieldLayout
from physgan.domains.labels import label_column
from simulators.protocol import Condition

__all__ = ["field_views", "spectrum_of"]

_LOGARITHMS = ("variance", "power", "energy", "zonal_power")
_FUNCTIONALS = ("minkowski_v0", "minkowski_v1", "minkowski_v2")
_IN_VALUES = ("mean", "smallest", "largest", "largest_magnitude")
_EDGES = np.concatenate([[-np.inf], np.arange(-6, 6.125, 0.25), [np.inf]])
_WIDTH = 0.05
_OUTSIDE = 1e-5
_TINY = 1e-30
_ONE_QUARTER = 0.25


def field_views(
    layout: FieldLayout,
    schema: Sequence[Condition],
    features: Sequence[Observable],
    samples: Samples,
    conditions: Conditions,
) -> dict[str, np.ndarray]:
    """Pixels, their histogram, and features.

    "low-level": every pixel in network space, which is the same at all conditions. "histogram": how
    many pixels lie in each of 50 bins of it. "high-level": the features, logarithms or other
    functions of theirs that are of order one.

    Args:
        layout: of the fields.
        schema: descriptions of the conditions.
        features: observables of "high-level".
        samples: with "values".
        conditions: one number per sample.

    Returns:
        Name -> float32 (n, k), the conditions first.
    """
    count = len(samples[FIELD])
    flat = layout.encoded(samples[FIELD]).reshape(count, -1)
    labels = [label_column(conditions[c.name], count, logarithmic=c.scale == "log") for c in schema]
    (counts,) = entry_counts(flat, _EDGES, [(np.zeros(flat.shape[1], int), 1)])
    columns: Mapping[str, list[np.ndarray]] = {
        "low-level": [flat],
        "high-level": [_feature(layout, o.name, o.compute(samples, conditions)) for o in features],
        "histogram": [counts[:, 0]],
    }
    return {
        name: np.concatenate([*labels, *parts], 1).astype(np.float32)
        for name, parts in columns.items()
    }


def spectrum_of(layout: FieldLayout) -> Spectrum:
    """The distribution of pixels, in bins of .05 in network space."""
    return Spectrum(
        "value", "$x$", layout.unit, layout.long_name or "value",
        values=layout.decoded, edges=partial(_edges, layout),
    )  # fmt: skip


def _edges(layout: FieldLayout, values: np.ndarray) -> np.ndarray:
    """Between open bins for the outer 1e-5 of the real pixels on either side."""
    ends = np.quantile(values, [_OUTSIDE, 1 - _OUTSIDE])
    first, last = layout.encoded(ends) / _WIDTH
    inner = layout.decoded(np.arange(np.floor(first), np.ceil(last) + 1) * _WIDTH)
    return np.concatenate([[-np.inf], inner, [np.inf]])


def _feature(layout: FieldLayout, name: str, values: np.ndarray) -> np.ndarray:
    """Columns of order one: logarithms, roots of numbers of peaks, arcsinh of other quantities.

    Minkowski functionals are in pixels, times the root of the number of pixels: their scatter falls
    with that root.
    """
    columns, pixels = values.reshape(len(values), -1), math.prod(layout.shape)
    height, width = layout.spacing
    side = math.sqrt(height * width)
    if name in _LOGARITHMS:
        return np.asarray(np.log(np.maximum(columns, _TINY)))
    if name in _FUNCTIONALS:
        return np.asarray(columns * side ** _FUNCTIONALS.index(name) * math.sqrt(pixels))
    if name == "peaks":
        return np.asarray(np.sqrt(columns * side**2 * pixels + _ONE_QUARTER))
    if name in _IN_VALUES:
        columns = (columns - layout.origin) / layout.scale
    return np.asarray(np.arcsinh(columns))
