"""The density of a split: normalised, drawn from as it says, and differentiable."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from physgan.domains.showers.split_density import LogBins, Spectra, SplitDensity

T = 0.5
BINS = LogBins()
DENSITY = SplitDensity(T, components=2, spectra=2)


def peaks(*energies: float) -> np.ndarray:
    """Logits of histograms with a peak at an energy each, on a broad continuum."""
    centres = (BINS.edges[1:] + BINS.edges[:-1])[:, None] / 2
    return np.log(0.02 + np.exp(-(((centres - np.log(np.array(energies) / T)) / 0.1) ** 2)))


SPECTRA = Spectra.of(peaks(0.8, 2.4, 0.6, 1.7), BINS)
CASES = {
    "logistic": (
        SplitDensity(T, 2),
        Spectra.of(None, BINS),
        jnp.array([0.3, -0.2, 0.4, 0.9, -0.5, 0.7, -0.3, 0.2]),
    ),
    "spectra": (
        DENSITY,
        SPECTRA,
        jnp.array([0.3, -0.2, 0.4, 0.9, 0.8, 1.2, 0.6, 1.0, -0.5, 0.7, -0.3, -0.2]),
    ),
}
Case = tuple[SplitDensity, Spectra, jax.Array]


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


def position(x: np.ndarray, energy: float) -> np.ndarray:
    return np.log(x - T) - np.log(energy - x - T)


def cost_at(case: Case, x: np.ndarray, energy: float) -> np.ndarray:
    density, spectra, parameters = case
    left = jnp.asarray(x)
    cost = density.negative_log_likelihood(parameters, spectra, left, jnp.asarray(energy - x))
    return np.asarray(cost, np.float64)


def probabilities(case: Case, energy: float) -> tuple[float, float]:
    """Of all to the left and all to the right, from the density itself."""
    left, right = np.exp(-cost_at(case, np.array([energy, 0.0]), energy))
    return float(left), float(right)


@pytest.mark.parametrize("energy", [1.02, 1.3, 4.0, 300.0])
def test_probabilities_sum_to_one(case: Case, energy: float) -> None:
    z = np.linspace(-13.9, 13.9, 400_001)
    x = T + (energy - 2 * T) / (1 + np.exp(-z))
    whole = np.trapezoid(np.exp(-cost_at(case, x, energy)), z)
    assert whole + sum(probabilities(case, energy)) == pytest.approx(1, abs=2e-3)


@pytest.mark.parametrize("energy", [1.3, 4.0, 40.0])
def test_draws_follow_the_density(case: Case, energy: float) -> None:
    """False alarms: one in a thousand, seed fixed."""
    density, spectra, parameters = case
    count = 20_000
    noise = jax.random.uniform(jax.random.key(1), (count, 2))
    x, _ = density.draw(parameters, spectra, jnp.full(count, energy), noise)
    x = np.asarray(x, np.float64)
    left, right = probabilities(case, energy)
    for share, expected in ((np.mean(x == np.float32(energy)), left), (np.mean(x == 0), right)):
        assert abs(share - expected) < 4 * np.sqrt(expected / count)
    inside = (x > 0) & (x < np.float32(energy))
    grid = np.linspace(-13.9, 13.9, 40_001)
    at = T + (energy - 2 * T) / (1 + np.exp(-grid))
    probability = np.exp(-cost_at(case, at, energy)) / (1 - left - right)
    cumulative = np.cumsum(probability) * (grid[1] - grid[0])
    z = position(np.clip(x[inside], T * 1.000001, energy - T * 1.000001), energy)
    assert stats.kstest(z, lambda v: np.interp(v, grid, cumulative)).pvalue > 1e-3


def test_a_spectrum_s_peak_stays_at_its_energy() -> None:
    """Whatever the parent's energy: the share of cells within 10 % of 2.4 is the histogram's."""
    only = jnp.array([-20.0, -20, -20, -20, -20, 0, -20, -20, 0, 0, 0, 0])
    noise = jax.random.uniform(jax.random.key(4), (20_000, 2))
    low, high = np.log(2.4 * np.array([0.9, 1.1]) / T)
    share = np.diff(np.asarray(SPECTRA.up_to(jnp.array([low, high])))[:, 1])[0]
    assert share > 0.3
    for energy in (100.0, 1e5):
        x = np.asarray(DENSITY.draw(only, SPECTRA, jnp.full(len(noise), energy), noise)[0])
        below = float(SPECTRA.up_to(jnp.log(energy / T - 1))[1])
        expected = share / below
        error = np.sqrt(expected * (1 - expected) / len(x))
        assert abs(np.mean(np.abs(x / 2.4 - 1) < 0.1) - expected) < 4 * error


def test_quantile_is_the_inverse_of_the_cumulative_probability() -> None:
    u = jnp.linspace(0.001, 8, 5000)
    for number in range(4):
        below = SPECTRA.up_to(u)[:, number]
        back = SPECTRA.quantile(jnp.full(len(u), number), below)
        density = SPECTRA.at(u)[:, number]
        assert np.max(np.abs(back - u) * density) < 1e-5


def test_parts_are_zero_or_at_least_the_threshold(case: Case) -> None:
    density, spectra, parameters = case
    noise = jax.random.uniform(jax.random.key(2), (50_000, 2))
    energy = jnp.linspace(0, 3, 50_000)
    left, right = density.draw(parameters, spectra, energy, noise)
    np.testing.assert_allclose(left + right, energy, rtol=1e-6)
    for part in (np.asarray(left), np.asarray(right)):
        assert np.all((part == 0) | (part >= T * (1 - 1e-6)) | np.isclose(energy, part))
    small = np.asarray(energy) < 2 * T
    assert np.all((np.asarray(left) == 0)[small] | np.isclose(left, energy)[small])


def test_gradient_of_the_mean_is_that_of_many_draws(case: Case) -> None:
    """The estimator's mean against a difference quotient with common numbers, to 4 errors."""
    density, spectra, parameters = case
    noise = jax.random.uniform(jax.random.key(3), (200_000, 2))
    energy = jnp.full(len(noise), 5.0)

    def mean(parameters: jax.Array) -> jax.Array:
        return density.draw(parameters, spectra, energy, noise)[0].mean()

    gradient = np.asarray(jax.grad(mean)(parameters))
    step = 0.05
    for index in range(density.size):
        shift = jnp.zeros(density.size).at[index].set(step)
        slope = (mean(parameters + shift) - mean(parameters - shift)) / (2 * step)
        assert gradient[index] == pytest.approx(float(slope), abs=0.03)


def test_gradient_with_the_energy_is_that_of_the_quantile() -> None:
    """Where a peak stays at its energy, more energy to split goes to the other part."""
    only = jnp.array([-20.0, -20, -20, -20, 0, -20, -20, -20, 0, 0, 0, 0])
    noise = jnp.array([[0.5, 0.5]])

    def left(energy: jax.Array) -> jax.Array:
        return DENSITY.draw(only, SPECTRA, energy, noise)[0][0]

    slope = jax.grad(left)(jnp.array([1000.0]))
    assert abs(float(slope[0])) < 1e-3


def test_parts_ten_decades_apart_are_exact() -> None:
    """Of an energy of 1e10 thresholds, a peak at 2.4 thresholds on the right, and on the left."""
    bins = LogBins(below=100, narrow=110, above=80)
    centres = (bins.edges[1:] + bins.edges[:-1])[:, None] / 2
    logits = np.where(np.abs(centres - np.log(2.4)) < 0.05, 0.0, -30.0)
    density = SplitDensity(T, 1, 1)
    spectra = Spectra.of(np.tile(logits, 2), bins)
    noise = jax.random.uniform(jax.random.key(5), (1000, 2))
    energy = jnp.full(1000, 1e10 * T)
    for first in (True, False):
        parameters = jnp.where(jnp.arange(7) == (3 if first else 4), 0.0, -40.0)
        parts = density.draw(parameters, spectra, energy, noise)
        small, large = parts if first else parts[::-1]
        np.testing.assert_array_equal(large, energy)
        assert 2 < np.min(small) / T < np.max(small) / T < 2.8
        cost = density.negative_log_likelihood(parameters, spectra, *parts)
        assert np.std(small) > 0.01 * T
        assert np.ptp(np.asarray(cost + jnp.log(small - T) - jnp.log(small))) < 1e-3


@pytest.mark.parametrize("below", [0, 50])
def test_bins_are_found(below: int) -> None:
    bins = LogBins(below, 20, 30)
    u = np.random.default_rng(6).uniform(0, bins.edges[-1], 10_000).astype(np.float32)
    index, distance = bins.find(jnp.asarray(u))
    agree = np.searchsorted(bins.edges, u, "right") - 1 == index
    assert agree.mean() > 0.999
    assert np.all(np.asarray(distance) > -1e-5)
    assert np.all(np.asarray(distance) < bins.widths[index] + 1e-5)


@pytest.mark.parametrize("bounds", [(-1.0, 0.8), (-np.inf, np.inf)])
def test_positions_stay_within_their_bounds(bounds: tuple[float, float]) -> None:
    """Normalised there, and drawn from the density. False alarms: one in a thousand, seed fixed."""
    density = SplitDensity(T, 2)
    parameters = jnp.array([0.3, -0.4, 0.2, -0.5, -0.3, 0.4])
    z = np.linspace(*np.clip(bounds, -40, 40), 100_001)
    cost = density.position_negative_log_density(parameters, bounds, jnp.asarray(z))
    probability = np.exp(-np.asarray(cost, np.float64))
    assert np.trapezoid(probability, z) == pytest.approx(1, abs=1e-4)
    drawn = density.draw_position(
        parameters, bounds, jax.random.uniform(jax.random.key(7), (20_000, 2))
    )
    assert bounds[0] <= drawn.min()
    assert drawn.max() <= bounds[1]
    cumulative = np.cumsum(probability) * (z[1] - z[0])
    assert stats.kstest(drawn, lambda v: np.interp(v, z, cumulative)).pvalue > 1e-3
