"""Points of a few dimensions: the smallest samples there are, to study training itself on."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from physgan.domains.points.observables import ENSEMBLE, observables_of, targets_of
from physgan.domains.protocol import (
    Conditions,
    Described,
    EnsembleObservable,
    Observable,
    Samples,
    Target,
)
from physgan.errors import InputError

__all__ = ["Points"]

_FREQUENCIES = np.array([1.0, 2.0, 4.0, 8.0, 16.0], np.float32)
_TRAINING = {
    "discriminator": "fourier",
    "batch_size": 64,
    "generator_width": 16,
    "generator_depth": 2,
    "discriminator_width": 16,
    "discriminator_blocks": 2,
    "embedding": 16,
    "likelihood_samples": 0,
    "adversarial_samples": 640_000,
    "generator_rate": 3e-4,
    "discriminator_rate": 2e-3,
    "rate_fall": 10.0,
    "head_start": 0,
    "gamma": 0.01,
    "gamma_fall": 100.0,
    "checkpoint_samples": 32_000,
    "validation_samples": 8_192,
}


class Points:
    """The domain of points; see `physgan.domains.Domain`.

    The samples' only field is "points", float32 (n, k), of order one; conditions may be there or
    not.

    Args:
        source: what has fields, conditions and grid: a dataset, a simulator, a surrogate.

    Raises:
        InputError: if it has no points with one axis of coordinates.
    """

    name: str = "points"
    field: str = "points"
    ensemble: tuple[EnsembleObservable, ...] = ENSEMBLE
    periodic: bool = False
    unit_scale: bool = True
    needs_conditions: bool = False

    def __init__(self, source: Described) -> None:
        lengths = {axis.name: len(axis.values) for axis in source.grid}
        axes = next((f.axes for f in source.fields if f.name == self.field), ())
        if len(axes) != 1 or axes[0] not in lengths:
            raise InputError(
                f"expected points with one axis, coordinate; got {', '.join(axes) or 'none'}"
            )
        self.conditions: tuple[str, ...] = tuple(c.name for c in source.conditions)
        self.observables: tuple[Observable, ...] = observables_of(lengths[axes[0]])
        self.features: tuple[str, ...] = tuple(o.name for o in self.observables)
        self.histograms: tuple[str, ...] = self.features
        self.targets: Mapping[str, tuple[Target, ...]] = targets_of(self.observables)

    def geometry(self, samples: Samples) -> dict[str, float]:
        """Nothing follows from the arrays' shapes."""
        return {}

    def views(self, samples: Samples, conditions: Conditions) -> dict[str, np.ndarray]:
        """The coordinates, and the observables, beside the conditions."""
        count = len(samples[self.field])
        labels = [np.broadcast_to(np.asarray(conditions[n]), count) for n in self.conditions]
        measured = [o.compute(samples, conditions) for o in self.observables]
        return {
            name: np.concatenate([c.reshape(count, -1) for c in (*labels, *columns)], 1).astype(
                np.float32
            )
            for name, columns in (
                ("low-level", [np.asarray(samples[self.field])]),
                ("high-level", measured),
            )
        }

    def points(self, samples: Samples) -> np.ndarray:
        """The points themselves, float32 (n, k)."""
        return np.asarray(samples[self.field], np.float32)

    def images(self, samples: Samples) -> np.ndarray:
        """One pixel with a channel a coordinate, float32 (n, 1, 1, k)."""
        return self.points(samples)[:, None, None, :]

    def augment(self, images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Nothing: points in general have no symmetry."""
        return images

    def picture(self, axes: Any, samples: Samples, index: int) -> None:
        """Draw point `index` among all, by the first two coordinates."""
        cloud = np.asarray(samples[self.field])
        second = cloud[:, 1] if cloud.shape[1] > 1 else np.zeros(len(cloud))
        axes.scatter(cloud[:, 0], second, s=4, color="#c5cbd6", linewidths=0)
        axes.scatter(cloud[index, 0], second[index], s=24, color="#0b63c5")
        axes.set_aspect("equal", "datalim")
        axes.set_xticks([])
        axes.set_yticks([])

    def encode(self, samples: Samples) -> np.ndarray:
        """Points are their own network space: float32 (n, k)."""
        return self.points(samples)

    def decode(self, array: np.ndarray) -> dict[str, np.ndarray]:
        """Inverse of `encode`."""
        return {self.field: np.asarray(array, np.float32)}

    def transform(self, keys: jax.Array, array: jax.Array) -> jax.Array:
        """Nothing: points in general have no symmetry."""
        return array

    def discriminator_input(self, array: jax.Array) -> jax.Array:
        """The points themselves, vectors (n, k)."""
        return array

    def physical_features(self, array: jax.Array) -> jax.Array:
        """The coordinates again: a point is nothing else."""
        return array

    def validation_features(self, array: jax.Array) -> jax.Array:
        """sin(w x) and cos(w x) of every coordinate, w = pi/2, pi, ... 8 pi: (n, 10 k).

        Their means are the characteristic function, which sees structure that a mean and a
        spread of coordinates do not. A discriminator that is shown them leads the generator
        from one local optimum to the next.
        """
        phases = (array[..., None] * (jnp.pi / 2 * _FREQUENCIES)).reshape(len(array), -1)
        return jnp.concatenate([jnp.sin(phases), jnp.cos(phases)], -1)

    def feature_names(self, shape: Sequence[int]) -> tuple[str, ...]:
        """Names of those features."""
        return (*(f"coordinate {number}" for number in range(shape[0])), "radius")

    def training(self) -> dict[str, Any]:
        """Small networks, no likelihood; the penalty holds modes first, then lets them sharpen."""
        return dict(_TRAINING)

    def generator(self, array: np.ndarray, first_condition: np.ndarray) -> dict[str, Any]:
        """A perceptron whose latents come in pieces, as laws of points do."""
        return {"network": "dense-mixture"}

    def values(self, array: np.ndarray) -> dict[str, Any]:
        """Real numbers they are."""
        return {"kind": "plain"}

    def exact_parts(self, parameters: Mapping[str, Any]) -> dict[str, Callable[..., Any]]:
        """None."""
        return {}

    def log_density(self, parameters: Mapping[str, Any]) -> None:
        """None: no formula is used: its generators have no likelihood."""
        return None
