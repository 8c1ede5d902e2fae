"""Observables of points, and targets of their surrogates."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from physgan.domains.base import Conditions, EnsembleObservable, Observable, Samples, Target

__all__ = ["ENSEMBLE", "observables_of", "targets_of"]


def observables_of(dimension: int) -> tuple[Observable, ...]:
    """The coordinates, the distance from the origin and, in a plane, the angle."""
    names = "xyz" if dimension <= 3 else [f"x{i + 1}" for i in range(dimension)]
    coordinates = [
        Observable(name, f"${name[0]}_{{{name[1:]}}}$" if name[1:] else f"${name}$", "1",
                   f"coordinate {name}", _coordinate(index))
        for index, name in enumerate(names[:dimension])
    ]  # fmt: skip
    radius = Observable("radius", "$r$", "1", "distance from the origin", _radius)
    angle = Observable("angle", r"$\varphi$", "rad", "angle", _angle)
    return (*coordinates, radius, *([angle] if dimension == 2 else []))


def targets_of(observables: Sequence[Observable]) -> Mapping[str, tuple[Target, ...]]:
    """A target on the histogram overlap of each observable, and one on the largest AUC.

    An AUC of .60 allows for modes that are 15 % too narrow in the plane.
    """
    overlaps = [Target(f"{o.long_name} histogram", o.name, "overlap", 0.9) for o in observables]
    return {"quickstart": (*overlaps, Target("largest AUC", "", "auc", 0.60))}


def _coordinate(index: int) -> Callable[[Samples, Conditions], np.ndarray]:
    return lambda samples, conditions: samples["points"][:, index].astype(np.float64)


def _radius(samples: Samples, conditions: Conditions) -> np.ndarray:
    return np.asarray(np.linalg.norm(samples["points"].astype(np.float64), axis=1))


def _angle(samples: Samples, conditions: Conditions) -> np.ndarray:
    points = samples["points"].astype(np.float64)
    return np.asarray(np.arctan2(points[:, 1], points[:, 0]))


def _mean_radius(values: Mapping[str, np.ndarray], condition: Conditions) -> float:
    return float(values["radius"].mean())


ENSEMBLE: tuple[EnsembleObservable, ...] = (
    EnsembleObservable(
        "mean_radius", r"$\langle r \rangle$", "1", "mean distance",
        "mean distance from the origin", _mean_radius, ("radius",),
    ),
)  # fmt: skip
