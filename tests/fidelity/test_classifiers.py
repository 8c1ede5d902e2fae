"""Classifier two-sample tests: blind to equal laws, awake to different ones.

AUCs of equal laws are allowed 4 standard errors: one false alarm in 16,000 runs each.
"""

import numpy as np
import pytest
from scipy.stats import norm

from physgan.domains import Spins
from physgan.fidelity import Pair, auc, image_test, measure, observable_test

SPINS = Spins()
SIZE, COUNT = 8, 1500


def copying(share: float, up: float, seed: int) -> dict[str, np.ndarray]:
    """Independent spins, up with chance `up`, of which `share` copy a neighbour."""
    rng = np.random.default_rng(seed)
    spins = np.where(rng.random((COUNT, SIZE, SIZE)) < up, 1, -1).astype(np.int8)
    copied = np.where(rng.random(spins.shape) < share, np.roll(spins, 1, 2), spins)
    return {"spins": copied}


def pairs(share: float) -> list[Pair]:
    """Two "temperatures" that differ a lot, so that only equal ones may be compared."""
    result = []
    for number, up in enumerate((0.5, 0.8)):
        real, fake = copying(0, up, 2 * number), copying(share, up, 2 * number + 1)
        values = [measure(SPINS, side, {}) for side in (real, fake)]
        result.append(Pair({"up": up}, real, fake, *values))
    return result


@pytest.mark.parametrize("test", [observable_test, image_test])
def test_equal_laws_cannot_be_told_apart(test) -> None:
    kwargs = {"budget": 6_000} if test is image_test else {}
    result = test(SPINS, pairs(0.0), **kwargs)
    for value, error in [result.auc, *result.per_condition]:
        assert abs(value - 0.5) < 4 * error
    assert result.tested_on == pytest.approx(0.4 * 4 * COUNT, abs=8)


@pytest.mark.parametrize("test", [observable_test, image_test])
def test_hidden_correlations_are_found(test) -> None:
    kwargs = {"budget": 6_000} if test is image_test else {}
    result = test(SPINS, pairs(0.4), **kwargs)
    assert result.auc[0] > 0.65
    assert min(value for value, _ in result.per_condition) > 0.6


def test_classifiers_repeat_themselves() -> None:
    first, second = (image_test(SPINS, pairs(0.1), budget=2_000, seed=5) for _ in range(2))
    assert first == second


def test_auc_against_counting(rng: np.random.Generator) -> None:
    real, fake = rng.integers(0, 5, 40), rng.integers(1, 6, 30)
    wins = (real[:, None] > fake) + 0.5 * (real[:, None] == fake)
    assert auc(real, fake)[0] == pytest.approx(wins.mean())


def test_auc_of_shifted_gaussians_and_its_error(rng: np.random.Generator) -> None:
    """AUC = Phi(shift / sqrt 2); the scatter of 300 repeats is known to 4 %."""
    shift, repeats = 0.5, []
    for _ in range(300):
        repeats.append(auc(rng.normal(shift, 1, 400), rng.normal(0, 1, 500)))
    values, errors = np.array(repeats).T
    assert values.mean() == pytest.approx(norm.cdf(shift / np.sqrt(2)), abs=0.005)
    assert errors.mean() == pytest.approx(values.std(), rel=0.2)
