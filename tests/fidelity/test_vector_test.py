"""The classifier network and the trees on vectors: blind to equal laws, right about known ones."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from physgan.fidelity import NetworkSettings, divergence, network_test, tree_test

SMALL = NetworkSettings(width=32, epochs=25, batch=100, rate=2e-3)
SHIFT = 1.0


def shifted(rng, shift: float, count: int = 3000) -> tuple[np.ndarray, np.ndarray]:
    """Two sets of six Gaussian features, which differ in the sum of two of them."""
    real, fake = rng.normal(size=(2, count, 6)).astype(np.float32)
    fake[:, :2] += np.float32(shift / np.sqrt(2))
    return real, fake


def gaussian_jsd(shift: float) -> float:
    """Jensen-Shannon divergence of two unit Gaussians, bits."""

    def density(x: float) -> float:
        p, q = norm.pdf(x), norm.pdf(x, shift)
        return sum(0.5 * a * np.log2(2 * a / (p + q)) for a in (p, q))

    return quad(density, -9, 9 + shift)[0]


def test_network_finds_the_best_possible_auc_and_divergence(rng) -> None:
    """AUC = Phi(d / sqrt 2) for unit Gaussians d apart; training may lose half an error."""
    result = network_test(*shifted(rng, SHIFT), SMALL, repeats=2)
    assert abs(result.auc[0] - norm.cdf(SHIFT / np.sqrt(2))) < 4 * result.auc[1]
    assert result.jsd is not None
    assert abs(result.jsd[0] - gaussian_jsd(SHIFT)) < 4 * result.jsd[1]
    assert (result.trained_on, result.tested_on) == (3600, 1200)


def test_trees_find_it_too(rng) -> None:
    result = tree_test(*shifted(rng, SHIFT), repeats=2)
    assert result.auc[0] == pytest.approx(norm.cdf(SHIFT / np.sqrt(2)), abs=0.03)
    assert result.jsd is None


@pytest.mark.parametrize("test", ["network", "trees"])
def test_false_alarms(rng, test: str) -> None:
    """20 tests of equal laws: a Gaussian error has 0.9 beyond two and 0.05 beyond three.

    Three or more beyond two errors happen by chance in 6 % of seeds, one beyond 3.5 in 1 %.
    """
    settings = NetworkSettings(width=16, epochs=4, batch=50, rate=2e-3)
    pulls = []
    for number in range(20):
        pair = shifted(rng, 0.0, 300)
        kwargs = {"seed": number, "repeats": 1}
        found = (
            network_test(*pair, settings, **kwargs)
            if test == "network"
            else tree_test(*pair, **kwargs, rounds=10)
        )
        pulls.append(abs(found.auc[0] - 0.5) / found.auc[1])
    assert sum(p > 2 for p in pulls) <= 3
    assert max(pulls) < 3.5


def test_same_seed_same_result(rng) -> None:
    pair = shifted(rng, 0.5, 300)
    first, second = (network_test(*pair, SMALL, seed=3, repeats=1) for _ in range(2))
    assert first == second
    assert network_test(*pair, SMALL, seed=4, repeats=1) != first


def test_divergence_of_scores_that_are_right_useless_and_perfect(rng) -> None:
    def scores(shift: float) -> tuple[np.ndarray, np.ndarray]:
        return rng.normal(shift, 1, 20_000), rng.normal(0, 1, 20_000)

    for shift in (0.0, 0.5, 2.0):
        value, error = divergence(scores(shift), scores(shift))
        assert abs(value - gaussian_jsd(shift)) < 4 * error + 1e-3
    assert divergence(scores(50), scores(50))[0] == pytest.approx(1, abs=1e-3)


def test_columns_of_very_small_size_are_seen(rng) -> None:
    """Columns of a ten-thousandth: standardising shows what a short training would miss."""
    real, fake = shifted(rng, 2.0, 1000)
    pair = real * np.float32(1e-4), fake * np.float32(1e-4)
    assert network_test(*pair, SMALL, repeats=1).auc[0] > 0.85
    assert network_test(*pair, replace(SMALL, standardise=False), repeats=1).auc[0] < 0.7
