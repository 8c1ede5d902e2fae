"""Reweighting recovers a known density ratio, and its effective sample size."""

from types import SimpleNamespace

import numpy as np
import pytest

from physgan.fidelity import density_ratios, effective_sample_size, thinned

SHIFT = 0.5
DOMAIN = SimpleNamespace(
    views=lambda samples, conditions: {"high-level": samples["x"].astype(np.float32)}
)


def side(count: int, mean: float, seed: int) -> tuple[dict, dict]:
    return {"x": np.random.default_rng(seed).normal(mean, 1, (count, 1))}, {}


def test_weights_are_the_ratio_of_two_normal_densities() -> None:
    candidates = side(4000, 0, 3)
    weights = density_ratios(DOMAIN, side(20_000, SHIFT, 1), side(20_000, 0, 2), candidates)
    x = candidates[0]["x"][:, 0]
    truth = np.exp(SHIFT * x - SHIFT**2 / 2)
    middle = np.abs(x) < 1.5
    assert np.abs(np.log(weights / truth))[middle].mean() < 0.1


def test_weighted_and_thinned_means_are_the_target_s() -> None:
    """To 4 standard errors of the effective sample."""
    candidates = side(8000, 0, 3)
    weights = density_ratios(DOMAIN, side(20_000, SHIFT, 1), side(20_000, 0, 2), candidates)
    x = candidates[0]["x"][:, 0]
    size = effective_sample_size(weights)
    assert np.average(x, weights=weights) == pytest.approx(SHIFT, abs=4 / size**0.5)
    kept = thinned(weights, seed=1)
    assert x[kept].mean() == pytest.approx(SHIFT, abs=4 / len(kept) ** 0.5)


def test_effective_sample_size_of_a_shift() -> None:
    """Kish's size of normal densities a shift d apart is n exp(-d^2)."""
    x = np.random.default_rng(4).normal(0, 1, 200_000)
    weights = np.exp(SHIFT * x - SHIFT**2 / 2)
    assert effective_sample_size(weights) / len(x) == pytest.approx(np.exp(-(SHIFT**2)), rel=0.02)
    assert effective_sample_size(np.ones(7)) == pytest.approx(7)
