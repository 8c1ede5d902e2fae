"""Observables of fields, of one field and of many."""

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from physgan.domains.base import Conditions, EnsembleObservable, Observable, Samples
from physgan.domains.fields.layout import FIELD, FieldLayout
from physgan.domains.fields.morphology import (
    PEAKS,
    THRESHOLDS,
    minkowski,
    peak_density,
    standard,
)
from physgan.domains.fields.spectrum import Modes, band_fields, in_chunks, modes_of, ring_power
from physgan.domains.fields.zonal import zonal_ensemble, zonal_observables

__all__ = ["bands_of", "bins_of", "ensemble_of", "log_power_correlation", "observables_of"]

Measure = Callable[[np.ndarray], np.ndarray]
PerSample = Mapping[str, np.ndarray]

_BINS = 6
_TINY = 1e-30
_SMALLEST_SPREAD = 1e-12
_NU = (r"threshold in standard deviations", "1")


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
                partial(_functional, layout, number), axis=_NU, along=tuple(THRESHOLDS.tolist()),
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


def ensemble_of(layout: FieldLayout) -> tuple[EnsembleObservable, ...]:
    """Means, and the scatter and correlation of the power spectrum."""
    modes = modes_of(layout)
    means = [
        EnsembleObservable(
            f"mean_{o.name}", rf"$\langle {o.symbol.strip('$')} \rangle$", o.unit,
            f"{o.long_name}, mean over fields", f"mean over fields of {o.name}",
            partial(_mean, o.name), (o.name,),
            axis=o.axis, along=o.along,
        )
        for o in observables_of(layout)
    ]  # fmt: skip
    own = zonal_ensemble(layout, modes) if layout.zonal else ()
    return (*means, *_of_power(layout, modes), _EULER_CURVE, *own)


def _of_power(layout: FieldLayout, modes: Modes) -> tuple[EnsembleObservable, ...]:
    """Quantities of many fields' power spectra."""
    along, counts = modes.centres, modes.counts
    large = _up_to_half_nyquist(modes)
    bins = bins_of(modes)
    edges = ", ".join(f"{along[s]:.3g}-{along[b - 1]:.3g}" for s, b in bins)
    wave, needs = ("k", layout.wave_unit), ("power",)

    def of_large_scales(values: PerSample, condition: Conditions) -> np.ndarray:
        return np.asarray(values["power"][:, :large].mean(0))

    def scatter(values: PerSample, condition: Conditions) -> np.ndarray:
        power = values["power"]
        spread = power.std(0) / np.maximum(power.mean(0), _TINY)
        return np.asarray(spread * np.sqrt(counts / 2))

    def correlation(values: PerSample, condition: Conditions) -> np.ndarray:
        return log_power_correlation(modes, values["power"])

    def coupling(values: PerSample, condition: Conditions) -> float:
        chance = 1 / max(len(values["power"]) - 1, 1)
        square = float((correlation(values, condition) ** 2).mean()) if len(bins) > 1 else 0.0
        return float(np.sqrt(max(square - chance, 0.0)))

    return (
        EnsembleObservable(
            "large_scale_power", r"$\langle P(k)\rangle$", layout.unit_of(2, 2),
            "mean power up to half the Nyquist wavenumber", "mean over fields of power",
            of_large_scales, needs, axis=wave, along=tuple(along[:large].tolist()),
        ),
        EnsembleObservable(
            "power_scatter", r"$\sigma_P/\sigma_{Gauss}$", "1",
            "scatter of the power over that of Gaussian fields",
            "standard deviation of P(k) over its mean, times sqrt(N/2) with N modes in a ring, "
            "conjugates counted", scatter, needs, axis=wave, along=tuple(along.tolist()),
        ),
        EnsembleObservable(
            "log_power_correlation", r"$r_{ij}$", "1",
            "correlation of ln P between bins of k",
            f"correlation over fields of ln P of two bins of k ({edges}), in the order 12, 13, ... "
            "23, 24, ...", correlation, needs, axis=("pair of bins", "1"),
        ),
        EnsembleObservable(
            "log_power_coupling", r"$r_{rms}$", "1",
            "rms correlation of ln P between bins of k",
            "root of the mean square of log_power_correlation, less 1/(n - 1), which n independent "
            "fields have by chance; 0 if that is negative", coupling, needs,
        ),
    )  # fmt: skip


def _euler_curve(values: PerSample, condition: Conditions) -> np.ndarray:
    steepest = 8 * values["minkowski_v1"].mean(0).max()
    largest = steepest**2 / ((2 * np.pi) ** 1.5 * np.exp(0.5))
    return np.asarray(values["minkowski_v2"].mean(0) / max(largest, _TINY))


_EULER_CURVE = EnsembleObservable(
    "euler_curve", r"$V_2/V_2^{Gauss}$", "1",
    "Euler characteristic over the largest of a Gaussian field with that boundary",
    "mean of minkowski_v2 over (8 v)^2 / (2 pi)^(3/2) e^(-1/2), with v the largest mean of "
    "minkowski_v1", _euler_curve, ("minkowski_v1", "minkowski_v2"),
    axis=_NU, along=tuple(THRESHOLDS.tolist()),
)  # fmt: skip


def bins_of(modes: Modes) -> list[tuple[int, int]]:
    """At most six bins up to half the Nyquist wavenumber: first ring, and the one after the last.

    They grow in equal ratios. More of them could not be resolved with a thousand fields.
    """
    last = _up_to_half_nyquist(modes)
    edges = np.unique(np.rint(np.geomspace(1, last + 1, _BINS + 1)).astype(int)) - 1
    return list(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True))


def bands_of(modes: Modes) -> list[tuple[int, int]]:
    """Octaves of rings: 1, 2 to 3, 4 to 7 and so on; the last may be incomplete."""
    rings = len(modes.counts)
    return [(2**n - 1, min(2 ** (n + 1) - 1, rings)) for n in range(rings.bit_length())]


def log_power_correlation(modes: Modes, power: np.ndarray) -> np.ndarray:
    """Correlation over fields of ln P between all pairs of `bins_of`, the upper triangle.

    Args:
        modes: of the layout.
        power: shape (n, rings).
    """
    counts, bins = modes.counts, bins_of(modes)
    binned = [power[:, s:b] @ (counts[s:b] / counts[s:b].sum()) for s, b in bins]
    logarithms = np.log(np.maximum(np.stack(binned, 1), _TINY))
    centred = logarithms - logarithms.mean(0)
    spread = np.maximum(np.sqrt((centred**2).mean(0)), _SMALLEST_SPREAD)
    matrix = (centred / spread).T @ (centred / spread) / len(power)
    return np.asarray(matrix[np.triu_indices(len(bins), 1)])


def _up_to_half_nyquist(modes: Modes) -> int:
    """Number of rings up to half of the Nyquist wavenumber."""
    return max((len(modes.counts) + 1) // 2, 1)


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


def _mean(name: str, values: PerSample, condition: Conditions) -> float | np.ndarray:
    return np.asarray(values[name].mean(0))


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
