"""Fields: real numbers on a two-dimensional grid, such as maps of the sky or of a fluid."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from physgan.domains.base import Described, Domain, Observable, Samples, Target
from physgan.domains.fields.layout import FIELD, layout_of
from physgan.domains.fields.symmetries import ISOTROPIC, ZONAL, isotropic, zonal

__all__ = ["Fields"]


class Fields(Domain):
    """The domain of fields.

    The samples' field is "values", float32 (n, rows, columns), in any unit; conditions are
    optional. In network space they are arcsinh(x / scale), of the same shape; the scale is the
    source's parameter "scale", by default 1. The names of the axes state the symmetries: see
    `symmetries`. A field with other axes has none, and is not periodic.

    Args:
        source: has fields, conditions, grid and parameters: a dataset, a simulator or a surrogate.

    Raises:
        InputError: if it has no values on two axes.
    """

    name = "fields"
    summary = "real numbers on a two-dimensional grid: maps of the sky, of a fluid"
    field = FIELD
    observables: tuple[Observable, ...] = ()
    targets = {"quickstart": (Target("largest AUC", "", "auc", 0.75),)}

    def __init__(self, source: Described) -> None:
        super().__init__(source)
        self.layout = layout_of(source)
        self.observables = (
            Observable("variance", r"$\sigma^2$", "1", "variance", lambda samples, conditions: (
                np.asarray(samples[FIELD], np.float64).var((1, 2)))),
        )

    def encode(self, samples: Samples) -> np.ndarray:
        """arcsinh(x / scale), float32 (n, rows, columns)."""
        return np.arcsinh(np.asarray(samples[FIELD], np.float32) / np.float32(self.layout.scale))

    def decode(self, array: np.ndarray) -> dict[str, np.ndarray]:
        """Inverse of `encode`."""
        return {FIELD: np.sinh(np.asarray(array, np.float32)) * np.float32(self.layout.scale)}

    def transform(self, keys: jax.Array, array: jax.Array) -> jax.Array:
        """One random symmetry for each field."""
        if self.layout.names == ISOTROPIC:
            return isotropic(keys, array)
        return zonal(keys, array) if self.layout.names == ZONAL else array

    def discriminator_input(self, array: jax.Array) -> jax.Array:
        """Fields as images, (n, rows, columns, 1)."""
        return array[..., None]
