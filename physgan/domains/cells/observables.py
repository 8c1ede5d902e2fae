"""Observables of cells, of one sample and of many, and targets of their surrogates."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from physgan.domains.base import Conditions, EnsembleObservable, Observable, Samples, Target
from physgan.domains.cells.layout import FIELD, CellAxis, CellLayout

__all__ = ["TARGETS", "ensemble_of", "observables_of", "profiles"]

TARGETS: Mapping[str, tuple[Target, ...]] = {
    "quickstart": (
        Target("total histogram", "total", "overlap", 0.85),
        Target("mean total", "mean_total", "relative", 0.01),
        Target("spectrum of cells", "cell_value", "separation", 3.0),
        Target("largest AUC", "", "auc", 0.58),
    ),
}


class Profile(NamedTuple):
    """Sums along one axis of the cells.

    Attributes:
        sums: shape (n, length).
        centre: mean coordinate, weighted with the sums; the middle of the axis where all are zero.
        width: standard deviation of the coordinate, shape (n,).
    """

    sums: np.ndarray
    centre: np.ndarray
    width: np.ndarray


def profiles(layout: CellLayout, samples: Samples) -> dict[str, Profile]:
    """The profile along each axis of two cells or more, by its name."""
    values = np.asarray(samples[FIELD])
    return {axis.name: _profile(values, number, axis) for number, axis in layout.long.items()}


def _profile(values: np.ndarray, number: int, axis: CellAxis) -> Profile:
    others = tuple(k for k in range(1, values.ndim) if k != number + 1)
    sums = values.sum(others, dtype=np.float64)
    middle = (axis.centres[0] + axis.centres[-1]) / 2
    total = sums.sum(1)
    shares = sums / np.where(total > 0, total, 1)[:, None]
    away = shares @ (axis.centres - middle)
    square = shares @ (axis.centres - middle) ** 2
    return Profile(sums, middle + away, np.sqrt(np.maximum(square - away**2, 0)))


def observables_of(layout: CellLayout) -> tuple[Observable, ...]:
    """Total, lit cells, largest cell; centre, width and profile along each axis."""
    unit, step = layout.unit, (lambda geometry: 1.0) if layout.whole else None
    observables = [
        Observable("total", r"$\Sigma$", unit, "total", _total, step),
        Observable(
            "lit_cells", "$N_{lit}$", "1", "number of lit cells", _lit, lambda geometry: 1.0
        ),
        Observable("largest", "$x_{max}$", unit, "largest cell", _largest, step),
    ]
    for number, axis in layout.long.items():

        def measure(part: str, number: int = number, axis: CellAxis = axis) -> Measure:
            return lambda samples, conditions: getattr(
                _profile(np.asarray(samples[FIELD]), number, axis), part
            )

        word = rf"\mathrm{{{axis.name}}}".replace("_", r"\_")
        observables += [
            Observable(
                f"centre_{axis.name}", rf"$\langle {word} \rangle$", axis.unit,
                f"centre in {axis.name}", measure("centre"),
            ),
            Observable(
                f"width_{axis.name}", rf"$\sigma_{{{word}}}$", axis.unit, f"width in {axis.name}",
                measure("width"),
            ),
            Observable(
                f"profile_{axis.name}", r"$\Sigma$", unit, f"profile in {axis.name}",
                measure("sums"), axis=(axis.name, axis.unit), along=tuple(axis.centres.tolist()),
            ),
        ]  # fmt: skip
    return tuple(observables)


def ensemble_of(layout: CellLayout) -> tuple[EnsembleObservable, ...]:
    """Mean and spread of the total, mean number of lit cells, and mean profiles."""
    unit = layout.unit
    return (
        EnsembleObservable(
            "mean_total", r"$\langle \Sigma \rangle$", unit, "mean total", "mean of the total",
            lambda values, condition: float(values["total"].mean()), ("total",),
        ),
        EnsembleObservable(
            "spread_of_total", r"$\sigma(\Sigma)$", unit, "spread of the total",
            "standard deviation of the total",
            lambda values, condition: float(values["total"].std()), ("total",),
        ),
        EnsembleObservable(
            "mean_lit_cells", r"$\langle N_{lit} \rangle$", "1", "mean number of lit cells",
            "mean of the number of lit cells",
            lambda values, condition: float(values["lit_cells"].mean()), ("lit_cells",),
        ),
        *(_mean_profile(axis, unit) for axis in layout.long.values()),
    )  # fmt: skip


Measure = Callable[[Samples, Conditions], np.ndarray]


def _mean_profile(axis: CellAxis, unit: str) -> EnsembleObservable:
    name = f"profile_{axis.name}"
    return EnsembleObservable(
        f"mean_{name}", r"$\langle \Sigma \rangle$", unit, f"mean profile in {axis.name}",
        f"mean sum at each {axis.name}",
        lambda values, condition: np.asarray(values[name].mean(0)), (name,),
        axis=(axis.name, axis.unit),
    )  # fmt: skip


def _flat(samples: Samples) -> np.ndarray:
    return np.asarray(samples[FIELD]).reshape(len(samples[FIELD]), -1)


def _total(samples: Samples, conditions: Conditions) -> np.ndarray:
    return np.asarray(_flat(samples).sum(1, dtype=np.float64))


def _lit(samples: Samples, conditions: Conditions) -> np.ndarray:
    return np.asarray((_flat(samples) > 0).sum(1, dtype=np.float64))


def _largest(samples: Samples, conditions: Conditions) -> np.ndarray:
    return _flat(samples).max(1).astype(np.float64)
