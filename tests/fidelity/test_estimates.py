"""Bootstrap errors and pulls against known variances."""

import numpy as np
import pytest

from physgan.domains import EnsembleObservable
from physgan.fidelity import Estimate, estimate, pull

MEAN = EnsembleObservable(
    "mean", "x", "1", "mean", "<x>", lambda values, _: float(values["x"].mean()), ("x",)
)
VARIANCE = EnsembleObservable(
    "variance", "v", "1", "variance", "var", lambda values, _: float(values["x"].var()), ("x",)
)
VECTOR = EnsembleObservable(
    "vector", "x", "1", "means", "<x>", lambda values, _: values["x"].mean(0), ("x",)
)


def test_errors_of_mean_and_variance_of_a_gaussian(rng: np.random.Generator) -> None:
    """sigma / sqrt n and sigma^2 sqrt(2 / n); 400 draws know an error to 3.5 %."""
    values = {"x": rng.normal(0, 3, 10_000)}
    mean = estimate(MEAN, values, {}, draws=400)
    variance = estimate(VARIANCE, values, {}, draws=400)
    assert mean.error == pytest.approx(3 / 100, rel=0.15)
    assert variance.error == pytest.approx(9 * np.sqrt(2e-4), rel=0.15)


def test_vectors_have_an_error_each(rng: np.random.Generator) -> None:
    values = {"x": rng.normal(0, [1.0, 2.0, 3.0], (5000, 3))}
    result = estimate(VECTOR, values, {}, draws=400)
    assert result.error == pytest.approx(np.array([1, 2, 3]) / np.sqrt(5000), rel=0.15)


def test_pulls_of_equal_laws_have_unit_width(rng: np.random.Generator) -> None:
    """The width of 400 pulls is known to 3.5 %; the test allows 5 of those."""
    drawn = [estimate(MEAN, {"x": rng.normal(size=500)}, {}, seed) for seed in range(800)]
    pulls = [float(pull(a, b)) for a, b in zip(drawn[::2], drawn[1::2], strict=True)]
    assert np.std(pulls) == pytest.approx(1, abs=0.18)
    assert abs(np.mean(pulls)) < 5 / np.sqrt(400)


def test_pull_of_exact_values() -> None:
    exact = Estimate(np.array([1.0, 0.0]), np.zeros(2))
    assert np.all(pull(exact, exact) == 0)
    assert np.all(np.abs(pull(exact, Estimate(np.array([2.0, 1.0]), np.zeros(2)))) > 1e6)
