"""Overlaps, binnings and distances against closed forms and known variances."""

import numpy as np
import pytest
from scipy.stats import norm

from physgan.fidelity import choose_binning, overlap, overlap_with_error, wasserstein
from physgan.fidelity.histograms import EFFECTIVE_BINS


@pytest.mark.parametrize("shift", [0.2, 0.5, 1.0, 3.0])
def test_overlap_of_two_gaussians(rng: np.random.Generator, shift: float) -> None:
    """The integral of min(p, q) of two unit Gaussians is 2 Phi(-shift / 2)."""
    first, second = rng.normal(0, 1, 200_000), rng.normal(shift, 1, 200_000)
    expected = 2 * norm.cdf(-shift / 2)
    assert overlap(first, second, choose_binning(first)) == pytest.approx(expected, abs=0.01)


def test_overlap_is_one_for_equal_and_zero_for_disjoint_samples(rng: np.random.Generator) -> None:
    values = rng.normal(size=1000)
    binning = choose_binning(values)
    assert overlap(values, values, binning) == pytest.approx(1)
    assert overlap(values, values + 1000, binning) == 0


@pytest.mark.parametrize("shape", ["one peak", "two sharp peaks"])
def test_truth_against_truth_falls_short_of_one_as_predicted(
    rng: np.random.Generator, shape: str
) -> None:
    count, sides = 4096, []
    for _ in range(2):
        sign = rng.choice([-1, 1], (50, count)) if shape == "two sharp peaks" else 0
        sides.append(rng.normal(0, 0.01, (50, count)) + sign)
    binning = choose_binning(sides[0].ravel())
    values = [overlap(a, b, binning) for a, b in zip(*sides, strict=True)]
    expected = np.sqrt(EFFECTIVE_BINS / (np.pi * count))
    assert 1 - np.mean(values) == pytest.approx(expected, rel=0.15)


def test_bins_hold_equally_many_levels_with_edges_between_them(rng: np.random.Generator) -> None:
    spacing = 4 / 16**2
    values = spacing * np.rint(rng.normal(-1.4, 0.2, 10_000) / spacing)
    binning = choose_binning(values, spacing)
    assert binning.levels is not None
    assert binning.levels % 2 == 1
    assert binning.width == pytest.approx(binning.levels * spacing)
    offsets = binning.edges(values.min(), values.max()) / spacing
    assert offsets - np.floor(offsets) == pytest.approx(0.5)


def test_few_levels_get_a_bin_each(rng: np.random.Generator) -> None:
    assert choose_binning(rng.integers(0, 5, 1000).astype(float), 1.0).levels == 1


def test_levels_survive_rounding_errors(rng: np.random.Generator) -> None:
    levels = rng.integers(-500, 500, 4000)
    noisy = levels / 3 + rng.normal(0, 1e-12, 4000)
    assert overlap(levels / 3, noisy, choose_binning(levels / 3, 1 / 3)) == pytest.approx(1)


def test_constant_values_have_a_histogram() -> None:
    same = np.full(10, 2.0)
    assert overlap(same, same, choose_binning(same)) == 1


def test_bootstrap_error_of_the_overlap_is_calibrated(rng: np.random.Generator) -> None:
    """Against the scatter of 300 repeats, known to 4 %; the bootstrap is allowed 25 %."""
    binning = choose_binning(rng.normal(size=50_000))
    pairs = [
        overlap_with_error(rng.normal(0, 1, 1000), rng.normal(0.5, 1, 1000), binning)
        for _ in range(300)
    ]
    values, errors = np.array(pairs).T
    assert errors.mean() == pytest.approx(values.std(), rel=0.25)


def test_wasserstein_distance_of_a_shift_is_the_shift(rng: np.random.Generator) -> None:
    values = rng.normal(size=1000)
    assert wasserstein(values, values + 0.3) == pytest.approx(0.3)
