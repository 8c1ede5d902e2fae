"""Counted operations against those that the shapes say."""

import jax
import jax.numpy as jnp
import pytest

from physgan.networks import flops_of


def test_products_and_convolutions_count_two_for_each_weight_and_place() -> None:
    vector = jax.ShapeDtypeStruct((16, 30), jnp.float32)
    matrix = jax.ShapeDtypeStruct((30, 50), jnp.float32)
    assert flops_of(jnp.matmul, vector, matrix) == 2 * 16 * 30 * 50

    def convolve(images: jax.Array, kernel: jax.Array) -> jax.Array:
        return jax.lax.conv_general_dilated(
            images, kernel, (1, 1), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC")
        )

    images = jax.ShapeDtypeStruct((4, 10, 10, 3), jnp.float32)
    kernel = jax.ShapeDtypeStruct((3, 3, 3, 5), jnp.float32)
    assert flops_of(convolve, images, kernel) == 2 * 4 * 8 * 8 * 5 * 27


def test_loops_count_as_often_as_they_run() -> None:
    """A loop of 7 with one of 3 inside, jitted or not: 7 (1 + 3) products and one before."""
    matrix = jax.ShapeDtypeStruct((20, 20), jnp.float32)

    def turn(_: int, x: jax.Array, w: jax.Array) -> jax.Array:
        return jax.lax.fori_loop(0, 3, lambda _, y: y @ w, x @ w)

    def whole(w: jax.Array) -> jax.Array:
        return jax.lax.fori_loop(0, 7, lambda i, x: turn(i, x, w), w @ w)

    for function in (whole, jax.jit(whole)):
        assert flops_of(function, matrix) == pytest.approx(29 * 2 * 20**3, rel=1e-2)
