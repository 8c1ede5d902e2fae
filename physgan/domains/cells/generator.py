"""The shower cascade for cells: samples may be empty, and values may be whole numbers."""

import math
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx

from physgan.domains.cells.rounding import dequantised, rounded
from physgan.domains.showers.generator import ShowerCascade
from physgan.networks.embedding import ConditionEmbedding, ConditionRange
from physgan.networks.initial import scaled_normal

__all__ = ["CellCascade"]


class CellCascade(nnx.Module):
    """A `ShowerCascade` without an incident energy, whose total may be exactly zero.

    The probability of an empty sample is a function of the conditions. A total below the threshold,
    which is in the tail of what the cascade draws, is raised to it: it is one cell's.

    Whole numbers x are modelled as continuous ones: each that is not zero becomes x + u with u
    uniform on [-1/2, 1/2) (uniform dequantisation, Theis et al. 2016, arXiv:1511.01844), and draws
    are rounded. Sums keep their means. The density is exactly that of the continuous variables; the
    mean of its logarithm over u is a lower bound of ln P(x).

    Args:
        ranges: trained ranges of the conditions.
        threshold: smallest value that is not zero; of whole numbers, less 1/2.
        empty: share of empty samples in training; 0 for samples that are never empty.
        whole: whether values are whole numbers.
        embedding: width of the condition embedding.
        rngs: parameter keys.
        cascade: further arguments of `ShowerCascade`.
    """

    smooth = False

    def __init__(
        self,
        ranges: tuple[ConditionRange, ...],
        threshold: float,
        *,
        empty: float = 0.0,
        whole: bool = False,
        embedding: int = 32,
        rngs: nnx.Rngs,
        **cascade: Any,
    ) -> None:
        self.whole, self.threshold = whole, threshold
        self.offset = math.log(empty / (1 - empty)) if empty else 0.0
        self.chance = nnx.List(
            [
                ConditionEmbedding(ranges, embedding, rngs=rngs),
                nnx.Linear(embedding, 1, kernel_init=scaled_normal(0.1), rngs=rngs),
            ]
            if empty
            else []
        )
        self.cascade = ShowerCascade(
            ranges, threshold=threshold, relative=False, embedding=embedding, rngs=rngs, **cascade
        )

    def noise_size(self, size: int | None = None) -> int:
        """Uniform numbers per sample: the cascade's, and one that says whether it is empty."""
        return self.cascade.noise_size(size) + len(self.chance) // 2

    def __call__(self, noise: jax.Array, conditions: jax.Array) -> jax.Array:
        """Draw samples; see `ShowerCascade`.

        Args:
            noise: uniform on [0, 1), shape (n, noise_size).
            conditions: shape (n, c), physical units.

        Returns:
            Values, shape (n, layers, rows, columns), zero or at least the threshold.
        """
        values = self.cascade(noise[:, len(self.chance) // 2 :], conditions)
        values = jnp.where(values > 0, jnp.maximum(values, self.threshold), 0)
        if self.whole:
            values = rounded(values)
        if self.chance:
            is_empty = noise[:, 0] < jax.nn.sigmoid(self.log_odds_of_empty(conditions))
            values = jnp.where(is_empty[:, None, None, None], 0, values)
        return values

    def log_odds_of_empty(self, conditions: jax.Array) -> jax.Array:
        """ln(p / (1 - p)) of the probability of an empty sample, shape (n,)."""
        embed, last = self.chance
        return last(embed(conditions))[:, 0] + self.offset

    def likelihood_bound(
        self, samples: jax.Array, conditions: jax.Array, noise: jax.Array
    ) -> jax.Array:
        """-ln p of the samples, of whole numbers after dequantisation by `noise`."""
        if self.whole:
            samples = dequantised(samples, noise)
        return self.negative_log_likelihood(samples, conditions)

    def negative_log_likelihood(self, samples: jax.Array, conditions: jax.Array) -> jax.Array:
        """-ln p of the continuous variables (n, layers, rows, columns), nats, shape (n,)."""
        lit = self.cascade.negative_log_likelihood(samples, conditions)
        if not self.chance:
            return lit
        odds = self.log_odds_of_empty(conditions)
        is_empty = jnp.max(samples, (1, 2, 3)) <= 0
        return jnp.where(is_empty, jax.nn.softplus(-odds), jax.nn.softplus(odds) + lit)
