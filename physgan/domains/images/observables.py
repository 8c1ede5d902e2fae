"""Observables of pictures, and targets of their surrogates."""

from collections.abc import Callable, Mapping

import numpy as np

from physgan.domains.base import Conditions, EnsembleObservable, Observable, Samples, Target
from physgan.domains.images.measures import MEASURES, spectrum

__all__ = ["ENSEMBLE", "TARGETS", "observables_of"]

_HALF_A_LEVEL = 0.5 / 255

_SCALARS = {
    "intensity": (r"$\langle b \rangle$", "1", "mean intensity"),
    "contrast": (r"$\sigma_b$", "1", "spread of the intensity"),
    "centre_row": ("$y$", "pixels", "centre of gravity, rows"),
    "centre_column": ("$x$", "pixels", "centre of gravity, columns"),
    "width_row": (r"$\sigma_y$", "pixels", "width across rows"),
    "width_column": (r"$\sigma_x$", "pixels", "width across columns"),
}


def observables_of(field: str) -> tuple[Observable, ...]:
    """Moments of the brightness, the share of black pixels, and the power spectrum."""
    scalars = [
        Observable(name, symbol, unit, long_name, _measured(field, MEASURES[name]))
        for name, (symbol, unit, long_name) in _SCALARS.items()
    ]

    def sparsity(samples: Samples, conditions: Conditions) -> np.ndarray:
        dark = samples[field].mean(-1) < _HALF_A_LEVEL
        return np.asarray(dark.mean((1, 2), dtype=np.float64))

    return (
        *scalars,
        Observable("sparsity", "$f_0$", "1", "share of black pixels", sparsity),
        Observable(
            "spectrum", "$P(k)$", "1", "power spectrum", _measured(field, spectrum),
            axis=("k", "cycles a picture"),
        ),
    )  # fmt: skip


def _measured(
    field: str, measure: Callable[..., np.ndarray]
) -> Callable[[Samples, Conditions], np.ndarray]:
    def compute(samples: Samples, conditions: Conditions) -> np.ndarray:
        return np.asarray(measure(samples[field], np), np.float64)

    return compute


def _mean(name: str) -> Callable[[Mapping[str, np.ndarray], Conditions], float | np.ndarray]:
    return lambda values, condition: np.asarray(values[name].mean(0))


ENSEMBLE: tuple[EnsembleObservable, ...] = (
    EnsembleObservable(
        "mean_intensity", r"$\langle b \rangle$", "1", "mean intensity",
        "mean over pixels and pictures", _mean("intensity"), ("intensity",),
    ),
    EnsembleObservable(
        "mean_spectrum", r"$\langle P(k) \rangle$", "1", "mean power spectrum",
        "mean over pictures of each ring's power", _mean("spectrum"), ("spectrum",),
        axis=("k", "cycles a picture"),
    ),
)  # fmt: skip

TARGETS: Mapping[str, tuple[Target, ...]] = {
    "quickstart": (
        Target("intensity histogram", "intensity", "overlap", 0.85),
        Target("contrast histogram", "contrast", "overlap", 0.85),
        Target("power spectrum", "mean_spectrum", "relative", 0.2),
        Target("largest AUC", "", "auc", 0.65),
    ),
}
