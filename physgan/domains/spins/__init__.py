"""Spin lattices: +1 and -1 on an L x L torus."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from physgan.domains.protocol import EnsembleObservable, Observable, Samples, Target
from physgan.domains.spins import lattice
from physgan.domains.spins.observables import (
    ENSEMBLE,
    OBSERVABLES,
    correlation,
    energy,
    magnetisation,
    structure_kmin,
)
from physgan.domains.spins.pictures import draw_lattice
from physgan.domains.spins.targets import TARGETS

__all__ = [
    "Spins",
    "correlation",
    "draw_lattice",
    "energy",
    "magnetisation",
    "structure_kmin",
]


class Spins:
    """The domain of spin lattices; see `physgan.domains.Domain`.

    The samples' only field is "spins", int8 (n, L, L); the condition is "temperature", J/k_B.
    """

    name: str = "spins"
    observables: tuple[Observable, ...] = OBSERVABLES
    ensemble: tuple[EnsembleObservable, ...] = ENSEMBLE
    histograms: tuple[str, ...] = ("energy", "magnetisation")
    features: tuple[str, ...] = ("energy", "magnetisation", "correlation", "structure_kmin")
    periodic: bool = True
    targets: Mapping[str, tuple[Target, ...]] = TARGETS

    def geometry(self, samples: Samples) -> dict[str, float]:
        """Lattice size: {"size": L}."""
        return {"size": samples["spins"].shape[1]}

    def images(self, samples: Samples) -> np.ndarray:
        """Lattices as float32 (n, L, L, 1)."""
        return lattice.images(samples["spins"])

    def augment(self, images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Random rotation and reflection of each lattice; see `lattice.augment`."""
        return lattice.augment(images, rng, flip=False)

    def picture(self, axes: Any, samples: Samples, index: int) -> None:
        """Draw lattice `index`."""
        draw_lattice(axes, samples["spins"][index])
