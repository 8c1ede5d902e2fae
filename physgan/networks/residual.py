"""Residual blocks, dense and convolutional, with an optional context vector as input."""

import jax
from flax import nnx

from physgan.networks.generic import LEAK, activate
from physgan.networks.initial import scaled_normal
from physgan.networks.periodic import PeriodicConvolution

__all__ = ["GAIN", "ConvolutionBlock", "DenseBlock"]

GAIN = (2 / (1 + LEAK**2)) ** 0.5
"""Gain of weights behind a LeakyReLU that keeps the mean square (He et al. 2015)."""

_ALMOST_ZERO = 1e-8


class ConvolutionBlock(nnx.Module):
    """x + W3 act(W2 act(W1 x + U context)), the middle one 3 x 3, W3 starting at zero.

    After R3GAN (Huang et al. 2024, arXiv:2501.05441).

    Args:
        width: channels of x; the layers between have twice as many.
        blocks: number of blocks in the network, for the initial weights.
        context: length of the context, 0 for none.
        penalised: whether a gradient penalty differentiates the block twice.
        rngs: parameter keys.
    """

    def __init__(
        self,
        width: int,
        blocks: int,
        *,
        context: int = 0,
        penalised: bool = False,
        rngs: nnx.Rngs,
    ) -> None:
        def convolution(inputs: int, outputs: int, kernel: int, gain: float) -> PeriodicConvolution:
            return PeriodicConvolution(
                inputs, outputs, kernel, gain=gain, penalised=penalised, rngs=rngs
            )

        gain = GAIN * blocks**-0.25
        self.expand = convolution(width, 2 * width, 1, gain)
        self.middle = convolution(2 * width, 2 * width, 3, gain)
        self.contract = convolution(2 * width, width, 1, _ALMOST_ZERO)
        self.tell = _context_layer(context, 2 * width, rngs)

    def __call__(self, pictures: jax.Array, context: jax.Array | None = None) -> jax.Array:
        """Pictures (n, h, w, width) and context (n, k) to (n, h, w, width)."""
        hidden = self.expand(pictures)
        for layer in self.tell:
            hidden += layer(context)[:, None, None]
        return pictures + self.contract(activate(self.middle(activate(hidden))))


class DenseBlock(nnx.Module):
    """x + W2 act(W1 x + U context), W2 starting at zero.

    Args:
        width: length of x.
        blocks: number of blocks in the network, for the initial weights.
        context: length of the context, 0 for none.
        rngs: parameter keys.
    """

    def __init__(self, width: int, blocks: int, *, context: int = 0, rngs: nnx.Rngs) -> None:
        first = scaled_normal(GAIN * blocks**-0.5)
        self.expand = nnx.Linear(width, width, kernel_init=first, rngs=rngs)
        self.contract = nnx.Linear(width, width, kernel_init=scaled_normal(_ALMOST_ZERO), rngs=rngs)
        self.tell = _context_layer(context, width, rngs)

    def __call__(self, values: jax.Array, context: jax.Array | None = None) -> jax.Array:
        """Values (n, width) and context (n, k) to (n, width)."""
        hidden = self.expand(values)
        for layer in self.tell:
            hidden += layer(context)
        return values + self.contract(activate(hidden))


def _context_layer(context: int, width: int, rngs: nnx.Rngs) -> nnx.List:
    """The layer that adds the context, if there is one."""
    if not context:
        return nnx.List([])
    return nnx.List([nnx.Linear(context, width, kernel_init=scaled_normal(), rngs=rngs)])
