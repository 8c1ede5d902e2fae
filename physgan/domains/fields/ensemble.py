"""Observables of many fields: means, and scatter and correlation of the power spectrum."""

from collections.abc import Mapping
from functools import partial

import numpy as np
import scipy.special

from physgan.domains.base import Conditions, EnsembleObservable
from physgan.domains.fields.layout import FieldLayout
from physgan.domains.fields.morphology import THRESHOLDS
from physgan.domains.fields.observables import THRESHOLD_AXIS, observables_of
from physgan.domains.fields.spectrum import Modes, modes_of
from physgan.domains.fields.zonal import zonal_ensemble

__all__ = ["bins_of", "ensemble_of", "log_power_correlation"]

PerSample = Mapping[str, np.ndarray]

_BINS = 6
_TINY = 1e-30
_SMALLEST_SPREAD = 1e-12


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
    degrees = np.array([counts[s:b].sum() for s, b in bins])
    gaussian = np.sqrt(scipy.special.polygamma(1, degrees / 2))

    def of_large_scales(values: PerSample, condition: Conditions) -> np.ndarray:
        return np.asarray(values["power"][:, :large].mean(0))

    def scatter(values: PerSample, condition: Conditions) -> np.ndarray:
        power = values["power"]
        spread = power.std(0) / np.maximum(power.mean(0), _TINY)
        return np.asarray(spread * np.sqrt(counts / 2))

    def log_scatter(values: PerSample, condition: Conditions) -> np.ndarray:
        return np.asarray(_log_binned(modes, values["power"]).std(0) / gaussian)

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
            "log_power_scatter", r"$\sigma_{\ln P}/\sigma_{Gauss}$", "1",
            "scatter of ln P in bins of k over that of Gaussian fields",
            f"standard deviation of ln P/<P> in bins of k ({edges}) over sqrt(psi'(N/2)), psi' the "
            "trigamma function and N the number of modes in a bin", log_scatter, needs,
            axis=wave, along=tuple(float(along[s]) for s, _ in bins),
        ),
        EnsembleObservable(
            "log_power_correlation", r"$r_{ij}$", "1",
            "correlation of ln P between bins of k",
            f"correlation over fields of ln P/<P> in two bins of k ({edges}), in the order "
            "12, 13, ... 23, 24, ...", correlation, needs, axis=("pair of bins", "1"),
        ),
        EnsembleObservable(
            "log_power_coupling", r"$r_{rms}$", "1",
            "rms correlation of ln P between bins of k",
            "root of the mean square of log_power_correlation, less 1/(n - 1), which n independent "
            "fields have by chance; 0 if that is negative", coupling, needs,
        ),
    )  # fmt: skip


def bins_of(modes: Modes) -> list[tuple[int, int]]:
    """At most six bins up to half the Nyquist wavenumber: first ring, and the one after the last.

    They grow in equal ratios. More of them could not be resolved with a thousand fields.
    """
    last = _up_to_half_nyquist(modes)
    edges = np.unique(np.rint(np.geomspace(1, last + 1, _BINS + 1)).astype(int)) - 1
    return list(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True))


def log_power_correlation(modes: Modes, power: np.ndarray) -> np.ndarray:
    """Correlation over fields of ln P between all pairs of `bins_of`, the upper triangle.

    Args:
        modes: of the layout.
        power: shape (n, rings).
    """
    logarithms = _log_binned(modes, power)
    centred = logarithms - logarithms.mean(0)
    spread = np.maximum(np.sqrt((centred**2).mean(0)), _SMALLEST_SPREAD)
    matrix = (centred / spread).T @ (centred / spread) / len(power)
    return np.asarray(matrix[np.triu_indices(len(spread), 1)])


def _log_binned(modes: Modes, power: np.ndarray) -> np.ndarray:
    """Logarithm of the mean over modes of P / <P> in each of `bins_of`, shape (n, bins).

    Each ring's power is in units of its mean over fields, so that all modes of a bin count alike.
    """
    counts, power = modes.counts, power / np.maximum(power.mean(0), _TINY)
    binned = [power[:, s:b] @ (counts[s:b] / counts[s:b].sum()) for s, b in bins_of(modes)]
    return np.asarray(np.log(np.maximum(np.stack(binned, 1), _TINY)))


def _up_to_half_nyquist(modes: Modes) -> int:
    """Number of rings up to half of the Nyquist wavenumber."""
    return max((len(modes.counts) + 1) // 2, 1)


def _mean(name: str, values: PerSample, condition: Conditions) -> float | np.ndarray:
    return np.asarray(values[name].mean(0))


def _euler_curve(values: PerSample, condition: Conditions) -> np.ndarray:
    steepest = 8 * values["minkowski_v1"].mean(0).max()
    largest = steepest**2 / ((2 * np.pi) ** 1.5 * np.exp(0.5))
    return np.asarray(values["minkowski_v2"].mean(0) / max(largest, _TINY))


_EULER_CURVE = EnsembleObservable(
    "euler_curve", r"$V_2/V_2^{Gauss}$", "1",
    "Euler characteristic over the largest of a Gaussian field with that boundary",
    "mean of minkowski_v2 over (8 v)^2 / (2 pi)^(3/2) e^(-1/2), with v the largest mean of "
    "minkowski_v1", _euler_curve, ("minkowski_v1", "minkowski_v2"),
    axis=THRESHOLD_AXIS, along=tuple(THRESHOLDS.tolist()),
)  # fmt: skip
