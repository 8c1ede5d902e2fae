"""Shares of variance that follow from a formula, and paths that keep the distribution."""

import numpy as np
import pytest
from scipy.stats import kstest

from physgan.explain import latent_groups, latent_path, total_effects

COUNT = 20_000
EACH = latent_groups(3)


def test_shares_of_an_additive_function(rng: np.random.Generator) -> None:
    noise = rng.random((COUNT, 3))
    found = total_effects(lambda z: {"f": 2 * z[:, 0] + z[:, 1]}, noise, EACH, rng)["f"]
    for effect, expected in zip(found, (0.8, 0.2, 0.0), strict=True):
        assert abs(effect.share - expected) <= 4 * effect.error
        assert effect.error < 0.02


def test_shares_overlap_where_latents_act_together(rng: np.random.Generator) -> None:
    """A product of two signs: each decides it all."""
    noise = rng.random((COUNT, 3))
    found = total_effects(
        lambda z: {"f": np.sign(z[:, 0] - 0.5) * np.sign(z[:, 1] - 0.5)}, noise, EACH, rng
    )["f"]
    assert [effect.share for effect in found] == pytest.approx([1, 1, 0], abs=0.05)


def test_error_of_a_share(rng: np.random.Generator) -> None:
    def effect() -> tuple[float, float]:
        found = total_effects(
            lambda z: {"f": z[:, 0] + z[:, 1]}, rng.random((300, 2)), latent_groups(2), rng
        )["f"][0]
        return found.share, found.error

    shares, errors = np.array([effect() for _ in range(400)]).T
    assert shares.mean() == pytest.approx(0.5, abs=4 * shares.std() / 20 + 2e-3)
    assert errors.mean() == pytest.approx(shares.std(), rel=0.15)


def test_vectors_have_one_share(rng: np.random.Generator) -> None:
    noise = rng.random((COUNT, 3))
    found = total_effects(lambda z: {"f": z[:, :2] * [3, 1]}, noise, EACH, rng)["f"]
    assert [e.share for e in found] == pytest.approx([0.9, 0.1, 0], abs=0.02)


@pytest.mark.parametrize("size", [1, 24, 25, 65, 4802])
def test_groups_hold_every_latent_once(size: int) -> None:
    places = np.concatenate([np.arange(size)[group] for group in latent_groups(size)])
    np.testing.assert_array_equal(places, np.arange(size))
    assert len(latent_groups(size)) <= 24


def test_paths_keep_the_distribution_and_other_latents(rng: np.random.Generator) -> None:
    noise = rng.random((5_000, 4))
    path = latent_path(noise, slice(1, 3), 5, rng)
    np.testing.assert_allclose(path[0], noise, atol=1e-6)
    np.testing.assert_array_equal(path[:, :, [0, 3]], np.repeat(noise[None, :, [0, 3]], 5, 0))
    assert all(kstest(step[:, 1], "uniform").pvalue > 1e-4 for step in path)
    assert abs(np.corrcoef(path[0, :, 1], path[-1, :, 1])[0, 1]) < 4 / np.sqrt(5_000)
    single = latent_path(noise, slice(0, 1), 4, rng)
    np.testing.assert_allclose(single[:, 0, 0], [0.125, 0.375, 0.625, 0.875])
