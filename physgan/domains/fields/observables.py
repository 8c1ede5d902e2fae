"""Observables of one field."""

from collections.abc import Callable
from functools import partial

import numpy as np

from physgan.domains.base import Conditions, Observable, Samples
from physgan.domains.fields.layout import FIELD, FieldLayout
from physgan.domains.fields.morphology import (
    PEAKS,
    THRESHOLDS,
    minkowski,
    peak_density,
    standard,
)
from physgan.domains.fields.spectrum import Modes, band_fields, in_chunks, modes_of, ring_power
from physgan.domains.fields.zonal import zonal_observables

__all__ = ["THRESHOLD_AXIS", "bands_of", "observables_of"]

Measure = Callable[[np.ndarray], np.ndarray]

THRESHOLD_AXIS = ("threshold in standard deviations", "1")

_SMALLEST_SPREAD = 1e-12


def observables_of(layout: FieldLayout) -> tuple[Observable, ...]:
    """Moments, extremes, power spectrum, Minkowski functionals, peaks and bands of wavenumbers.

    Where a symmetry changes the field's sign, quantities that change with it are replaced by their
    magnitude, and functions of a threshold by the mean over the field and its negative.
    """
    modes = modes_of(layout)
    along = tuple(modes.centres.tolist())
    wave = ("k", layout.wave_unit)
    bands = bands_of(modes)
    first = tuple(along[start] for start, _ in bands)
    found = [
        *(_signless(layout) if layout.zonal else _signed(layout)),
        _observable("variance", r"$\sigma^2$", layout.unit_of(2), "variance", _variance),
        _observable("kurtosis", r"$\kappa$", "1", "excess kurtosis", partial(_moment, layout, 4)),
        _observable(
            "power", "$P(k)$", layout.unit_of(2, 2), "power spectrum", partial(ring_power, modes),
            axis=wave, along=along,
        ),
        *(
            _observable(
                f"minkowski_v{number}", f"$V_{number}$", f_unit, words,
                partial(_functional, layout, number), axis=THRESHOLD_AXIS,
                along=tuple(THRESHOLDS.tolist()),
            )
            for number, (f_unit, words) in enumerate(
                (("1", "share above a threshold"),
                 (layout.wave_unit, "boundary of the set above a threshold"),
                 (layout.unit_of(0, -2), "Euler characteristic of the set above a threshold"))
            )
        ),
        _observable(
            "peaks", r"$n(>\nu)$", layout.unit_of(0, -2), "peaks above a height",
            partial(_peaks, layout),
            axis=("height in standard deviations", "1"), along=tuple(PEAKS.tolist()),
        ),
        _observable(
            "band_sparsity", r"$\langle|x_k|\rangle/\sigma_k$", "1",
            "mean magnitude over standard deviation, in octaves of k",
            partial(_bands, modes, layout, _sparsity), axis=wave, along=first,
        ),
    ]  # fmt: skip
    return (*found, *(zonal_observables(layout, modes) if layout.zonal else ()))


def bands_of(modes: Modes) -> list[tuple[int, int]]:
    """Octaves of rings: 1, 2 to 3, 4 to 7 and so on; the last may be incomplete."""
    rings = len(modes.counts)
    return [(2**n - 1, min(2 ** (n + 1) - 1, rings)) for n in range(rings.bit_length())]


def _signed(layout: FieldLayout) -> list[Observable]:
    """Quantities that change with the sign of the field."""
    modes, unit = modes_of(layout), layout.unit
    bands = bands_of(modes)
    return [
        _observable("mean", r"$\bar x$", unit, "mean", lambda fields: fields.mean((1, 2))),
        _observable("skewness", r"$\gamma$", "1", "skewness", partial(_moment, layout, 3)),
        _observable("smallest", r"$x_{min}$", unit, "smallest value", lambda f: f.min((1, 2))),
        _observable("largest", r"$x_{max}$", unit, "largest value", lambda f: f.max((1, 2))),
        _observable(
            "band_skewness", r"$\gamma_k$", "1",
            "skewness in octaves of k, the bispectrum of near triangles",
            partial(_bands, modes, layout, _skewness), axis=("k", layout.wave_unit),
            along=tuple(modes.centres[start] for start, _ in bands),
        ),
    ]  # fmt: skip


def _signless(layout: FieldLayout) -> list[Observable]:
    """The same for fields whose sign a mirror image changes."""
    unit, skewness = layout.unit, partial(_moment, layout, 3)
    return [
        _observable(
            "skewness_magnitude", r"$|\gamma|$", "1", "magnitude of the skewness",
            lambda fields: np.abs(skewness(fields)),
        ),
        _observable(
            "largest_magnitude", r"$|x|_{max}$", unit, "largest magnitude",
            lambda fields: np.abs(fields).max((1, 2)),
        ),
    ]  # fmt: skip


def _observable(
    name: str,
    symbol: str,
    unit: str,
    long_name: str,
    measure: Measure,
    axis: tuple[str, str] | None = None,
    along: tuple[float, ...] | None = None,
) -> Observable:
    def compute(samples: Samples, conditions: Conditions) -> np.ndarray:
        return in_chunks(measure, samples[FIELD])

    return Observable(name, symbol, unit, long_name, compute, axis=axis, along=along)


def _variance(fields: np.ndarray) -> np.ndarray:
    return np.asarray(fields.var((1, 2)))


def _moment(layout: FieldLayout, power: int, fields: np.ndarray) -> np.ndarray:
    """Third or fourth standardised moment of each field, less that of a normal distribution."""
    values = standard(layout, fields)
    squares = values**2
    moment = (squares * (squares if power == 4 else values)).mean((1, 2))
    return np.asarray(moment - (3 if power == 4 else 0))


def _functional(layout: FieldLayout, number: int, fields: np.ndarray) -> np.ndarray:
    found = minkowski(layout, fields)[:, number]
    if not layout.zonal:
        return np.asarray(found)
    negative = (1 - found, found, -found)[number][:, ::-1]
    return np.asarray((found + negative) / 2)


def _peaks(layout: FieldLayout, fields: np.ndarray) -> np.ndarray:
    found = peak_density(layout, fields)
    return (found + peak_density(layout, -fields)) / 2 if layout.zonal else found


def _bands(modes: Modes, layout: FieldLayout, measure: Measure, fields: np.ndarray) -> np.ndarray:
    """A measure of each field's parts in `bands_of`, over a power of their standard deviations."""
    least = _SMALLEST_SPREAD * layout.scale
    columns = []
    for first, beyond in bands_of(modes):
        part = band_fields(modes, fields, first, beyond)
        spread = np.sqrt((part**2).mean((1, 2), keepdims=True))
        columns.append(measure(part / np.maximum(spread, least)))
    return np.stack(columns, 1)


def _sparsity(fields: np.ndarray) -> np.ndarray:
    return np.asarray(np.abs(fields).mean((1, 2)))


def _skewness(fields: np.ndarray) -> np.ndarray:
    return np.asarray((fields**2 * fields).mean((1, 2)))
