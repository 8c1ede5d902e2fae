"""Sensitivities with known derivatives."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from physgan.data import Condition
from physgan.domains.showers.generator import ShowerCascade
from physgan.explain import condition_sensitivity, jacobians, neighbours
from physgan.networks import build_generator

NOISE = np.random.default_rng(5).random((4_000, 2))


def spins(temperature: float) -> dict[str, np.ndarray]:
    """Two free spins in a field of 1: mean tanh(1 / T) each."""
    first, second = np.where(1 / (1 + np.exp(-2 / temperature)) > NOISE, 1.0, -1.0).T
    return {"spin": first, "product": first * second, "square": first**2}


def test_discrete_draws_have_the_derivative_of_their_mean() -> None:
    low, high = 1.5, 1.7
    found = condition_sensitivity(spins, low, high)
    means = np.tanh(1 / low), np.tanh(1 / high)
    for name, power in (("spin", 1), ("product", 2)):
        expected = (means[1] ** power - means[0] ** power) / (high - low)
        assert abs(found[name].slope[0] - expected) < 4 * found[name].error[0]
        assert 0 < found[name].error[0] < 0.1
        assert abs(found[name].mean[0] - np.tanh(1 / 1.6) ** power) < 4 * found[name].mean_error[0]


def test_a_spin_squared_answers_to_nothing() -> None:
    """Where the straight-through gradient, 2 s d tanh / dT, is off."""
    found = condition_sensitivity(spins, 1.5, 1.7)["square"]
    assert found.slope[0] == 0
    assert found.error[0] == 0


def test_energy_that_scales_has_a_logarithmic_slope_of_one() -> None:
    """d ln E_tot / d ln E_inc of a cascade whose relative response knows no energy."""
    settings = {
        "network": "shower-cascade", "ranges": [[1e3, 1e5, "log"]], "width": 4, "embedding": 4,
        "shape": [2, 2, 2], "threshold": 0.1, "ratio": [-1.5, 0.1], "relative": True,
    }  # fmt: skip
    cascade = build_generator(settings, generators={"shower-cascade": ShowerCascade})
    cascade.total.last.kernel[...] *= 0
    noise = jnp.asarray(NOISE[:64], jnp.float32)

    def measure(energy: float) -> dict[str, np.ndarray]:
        given = jnp.full((64, 1), energy, jnp.float32)
        return {"total": np.asarray(cascade.total_energy(noise, given), np.float64)}

    low, high = neighbours(Condition("energy_mev", "MeV", 1e3, 1e5, "log"), 1e4)
    found = condition_sensitivity(measure, low, high)["total"]
    assert found.log_slope[0] == pytest.approx(1, abs=1e-4)
    assert found.log_error[0] < 1e-4
    assert found.slope[0] * 1e4 == pytest.approx(found.mean[0], rel=0.01)


def test_log_slope_and_its_error(rng: np.random.Generator) -> None:
    """A power law with multiplicative noise in the power: mean slope and scatter are known."""
    power = 2 + rng.normal(size=(300, 400))
    pulls = []
    for row in power:
        found = condition_sensitivity(lambda c, row=row: {"y": c**row}, 0.999, 1.001)["y"]
        assert found.log_error[0] == pytest.approx(1 / np.sqrt(400), rel=0.2)
        pulls.append((found.log_slope[0] - 2) / found.log_error[0])
    assert np.std(pulls) == pytest.approx(1, abs=4 / np.sqrt(600))


def test_steps_stay_inside_the_trained_range() -> None:
    linear = Condition("temperature", "J/k_B", 1.0, 3.0)
    assert neighbours(linear, 2.0, 0.1) == pytest.approx((1.9, 2.1))
    assert neighbours(linear, 3.0, 0.1) == pytest.approx((2.8, 3.0))
    low, high = neighbours(Condition("energy_mev", "MeV", 1.0, 100.0, "log"), 10.0, 0.5)
    assert (low * high, high / low) == pytest.approx((100, 10))


def test_jacobians_of_a_smooth_generator_equal_differences(key: jax.Array) -> None:
    layers = nnx.Linear(3, 4, rngs=nnx.Rngs(0)), nnx.Linear(4, 2, rngs=nnx.Rngs(1))

    def features(noise: jax.Array, conditions: jax.Array) -> jax.Array:
        return layers[1](jnp.tanh(layers[0](jnp.concatenate([noise, conditions], -1))))

    noise = jax.random.uniform(key, (256, 2))
    found = jacobians(features, noise, jnp.full((256, 1), 0.5))

    def measure(value: float) -> dict[str, np.ndarray]:
        return {"f": np.asarray(features(noise, jnp.full((256, 1), value)))}

    slope = condition_sensitivity(measure, 0.49, 0.51)["f"]
    np.testing.assert_allclose(found.conditions[:, 0], slope.slope, rtol=2e-3)
    np.testing.assert_allclose(found.conditions_error[:, 0], slope.error, rtol=2e-2)
    assert found.latents.shape == (2, 2)


def test_jacobians_of_a_linear_generator_are_its_weights(key: jax.Array) -> None:
    weights = jnp.array([[1.0, -2.0], [0.5, 3.0], [0.0, 4.0]])
    found = jacobians(
        lambda z, c: jnp.concatenate([z, c], -1) @ weights,
        jax.random.uniform(key, (16, 2)),
        jnp.ones((16, 1)),
    )
    np.testing.assert_allclose(found.latents, np.abs(weights[:2].T), rtol=1e-6)
    np.testing.assert_allclose(found.conditions, weights[2:].T, rtol=1e-6)
