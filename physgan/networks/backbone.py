"""Encoder and decoder: the two parts of a network from variables to variables.

Vectors use dense residual blocks. Pictures use convolutional ones on square patches of pixels; the
patches form a grid of about 8 x 8.
"""

import math
from collections.abc import Sequence

import jax
import jax.numpy as jnp
from flax import nnx

from physgan.networks.initial import scaled_normal
from physgan.networks.periodic import PeriodicConvolution
from physgan.networks.residual import ConvolutionBlock, DenseBlock

__all__ = ["Decoder", "Encoder", "hidden_shape"]

_GRID = 8
_DENSE = 8
_SMALL = 0.1


class Encoder(nnx.Module):
    """Variables to a hidden state: a linear layer, then residual blocks with the context as input.

    Args:
        shape: of the variables, (h, w, c) or (k,).
        width: channels of convolutions; dense layers are 8 times as wide.
        blocks: residual blocks.
        context: length of the context.
        periodic: whether opposite edges of a picture touch; if not, a positional term is learnt.
        rngs: parameter keys.
    """

    def __init__(
        self,
        shape: Sequence[int],
        *,
        width: int,
        blocks: int,
        context: int,
        periodic: bool,
        rngs: nnx.Rngs,
    ) -> None:
        self.patch = _patch(shape)
        self.hidden = hidden_shape(shape, width)
        placed = len(shape) == 3 and not periodic
        self.place = nnx.List([nnx.Param(jnp.zeros(self.hidden))] if placed else [])
        self.first = _linear(_patch_size(shape), self.hidden, rngs)
        self.blocks = _blocks(self.hidden, blocks, context, rngs)

    def __call__(self, values: jax.Array, context: jax.Array) -> jax.Array:
        """Values (n, *shape) and context (n, k) to (n, *hidden_shape)."""
        hidden = self.first(_to_patches(values, self.patch) if self.patch else values)
        for place in self.place:
            hidden += place[...]
        for block in self.blocks:
            hidden = block(hidden, context)
        return hidden


class Decoder(nnx.Module):
    """A hidden state to outputs for each variable: residual blocks, then a linear layer.

    Args:
        shape: of the variables, (h, w, c) or (k,).
        outputs: number of outputs for each variable.
        width: the same as the encoder's.
        blocks: residual blocks.
        context: length of the context.
        rngs: parameter keys.
    """

    def __init__(
        self,
        shape: Sequence[int],
        *,
        outputs: int = 1,
        width: int,
        blocks: int,
        context: int,
        rngs: nnx.Rngs,
    ) -> None:
        self.shape, self.outputs, self.patch = tuple(shape), outputs, _patch(shape)
        hidden = hidden_shape(shape, width)
        self.blocks = _blocks(hidden, blocks, context, rngs)
        self.last = nnx.Linear(
            hidden[-1],
            outputs * _patch_size(shape),
            kernel_init=scaled_normal(_SMALL),
            rngs=rngs,
        )

    def __call__(self, hidden: jax.Array, context: jax.Array) -> jax.Array:
        """Hidden (n, *hidden_shape) and context (n, k) to (n, *shape, outputs)."""
        for block in self.blocks:
            hidden = block(hidden, context)
        outputs = self.last(hidden)
        if self.patch:
            outputs = _from_patches(outputs, self.patch, self.shape[-1] * self.outputs)
        return outputs.reshape(len(outputs), *self.shape, self.outputs)


def hidden_shape(shape: Sequence[int], width: int) -> tuple[int, ...]:
    """Shape of the hidden state between encoder and decoder."""
    patch = _patch(shape)
    return (shape[0] // patch, shape[1] // patch, width) if patch else (_DENSE * width,)


def _patch(shape: Sequence[int]) -> int:
    """Side of the patches of a picture; 0 for a vector."""
    if len(shape) != 3:
        return 0
    patch, side = 1, math.gcd(shape[0], shape[1])
    while min(shape[0], shape[1]) // patch > _GRID and side % (2 * patch) == 0:
        patch *= 2
    return patch


def _patch_size(shape: Sequence[int]) -> int:
    """Number of variables in a patch; for a vector, all of them."""
    return shape[-1] * max(1, _patch(shape)) ** 2


def _linear(inputs: int, hidden: tuple[int, ...], rngs: nnx.Rngs) -> nnx.Module:
    if len(hidden) == 3:
        return PeriodicConvolution(inputs, hidden[-1], rngs=rngs)
    return nnx.Linear(inputs, hidden[-1], kernel_init=scaled_normal(), rngs=rngs)


def _blocks(hidden: tuple[int, ...], blocks: int, context: int, rngs: nnx.Rngs) -> nnx.List:
    kind = ConvolutionBlock if len(hidden) == 3 else DenseBlock
    return nnx.List(kind(hidden[-1], blocks, context=context, rngs=rngs) for _ in range(blocks))


def _to_patches(images: jax.Array, side: int) -> jax.Array:
    """(n, h, w, c) to (n, h / side, w / side, side * side * c)."""
    count, height, width, channels = images.shape
    patches = images.reshape(count, height // side, side, width // side, side, channels)
    patches = patches.transpose(0, 1, 3, 2, 4, 5)
    return patches.reshape(count, height // side, width // side, -1)


def _from_patches(patches: jax.Array, side: int, channels: int) -> jax.Array:
    """Inverse of `_to_patches`."""
    count, rows, columns, _ = patches.shape
    images = patches.reshape(count, rows, columns, side, side, channels)
    images = images.transpose(0, 1, 3, 2, 4, 5)
    return images.reshape(count, rows * side, columns * side, channels)
