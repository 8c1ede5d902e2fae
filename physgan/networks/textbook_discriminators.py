"""The textbook discriminators: convolutional or dense, with dropout or batch norm.

Their input is the sample, without physical features. With conditions, a projection on them is
added to the last layer. Without conditions, the layers are exactly the textbook's.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

import jax
from flax import nnx

from physgan.errors import InputError
from physgan.networks.embedding import ConditionRange
from physgan.networks.generic import ConditionalScore, activate
from physgan.networks.initial import scaled_normal
from physgan.networks.strided import HalvingConvolution

__all__ = ["DcganDiscriminator", "DenseBatchNormDiscriminator"]

_DROPPED = 0.3


class DcganDiscriminator(nnx.Module):
    """5 x 5 convolutions 64 and 128 with stride 2, LeakyReLU, dropout 0.3 after each; dense 1.

    With `batch_norm` there is batch norm after the second convolution and no dropout. DCGAN has
    no batch norm in the first layer either (Radford et al. 2016, arXiv:1511.06434).

    Args:
        ranges: trained ranges of the conditions, possibly none.
        shape: of an image: (4h, 4w, channels).
        batch_norm: whether batch norm takes the place of dropout.
        embedding: width of the condition embedding.
        rngs: parameter keys.

    Raises:
        InputError: for samples that are not images, or images whose sides 4 does not divide.
    """

    def __init__(
        self,
        ranges: tuple[ConditionRange, ...],
        shape: Sequence[int],
        *,
        batch_norm: bool = False,
        embedding: int = 64,
        rngs: nnx.Rngs,
    ) -> None:
        if len(shape) != 3 or shape[0] % 4 or shape[1] % 4:
            raise InputError(
                "expected images with sides that 4 divides for the discriminator dcgan; got shape "
                f"{tuple(shape)}"
            )
        height, width, channels = shape
        self.first = HalvingConvolution(channels, 64, rngs=rngs)
        self.second = HalvingConvolution(64, 128, rngs=rngs)
        self.norms = nnx.List(
            [nnx.BatchNorm(128, use_running_average=True, rngs=rngs)] if batch_norm else []
        )
        self.dropout = nnx.Dropout(0.0 if batch_norm else _DROPPED, deterministic=True)
        inputs = (height // 4) * (width // 4) * 128
        self.score = ConditionalScore(inputs, ranges, embedding, rngs=rngs)

    def __call__(
        self,
        images: jax.Array,
        features: jax.Array,
        conditions: jax.Array,
        key: jax.Array | None = None,
    ) -> jax.Array:
        """Images (n, 4h, 4w, channels), conditions (n, c) to scores (n,); `key` of the dropout."""
        keys = (None, None) if key is None else jax.random.split(key)
        hidden = self._dropped(activate(self.first(images)), keys[0])
        hidden = self.second(hidden)
        for norm in self.norms:
            hidden = norm(hidden)
        hidden = self._dropped(activate(hidden), keys[1])
        return self.score(hidden.reshape(len(hidden), -1), conditions)

    def _dropped(self, values: jax.Array, key: jax.Array | None) -> jax.Array:
        return self.dropout(values, deterministic=key is None, rngs=key)


class DenseBatchNormDiscriminator(nnx.Module):
    """Dense 1024, 512 and 256, each with batch norm and LeakyReLU, then dense 1.

    Args:
        ranges: trained ranges of the conditions, possibly none.
        shape: of a sample, any.
        embedding: width of the condition embedding.
        rngs: parameter keys.
    """

    def __init__(
        self,
        ranges: tuple[ConditionRange, ...],
        shape: Sequence[int],
        *,
        embedding: int = 64,
        rngs: nnx.Rngs,
    ) -> None:
        sizes = (math.prod(shape), 1024, 512, 256)
        self.layers = nnx.List(
            nnx.Linear(a, b, kernel_init=scaled_normal(), rngs=rngs) for a, b in pairwise(sizes)
        )
        self.norms = nnx.List(
            nnx.BatchNorm(size, use_running_average=True, rngs=rngs) for size in sizes[1:]
        )
        self.score = ConditionalScore(sizes[-1], ranges, embedding, rngs=rngs)

    def __call__(
        self,
        samples: jax.Array,
        features: jax.Array,
        conditions: jax.Array,
        key: jax.Array | None = None,
    ) -> jax.Array:
        """Samples (n, *shape), conditions (n, c) to scores (n,).

        Nothing in it is random: `key` is not used.
        """
        hidden = samples.reshape(len(samples), -1)
        for layer, norm in zip(self.layers, self.norms, strict=True):
            hidden = activate(norm(layer(hidden)))
        return self.score(hidden, conditions)
