"""The density of a split: normalised, drawn from as it says, and differentiable."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from physgan.domains.showers.split_density import SplitDensity

T = 0.5
DENSITY = SplitDensity(T, components=2)
PARAMETERS = jnp.array([0.3, -0.2, 0.4, 0.9, -0.5, 0.7, -0.3, 0.2])


def position(x: np.ndarray, energy: float) -> np.ndarray:
    return np.log(x - T) - np.log(energy - x - T)


def probabilities(energy: float) -> tuple[float, float]:
    """Of all to the left and all to the right, from the density itself."""
    ends = jnp.array([energy, 0.0])
    cost = DENSITY.negative_log_likelihood(PARAMETERS, jnp.full(2, energy), ends)
    left, right = np.exp(-np.asarray(cost))
    return float(left), float(right)


def test_probabilities_sum_to_one() -> None:
    energy = 4.0
    x = np.linspace(T, energy - T, 200_001)[1:-1]
    cost = DENSITY.negative_log_likelihood(PARAMETERS, jnp.full(len(x), energy), jnp.array(x))
    in_x = np.exp(-np.asarray(cost, np.float64)) * np.gradient(position(x, energy), x)
    assert np.trapezoid(in_x, x) + sum(probabilities(energy)) == pytest.approx(1, abs=2e-3)


@pytest.mark.parametrize("energy", [4.0, 40.0])
def test_draws_follow_the_density(energy: float) -> None:
    """False alarms: one in a thousand, seed fixed."""
    count = 20_000
    noise = jax.random.uniform(jax.random.key(1), (count, 2))
    x = np.asarray(DENSITY.draw(PARAMETERS, jnp.full(count, energy), noise), np.float64)
    left, right = probabilities(energy)
    for share, expected in ((np.mean(x == energy), left), (np.mean(x == 0), right)):
        assert abs(share - expected) < 4 * np.sqrt(expected / count)
    z = position(x[(x > 0) & (x < energy)], energy)
    grid = np.linspace(-12, 12, 4001)
    at = T + (energy - 2 * T) / (1 + np.exp(-grid))
    cost = DENSITY.negative_log_likelihood(PARAMETERS, jnp.full(len(at), energy), jnp.array(at))
    density = np.exp(-np.asarray(cost, np.float64)) / (1 - left - right)
    cumulative = np.cumsum(density) * (grid[1] - grid[0])
    assert stats.kstest(z, lambda v: np.interp(v, grid, cumulative)).pvalue > 1e-3


def test_parts_are_zero_or_at_least_the_threshold() -> None:
    noise = jax.random.uniform(jax.random.key(2), (50_000, 2))
    energy = jnp.linspace(0, 3, 50_000)
    left = DENSITY.draw(PARAMETERS, energy, noise)
    for part in (np.asarray(left), np.asarray(energy - left)):
        assert np.all((part == 0) | (part >= T * (1 - 1e-6)) | np.isclose(energy, part))
    small = np.asarray(energy) < 2 * T
    assert np.all((np.asarray(left) == 0)[small] | np.isclose(left, energy)[small])


def test_gradient_of_the_mean_is_that_of_many_draws() -> None:
    """The estimator's mean against a difference quotient with common numbers, to 4 errors."""
    noise = jax.random.uniform(jax.random.key(3), (200_000, 2))
    energy = jnp.full(len(noise), 5.0)

    def mean(parameters: jax.Array) -> jax.Array:
        return DENSITY.draw(parameters, energy, noise).mean()

    gradient = np.asarray(jax.grad(mean)(PARAMETERS))
    step = 0.05
    for index in range(DENSITY.size):
        shift = jnp.zeros(DENSITY.size).at[index].set(step)
        slope = (mean(PARAMETERS + shift) - mean(PARAMETERS - shift)) / (2 * step)
        assert gradient[index] == pytest.approx(float(slope), abs=0.03)
