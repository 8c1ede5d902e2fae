"""Attributions that are known: of linear scores, and their sum for any score."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from physgan.explain import attribute, integrated_gradients

WEIGHTS = np.array([1.0, -2.0, 0.5, 0.0], np.float32)


def test_of_a_linear_score_they_are_weights_times_difference(key: jax.Array) -> None:
    start, end = jax.random.normal(key, (2, 6, 4))
    found = integrated_gradients(lambda x: x @ WEIGHTS, start, end)
    np.testing.assert_allclose(found, WEIGHTS * (end - start), rtol=1e-5)


def test_they_add_up_to_the_difference_of_any_score(key: jax.Array) -> None:
    start, end = jax.random.normal(key, (2, 32, 4))

    def score(inputs: tuple[jax.Array, jax.Array]) -> jax.Array:
        return jnp.tanh(inputs[0] @ WEIGHTS) * jnp.exp(inputs[1][:, 0] / 2)

    sides = [(x, x[:, :2] ** 2) for x in (start, end)]
    found = integrated_gradients(score, *sides, steps=64)
    total = sum(leaf.reshape(32, -1).sum(1) for leaf in found)
    np.testing.assert_allclose(total, score(sides[1]) - score(sides[0]), atol=5e-3)


def test_the_map_shows_where_fakes_differ(key: jax.Array) -> None:
    """Fakes lack 0.3 in one input; only there, and by its weight, the score's gap arises."""
    samples, other = jax.random.normal(key, (2, 2_000, 4))
    fake = other - jnp.array([0.0, 0.3, 0.0, 0.0])
    conditions = jnp.zeros((2_000, 1))
    extra = jnp.zeros((2_000, 1))
    found = attribute(
        lambda inputs, c: inputs[0] @ WEIGHTS + inputs[1][:, 0] + c[:, 0],
        (samples, extra), (fake, extra), conditions,
    )  # fmt: skip
    expected = np.array([0.0, -0.6, 0.0, 0.0])
    assert np.all(np.abs(found.mean[0] - expected) <= 4 * found.error[0])
    assert found.error[0][1] == pytest.approx(2 * np.sqrt(2 / 2_000), rel=0.1)
    np.testing.assert_allclose(found.fake_slope[0], np.abs(WEIGHTS), rtol=1e-6)
    assert abs(found.gap[0] + 0.6) < 4 * found.gap[1]
    assert found.totals[0] == pytest.approx(found.gap)
    assert found.totals[1] == (0, 0)
    assert abs(found.missed) < 1e-5
