"""Convolutions as matrix products: those of XLA to rounding, and so are two derivatives."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from physgan.networks.convolution import convolve

SHAPES = [
    (3, (16, 16), 16, 8),  # Winograd's tiles
    (3, (8, 10), 8, 3),
    (3, (7, 8), 8, 4),  # an odd side
    (3, (16, 16), 2, 8),  # few channels
    (3, (2, 2), 8, 8),  # few pixels
    (3, (1, 2), 3, 2),
    (5, (6, 8), 4, 4),
    (1, (5, 4), 3, 6),
]
"""Kernel, sides, input channels, output channels."""


def of_xla(images: jax.Array, kernel: jax.Array, *, periodic: bool) -> jax.Array:
    edge = (len(kernel) // 2, len(kernel) // 2)
    padded = jnp.pad(images, ((0, 0), edge, edge, (0, 0)), mode="wrap" if periodic else "constant")
    return jax.lax.conv_general_dilated(
        padded, kernel, (1, 1), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC")
    )


def derivatives(convolution: Callable[..., jax.Array], periodic: bool) -> Callable[..., tuple]:
    """Output, gradients, and gradients of the squared input gradient of a smooth score."""

    def score(images: jax.Array, kernel: jax.Array) -> jax.Array:
        return jnp.sin(convolution(images, kernel, periodic=periodic)).sum()

    def penalty(images: jax.Array, kernel: jax.Array) -> jax.Array:
        return (jax.grad(score)(images, kernel) ** 2).sum()

    def everything(images: jax.Array, kernel: jax.Array) -> tuple:
        return (
            convolution(images, kernel, periodic=periodic),
            *jax.grad(score, (0, 1))(images, kernel),
            *jax.grad(penalty, (0, 1))(images, kernel),
        )

    return jax.jit(everything)


@pytest.mark.parametrize("periodic", [True, False])
@pytest.mark.parametrize("shape", SHAPES)
def test_it_is_the_convolution_of_xla_and_so_are_its_derivatives(
    shape: tuple[int, tuple[int, int], int, int], periodic: bool
) -> None:
    """Within 1e-5 of the largest value; a float32 has 6e-8, a sum here up to 2,000 terms."""
    side, sides, inputs, outputs = shape
    keys = jax.random.split(jax.random.key(0))
    images = jax.random.normal(keys[0], (3, *sides, inputs))
    kernel = jax.random.normal(keys[1], (side, side, inputs, outputs)) / (side * inputs**0.5)
    expected = derivatives(of_xla, periodic)(images, kernel)
    found = derivatives(convolve, periodic)(images, kernel)
    for one, other in zip(found, expected, strict=True):
        assert one.shape == other.shape
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-5 * np.abs(other).max())


def test_no_derivative_falls_back_to_a_convolution_of_xla() -> None:
    """On a CPU those of a gradient penalty are several times slower."""
    for side, sides, inputs, outputs in SHAPES:
        arguments = jnp.ones((2, *sides, inputs)), jnp.ones((side, side, inputs, outputs))
        program = jax.make_jaxpr(derivatives(convolve, True))(*arguments)
        assert "conv_general_dilated" not in str(program)
        assert "conv_general_dilated" in str(jax.make_jaxpr(derivatives(of_xla, True))(*arguments))
