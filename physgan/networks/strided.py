"""5 x 5 convolutions with stride 1 or 2 and their transposes, computed without strides.

The layers and their kernels are the ordinary ones ("same" padding, NHWC). A stride of 2 is computed
as a 3 x 3 convolution of 2 x 2 cells, so neither the forward nor the backward pass has a strided
convolution. On a CPU, XLA takes several times as long for strided convolutions. For a kernel larger
than the image, it takes far longer than a matrix product.
"""

import jax
import jax.numpy as jnp
from flax import nnx

from physgan.networks.initial import scaled_normal

__all__ = ["HalvingConvolution", "TransposedConvolution", "convolve"]

_KERNEL = 5


class HalvingConvolution(nnx.Module):
    """5 x 5 convolution with stride 2: (n, 2h, 2w, inputs) to (n, h, w, outputs).

    Args:
        inputs: input channels.
        outputs: output channels.
        rngs: parameter keys.
    """

    def __init__(self, inputs: int, outputs: int, *, rngs: nnx.Rngs) -> None:
        self.kernel = _kernel(inputs, outputs, rngs)
        self.bias = nnx.Param(jnp.zeros(outputs))

    def __call__(self, images: jax.Array) -> jax.Array:
        """Shape (n, 2h, 2w, inputs) to (n, h, w, outputs)."""
        count, height, width, channels = images.shape
        cells = images.reshape(count, height // 2, 2, width // 2, 2, channels)
        cells = cells.transpose(0, 1, 3, 2, 4, 5).reshape(count, height // 2, width // 2, -1)
        # a row of pixels 2 (j + m) + q sees tap 2 m + q + 1 of five: one zero goes before
        taps = jnp.pad(self.kernel[...], ((1, 0), (1, 0), (0, 0), (0, 0)))
        outputs = taps.shape[-1]
        taps = taps.reshape(3, 2, 3, 2, channels, outputs).transpose(0, 2, 1, 3, 4, 5)
        return convolve(cells, taps.reshape(3, 3, 4 * channels, outputs)) + self.bias[...]


class TransposedConvolution(nnx.Module):
    """Transposed 5 x 5 convolution, no bias: `jax.lax.conv_transpose` with padding "SAME".

    Args:
        inputs: input channels.
        outputs: output channels.
        stride: 1 or 2.
        rngs: parameter keys.
    """

    def __init__(self, inputs: int, outputs: int, stride: int, *, rngs: nnx.Rngs) -> None:
        self.stride = stride
        self.kernel = _kernel(inputs, outputs, rngs, stride)

    def __call__(self, images: jax.Array) -> jax.Array:
        """Shape (n, h, w, inputs) to (n, h * stride, w * stride, outputs)."""
        kernel = self.kernel[...]
        outputs = kernel.shape[-1]
        if self.stride == 1:
            return _convolve_small(images, kernel)
        count, height, width, channels = images.shape
        # pixel 2 j + p sees row j + m by tap 2 m + 3 - p of five: one zero goes behind
        taps = jnp.pad(kernel, ((0, 1), (0, 1), (0, 0), (0, 0)))
        taps = taps.reshape(3, 2, 3, 2, channels, outputs)[:, ::-1, :, ::-1]
        taps = taps.transpose(0, 2, 4, 1, 3, 5).reshape(3, 3, channels, 4 * outputs)
        cells = convolve(images, taps).reshape(count, height, width, 2, 2, outputs)
        return cells.transpose(0, 1, 3, 2, 4, 5).reshape(count, 2 * height, 2 * width, outputs)


def convolve(images: jax.Array, kernel: jax.Array) -> jax.Array:
    """Convolution with zero padding and stride 1: (n, h, w, c) and (k, k, c, d) to (n, h, w, d)."""
    return jax.lax.conv_general_dilated(
        images, kernel, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")
    )


def _convolve_small(images: jax.Array, kernel: jax.Array) -> jax.Array:
    """The same convolution as one matrix product: every pixel's neighbourhood times the kernel."""
    side, _, channels, outputs = kernel.shape
    count, height, width, _ = images.shape
    edge = side // 2
    padded = jnp.pad(images, ((0, 0), (edge, edge), (edge, edge), (0, 0)))
    windows = [
        padded[:, row : row + height, column : column + width]
        for row in range(side)
        for column in range(side)
    ]
    rows = jnp.concatenate(windows, -1).reshape(-1, side * side * channels)
    product = rows @ kernel.reshape(-1, outputs)
    return product.reshape(count, height, width, outputs)


def _kernel(inputs: int, outputs: int, rngs: nnx.Rngs, stride: int = 1) -> nnx.Param:
    """Initial kernel; in a transposed convolution a pixel gets 1 / stride^2 of the terms."""
    draw = scaled_normal(float(stride))
    return nnx.Param(draw(rngs.params(), (_KERNEL, _KERNEL, inputs, outputs)))
