"""The shower cascade for cells whose values may be whole numbers."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from physgan.domains.cells.rounding import dequantised, dequantised_once, rounded
from physgan.domains.showers.generator import ShowerCascade
from physgan.networks.embedding import ConditionRange

__all__ = ["CellCascade"]


class CellCascade(nnx.Module):
    """A `ShowerCascade` without an incident energy, which may draw whole numbers.

    A total below the threshold, which is in the tail of what the cascade draws, is raised to it: it
    is one cell's.

    Whole numbers x are modelled as continuous ones: each that is not zero becomes x + u with u
    uniform on [-1/2, 1/2) (uniform dequantisation, Theis et al. 2016, arXiv:1511.01844), and draws
    are rounded. Sums keep their means. The density is exactly that of the continuous variables; the
    mean of its logarithm over u is a lower bound of ln P(x).

    Args:
        ranges: trained ranges of the conditions.
        threshold: smallest value that is not zero; of whole numbers, less 1/2.
        whole: whether values are whole numbers.
        rngs: parameter keys.
        cascade: further arguments of `ShowerCascade`.
    """

    smooth = False

    def __init__(
        self,
        ranges: tuple[ConditionRange, ...],
        threshold: float,
        *,
        whole: bool = False,
        rngs: nnx.Rngs,
        **cascade: Any,
    ) -> None:
        self.whole, self.threshold = whole, threshold
        self.cascade = ShowerCascade(
            ranges, threshold=threshold, relative=False, rngs=rngs, **cascade
        )

    def initialise(self, samples: np.ndarray, conditions: np.ndarray) -> None:
        """See `ShowerCascade.initialise`."""
        self.cascade.initialise(dequantised_once(samples) if self.whole else samples, conditions)

    def noise_size(self, size: int | None = None) -> int:
        """Uniform numbers per sample."""
        return self.cascade.noise_size(size)

    def __call__(self, noise: jax.Array, conditions: jax.Array) -> jax.Array:
        """Draw samples; see `ShowerCascade`.

        Args:
            noise: uniform on [0, 1), shape (n, noise_size).
            conditions: shape (n, c), physical units.

        Returns:
            Values, shape (n, layers, rows, columns), zero or at least the threshold.
        """
        values = self.cascade(noise, conditions)
        values = jnp.where(values > 0, jnp.maximum(values, self.threshold), 0)
        return rounded(values) if self.whole else values

    def likelihood_bound(
        self, samples: jax.Array, conditions: jax.Array, noise: jax.Array
    ) -> jax.Array:
        """-ln p of the samples, of whole numbers after dequantisation by `noise`."""
        if self.whole:
            samples = dequantised(samples, noise)
        return self.negative_log_likelihood(samples, conditions)

    def negative_log_likelihood(self, samples: jax.Array, conditions: jax.Array) -> jax.Array:
        """-ln p of the continuous variables (n, layers, rows, columns), nats, shape (n,)."""
        return self.cascade.negative_log_likelihood(samples, conditions)
