"""Observables of many showers at one condition, and targets of surrogates."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from physgan.domains.base import Conditions, EnsembleObservable, Observable, Target

__all__ = ["ENSEMBLE", "LATERAL_TARGETS", "TARGETS", "lateral_ensemble"]

PerSample = Mapping[str, np.ndarray]


def _mean_response(values: PerSample, condition: Conditions) -> float:
    return float(values["response"].mean())


def _resolution(values: PerSample, condition: Conditions) -> float:
    return float(values["response"].std() / values["response"].mean())


def _profile(values: PerSample, condition: Conditions) -> np.ndarray:
    return np.asarray(values["layer_energy"].mean(0))


def _fluctuation(values: PerSample, condition: Conditions) -> np.ndarray:
    return np.asarray(values["layer_energy"].std(0))


ENSEMBLE: tuple[EnsembleObservable, ...] = (
    EnsembleObservable(
        "mean_response", r"$\langle E_{tot}/E_{inc} \rangle$", "1", "mean response",
        "mean of the visible share of the energy", _mean_response, ("response",),
    ),
    EnsembleObservable(
        "resolution", r"$\sigma / \mu$", "1", "energy resolution",
        "standard deviation of the visible share over its mean", _resolution, ("response",),
    ),
    EnsembleObservable(
        "profile", r"$\langle E_l \rangle$", "MeV", "longitudinal profile",
        "mean energy of each layer", _profile, ("layer_energy",), axis=("layer", "1"),
    ),
    EnsembleObservable(
        "fluctuation", r"$\sigma(E_l)$", "MeV", "fluctuation of the layers",
        "standard deviation of each layer's energy", _fluctuation, ("layer_energy",),
        axis=("layer", "1"),
    ),
)  # fmt: skip


def lateral_ensemble(observables: Sequence[Observable]) -> tuple[EnsembleObservable, ...]:
    """For detectors of few layers: profiles across the beam in place of those along it."""
    ring = next(o for o in observables if o.name == "ring_energy")
    return (
        *ENSEMBLE[:2],
        EnsembleObservable(
            "lateral_profile", r"$\langle E_r \rangle$", "MeV", "lateral profile",
            "mean energy of all cells at this distance from the axis",
            lambda values, condition: np.asarray(values["ring_energy"].mean(0)),
            ("ring_energy",), axis=ring.axis, along=ring.along,
        ),
        EnsembleObservable(
            "lateral_fluctuation", r"$\sigma(E_r)$", "MeV", "fluctuation across the beam",
            "standard deviation of the energy at this distance from the axis",
            lambda values, condition: np.asarray(values["ring_energy"].std(0)),
            ("ring_energy",), axis=ring.axis, along=ring.along,
        ),
    )  # fmt: skip


TARGETS: Mapping[str, tuple[Target, ...]] = {
    "quickstart": (
        Target("response histogram", "response", "overlap", 0.85),
        Target("mean response", "mean_response", "relative", 0.01),
        Target("resolution", "resolution", "relative", 0.10),
        Target("longitudinal profile", "profile", "relative", 0.10),
        Target("spectrum of cell energies", "cell_energy", "separation", 3.0),
        Target("largest AUC", "", "auc", 0.58),
    ),
    "long": (
        Target("response histogram", "response", "overlap", 0.95),
        Target("mean response", "mean_response", "relative", 0.003),
        Target("resolution", "resolution", "relative", 0.05),
        Target("longitudinal profile", "profile", "relative", 0.05),
        Target("spectrum of cell energies", "cell_energy", "separation", 3.0),
        Target("largest AUC", "", "auc", 0.55),
    ),
}

_ACROSS = partial(replace, label="lateral profile", observable="lateral_profile")
LATERAL_TARGETS: Mapping[str, tuple[Target, ...]] = {
    profile: tuple(_ACROSS(t) if t.observable == "profile" else t for t in targets)
    for profile, targets in TARGETS.items()
}
"""For detectors of few layers."""
