"""Separation, Fréchet and kernel distances, neighbours, correlations: against closed forms.

Seeds are fixed. Where a result is allowed k standard errors, k is 4: one false alarm in 16,000.
"""

import numpy as np
import pytest

from physgan.fidelity import (
    correlation_difference,
    coverage,
    frechet_distance,
    frechet_physics_distance,
    kernel_physics_distance,
    pearson,
    separation_power,
    separations,
    squared_discrepancy,
)


def test_separation_of_known_histograms() -> None:
    p, q = np.array([0.5, 0.5, 0.0]), np.array([0.0, 0.5, 0.5])
    assert separation_power(p, p) == 0
    assert separation_power(p, q) == pytest.approx(0.5)
    assert separation_power(np.eye(2)[0], np.eye(2)[1]) == pytest.approx(1)


def test_separation_is_zero_for_equal_and_one_for_disjoint_samples(rng) -> None:
    values = rng.normal(size=(500, 3))
    assert separations(values, values).values == pytest.approx(0)
    apart = separations(values, values + np.array([0, 100, 0]))
    assert apart.values == pytest.approx([0, 1, 0])
    assert apart.mean[0] == pytest.approx(1 / 3)


def test_separation_of_one_law_is_what_counting_predicts(rng) -> None:
    """(occupied bins - 1) / (2 n) for two sets of n from k equally filled levels."""
    count, levels = 4000, 20
    sides = rng.integers(0, levels, (2, count, 50)).astype(float)
    mean = separations(*sides, spacing=1.0, draws=2).values.mean()
    assert mean == pytest.approx((levels - 1) / (2 * count), rel=0.1)


def test_separation_error_is_calibrated(rng) -> None:
    """Against the scatter of 150 independent components, known to 6 %; 25 % are allowed."""
    real, fake = rng.normal(size=(1000, 150)), rng.normal(0.5, 1, (1000, 150))
    result = separations(real, fake)
    assert result.errors.mean() == pytest.approx(result.values.std(), rel=0.25)


def test_separation_bins_follow_the_reference_alone(rng) -> None:
    real, fake = rng.normal(size=(2, 1000))
    moved = separations(real, np.concatenate([fake, fake + 1e6]), draws=2).values
    half = np.histogram(real, np.linspace(-5, 5, 40))[0]
    assert moved > 0.3 * (half.sum() / len(real))  # half of the fakes lie where no bin of real is


def gaussians(rng, count: int, shift: float = 0.0, scale: float = 1.0) -> np.ndarray:
    """Five independent Gaussian features; the first is moved and all are widened."""
    values = scale * rng.normal(size=(count, 5))
    values[:, 0] += shift
    return values


def test_frechet_distance_of_gaussians_in_closed_form(rng) -> None:
    """Commuting covariances: |shift|^2 + sum (sigma_1 - sigma_2)^2; a rotation changes nothing."""
    turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    sigmas, others = np.array([1.0, 2.0, 3.0]), np.array([2.0, 2.0, 0.0])
    first = turn @ np.array([1.0, 0, 0]), turn @ np.diag(sigmas**2) @ turn.T
    second = np.zeros(3), turn @ np.diag(others**2) @ turn.T
    assert frechet_distance(first, second) == pytest.approx(1 + 1 + 9)
    assert frechet_distance(second, first) == pytest.approx(11)
    assert frechet_distance(first, first) == pytest.approx(0, abs=1e-9)


def test_frechet_distance_at_infinite_statistics(rng) -> None:
    """After each feature is divided by its largest real value, which is known here."""
    real = gaussians(rng, 3000)
    fake = gaussians(rng, 3000, 0.3, 1.2)
    largest = np.abs(real).max(0)
    expected = (0.3 / largest[0]) ** 2 + (0.2**2 / largest**2).sum()
    value, error = frechet_physics_distance(real, fake, draws=5)
    assert error < 0.15 * expected
    assert abs(value - expected) < 4 * error


def test_frechet_distance_has_no_bias_and_an_honest_error(rng) -> None:
    """40 repeats: the mean is known to 1/6 of the scatter, the scatter to 11 %."""
    for shift, limits in ((0.0, (0.7, 3.0)), (0.4, (0.7, 1.4))):
        pairs = []
        for number in range(40):
            real, fake = gaussians(rng, 500), gaussians(rng, 500, shift)
            real[0], fake[0] = 5.0, 0.0  # one scale in all repeats
            pairs.append(frechet_physics_distance(real, fake, number, draws=3, points=5))
        values, errors = np.array(pairs).T
        truth = (shift / 5) ** 2
        assert abs(values.mean() - truth) < 4 * values.std() / np.sqrt(40) + 0.02 * truth
        assert limits[0] < errors.mean() / values.std() < limits[1]


def test_singular_features_have_a_frechet_distance(rng) -> None:
    """A column that repeats another, and one that is constant."""
    sides = [
        np.concatenate([side, side[:, :1], np.ones((400, 1))], 1)
        for side in (gaussians(rng, 400), gaussians(rng, 400))
    ]
    value, error = frechet_physics_distance(*sides, draws=3)
    assert abs(value) < 4 * error < 0.1


def test_discrepancy_of_one_dimensional_sets_by_counting(rng) -> None:
    first, second = rng.normal(size=(20, 2)), rng.normal(1, 1, (30, 2))
    kernels = [(a @ b.T / 2 + 1) ** 4 for a, b in ((first, first), (second, second))]
    within = [(k.sum() - np.trace(k)) / (len(k) * (len(k) - 1)) for k in kernels]
    expected = sum(within) - 2 * ((first @ second.T / 2 + 1) ** 4).mean()
    assert squared_discrepancy(first, second) == pytest.approx(expected)
    assert squared_discrepancy(first, second, rows=7) == pytest.approx(expected)


def test_kernel_distance_is_zero_for_one_law_and_positive_for_two(rng) -> None:
    real = gaussians(rng, 4000)
    value, error = kernel_physics_distance(real, gaussians(rng, 4000))
    assert abs(value) < 4 * error
    value, error = kernel_physics_distance(real, gaussians(rng, 4000, 1.0))
    assert value > 10 * error > 0


def test_discrepancy_of_equal_laws_averages_to_zero(rng) -> None:
    values = [squared_discrepancy(*rng.normal(size=(2, 50, 3)) / 3) for _ in range(400)]
    assert abs(np.mean(values)) < 4 * np.std(values) / 20


@pytest.mark.parametrize("width", [10, 300])
def test_neighbours_of_equal_and_disjoint_sets(rng, width: int) -> None:
    real, fake = rng.normal(size=(2, 600, width)).astype(np.float32)
    same = coverage(real, real)
    assert (same.precision[0], same.recall[0], same.coverage[0]) == (1, 1, 1)
    apart = coverage(real, fake + 100)
    assert {getattr(apart, name)[0] for name in vars(apart)} == {0}


def test_density_and_coverage_of_one_law(rng) -> None:
    """Density 1 and coverage 1 - 2^-k, nearly: M. Naeem et al., lemma 2, for k = 5."""
    result = coverage(*rng.normal(size=(2, 2000, 8)))
    assert abs(result.density[0] - 1) < 4 * result.density[1]
    assert abs(result.coverage[0] - (1 - 2**-5)) < 4 * result.coverage[1]
    assert result.precision[0] == pytest.approx(result.recall[0], abs=0.03)


def test_missing_modes_show_in_recall_and_copies_of_one_in_coverage(rng) -> None:
    real = rng.normal(size=(1000, 5)) + 20 * rng.integers(0, 2, (1000, 1))
    half = coverage(real, rng.normal(size=(1000, 5)))
    assert half.precision[0] > 0.9
    assert half.recall[0] == pytest.approx(0.5, abs=0.08)
    assert half.coverage[0] == pytest.approx(0.5, abs=0.08)


def test_chunks_change_nothing_about_neighbours(rng) -> None:
    real, fake = rng.normal(size=(2, 301, 6))
    assert coverage(real, fake, rows=64) == coverage(real, fake, rows=5000)


def test_jackknife_error_of_neighbours(rng) -> None:
    """Against the scatter of 60 repeats, known to 9 %: rather too large than too small."""
    found = [coverage(*rng.normal(size=(2, 300, 4))) for _ in range(60)]
    for name in ("precision", "recall", "density", "coverage"):
        values, errors = np.array([getattr(f, name) for f in found]).T
        assert 0.7 < errors.mean() / values.std() < 2.0, name


def test_pearson_coefficients(rng) -> None:
    values = rng.normal(size=(300, 4))
    values[:, 1] += values[:, 0]
    assert pearson(values) == pytest.approx(np.corrcoef(values, rowvar=False))
    values[:, 2] = 0.1
    assert pearson(values)[2].tolist() == [0, 0, 1, 0]


def test_largest_correlation_difference(rng) -> None:
    """rho = 0.6 against 0; sampling errors are (1 - rho^2) / sqrt(n)."""
    independent, mixed = rng.normal(size=(2, 4000, 3))
    mixed[:, 2] = 0.6 * mixed[:, 0] + 0.8 * mixed[:, 2]
    value, error = correlation_difference(independent, mixed)
    assert abs(value - 0.6) < 4 * error
    assert error == pytest.approx(np.hypot(1, 0.64) / np.sqrt(4000), rel=0.5)
