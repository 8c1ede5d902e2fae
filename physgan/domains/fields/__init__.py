"""Fields: real numbers on a two-dimensional grid, such as maps of the sky or of a fluid."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from physgan.domains.base import Conditions, Described, Domain, Observable, Samples
from physgan.domains.fields.copula import FieldCopula
from physgan.domains.fields.ensemble import ensemble_of
from physgan.domains.fields.features import feature_names, physical_features
from physgan.domains.fields.generator import FieldTransformer
from physgan.domains.fields.importer import IMPORTER
from physgan.domains.fields.layout import FIELD, layout_of
from physgan.domains.fields.observables import observables_of
from physgan.domains.fields.pictures import draw_field, field_figure, picture_note
from physgan.domains.fields.preprocessing import WhitenedField, mode_variances
from physgan.domains.fields.symmetries import ISOTROPIC, ZONAL, choices, isotropic, moved_by, zonal
from physgan.domains.fields.targets import TARGETS
from physgan.domains.fields.views import field_views, spectrum_of

__all__ = ["Fields"]

_TRAINING = {
    "batch_size": 32,
    "generator_width": 16,
    "discriminator_width": 24,
    "discriminator_blocks": 3,
    "likelihood_samples": 0,
    "adversarial_samples": 160_000,
    "generator_rate": 8e-4,
    "discriminator_rate": 1e-3,
    "rate_fall": 10.0,
    "gamma": 1.0,
    "head_start": 1_280,
    "ema_samples": 5_000.0,
    "checkpoint_samples": 6_400,
    "validation_samples": 2_048,
}
_STEPS = 8


class Fields(Domain):
    """The domain of fields.

    The samples' field is "values", float32 (n, rows, columns), in any unit; conditions are
    optional. In network space they are L arcsinh((x - offset) / (L scale)), of the same shape, or
    ln((x - lower) / scale) where no value lies below an edge, as no density below zero. Scale,
    offset, lower edge and L = "linear" are the source's parameters, by default 1, 0, none and 1.
    The names of the axes state the symmetries: see `symmetries`. A field with other axes has none,
    and is not periodic.

    Args:
        source: has fields, conditions, grid and parameters: a dataset, a simulator or a surrogate.

    Raises:
        InputError: if it has no values on two axes.
    """

    name = "fields"
    summary = "real numbers on a two-dimensional grid: maps of the sky, of a fluid"
    field = FIELD
    generators: ClassVar = {"field-transformer": FieldTransformer}
    baselines: ClassVar = {"copula": FieldCopula}
    importer = IMPORTER
    preprocessing = WhitenedField
    observables: tuple[Observable, ...] = ()
    targets = TARGETS

    def __init__(self, source: Described) -> None:
        super().__init__(source)
        self.layout = layout_of(source)
        self.observables = observables_of(self.layout)
        self.ensemble = ensemble_of(self.layout)
        self.spectra = (spectrum_of(self.layout),)
        self.periodic = self.layout.periodic
        self.picture_note = picture_note(self.layout)
        self.picture_unit = self.layout.label or "value"
        self._conditions = tuple(source.conditions)

    def views(self, samples: Samples, conditions: Conditions) -> dict[str, np.ndarray]:
        """Pixels, their histogram and features; see `field_views`."""
        return field_views(self.layout, self._conditions, self.observables, samples, conditions)

    def images(self, samples: Samples) -> np.ndarray:
        """Network space with a channel, float32 (n, rows, columns, 1)."""
        return self.encode(samples)[..., None]

    def augment(self, images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """One random symmetry for each field; see `transform`."""
        keys = jax.random.split(jax.random.key(int(rng.integers(2**31))), len(images))
        return np.asarray(self.transform(keys, jnp.asarray(images[..., 0])))[..., None]

    def picture(self, axes: Any, samples: Samples, index: int) -> None:
        """Draw field `index` with a scale bar."""
        draw_field(axes, self.layout, np.asarray(samples[FIELD][index]))

    def figure(self, samples: Samples, conditions: Conditions, index: int) -> Any | None:
        """The same with a colour bar."""
        return field_figure(self.layout, np.asarray(samples[FIELD][index]))

    def encode(self, samples: Samples) -> np.ndarray:
        """The values in network space, float32 (n, rows, columns); see `Fields`."""
        return self.layout.encoded(samples[FIELD])

    def decode(self, array: Any) -> dict[str, Any]:
        """Inverse of `encode`, to rounding: one part in a million up to 1e6 scales."""
        return {FIELD: self.layout.decoded(array).astype(np.float32)}

    def transform(self, keys: jax.Array, array: jax.Array) -> jax.Array:
        """One random symmetry for each field."""
        if self.layout.names == ISOTROPIC:
            return isotropic(keys, array)
        return zonal(keys, array) if self.layout.names == ZONAL else array

    def symmetry_choices(self, shape: Sequence[int]) -> tuple[int, ...]:
        """See `symmetries.choices`."""
        return choices(self.layout.names, shape)

    def symmetry(self, choices: jax.Array, array: jax.Array) -> jax.Array:
        """See `symmetries.moved_by`."""
        return moved_by(choices, array, self.layout.names)

    def discriminator_input(self, array: jax.Array) -> jax.Array:
        """Fields as images, (n, rows, columns, 1)."""
        return array[..., None]

    def physical_features(self, array: jax.Array) -> jax.Array:
        """Observables of each field; see `physical_features`."""
        return physical_features(self.layout, array)

    def feature_names(self, shape: Sequence[int]) -> tuple[str, ...]:
        """Names of those features."""
        return feature_names(self.layout)

    def training(self) -> dict[str, Any]:
        """Adversarial training from the start, of the domain's own generator."""
        return dict(_TRAINING)

    def generator(self, array: np.ndarray, conditions: np.ndarray) -> dict[str, Any]:
        """The Gaussian copula field with its convolutional network; vorticity is carried along."""
        own = {"steps": _STEPS, "calibrated": True} if self.layout.zonal else {"steps": 0}
        return {"network": "field-transformer", **own}

    def exact_parts(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """The layout."""
        return {"layout": self.layout}

    def preprocessing_settings(self, array: np.ndarray) -> dict[str, Any]:
        """Mean, and variances of modes; where edges do not touch, the variance of pixels."""
        mean = float(array.mean(dtype=np.float64))
        if not self.periodic:
            return {"mean": mean, "variances": [float(array.var(dtype=np.float64)) or 1.0]}
        return {"mean": mean, "variances": mode_variances(array - np.float32(mean))}
