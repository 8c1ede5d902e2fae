"""A plain perceptron that draws samples of any shape."""

import math
from collections.abc import Sequence
from itertools import pairwise

import jax
from flax import nnx

from physgan.networks.embedding import ConditionRange
from physgan.networks.initial import scaled_normal
from physgan.networks.plain import LEAK, Latents, activate

__all__ = ["DenseGenerator"]

_LATENTS = 32
_GAIN = (2 / (1 + LEAK**2)) ** 0.5


class DenseGenerator(nnx.Module):
    """Dense layers with LeakyReLU, the last one linear; no normalisation.

    Args:
        ranges: trained ranges of the conditions, possibly none.
        shape: of a sample, any.
        width: of the hidden layers, in units of 8.
        depth: hidden layers after the first.
        embedding: width of the condition embedding.
        rngs: parameter keys.
    """

    def __init__(
        self,
        ranges: tuple[ConditionRange, ...],
        shape: Sequence[int],
        *,
        width: int = 16,
        depth: int = 1,
        embedding: int = 64,
        rngs: nnx.Rngs,
    ) -> None:
        self.shape = tuple(shape)
        self.latents = Latents(ranges, _LATENTS, embedding, rngs=rngs)
        sizes = (self.latents.width, *(8 * width,) * (1 + depth))
        self.layers = nnx.List(
            nnx.Linear(a, b, kernel_init=scaled_normal(_GAIN), rngs=rngs)
            for a, b in pairwise(sizes)
        )
        self.last = nnx.Linear(
            sizes[-1], math.prod(self.shape), kernel_init=scaled_normal(), rngs=rngs
        )

    def noise_size(self, size: int | None = None) -> int:
        """Number of latents."""
        return _LATENTS

    def __call__(self, noise: jax.Array, conditions: jax.Array) -> jax.Array:
        """Noise (n, 32) on [0, 1) and conditions (n, c) to samples (n, *shape)."""
        hidden = self.latents(noise, conditions)
        for layer in self.layers:
            hidden = activate(layer(hidden))
        return self.last(hidden).reshape(len(noise), *self.shape)
