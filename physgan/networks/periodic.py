"""Convolutions on a torus."""

import jax
import jax.numpy as jnp
from flax import nnx

from physgan.networks.convolution import convolve, convolve_by_xla
from physgan.networks.initial import scaled_normal

__all__ = ["PeriodicConvolution", "convolve_by_products", "join_cells", "split_cells"]


class PeriodicConvolution(nnx.Module):
    """Square-kernel convolution with wrapped edges and no bias.

    Args:
        inputs: input channels.
        outputs: output channels.
        kernel: odd kernel size.
        gain: standard deviation of the weights, times sqrt(fan-in).
        penalised: whether a gradient penalty differentiates the layer twice. It is then computed by
            matrix products; the result is the same to rounding.
        rngs: parameter keys.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int = 3,
        *,
        gain: float = 1.0,
        penalised: bool = False,
        rngs: nnx.Rngs,
    ) -> None:
        self.by_products = penalised
        self.convolution = _Kernel((kernel, kernel, inputs, outputs), gain, rngs)

    def __call__(self, images: jax.Array) -> jax.Array:
        """Shape (n, height, width, inputs) to (n, height, width, outputs)."""
        convolution = convolve if self.by_products else convolve_by_xla
        return convolution(images, self.convolution.kernel[...], periodic=True)


def convolve_by_products(module: nnx.Module) -> None:
    """Let all periodic convolutions in a network be computed by matrix products."""
    for _, part in nnx.iter_modules(module):
        if isinstance(part, PeriodicConvolution):
            part.by_products = True


class _Kernel(nnx.Module):
    """The weights, under the names that saved surrogates have."""

    def __init__(self, shape: tuple[int, ...], gain: float, rngs: nnx.Rngs) -> None:
        self.kernel = nnx.Param(scaled_normal(gain)(rngs.params(), shape))


def split_cells(lattice: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array, jax.Array]:
    """The four sublattices of the 2 x 2 cells of lattices (n, 2m, 2m), each (n, m, m).

    Returns:
        (corner, centre, right, below): sites (even, even), (odd, odd), (even, odd) and
        (odd, even) by row and column.
    """
    return (
        lattice[:, ::2, ::2],
        lattice[:, 1::2, 1::2],
        lattice[:, ::2, 1::2],
        lattice[:, 1::2, ::2],
    )


def join_cells(
    corner: jax.Array, centre: jax.Array, right: jax.Array, below: jax.Array
) -> jax.Array:
    """Inverse of `split_cells`: four arrays (n, m, m) to (n, 2m, 2m)."""
    count, size, _ = corner.shape
    even = jnp.stack([corner, right], -1).reshape(count, size, 2 * size)
    odd = jnp.stack([below, centre], -1).reshape(count, size, 2 * size)
    return jnp.stack([even, odd], 2).reshape(count, 2 * size, 2 * size)
