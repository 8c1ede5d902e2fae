"""Generic generators: perceptrons that draw samples of any shape."""

import math
from collections.abc import Sequence
from itertools import pairwise

import jax
import jax.numpy as jnp
from flax import nnx

from physgan.networks.embedding import ConditionRange
from physgan.networks.generic import LEAK, Latents, activate
from physgan.networks.initial import scaled_normal

__all__ = ["DenseGenerator", "MixtureGenerator"]

_LATENTS = 32
_COMPONENTS = 256
_FIRST_SPREAD = 0.1
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
        return self.samples(self.latents(noise, conditions))

    def samples(self, hidden: jax.Array) -> jax.Array:
        """Samples from latents and embedded conditions, concatenated."""
        for layer in self.layers:
            hidden = activate(layer(hidden))
        return self.last(hidden).reshape(len(hidden), *self.shape)


class MixtureGenerator(DenseGenerator):
    """A `DenseGenerator` with a Gaussian mixture as latents, for distributions with separate modes.

    A continuous map cannot turn one Gaussian into separate modes; it leaves bridges between them.
    Here one of 256 learned centres is drawn, and a Gaussian around it. Its learned standard
    deviation is small at first (S. Gurumurthy et al. 2017, arXiv:1706.02071, section 3).
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
        super().__init__(ranges, shape, width=width, depth=depth, embedding=embedding, rngs=rngs)
        centres = jax.random.normal(rngs.params(), (_COMPONENTS, _LATENTS))
        self.centres = nnx.Param(centres)
        self.log_spread = nnx.Param(jnp.full((_LATENTS,), math.log(_FIRST_SPREAD), jnp.float32))

    def noise_size(self, size: int | None = None) -> int:
        """Number of latents, plus one uniform number that selects the component."""
        return _LATENTS + 1

    def __call__(self, noise: jax.Array, conditions: jax.Array) -> jax.Array:
        """Noise (n, 33) on [0, 1) and conditions (n, c) to samples (n, *shape)."""
        latents = self.latents(noise[:, :-1], conditions)
        component = (noise[:, -1] * _COMPONENTS).astype(jnp.int32)
        centre = self.centres[...][component]
        spread = jnp.exp(self.log_spread[...])
        mixture = centre + spread * latents[:, :_LATENTS]
        return self.samples(jnp.concatenate([mixture, latents[:, _LATENTS:]], -1))
