"""Shared parts of the generic networks: latents, checks of shapes, conditional scores."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
from flax import nnx

from physgan.errors import InputError
from physgan.networks.embedding import ConditionEmbedding, ConditionRange
from physgan.networks.initial import scaled_normal

__all__ = ["LEAK", "ConditionalScore", "Latents", "activate", "expect_shape", "normal_latents"]

LEAK = 0.2
"""Slope of LeakyReLU below zero (Radford et al. 2016, arXiv:1511.06434)."""


def activate(values: jax.Array) -> jax.Array:
    """LeakyReLU."""
    return jax.nn.leaky_relu(values, LEAK)


def normal_latents(noise: jax.Array) -> jax.Array:
    """Standard normal numbers from uniform ones on [0, 1) that are multiples of 2^-23."""
    return jax.scipy.special.ndtri(noise + 2.0**-24)


def expect_shape(network: str, wanted: Sequence[int], got: Sequence[int]) -> None:
    """Refuse samples of another shape; a last axis of length 1 may be missing.

    Raises:
        InputError: naming both shapes.
    """
    shape = tuple(got)
    if tuple(wanted) not in (shape, (*shape, 1)):
        raise InputError(
            f"expected samples of shape {tuple(wanted)} for the network {network}; got {shape}"
        )


class Latents(nnx.Module):
    """Uniform noise to normal latents, concatenated with the embedded conditions if there are any.

    Args:
        ranges: trained ranges of the conditions.
        count: number of latents.
        embedding: width of the condition embedding.
        rngs: parameter keys.
    """

    def __init__(
        self, ranges: tuple[ConditionRange, ...], count: int, embedding: int, *, rngs: nnx.Rngs
    ) -> None:
        self.embeddings = nnx.List(
            [ConditionEmbedding(ranges, embedding, rngs=rngs)] if ranges else []
        )
        self.width = count + (embedding if ranges else 0)

    def __call__(self, noise: jax.Array, conditions: jax.Array) -> jax.Array:
        """Noise (n, count) on [0, 1) and conditions (n, c) to (n, width)."""
        normal = normal_latents(noise)
        return jnp.concatenate([normal, *(embed(conditions) for embed in self.embeddings)], -1)


class ConditionalScore(nnx.Module):
    """The last layer of a discriminator: a dense layer, plus a projection on the conditions.

    Miyato and Koyama 2018, arXiv:1802.05637. Without conditions it is the dense layer only.

    Args:
        inputs: length of the features.
        ranges: trained ranges of the conditions.
        embedding: width of the condition embedding.
        rngs: parameter keys.
    """

    def __init__(
        self, inputs: int, ranges: tuple[ConditionRange, ...], embedding: int, *, rngs: nnx.Rngs
    ) -> None:
        self.score = nnx.Linear(inputs, 1, kernel_init=scaled_normal(), rngs=rngs)
        self.projections = nnx.List(
            [
                ConditionEmbedding(ranges, embedding, rngs=rngs),
                nnx.Linear(inputs, embedding, kernel_init=scaled_normal(), rngs=rngs),
            ]
            if ranges
            else []
        )

    def __call__(self, features: jax.Array, conditions: jax.Array) -> jax.Array:
        """Features (n, inputs) and conditions (n, c) to scores (n,)."""
        scores = self.score(features)[:, 0]
        if not self.projections:
            return scores
        embed, project = self.projections
        embedded = embed(conditions)
        return scores + (project(features) * embedded).sum(-1) / embedded.shape[-1] ** 0.5
