"""Repeats and copies of points in ten dimensions, where the share of each is known."""

import numpy as np
import pytest

from physgan.fidelity import copied_share, repeated_share, to_nearest

SEEDS = range(20)


def drawn(seed: int, *counts: int) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.standard_normal((count, 10)).astype(np.float32) for count in counts]


@pytest.mark.parametrize("wider", [1.0, 0.5])
def test_samples_that_are_not_copies_have_no_copied_share(wider: float) -> None:
    """Nor have wrong ones, which are nearer to everything; errors are those of 20 repeats.

    The mean over the repeats is within 4 of its errors of 0; pulls have a spread of 0.6 to 1.5.
    Both fail once in 10,000 runs of other seeds.
    """
    pulls = []
    for seed in SEEDS:
        fake, learnt, unseen = drawn(seed, 500, 800, 200)
        value, error = copied_share(wider * fake, learnt, unseen)
        pulls.append(value / error)
    assert abs(np.mean(pulls)) < 4 * np.std(pulls, ddof=1) / len(pulls) ** 0.5
    assert 0.6 < np.std(pulls, ddof=1) < 1.5


@pytest.mark.parametrize("noise", [0.0, 0.3])
def test_copies_are_counted(noise: float) -> None:
    """A third of the samples are training samples, exactly or nearly so."""
    fake, learnt, unseen, blur = drawn(1, 1800, 1600, 800, 600)
    fake[:600] = learnt[:600] + noise * blur
    value, error = copied_share(fake, learnt, unseen)
    assert abs(value - 1 / 3) < 3 * error
    assert value > 4 * error


def test_samples_of_few_kinds_are_not_copies() -> None:
    """Every sample is among the learnt ones, and among the unseen ones as often."""
    rng = np.random.default_rng(1)
    fake, learnt, unseen = (rng.integers(0, 2, (n, 3)) for n in (500, 800, 200))
    value, error = copied_share(fake, learnt, unseen)
    assert abs(value) < 3 * error


def test_repeated_samples_are_counted() -> None:
    """5 % are one sample; the rest repeats nothing."""
    real, fake = drawn(2, 2000, 2000)
    fake[:100] = fake[0] + np.float32(1e-4) * fake[:100]
    value, error = repeated_share(real, fake)
    assert abs(value - 0.05) < 4 * error
    assert value > 4 * error


def test_the_truth_repeats_itself_as_often_as_the_truth() -> None:
    """Also where its samples are of few kinds; pulls of 20 repeats as above."""
    for kinds in (2, 8):
        pulls = []
        for seed in SEEDS:
            real, fake = np.random.default_rng(seed).integers(0, kinds, (2, 500, 4))
            value, error = repeated_share(real, fake)
            pulls.append(value / max(error, 1e-12))
        assert abs(np.mean(pulls)) < 1
        assert np.max(np.abs(pulls)) < 4


def test_nearest_is_what_a_loop_finds() -> None:
    rng = np.random.default_rng(6)
    first, second = rng.normal(size=(600, 5)), rng.normal(size=(90, 5))
    first[3] = second[7]
    distance, index = to_nearest(first, second)
    every = np.linalg.norm(first[:, None] - second, axis=2)
    np.testing.assert_array_equal(index, every.argmin(1))
    np.testing.assert_allclose(distance, every.min(1), atol=1e-3)
    assert distance[3] == 0
