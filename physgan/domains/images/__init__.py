"""Pictures: intensities between 0 and 1 on a grid of pixels, of one or more channels."""

from collections.abc import Sequence
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from physgan.domains.base import Described, Domain, Samples
from physgan.domains.images.copula import ImageCopula
from physgan.domains.images.importer import IMPORTER
from physgan.domains.images.levels import in_levels, levels_of
from physgan.domains.images.measures import feature_names, features
from physgan.domains.images.observables import ENSEMBLE, TARGETS, observables_of
from physgan.domains.images.pictures import draw_image
from physgan.errors import InputError

__all__ = ["Images"]

_NETWORKS: dict[tuple[int, ...], str] = {(28, 28, 1): "dcgan28", (16, 16, 3): "dcgan16"}
_TRAINING = {
    "discriminator": "dcgan",
    "batch_size": 64,
    "generator_width": 32,
    "likelihood_samples": 0,
    "adversarial_samples": 256_000,
    "generator_rate": 2e-4,
    "discriminator_rate": 2e-4,
    "head_start": 0,
    "validation_samples": 2_048,
}


class Images(Domain):
    """The domain of pictures.

    The samples' only field is "intensities", float32 (n, height, width, channels) in [0, 1]; in
    network space they lie in [-1, 1]. Conditions, such as a label, are optional.

    Args:
        source: has fields, conditions, grid and parameters: a dataset or a surrogate. Its
            parameter "levels" is the number of grey levels, if they are discrete.

    Raises:
        InputError: if it has no intensities in rows, columns and channels.
    """

    name = "images"
    summary = "pictures: intensities between 0 and 1 on a grid of pixels"
    field = "intensities"
    baselines: ClassVar = {"copula": ImageCopula}
    importer = IMPORTER
    observables = observables_of("intensities")
    ensemble = ENSEMBLE
    histograms = ("intensity", "contrast")
    targets = TARGETS

    def __init__(self, source: Described) -> None:
        super().__init__(source)
        lengths = {axis.name: len(axis.values) for axis in source.grid}
        axes = next((f.axes for f in source.fields if f.name == self.field), ())
        if len(axes) != 3 or not set(axes) <= set(lengths):
            raise InputError(
                "expected intensities with the axes row, column and channel; got "
                f"{', '.join(axes) or 'none'}"
            )
        self.shape = tuple(lengths[axis] for axis in axes)
        self.levels = levels_of(source)

    def points(self, samples: Samples) -> np.ndarray:
        """The pixels, float32 (n, pixels)."""
        return np.asarray(samples[self.field], np.float32).reshape(len(samples[self.field]), -1)

    def images(self, samples: Samples) -> np.ndarray:
        """Intensities in [-1, 1], float32 (n, height, width, channels)."""
        return 2 * np.asarray(samples[self.field], np.float32) - 1

    def picture(self, axes: Any, samples: Samples, index: int) -> None:
        """Draw picture `index`."""
        draw_image(axes, samples[self.field][index])

    def encode(self, samples: Samples) -> np.ndarray:
        """Intensities in [-1, 1], float32 (n, height, width, channels)."""
        return self.images(samples)

    def decode(self, array: Any) -> dict[str, Any]:
        """Inverse of `encode`, clipped to [0, 1] and rounded to the grey levels."""
        return {self.field: in_levels((array.astype(np.float32) + 1) / 2, self.levels)}

    def physical_features(self, array: jax.Array) -> jax.Array:
        """Observables of each picture; see `features`."""
        return features((array + 1) / 2, jnp)

    def feature_names(self, shape: Sequence[int]) -> tuple[str, ...]:
        """Names of those features."""
        return feature_names(shape)

    def training(self) -> dict[str, Any]:
        """The textbook network of this shape, if there is one, else a dense one."""
        return {"network": self._network(), **_TRAINING}

    def generator(self, array: np.ndarray, conditions: np.ndarray) -> dict[str, Any]:
        """See `training`."""
        return {"network": self._network()}

    def _network(self) -> str:
        return _NETWORKS.get(self.shape, "dense")
