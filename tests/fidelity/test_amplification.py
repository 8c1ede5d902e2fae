"""Events that are known to be worth one each, and a fit that is known to be worth more."""

import numpy as np
import pytest
from scipy.stats import norm

from physgan.fidelity import QuantileBins, amplification, quantile_bins


def normal_bins(count: int) -> QuantileBins:
    """Exact quantiles of the standard normal distribution."""
    edges = norm.ppf(np.arange(1, count) / count)
    return QuantileBins(edges, np.full(count, 1 / count), np.inf)


def information_share(bins: QuantileBins) -> float:
    """Tr(I_bins I^-1) of mean and deviation: 2 for infinitely fine bins, exact for any."""
    edges = np.concatenate([[-np.inf], bins.edges, [np.inf]])
    density = norm.pdf(edges)
    times_edge = np.concatenate([[0], bins.edges * norm.pdf(bins.edges), [0]])
    slopes = [np.diff(density), np.diff(times_edge)]
    mean, deviation = ((slope**2 / bins.shares).sum() for slope in slopes)
    return mean + deviation / 2


def test_events_of_the_truth_are_worth_one_each(rng: np.random.Generator) -> None:
    bins = normal_bins(20)
    found = amplification(bins, [rng.normal(size=500) for _ in range(400)])
    worth, error = found.equivalent
    assert error < 20
    assert abs(worth - 500) < 4 * error
    assert found.at_least > 5_000


def test_the_error_of_one_sample_is_that_of_chi_squared(rng: np.random.Generator) -> None:
    """The inverse worth scatters by sqrt(2 / (q - 1)) of itself, and says so, or a little more."""
    bins = normal_bins(21)
    inverse, errors = [], []
    for _ in range(400):
        worth, error = amplification(bins, [rng.normal(size=500)]).equivalent
        inverse.append(1 / worth)
        errors.append(error / worth**2)
    scatter = np.sqrt(2 / 20) / 500
    assert np.mean(inverse) == pytest.approx(1 / 500, abs=4 * scatter / np.sqrt(400))
    assert np.std(inverse) == pytest.approx(scatter, rel=4 / np.sqrt(2 * 400))
    assert scatter < np.mean(errors) < 1.25 * scatter


@pytest.mark.parametrize("count", [20, 50])
def test_a_fitted_gaussian_is_worth_what_its_two_parameters_leave(
    rng: np.random.Generator, count: int
) -> None:
    """n events fix two parameters, so q - 1 bins deviate by Tr(I_bins I^-1) / n only."""
    bins, events = normal_bins(count), 400
    training = rng.normal(size=(300, events))
    samples = [rng.normal(row.mean(), row.std(), 20_000) for row in training]
    found = amplification(bins, samples)
    expected = events * (count - 1) / information_share(bins)
    worth, error = found.limit
    assert error < 0.1 * worth
    assert abs(worth - expected) < 4 * error
    assert worth > 5 * events
    assert found.price == pytest.approx((1 + 20_000 / worth) ** 2)


def test_a_biased_surrogate_is_worth_a_fixed_number_of_events(rng: np.random.Generator) -> None:
    bins = normal_bins(20)
    shift = 0.1
    shares = np.diff(norm.cdf(np.concatenate([[-np.inf], bins.edges, [np.inf]]) - shift))
    expected = 19 / ((shares - bins.shares) ** 2 / bins.shares).sum()
    found = amplification(bins, [rng.normal(shift, 1, 200_000)])
    assert abs(found.limit[0] - expected) < 4 * found.limit[1]
    assert found.equivalent[0] < found.limit[0]


def test_the_finite_sample_of_the_truth_is_taken_off(rng: np.random.Generator) -> None:
    worth = []
    for _ in range(300):
        bins = quantile_bins(rng.normal(size=4_000))
        worth.append(1 / amplification(bins, [rng.normal(size=1_000)]).equivalent[0])
    assert np.mean(worth) == pytest.approx(1 / 1_000, abs=4 * np.std(worth) / np.sqrt(300))


def test_few_levels_make_fewer_bins(rng: np.random.Generator) -> None:
    levels = rng.integers(0, 4, 10_000)
    bins = quantile_bins(levels, 20)
    np.testing.assert_allclose(bins.shares, np.bincount(levels) / 10_000)
