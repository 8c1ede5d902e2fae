"""The ring of Gaussians against its own law, at a false-alarm rate of 1e-4 or less."""

import numpy as np
import pytest
from scipy import stats

from simulators import SIMULATORS, GaussianRing, Simulator

COUNT = 100_000


@pytest.fixture(scope="module")
def points() -> np.ndarray:
    return GaussianRing(modes=7, radius=2.0, sigma=0.05).sample({}, COUNT, seed=1)["points"]


def test_follows_the_protocol() -> None:
    ring = SIMULATORS["gaussian-ring"]()
    assert isinstance(ring, Simulator)
    assert GaussianRing(**ring.parameters).parameters == ring.parameters
    assert ring.sample({}, 0, 0)["points"].shape == (0, 2)
    assert 0 < ring.seconds_per_independent_sample({}) < 1e-3


def test_modes_are_equally_likely(points: np.ndarray) -> None:
    mode, _ = GaussianRing(7, 2.0, 0.05).nearest(points)
    assert stats.chisquare(np.bincount(mode, minlength=7)).pvalue > 1e-4


def test_points_are_normal_around_their_centres(points: np.ndarray) -> None:
    """Squared distances in sigma are chi^2 with two degrees of freedom."""
    ring = GaussianRing(7, 2.0, 0.05)
    mode, distance = ring.nearest(points)
    assert stats.kstest(distance**2, stats.chi2(2).cdf).pvalue > 1e-4
    offsets = (points - ring.centres[mode]) / 0.05
    assert np.all(np.abs(offsets.mean(0)) < 4.5 / np.sqrt(COUNT))
    assert np.mean(distance < 3) == pytest.approx(1 - np.exp(-4.5), abs=4.5 * 0.1 / np.sqrt(COUNT))


def test_runs_may_be_split_at_blocks() -> None:
    ring = GaussianRing()
    count = ring.block_size + 30
    whole = ring.sample({}, count, 5)["points"]
    first = ring.sample({}, ring.block_size, 5)["points"]
    rest = ring.sample({}, 30, 5, first_event=ring.block_size)["points"]
    np.testing.assert_array_equal(whole, np.concatenate([first, rest]))
    assert not np.array_equal(whole, ring.sample({}, count, 6)["points"])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: GaussianRing(modes=0), "expected modes to be a whole number >= 1; got 0"),
        (lambda: GaussianRing(sigma=0.0), r"expected sigma to be positive; got 0\.0"),
        (lambda: GaussianRing().sample({"t": 1.0}, 5, 0), "got t; remove t"),
        (lambda: GaussianRing().sample({}, 5, 0, first_event=3), "a multiple of 4096; got 3"),
    ],
)
def test_bad_input(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
