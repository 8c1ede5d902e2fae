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
    condition = np.repeat(np.arange(16.0), 500)
    noise = rng.normal(size=(2, 8_000, 3))
    level = 10 * condition[:, None]
    real = level + noise[0]
    found = conditional_spread(real, level + noise[1] * [1, 0.5, 0.2], condition, condition)
    assert np.all(np.abs(found.ratio - [1, 0.5, 0.2]) < 4 * found.error)
    assert np.all(found.error < 0.02)
    np.testing.assert_array_equal(found.narrow, [False, False, True])
    assert conditional_spread(real, level + 0 * noise[1], condition, condition).narrow.all()


def test_error_of_the_spread(rng: np.random.Generator) -> None:
    """For normal samples of n each the ratio scatters by 1 / sqrt(n)."""
    pulls = []
    for _ in range(300):
        sides = rng.normal(size=(2, 400, 1))
        found = conditional_spread(*sides, np.zeros(400), np.zeros(400))
        assert found.error[0] == pytest.approx(1 / np.sqrt(400), rel=0.4)
        pulls.append((found.ratio[0] - 1) / found.error[0])
    assert np.std(pulls) == pytest.approx(1, abs=4 / np.sqrt(600))
