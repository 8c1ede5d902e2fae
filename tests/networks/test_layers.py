"""Parts of the networks."""

import io

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from physgan.domains.spins.straight_through import spins_from_logits
from physgan.networks import (
    ConditionEmbedding,
    ConditionRange,
    ResidualDiscriminator,
    named_leaves,
    nested_like,
    pack_parameters,
)
from physgan.networks.initial import scaled_normal
from physgan.networks.periodic import PeriodicConvolution, join_cells, split_cells


def test_straight_through_draws_are_exact_and_differentiate_as_their_mean() -> None:
    """Share of +1 within 4.5 standard errors (7e-6); gradient that of tanh(logit / 2)."""
    logits = jnp.array([-2.0, 0.0, 0.7])
    noise = jax.random.uniform(jax.random.key(0), (100_000, 3))
    up = np.asarray(jax.vmap(lambda u: spins_from_logits(logits, u))(noise) > 0).mean(0)
    p = np.asarray(jax.nn.sigmoid(logits))
    assert np.all(np.abs(up - p) < 4.5 * np.sqrt(p * (1 - p) / len(noise)))
    gradient = jax.grad(lambda x: spins_from_logits(x, noise[0]).sum())(logits)
    np.testing.assert_allclose(gradient, (1 - np.tanh(logits / 2) ** 2) / 2, rtol=1e-5)


def test_cells_split_and_join() -> None:
    lattice = jax.random.normal(jax.random.key(1), (3, 6, 6))
    np.testing.assert_array_equal(join_cells(*split_cells(lattice)), lattice)


def test_periodic_convolution_commutes_with_translations() -> None:
    layer = PeriodicConvolution(2, 5, rngs=nnx.Rngs(0))
    images = jax.random.normal(jax.random.key(2), (2, 6, 6, 2))
    moved = layer(jnp.roll(images, (1, 4), (1, 2)))
    np.testing.assert_allclose(moved, jnp.roll(layer(images), (1, 4), (1, 2)), atol=1e-5)


def test_initial_weights_have_the_stated_spread() -> None:
    weights = np.asarray(scaled_normal(2.0)(jax.random.key(0), (50, 400)))
    assert weights.std() == pytest.approx(2 / np.sqrt(50), rel=0.03)  # 4 sigma of 20,000 draws


def test_embedding_uses_the_scale_of_a_condition() -> None:
    """A log condition's middle is the geometric mean."""
    ranges = (ConditionRange(1.0, 100.0, "log"),)
    linear = (ConditionRange(-1.0, 1.0),)
    log_net, net = (ConditionEmbedding(r, 8, rngs=nnx.Rngs(0)) for r in (ranges, linear))
    np.testing.assert_allclose(
        log_net(jnp.array([[1.0], [10.0], [100.0]])),
        net(jnp.array([[-1.0], [0.0], [1.0]])),
        atol=1e-5,
    )


def test_waves_of_an_embedding_are_equally_steep() -> None:
    """Of length 4 / k over [-1, 1] and amplitude 1 / k, by sine and cosine: steep by pi / 2."""
    net = ConditionEmbedding((ConditionRange(-1.0, 1.0),), 13, rngs=nnx.Rngs(0))
    net.first.kernel[...], net.second.kernel[...] = jnp.eye(13), jnp.eye(13)
    net.first.bias[...] = 1e3 * jnp.ones(13)  # where the activation is the identity
    position = jnp.linspace(-1, 1, 201)
    waves = np.asarray(net(position[:, None]), np.float64) - 1e3
    for number in range(1, 7):
        sine, cosine = waves[:, number], waves[:, 6 + number]
        np.testing.assert_allclose(number**2 * (sine**2 + cosine**2), 1, atol=0.01)
        slopes = np.hypot(np.diff(sine), np.diff(cosine)) / 0.01
        np.testing.assert_allclose(slopes, np.pi / 2, rtol=0.02)


def test_discriminator_mixes_no_samples() -> None:
    network = ResidualDiscriminator((ConditionRange(0.0, 1.0),), 1, 4, width=8, rngs=nnx.Rngs(0))
    keys = jax.random.split(jax.random.key(3), 3)
    images = jax.random.normal(keys[0], (5, 8, 8, 1))
    features = jax.random.normal(keys[1], (5, 4))
    conditions = jax.random.uniform(keys[2], (5, 1))
    whole = network(images, features, conditions)
    separate = [
        network(images[i : i + 1], features[i : i + 1], conditions[i : i + 1]) for i in (0, 4)
    ]
    np.testing.assert_allclose(jnp.concatenate(separate), whole[jnp.array([0, 4])], atol=1e-5)


def test_parameters_by_name_and_nested_again() -> None:
    tree = {"a": {"b": np.arange(6.0).reshape(2, 3)}, "c": np.ones(2, np.float32)}
    with np.load(io.BytesIO(pack_parameters(tree)), allow_pickle=False) as file:
        leaves = {name: file[name] for name in file.files}
    assert set(leaves) == set(named_leaves(tree)) == {"a/b", "c"}
    jax.tree.map(np.testing.assert_array_equal, nested_like(tree, leaves), tree)
