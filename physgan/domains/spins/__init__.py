"""Spin lattices: +1 and -1 on an L x L torus."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import numpy as np

from physgan.domains.protocol import Conditions, EnsembleObservable, Observable, Samples, Target
from physgan.domains.spins import lattice
from physgan.domains.spins.features import feature_names, physical_features
from physgan.domains.spins.heat_bath import heat_bath_logits, sublattice_log_weight
from physgan.domains.spins.observables import (
    ENSEMBLE,
    OBSERVABLES,
    correlation,
    energy,
    magnetisation,
    structure_kmin,
)
from physgan.domains.spins.pictures import draw_lattice
from physgan.domains.spins.symmetries import random_symmetry
from physgan.domains.spins.targets import TARGETS
from physgan.errors import InputError

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
    field: str = "spins"
    observables: tuple[Observable, ...] = OBSERVABLES
    ensemble: tuple[EnsembleObservable, ...] = ENSEMBLE
    histograms: tuple[str, ...] = ("energy", "magnetisation")
    features: tuple[str, ...] = ("energy", "magnetisation", "correlation", "structure_kmin")
    periodic: bool = True
    unit_scale: bool = True
    needs_conditions: bool = True
    targets: Mapping[str, tuple[Target, ...]] = TARGETS
    conditions: tuple[str, ...] = ("temperature",)

    def geometry(self, samples: Samples) -> dict[str, float]:
        """Lattice size: {"size": L}."""
        return {"size": samples["spins"].shape[1]}

    def views(self, samples: Samples, conditions: Conditions) -> dict[str, np.ndarray]:
        """The spins, and the observables of `features`, beside the temperature."""
        spins = samples["spins"].reshape(len(samples["spins"]), -1)
        label = np.broadcast_to(np.asarray(conditions["temperature"]), len(spins))[:, None]
        columns = [o.compute(samples, conditions) for o in OBSERVABLES if o.name in self.features]
        high = [label, *(c.reshape(len(spins), -1) for c in columns)]
        return {
            "low-level": np.concatenate([label, spins], 1).astype(np.float32),
            "high-level": np.concatenate(high, 1).astype(np.float32),
        }

    def points(self, samples: Samples) -> None:
        """None: neighbours of a lattice are as far away as any other lattice."""
        return None

    def images(self, samples: Samples) -> np.ndarray:
        """Lattices as float32 (n, L, L, 1)."""
        return lattice.images(samples["spins"])

    def augment(self, images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Random rotation and reflection of each lattice; see `lattice.augment`."""
        return lattice.augment(images, rng, flip=False)

    def picture(self, axes: Any, samples: Samples, index: int) -> None:
        """Draw lattice `index`."""
        draw_lattice(axes, samples["spins"][index])

    def encode(self, samples: Samples) -> np.ndarray:
        """Spins are their own network space: int8 (n, L, L)."""
        return samples["spins"]

    def decode(self, array: np.ndarray) -> dict[str, np.ndarray]:
        """Network output (n, L, L), near +1 and -1, to {"spins": int8}."""
        return {"spins": np.where(array > 0, 1, -1).astype(np.int8)}

    def transform(self, keys: jax.Array, array: jax.Array) -> jax.Array:
        """Random translation, rotation, reflection and global flip of each lattice."""
        return random_symmetry(keys, array)

    def discriminator_input(self, array: jax.Array) -> jax.Array:
        """Lattices as images, (n, L, L, 1)."""
        return array[..., None]

    def physical_features(self, array: jax.Array) -> jax.Array:
        """Energy, magnetisation and correlations of each lattice; see `physical_features`."""
        return physical_features(array)

    def validation_features(self, array: jax.Array) -> None:
        """None: the physical features are."""
        return None

    def feature_names(self, shape: Sequence[int]) -> tuple[str, ...]:
        """Names of those features."""
        return feature_names(shape[0])

    def training(self) -> dict[str, Any]:
        """Nothing but the defaults."""
        return {}

    def generator(self, array: np.ndarray, first_condition: np.ndarray) -> dict[str, Any]:
        """The hierarchy of scales for lattices of this size."""
        return {"network": "spin-hierarchy", "size": array.shape[1]}

    def values(self, array: np.ndarray) -> dict[str, Any]:
        """Signs of real numbers."""
        return {"kind": "signs"}

    def exact_parts(self, parameters: Mapping[str, Any]) -> dict[str, Callable[..., Any]]:
        """The heat bath of the finest sublattice, as "head"."""
        if parameters.get("field", 0.0):
            raise InputError(
                "expected lattices without external field, which the generator's flip symmetry "
                f"needs; got field {parameters['field']} J; train on a dataset with field 0"
            )
        return {"head": heat_bath_logits}

    def log_density(self, parameters: Mapping[str, Any]) -> Callable[[Any, Any], Any] | None:
        """Boltzmann's weight of the sublattice that the heat bath starts from."""
        return None if parameters.get("field", 0.0) else sublattice_log_weight
