"""Convolutions on a torus."""

import jax
import jax.numpy as jnp
from flax import nnx

from physgan.networks.initial import scaled_normal

__all__ = ["PeriodicConvolution", "join_cells", "split_cells"]


class PeriodicConvolution(nnx.Module):
    """Square-kernel convolution with wrapped edges and no bias.

    Args:
        inputs: input channels.
        outputs: output channels.
        kernel: odd kernel size.
        gain: standard deviation of the weights, times sqrt(fan-in).
        rngs: parameter keys.
    """

    def __init__(
        self, inputs: int, outputs: int, kernel: int = 3, *, gain: float = 1.0, rngs: nnx.Rngs
    ) -> None:
        self.margin = kernel // 2
        self.convolution = nnx.Conv(
            inputs,
            outputs,
            (kernel, kernel),
            padding="VALID",
            use_bias=False,
            kernel_init=scaled_normal(gain),
            rngs=rngs,
        )

    def __call__(self, images: jax.Array) -> jax.Array:
        """Shape (n, height, width, inputs) to (n, height, width, outputs)."""
        edge = (self.margin, self.margin)
        return self.convolution(jnp.pad(images, ((0, 0), edge, edge, (0, 0)), mode="wrap"))


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
