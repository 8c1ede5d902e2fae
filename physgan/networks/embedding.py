"""Embedding of the conditions: what a network gets of them."""

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
from flax import nnx

from physgan.networks.initial import scaled_normal

__all__ = ["ConditionEmbedding", "ConditionRange"]


class ConditionRange(NamedTuple):
    """Trained range of one condition, in its own unit.

    Attributes:
        minimum: lower end.
        maximum: upper end.
        scale: "linear" or "log".
    """

    minimum: float
    maximum: float
    scale: str = "linear"


class ConditionEmbedding(nnx.Module):
    """Physical conditions to a vector: Fourier features, then a two-layer perceptron.

    Each condition is mapped linearly to t in [-1, 1] over its trained range, or by its logarithm
    where the scale is "log". It enters as t, sin(k pi t / 2) / k and cos(k pi t / 2) / k, k = 1 to
    `frequencies`. As short waves are small, smooth functions are learnt first; waves of one size
    follow the noise of the training data at the ends of the range.
    Without conditions the embedding is a learnt constant.

    Args:
        ranges: one per condition, in the order of the columns.
        width: length of the embedding.
        frequencies: highest k.
        rngs: parameter keys.
    """

    def __init__(
        self,
        ranges: tuple[ConditionRange, ...],
        width: int,
        *,
        frequencies: int = 6,
        rngs: nnx.Rngs,
    ) -> None:
        self.ranges = ranges or (ConditionRange(0.0, 0.0),)
        self.frequencies = frequencies
        inputs = len(self.ranges) * (1 + 2 * frequencies)
        self.first = nnx.Linear(inputs, width, kernel_init=scaled_normal(), rngs=rngs)
        self.second = nnx.Linear(width, width, kernel_init=scaled_normal(), rngs=rngs)

    def __call__(self, conditions: jax.Array) -> jax.Array:
        """Conditions, shape (n, number of conditions), physical units, to shape (n, width)."""
        if not conditions.shape[1]:
            conditions = jnp.zeros((len(conditions), 1), conditions.dtype)
        columns = [_centred(conditions[:, index], span) for index, span in enumerate(self.ranges)]
        position = jnp.stack(columns, -1)[..., None]
        order = self._orders()
        phase = position * order * (jnp.pi / 2)
        features = jnp.concatenate([position, jnp.sin(phase) / order, jnp.cos(phase) / order], -1)
        return self.second(nnx.silu(self.first(features.reshape(len(conditions), -1))))

    def rescale_version_2(self) -> None:
        """Let weights for waves of amplitude 1 give the same embedding."""
        rows = jnp.concatenate([jnp.ones(1), self._orders(), self._orders()])
        kernel = self.first.kernel
        kernel[...] = kernel[...] * jnp.tile(rows, len(self.ranges))[:, None]

    def _orders(self) -> jax.Array:
        return jnp.arange(1.0, self.frequencies + 1)


def _centred(values: jax.Array, span: ConditionRange) -> jax.Array:
    low, high = span.minimum, span.maximum
    if span.scale == "log":
        values, low, high = jnp.log(values), math.log(low), math.log(high)
    if high <= low:
        return jnp.zeros_like(values)
    return 2 * (values - low) / (high - low) - 1
