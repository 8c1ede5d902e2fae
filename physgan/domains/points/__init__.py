"""Points of a few dimensions: the smallest samples, for studies of training itself."""

from collections.abc import Sequence
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from physgan.domains.base import Described, Domain, Observable, Samples
from physgan.domains.importer import Importer
from physgan.domains.points.copula import PointCopula
from physgan.domains.points.observables import ENSEMBLE, observables_of, targets_of
from physgan.errors import InputError

__all__ = ["Points"]

_FREQUENCIES = np.array([1.0, 2.0, 4.0, 8.0, 16.0], np.float32)
IMPORTER = Importer(
    field="points",
    long_name="position",
    dtype="float32",
    axes=(("coordinate",),),
    words=("point", "position", "coordinate"),
)
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


class Points(Domain):
    """The domain of points.

    The samples' only field is "points", float32 (n, k), of order one; conditions are optional.

    Args:
        source: has fields, conditions and grid: a dataset, a simulator or a surrogate.

    Raises:
        InputError: if it has no points with one axis of coordinates.
    """

    name = "points"
    summary = "points of a few dimensions"
    field = "points"
    baselines: ClassVar = {"copula": PointCopula}
    importer = IMPORTER
    observables: tuple[Observable, ...] = ()
    ensemble = ENSEMBLE

    def __init__(self, source: Described) -> None:
        super().__init__(source)
        lengths = {axis.name: len(axis.values) for axis in source.grid}
        axes = next((f.axes for f in source.fields if f.name == self.field), ())
        if len(axes) != 1 or axes[0] not in lengths:
            raise InputError(
                f"expected points with one axis, coordinate; got {', '.join(axes) or 'none'}"
            )
        self.observables = observables_of(lengths[axes[0]])
        self.targets = targets_of(self.observables)

    def points(self, samples: Samples) -> np.ndarray:
        """The points themselves, float32 (n, k)."""
        return np.asarray(samples[self.field], np.float32)

    def picture(self, axes: Any, samples: Samples, index: int) -> None:
        """Draw point `index` among all, by the first two coordinates."""
        cloud = np.asarray(samples[self.field])
        second = cloud[:, 1] if cloud.shape[1] > 1 else np.zeros(len(cloud))
        axes.scatter(cloud[:, 0], second, s=4, color="#c5cbd6", linewidths=0)
        axes.scatter(cloud[index, 0], second[index], s=24, color="#0b63c5")
        axes.set_aspect("equal", "datalim")
        axes.set_xticks([])
        axes.set_yticks([])

    def physical_features(self, array: jax.Array) -> jax.Array:
        """The coordinates."""
        return array

    def validation_features(self, array: jax.Array) -> jax.Array:
        """sin(w x) and cos(w x) of every coordinate, w = pi/2, pi, ... 8 pi: (n, 10 k).

        Their means are the characteristic function, which is sensitive to structure beyond mean
        and spread of the coordinates. They are not inputs of the discriminator: with them, the
        generator goes from one local optimum to the next.
        """
        phases = (array[..., None] * (jnp.pi / 2 * _FREQUENCIES)).reshape(len(array), -1)
        return jnp.concatenate([jnp.sin(phases), jnp.cos(phases)], -1)

    def feature_names(self, shape: Sequence[int]) -> tuple[str, ...]:
        """Names of those features."""
        return tuple(f"coordinate {number}" for number in range(shape[0]))

    def training(self) -> dict[str, Any]:
        """Small networks, no likelihood stage, and a penalty that falls by a factor of 100."""
        return dict(_TRAINING)

    def generator(self, array: np.ndarray, conditions: np.ndarray) -> dict[str, Any]:
        """A perceptron with a Gaussian mixture as latents, for distributions with several modes."""
        return {"network": "dense-mixture"}
