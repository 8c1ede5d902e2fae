"""Collapse on a ring of 25 Gaussians and on laws with a known loss of modes or of spread."""

import numpy as np
import pytest

from physgan.fidelity.collapse import (
    cluster_modes,
    conditional_spread,
    duplicates,
    mode_coverage,
)

MODES, SIGMA = 25, 0.02
ANGLE = 2 * np.pi * np.arange(MODES) / MODES
CENTRES = np.stack([np.cos(ANGLE), np.sin(ANGLE)], 1)
SHARES = np.full(MODES, 1 / MODES)


def ring(rng: np.random.Generator, count: int, modes: int = MODES) -> np.ndarray:
    return CENTRES[rng.integers(0, modes, count)] + SIGMA * rng.normal(size=(count, 2))


def test_the_whole_ring_is_covered(rng: np.random.Generator) -> None:
    """Within three standard deviations of a 2-D Gaussian lie 1 - exp(-9/2) of it."""
    found = mode_coverage(ring(rng, 5_000), CENTRES, SHARES, 3 * SIGMA)
    assert found.covered == MODES
    assert not found.collapsed
    share, error = found.inside
    assert abs(share - (1 - np.exp(-4.5))) < 4 * error


def test_lost_modes_are_named(rng: np.random.Generator) -> None:
    found = mode_coverage(ring(rng, 2_000, 18), CENTRES, SHARES, 3 * SIGMA)
    assert found.covered == 18
    np.testing.assert_array_equal(found.lost, np.arange(MODES) >= 18)


def test_few_samples_prove_no_loss(rng: np.random.Generator) -> None:
    """Of 50 samples a seventh of the modes sees none by chance alone: (1 - 1/25)^50 = 0.13."""
    found = mode_coverage(ring(rng, 50), CENTRES, SHARES, 3 * SIGMA)
    assert found.covered < MODES
    assert not found.collapsed


def test_clusters_stand_in_for_modes(rng: np.random.Generator) -> None:
    modes = cluster_modes(ring(rng, 5_000))
    assert not mode_coverage(ring(rng, 2_000), *modes).collapsed
    assert mode_coverage(ring(rng, 2_000, 18), *modes).collapsed


def test_duplicates_of_equal_laws_and_of_copies(rng: np.random.Generator) -> None:
    real, fake = rng.normal(size=(2, 2_000, 5))
    found = duplicates(real, fake)
    assert found.real_rate == pytest.approx(0.05, abs=1e-3)
    assert abs(found.rate - found.real_rate) < 4 * found.error
    assert not found.collapsed
    copied = fake[rng.integers(0, 300, 2_000)]
    assert duplicates(real, copied).rate > 0.9
    assert duplicates(real, copied).collapsed


def test_spread_at_fixed_condition(rng: np.random.Generator) -> None:
    """Half of the noise is a ratio of 1/2, however much the condition spreads the values."""
    condition = np.repeat(np.arange(16.0), 500)[:, None]
    noise = rng.normal(size=(2, 8_000, 3))
    level = 10 * condition
    real = level + noise[0]
    found = conditional_spread(real, level + noise[1] * [1, 0.5, 0.2], condition, condition)
    assert np.all(np.abs(found.ratio - [1, 0.5, 0.2]) < 4 * found.error)
    assert np.all(found.error < 0.02)
    np.testing.assert_array_equal(found.narrow, [False, False, True])
    assert conditional_spread(real, level + 0 * noise[1], condition, condition).narrow.all()


def test_spread_that_is_lost_in_one_corner_of_the_conditions(rng: np.random.Generator) -> None:
    """9 % of all samples: over all, the ratio is still sqrt(0.91)."""
    conditions = rng.random((2_048, 2))
    corner = (conditions > 0.7).all(1)
    real, fake = rng.normal(size=(2, 2_048, 3))
    assert not conditional_spread(real, fake, conditions, conditions).narrow.any()
    fake[corner, 1] *= 0.01
    found = conditional_spread(real, fake, conditions, conditions)
    assert np.all(np.abs(found.ratio - [1, np.sqrt(0.91), 1]) < 4 * found.error)
    np.testing.assert_array_equal(found.narrow, [False, True, False])
    assert found.smallest[1] < 0.2
    blind = conditional_spread(real, fake, conditions[:, :1], conditions[:, :1])
    assert not blind.narrow.any()


def test_a_second_condition_does_not_hide_a_lost_spread(rng: np.random.Generator) -> None:
    """Means that follow the second condition are no spread at fixed conditions."""
    conditions = rng.random((8_000, 2))
    level = 4 * conditions[:, 1:]
    real = level + rng.normal(size=(8_000, 1))
    assert conditional_spread(real, level, conditions, conditions).narrow.all()
    assert not conditional_spread(real, level, conditions[:, :1], conditions[:, :1]).narrow.any()


def test_tails_that_are_missing_by_chance_and_constants_are_no_loss(
    rng: np.random.Generator,
) -> None:
    """One sample in 100 is far out: among 128 of a bin there is often none."""
    conditions = rng.random((2_048, 2))
    for _ in range(20):
        sides = rng.normal(size=(2, 2_048, 3)) * [0.01, 1, 0]
        sides[..., 0] += rng.random((2, 2_048)) < 0.01
        assert not conditional_spread(*sides, conditions, conditions).narrow.any()


def test_error_of_the_spread(rng: np.random.Generator) -> None:
    """For normal samples of n each the ratio scatters by 1 / sqrt(n)."""
    pulls = []
    for _ in range(300):
        sides = rng.normal(size=(2, 400, 1))
        found = conditional_spread(*sides, *np.zeros((2, 400, 1)))
        assert found.error[0] == pytest.approx(1 / np.sqrt(400), rel=0.4)
        pulls.append((found.ratio[0] - 1) / found.error[0])
    assert np.std(pulls) == pytest.approx(1, abs=4 / np.sqrt(600))
