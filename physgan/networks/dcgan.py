"""The textbook generators: a dense layer, then transposed convolutions, with batch norm.

They follow DCGAN (Radford et al. 2016, arXiv:1511.06434). With conditions, their embedding is
concatenated to the latents. Without conditions, the layers are exactly the textbook's.
"""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
from flax import nnx

from physgan.networks.embedding import ConditionRange
from physgan.networks.generic import Latents, activate, expect_shape
from physgan.networks.initial import scaled_normal
from physgan.networks.strided import TransposedConvolution, convolve

__all__ = ["Dcgan16", "Dcgan28"]

_LATENTS = 100
_CHANNELS = 256
_LAST_KERNEL = 7


class _Stem(nnx.Module):
    """Dense without bias, batch norm, LeakyReLU: (n, inputs) to (n, side, side, 256)."""

    def __init__(self, inputs: int, side: int, *, rngs: nnx.Rngs) -> None:
        self.side = side
        outputs = side * side * _CHANNELS
        self.dense = nnx.Linear(
            inputs, outputs, use_bias=False, kernel_init=scaled_normal(), rngs=rngs
        )
        self.norm = nnx.BatchNorm(outputs, use_running_average=True, rngs=rngs)

    def __call__(self, latents: jax.Array) -> jax.Array:
        hidden = activate(self.norm(self.dense(latents)))
        return hidden.reshape(len(hidden), self.side, self.side, _CHANNELS)


class _Growth(nnx.Module):
    """Transposed 5 x 5 convolution without bias, batch norm, LeakyReLU."""

    def __init__(self, inputs: int, outputs: int, stride: int, *, rngs: nnx.Rngs) -> None:
        self.convolution = TransposedConvolution(inputs, outputs, stride, rngs=rngs)
        self.norm = nnx.BatchNorm(outputs, use_running_average=True, rngs=rngs)

    def __call__(self, images: jax.Array) -> jax.Array:
        return activate(self.norm(self.convolution(images)))


class Dcgan28(nnx.Module):
    """28 x 28 x 1: dense 7 x 7 x 256; transposed 128 and 64, stride 2; 7 x 7 to 1, tanh.

    Args:
        ranges: trained ranges of the conditions, possibly none.
        shape: of a sample: (28, 28) or (28, 28, 1).
        embedding: width of the condition embedding.
        rngs: parameter keys.

    Raises:
        InputError: for another shape.
    """

    activations = 28 * 28 * 64
    """Size of the largest layer, per sample."""

    def __init__(
        self,
        ranges: tuple[ConditionRange, ...],
        shape: Sequence[int],
        *,
        embedding: int = 64,
        rngs: nnx.Rngs,
    ) -> None:
        expect_shape("dcgan28", (28, 28, 1), shape)
        self.shape = tuple(shape)
        self.latents = Latents(ranges, _LATENTS, embedding, rngs=rngs)
        self.stem = _Stem(self.latents.width, 7, rngs=rngs)
        self.growth = nnx.List(
            [_Growth(_CHANNELS, 128, 2, rngs=rngs), _Growth(128, 64, 2, rngs=rngs)]
        )
        kernel = (_LAST_KERNEL, _LAST_KERNEL, 64, 1)
        self.kernel = nnx.Param(scaled_normal()(rngs.params(), kernel))
        self.bias = nnx.Param(jnp.zeros(1))

    def noise_size(self, size: int | None = None) -> int:
        """Number of latents."""
        return _LATENTS

    def __call__(self, noise: jax.Array, conditions: jax.Array) -> jax.Array:
        """Noise (n, 100) on [0, 1) and conditions (n, c) to samples (n, *shape) in [-1, 1]."""
        images = self.stem(self.latents(noise, conditions))
        for layer in self.growth:
            images = layer(images)
        images = jnp.tanh(convolve(images, self.kernel[...]) + self.bias[...])
        return images.reshape(len(noise), *self.shape)


class Dcgan16(nnx.Module):
    """16 x 16 x 3: dense 4 x 4 x 256; transposed 128 stride 1, 64 and 3 stride 2; tanh.

    Args:
        ranges: trained ranges of the conditions, possibly none.
        shape: of a sample: (16, 16, 3).
        embedding: width of the condition embedding.
        rngs: parameter keys.

    Raises:
        InputError: for another shape.
    """

    activations = 8 * 8 * 64
    """Size of the largest layer, per sample."""

    def __init__(
        self,
        ranges: tuple[ConditionRange, ...],
        shape: Sequence[int],
        *,
        embedding: int = 64,
        rngs: nnx.Rngs,
    ) -> None:
        expect_shape("dcgan16", (16, 16, 3), shape)
        self.latents = Latents(ranges, _LATENTS, embedding, rngs=rngs)
        self.stem = _Stem(self.latents.width, 4, rngs=rngs)
        self.growth = nnx.List(
            [_Growth(_CHANNELS, 128, 1, rngs=rngs), _Growth(128, 64, 2, rngs=rngs)]
        )
        self.last = TransposedConvolution(64, 3, 2, rngs=rngs)
        self.bias = nnx.Param(jnp.zeros(3))

    def noise_size(self, size: int | None = None) -> int:
        """Number of latents."""
        return _LATENTS

    def __call__(self, noise: jax.Array, conditions: jax.Array) -> jax.Array:
        """Noise (n, 100) on [0, 1) and conditions (n, c) to samples (n, 16, 16, 3) in [-1, 1]."""
        images = self.stem(self.latents(noise, conditions))
        for layer in self.growth:
            images = layer(images)
        return jnp.tanh(self.last(images) + self.bias[...])
