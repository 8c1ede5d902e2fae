"""The textbook networks: their layers, the arithmetic of strides, what they refuse."""

from functools import lru_cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from physgan.errors import InputError
from physgan.networks import (
    DISCRIMINATORS,
    GENERIC_GENERATORS,
    build_discriminator,
    build_generator,
    generic_settings,
)
from physgan.networks.dense_discriminator import waves
from physgan.networks.strided import HalvingConvolution, TransposedConvolution

SHAPES = {"dcgan28": (28, 28, 1), "dcgan16": (16, 16, 3), "dense": (3, 2), "dense-mixture": (3, 2)}
LABEL = [[0.0, 9.0, "linear"]]
NHWC = ("NHWC", "HWIO", "NHWC")


def kernels(module: object) -> list[tuple[int, ...]]:
    """Shapes of all layers' weights, sorted."""
    state = nnx.to_pure_dict(nnx.state(module, nnx.Param))
    leaves = jax.tree_util.tree_leaves_with_path(state)
    return sorted(leaf.shape for path, leaf in leaves if path[-1].key == "kernel")


@lru_cache
def generator(name: str, labelled: bool = False):
    """A network and it as a compiled function."""
    common = {"ranges": LABEL if labelled else [], "embedding": 8}
    network = build_generator(generic_settings(name, SHAPES[name], common, "images"), {}, seed=0)
    return network, jax.jit(lambda noise, conditions: network(noise, conditions))


@pytest.mark.parametrize("stride", [1, 2])
def test_transposed_convolution_is_that_of_lax(stride: int) -> None:
    layer = TransposedConvolution(3, 4, stride, rngs=nnx.Rngs(0))
    images = jax.random.normal(jax.random.key(0), (2, 5, 6, 3))
    expected = jax.lax.conv_transpose(
        images, layer.kernel[...], (stride, stride), "SAME", dimension_numbers=NHWC
    )
    np.testing.assert_allclose(layer(images), expected, atol=1e-5)


def test_halving_convolution_is_that_of_lax() -> None:
    layer = HalvingConvolution(3, 4, rngs=nnx.Rngs(0))
    images = jax.random.normal(jax.random.key(0), (2, 8, 6, 3))
    expected = jax.lax.conv_general_dilated(
        images, layer.kernel[...], (2, 2), "SAME", dimension_numbers=NHWC
    )
    np.testing.assert_allclose(layer(images), expected, atol=1e-5)


@pytest.mark.parametrize("name", GENERIC_GENERATORS)
def test_generators_draw_samples_of_their_shape(name: str) -> None:
    """Every number depends on the noise; the ends of its range give finite ones."""
    network, draw = generator(name)
    noise = jax.random.uniform(jax.random.key(1), (6, network.noise_size()))
    noise = noise.at[0].set(0.0).at[1].set(1 - 2.0**-23)
    samples = np.asarray(draw(noise, jnp.zeros((6, 0))))
    assert samples.shape == (6, *SHAPES[name])
    assert np.all(np.isfinite(samples))
    assert np.ptp(samples[2:], 0).min() > 0


@pytest.mark.parametrize("name", GENERIC_GENERATORS)
def test_conditions_reach_every_generator(name: str) -> None:
    network, draw = generator(name, labelled=True)
    noise = jnp.full((6, network.noise_size()), 0.3)
    samples = np.asarray(draw(noise, jnp.array([[0.0], [4.0], [9.0], [9.0], [9.0], [9.0]])))
    assert np.abs(samples[0] - samples[1]).max() > 1e-3
    assert np.abs(samples[1] - samples[2]).max() > 1e-3
    np.testing.assert_allclose(samples[2], samples[3], atol=1e-6)


def test_layers_of_the_textbook_generators() -> None:
    assert kernels(generator("dcgan28")[0]) == [
        (5, 5, 128, 64), (5, 5, 256, 128), (7, 7, 64, 1), (100, 7 * 7 * 256),
    ]  # fmt: skip
    assert kernels(generator("dcgan16")[0]) == [
        (5, 5, 64, 3), (5, 5, 128, 64), (5, 5, 256, 128), (100, 4 * 4 * 256),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "layers"),
    [
        ("dcgan", [(5, 5, 1, 64), (5, 5, 64, 128), (7 * 7 * 128, 1)]),
        ("dcgan-batch-norm", [(5, 5, 1, 64), (5, 5, 64, 128), (7 * 7 * 128, 1)]),
        ("dense-batch-norm", [(256, 1), (512, 256), (784, 1024), (1024, 512)]),
    ],
)
def test_layers_of_the_textbook_discriminators(name: str, layers: list) -> None:
    assert kernels(discriminator_of(name, (28, 28, 1))) == layers


def discriminator_of(name: str, shape: tuple[int, ...], ranges: list = []) -> nnx.Module:  # noqa: B006
    return build_discriminator(shape, 2, ranges, name=name, width=2, blocks=1, embedding=8)


def test_dropout_follows_its_key_and_rests_outside_training() -> None:
    discriminator = discriminator_of("dcgan", (8, 8, 1))
    network = jax.jit(lambda *inputs: discriminator(*inputs))
    one = jax.random.normal(jax.random.key(0), (1, 8, 8, 1))
    images = jnp.broadcast_to(one, (200, 8, 8, 1))
    inputs = images, jnp.zeros((200, 2)), jnp.zeros((200, 0))
    still = network(*inputs)
    np.testing.assert_allclose(still, still[0], rtol=1e-5)
    dropped = network(*inputs, jax.random.key(1))
    np.testing.assert_array_equal(dropped, network(*inputs, jax.random.key(1)))
    assert np.ptp(np.asarray(dropped - network(*inputs, jax.random.key(2)))) > 0
    assert len(np.unique(np.asarray(dropped))) > 190


@pytest.mark.parametrize("name", ["dcgan-batch-norm", "dense-batch-norm"])
def test_batch_norm_trains_on_the_batch_and_remembers_it(name: str) -> None:
    """In training it takes the batch's mean and spread away.

    The running statistics move 1 % of the way to them (momentum 0.99).
    """
    network = discriminator_of(name, (8, 8, 1))
    hidden = network.norms[0]
    values = jnp.ones((2, hidden.mean.shape[0]))
    np.testing.assert_allclose(hidden(values), 1, rtol=1e-4)
    np.testing.assert_array_equal(hidden.mean[...], 0)
    network.train()
    values = jax.random.normal(jax.random.key(1), (4096, hidden.mean.shape[0])) * 3 + 10
    outputs = np.asarray(hidden(values))
    np.testing.assert_allclose(outputs.mean(0), 0, atol=1e-3)
    np.testing.assert_allclose(outputs.std(0), 1, atol=1e-3)
    np.testing.assert_allclose(hidden.mean[...], 0.1, atol=3e-3)
    np.testing.assert_allclose(hidden.var[...], 0.99 + 0.09, atol=0.01)


def test_a_mixture_comes_in_256_pieces_of_equal_share_each_a_narrow_gaussian() -> None:
    network, draw = generator("dense-mixture")
    noise = np.full((1024, network.noise_size()), 0.5, np.float32)
    noise[:, -1] = (np.arange(1024) + 0.5) / 1024
    pieces = np.asarray(draw(jnp.asarray(noise), jnp.zeros((1024, 0)))).reshape(256, 4, -1)
    np.testing.assert_allclose(pieces, pieces[:, :1].repeat(4, 1), rtol=1e-5)
    assert len(np.unique(pieces[:, 0].round(5), axis=0)) == 256
    noise[:, :-1] = np.random.default_rng(0).uniform(size=(1024, network.noise_size() - 1))
    drawn = np.asarray(draw(jnp.asarray(noise), jnp.zeros((1024, 0)))).reshape(256, 4, -1)
    assert (drawn - pieces).std() < 0.3 * pieces.std()


def test_products_of_waves_are_a_gaussian_of_the_distance() -> None:
    """Each is a mean of 32 cosines, so it errs by at most 1 / sqrt(64) in the mean square."""
    vectors = jnp.asarray(np.random.default_rng(1).normal(size=(40, 2)) * 0.2)
    rows = np.asarray(waves(vectors))
    distance = np.linalg.norm(np.asarray(vectors)[:, None] - np.asarray(vectors), axis=-1)
    wanted = np.exp(-((8 * distance) ** 2) / 2)
    assert np.sqrt(np.mean((rows @ rows.T / 32 - wanted) ** 2)) < 1.3 / np.sqrt(64)


@pytest.mark.parametrize("name", DISCRIMINATORS)
def test_conditions_reach_every_discriminator(name: str) -> None:
    shape = (16,) if name == "fourier" else (16, 16, 1)
    network = discriminator_of(name, shape, LABEL)
    images = jnp.ones((2, *shape)) * 0.5
    scores = network(images, jnp.zeros((2, 2)), jnp.array([[1.0], [8.0]]))
    assert scores.shape == (2,)
    assert abs(float(scores[0] - scores[1])) > 1e-6


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: build_generator({"network": "dcgan28", "ranges": [], "shape": [8, 8, 1]}, {}),
            r"expected samples of shape \(28, 28, 1\) for the network dcgan28; got \(8, 8, 1\)",
        ),
        (
            lambda: build_generator({"network": "dcgan16", "ranges": [], "shape": [16, 16]}, {}),
            r"expected samples of shape \(16, 16, 3\) for the network dcgan16; got \(16, 16\)",
        ),
        (
            lambda: generic_settings("dcgan", (8, 8, 1), {}, "images"),
            r"expected a network for images \(dcgan16, dcgan28, dense.*, or none .*; got 'dcgan'",
        ),
        (
            lambda: discriminator_of("dcgan", (14, 14, 1)),
            r"sides that 4 divides for the discriminator dcgan; got shape \(14, 14, 1\)",
        ),
        (lambda: discriminator_of("dcgan", (25,)), r"expected images .* got shape \(25,\)"),
        (
            lambda: build_discriminator((28, 28, 1), 2, [], width=2, blocks=3, embedding=8),
            r"halved down to sides of 4 for the discriminator residual; .*; use dcgan",
        ),
        (
            lambda: discriminator_of("fourier", (8, 8, 1)),
            r"vectors for the discriminator fourier; got shape",
        ),
        (
            lambda: discriminator_of("resnet", (8, 8, 1)),
            r"a discriminator \(residual, fourier, dcgan, .*'resnet'",
        ),
    ],
)
def test_what_does_not_fit_is_refused(make, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        make()
    assert "\n" not in str(caught.value)
