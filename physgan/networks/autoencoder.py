"""The network of a conditional variational autoencoder."""

import math
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx

from physgan.networks.backbone import Decoder, Encoder, hidden_shape
from physgan.networks.embedding import ConditionEmbedding, ConditionRange
from physgan.networks.generic import normal_latents
from physgan.networks.initial import scaled_normal
from physgan.networks.preprocessing import Preprocessing

__all__ = ["Autoencoder"]

_SMALL = 0.1
_LARGEST_LOG = 3.0
_SMALLEST_LOG = -5.0


class Autoencoder(nnx.Module):
    """A decoder from latents to samples and an encoder from samples to latents, given conditions.

    p(x | c) is the integral of N(z; 0, 1) p(x | z, c) over the latents z (Kingma and Welling 2014,
    arXiv:1312.6114; with conditions Sohn et al. 2015). `Preprocessing` maps a sample to variables.
    Given z, these variables are independent, and the decoder's outputs are the parameters of their
    distributions. The network draws samples of these distributions, not their means.

    Args:
        ranges: trained ranges of the conditions, possibly none.
        preprocessing: of the samples.
        latents: number of latents.
        width: channels of convolutions; dense layers are 8 times as wide.
        depth: residual blocks, in each of encoder and decoder.
        embedding: width of the condition embedding.
        periodic: whether opposite edges of a picture touch.
        rngs: parameter keys.
    """

    def __init__(
        self,
        ranges: tuple[ConditionRange, ...],
        *,
        preprocessing: Preprocessing,
        latents: int = 32,
        width: int = 16,
        depth: int = 2,
        embedding: int = 64,
        periodic: bool = False,
        rngs: nnx.Rngs,
    ) -> None:
        self.preprocessing = preprocessing
        inner = preprocessing.shape
        self.latents = latents
        form: dict[str, Any] = {"width": width, "blocks": depth, "context": embedding}
        self.embed = ConditionEmbedding(ranges, embedding, rngs=rngs)
        self.encoder = Encoder(inner, **form, periodic=periodic, rngs=rngs)
        self.hidden = hidden_shape(inner, width)
        size = math.prod(self.hidden)
        self.posterior = nnx.Linear(size, 2 * latents, kernel_init=scaled_normal(_SMALL), rngs=rngs)
        self.expand = nnx.Linear(latents + embedding, size, kernel_init=scaled_normal(), rngs=rngs)
        outputs = preprocessing.decoder_outputs
        self.decoder = Decoder(inner, **form, outputs=outputs, rngs=rngs)

    @property
    def activations(self) -> int:
        """Size of the largest layer, per sample."""
        outputs = self.preprocessing.decoder_outputs * self.preprocessing.size
        return max(2 * math.prod(self.hidden), outputs)

    def noise_size(self, size: int | None = None) -> int:
        """Number of latents, plus one uniform number for each variable of the sample."""
        return self.latents + self.preprocessing.size

    def encode(self, variables: jax.Array, conditions: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Mean and log deviation of the latents of variables (n, *shape), each (n, latents)."""
        hidden = self.encoder(variables, self.embed(conditions))
        mean, log_deviation = jnp.split(self.posterior(hidden.reshape(len(hidden), -1)), 2, -1)
        return mean, jnp.clip(log_deviation, _SMALLEST_LOG, _LARGEST_LOG)

    def decode(self, latents: jax.Array, conditions: jax.Array) -> jax.Array:
        """The decoder's outputs, (n, *shape, outputs), given latents (n, latents)."""
        context = self.embed(conditions)
        hidden = self.expand(jnp.concatenate([latents, context], -1))
        return self.decoder(hidden.reshape(len(hidden), *self.hidden), context)

    def __call__(self, noise: jax.Array, conditions: jax.Array) -> jax.Array:
        """Noise (n, noise_size) on [0, 1) and conditions (n, c) to samples (n, *sample shape).

        The gradient is zero where the preprocessing thresholds, as it does for spins.
        """
        latents = normal_latents(noise[:, : self.latents])
        rest = noise[:, self.latents :].reshape(len(noise), *self.preprocessing.shape)
        variables = self.preprocessing.draw(self.decode(latents, conditions), rest, conditions)
        return self.preprocessing.inverse(variables, conditions)
