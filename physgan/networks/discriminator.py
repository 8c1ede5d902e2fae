"""Discriminator of images: a residual convolutional network, and a perceptron on features."""

import jax
import jax.numpy as jnp
from flax import nnx

from physgan.networks.embedding import ConditionEmbedding, ConditionRange
from physgan.networks.generic import activate
from physgan.networks.initial import scaled_normal
from physgan.networks.periodic import PeriodicConvolution
from physgan.networks.residual import GAIN, ConvolutionBlock

__all__ = ["ResidualDiscriminator"]


class ResidualDiscriminator(nnx.Module):
    """Scores samples, given their conditions; no layer mixes samples, none is normalised.

    Residual blocks and their initial weights after R3GAN (Huang et al. 2024,
    arXiv:2501.05441), projection conditioning (Miyato and Koyama 2018, arXiv:1802.05637). Both
    inputs have to be standardised.

    Args:
        ranges: trained ranges of the conditions.
        channels: channels of the images.
        features: number of physical features.
        width: channels of the convolutions.
        blocks: residual blocks. Each is followed by a halving of the image while its side is
            larger than 4.
        embedding: width of the condition embedding.
        rngs: parameter keys.
    """

    def __init__(
        self,
        ranges: tuple[ConditionRange, ...],
        channels: int,
        features: int,
        *,
        width: int = 24,
        blocks: int = 3,
        embedding: int = 64,
        rngs: nnx.Rngs,
    ) -> None:
        def dense(inputs: int, outputs: int) -> nnx.Linear:
            return nnx.Linear(inputs, outputs, kernel_init=scaled_normal(GAIN), rngs=rngs)

        hidden = 4 * width
        self.embed = ConditionEmbedding(ranges, embedding, rngs=rngs)
        self.stem = PeriodicConvolution(4 * channels, width, penalised=True, rngs=rngs)
        self.blocks = nnx.List(
            ConvolutionBlock(width, blocks, penalised=True, rngs=rngs) for _ in range(blocks)
        )
        self.image = dense(width, hidden)
        self.features = nnx.List([dense(features + embedding, hidden), dense(hidden, hidden)])
        self.join = dense(2 * hidden, hidden)
        self.project = dense(hidden, embedding)
        self.score = dense(hidden, 1)

    def __call__(
        self,
        images: jax.Array,
        features: jax.Array,
        conditions: jax.Array,
        key: jax.Array | None = None,
    ) -> jax.Array:
        """Images (n, 2m, 2m, channels), features (n, f), conditions (n, c) to scores (n,).

        Nothing in it is random: `key` is not used.
        """
        embedded = self.embed(conditions)
        pictures = self.stem(_cells_to_channels(images))
        for block in self.blocks:
            pictures = block(pictures)
            if pictures.shape[1] > 4:
                pictures = _halve(pictures)
        image = activate(self.image(pictures.mean((1, 2))))
        physics = jnp.concatenate([features, embedded], -1)
        for layer in self.features:
            physics = activate(layer(physics))
        hidden = activate(self.join(jnp.concatenate([image, physics], -1)))
        projection = (self.project(hidden) * embedded).sum(-1) / embedded.shape[-1] ** 0.5
        return self.score(hidden)[:, 0] + projection


def _cells_to_channels(images: jax.Array) -> jax.Array:
    """2 x 2 cells become channels: (n, 2m, 2m, c) to (n, m, m, 4c)."""
    count, height, width, channels = images.shape
    cells = images.reshape(count, height // 2, 2, width // 2, 2, channels)
    return cells.transpose(0, 1, 3, 2, 4, 5).reshape(count, height // 2, width // 2, -1)


def _halve(pictures: jax.Array) -> jax.Array:
    count, height, width, channels = pictures.shape
    return pictures.reshape(count, height // 2, 2, width // 2, 2, channels).mean((2, 4))
