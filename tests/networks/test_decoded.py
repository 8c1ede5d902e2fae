"""What a decoder says of a number: probabilities, and draws that follow them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import kstest, norm, truncnorm

from physgan.networks.decoded import LAWS

COUNT = 20_000


def uniform(key: jax.Array) -> jax.Array:
    return jax.random.uniform(key, (COUNT,))


@pytest.mark.parametrize(
    ("logit", "mean", "log_deviation", "threshold"),
    [(-1.5, 0.3, 0.2, -0.4), (2.0, -2.0, 0.0, 1.0), (0.0, 4.0, -1.0, 0.0)],
)
def test_cells_are_lit_or_not_and_their_energy_is_a_cut_normal(
    logit: float, mean: float, log_deviation: float, threshold: float, key: jax.Array
) -> None:
    """Share of lit cells within 4 standard errors, energies by Kolmogorov-Smirnov (p > 1e-4)."""
    law, deviation = LAWS["deposits"], np.exp(log_deviation)
    exact = truncnorm((threshold - mean) / deviation, np.inf, mean, deviation)
    written = jnp.tile(jnp.array([logit, mean, log_deviation]), (COUNT, 1))
    drawn = np.asarray(law.draw(written, uniform(key), jnp.full(COUNT, threshold)))
    lit = drawn >= threshold
    chance = 1 / (1 + np.exp(-logit))
    assert lit.mean() == pytest.approx(chance, abs=4 * (chance * (1 - chance) / COUNT) ** 0.5)
    assert kstest(drawn[lit], exact.cdf).pvalue > 1e-4
    energies = jnp.asarray(exact.ppf([0.1, 0.5, 0.99]), jnp.float32)
    place = written[:3], energies, jnp.full(3, threshold)
    np.testing.assert_allclose(
        law.surprise(*place), -np.log(chance) - exact.logpdf(np.asarray(energies)), rtol=1e-4
    )
    np.testing.assert_allclose(
        law.surprise(written[:3], jnp.full(3, threshold - 0.3), jnp.full(3, threshold)),
        -np.log(1 - chance), rtol=1e-4,
    )  # fmt: skip


def test_a_mean_far_below_the_threshold_harms_nothing(key: jax.Array) -> None:
    """Finite slopes at forty deviations, and draws that stay above."""
    law, threshold = LAWS["deposits"], jnp.zeros(COUNT)
    written = jnp.tile(jnp.array([5.0, -40.0, 0.0]), (COUNT, 1))
    drawn = np.asarray(law.draw(written, uniform(key), threshold))
    assert np.isfinite(drawn[drawn >= 0]).all()
    assert (drawn >= 0).mean() == pytest.approx(1 / (1 + np.exp(-5)), abs=0.003)
    slope = jax.grad(lambda w: law.surprise(w, jnp.ones(COUNT), threshold).mean())(written)
    assert np.isfinite(np.asarray(slope)).all()


def test_numbers_are_normal_and_spins_up_by_their_chance(key: jax.Array) -> None:
    written = jnp.tile(jnp.array([0.7, -0.5]), (COUNT, 1))
    exact = norm(0.7, np.exp(-0.5))
    drawn = np.asarray(LAWS["plain"].draw(written, uniform(key), jnp.zeros(COUNT)))
    assert kstest(drawn, exact.cdf).pvalue > 1e-4
    np.testing.assert_allclose(
        LAWS["plain"].surprise(written[:2], jnp.array([0.0, 2.0]), jnp.zeros(2)),
        -exact.logpdf([0.0, 2.0]), rtol=1e-5,
    )  # fmt: skip
    up = 1 / (1 + np.exp(-0.7))
    spins = np.asarray(LAWS["signs"].draw(written[:, :1], uniform(key), jnp.zeros(COUNT))) > 0
    assert spins.mean() == pytest.approx(up, abs=4 * (up * (1 - up) / COUNT) ** 0.5)
    chances = np.exp(
        -np.asarray(LAWS["signs"].surprise(written[:2, :1], jnp.array([1.0, -1.0]), 0))
    )
    np.testing.assert_allclose(chances, [up, 1 - up], rtol=1e-5)
