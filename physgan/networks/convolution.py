"""Convolutions as matrix products, closed under differentiation.

A gradient penalty differentiates a convolution twice. On a CPU, XLA computes some of those
derivatives more than ten times as slowly as a matrix product of as many operations. Here a
convolution consists of shifts, sums and matrix products, and so do all its derivatives.

A 3 x 3 convolution of an even image is Winograd's F(2 x 2, 3 x 3): 16 products for 2 x 2 outputs
in place of 36 (Lavin and Gray 2015, arXiv:1509.09308, section 4.1). Its rounding errors are a few
times those of a direct sum. Where a pixel has few channels the 16 products would be too narrow.
Those and all other convolutions are one product of every pixel's neighbourhood with the kernel.

Layers that are differentiated once are faster, and compiled faster, as convolutions of XLA. So is
every layer on another device.
"""

import jax
import jax.numpy as jnp
import numpy as np

__all__ = ["convolve", "convolve_by_xla"]

_FEW_CHANNELS, _FEW_PIXELS = 8, 64
"""With fewer input channels or pixels, one product of neighbourhoods serves better than 16 small
ones, which take longer to compile."""

_KERNEL_TO_TILE = np.array([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]], np.float32)


def convolve(images: jax.Array, kernel: jax.Array, *, periodic: bool) -> jax.Array:
    """Convolution with stride 1 that keeps the size of the images.

    Args:
        images: shape (n, h, w, c).
        kernel: shape (k, k, c, d), k odd.
        periodic: whether the edges are wrapped; zeros lie beyond them otherwise.

    Returns:
        shape (n, h, w, d).
    """
    _, height, width, channels = images.shape
    side = kernel.shape[0]
    if side == 1:
        return _product(images, kernel[0, 0])
    if jax.default_backend() != "cpu":
        return convolve_by_xla(images, kernel, periodic=periodic)
    even = height % 2 == width % 2 == 0
    if side == 3 and even and channels >= _FEW_CHANNELS and height * width >= _FEW_PIXELS:
        return _winograd(images, kernel, periodic)
    return _product_of_neighbourhoods(images, kernel, periodic)


def convolve_by_xla(images: jax.Array, kernel: jax.Array, *, periodic: bool) -> jax.Array:
    """The same, by XLA's own convolution."""
    return jax.lax.conv_general_dilated(
        _padded(images, len(kernel) // 2, periodic),
        kernel,
        (1, 1),
        "VALID",
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
    )


def _product_of_neighbourhoods(images: jax.Array, kernel: jax.Array, periodic: bool) -> jax.Array:
    """The k^2 c numbers around every pixel, times the kernel as a matrix."""
    side, _, channels, outputs = kernel.shape
    _, height, width, _ = images.shape
    padded = _padded(images, side // 2, periodic)
    windows = [
        padded[:, row : row + height, column : column + width]
        for row in range(side)
        for column in range(side)
    ]
    return _product(jnp.concatenate(windows, -1), kernel.reshape(side * side * channels, outputs))


def _winograd(images: jax.Array, kernel: jax.Array, periodic: bool) -> jax.Array:
    """Tiles of 4 x 4 pixels, overlapping by two, give 2 x 2 outputs each."""
    taps = jnp.einsum("ai,bj,ijcd->abcd", _KERNEL_TO_TILE, _KERNEL_TO_TILE, kernel)
    tiles = [_tile(rows, 2, periodic) for rows in _tile(images, 1, periodic)]
    products = [[_product(tiles[a][b], taps[a, b]) for b in range(4)] for a in range(4)]
    return _untile([_untile(row, 2) for row in products], 1)


def _product(pixels: jax.Array, matrix: jax.Array) -> jax.Array:
    """Pixels (n, h, w, c) times a matrix (c, d), as one matrix: its derivatives then are, too."""
    rows = pixels.reshape(-1, pixels.shape[-1]) @ matrix
    return rows.reshape(*pixels.shape[:-1], -1)


def _tile(values: jax.Array, axis: int, periodic: bool) -> list[jax.Array]:
    """An axis of length 2m to four of length m: sums of two of the pixels 2i - 1 to 2i + 2."""
    cells = values.reshape(*values.shape[:axis], -1, 2, *values.shape[axis + 1 :])
    even, odd = (jax.lax.index_in_dim(cells, k, axis + 1, keepdims=False) for k in (0, 1))
    before, after = _shifted(odd, 1, axis, periodic), _shifted(even, -1, axis, periodic)
    return [before - odd, even + odd, odd - even, even - after]


def _untile(products: list[jax.Array], axis: int) -> jax.Array:
    """Four axes of length m to one of length 2m."""
    first, second, third, fourth = products
    pair = jnp.stack([first + second + third, second - third - fourth], axis + 1)
    return pair.reshape(*first.shape[:axis], -1, *first.shape[axis + 1 :])


def _shifted(values: jax.Array, step: int, axis: int, periodic: bool) -> jax.Array:
    """Values moved by one place, +1 or -1, along an axis."""
    if periodic:
        return jnp.roll(values, step, axis)
    edges = [(0, 0, 0)] * values.ndim
    edges[axis] = (step, -step, 0)
    return jax.lax.pad(values, jnp.zeros((), values.dtype), edges)


def _padded(images: jax.Array, margin: int, periodic: bool) -> jax.Array:
    edge = (margin, margin)
    return jnp.pad(images, ((0, 0), edge, edge, (0, 0)), mode="wrap" if periodic else "constant")
