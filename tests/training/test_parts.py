"""Schedules, scales and the validation distance against closed forms; augmentation."""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from physgan.data import open_dataset
from physgan.domains import domain_of
from physgan.methods import METHODS, GanSettings
from physgan.training.schedules import cosine, ema_decay
from physgan.training.standardise import fit_scale
from physgan.training.validation import feature_distance


def test_cosine_starts_halves_and_ends() -> None:
    samples = jnp.array([0.0, 50.0, 100.0, 500.0])
    np.testing.assert_allclose(cosine(3.0, 1.0, samples, 100), [3, 2, 1, 1], rtol=1e-6)


def test_average_forgets_half_in_its_half_life() -> None:
    decay = float(ema_decay(10, 1000.0, jnp.array(1e9)))
    assert decay**100 == pytest.approx(0.5, rel=1e-4)
    assert float(ema_decay(10, 1000.0, jnp.array(0.0))) == 0


def test_standardised_features_have_mean_zero_and_spread_one(rng: np.random.Generator) -> None:
    condition = np.repeat(np.linspace(1, 2, 8), 4_000)
    features = np.stack([condition, condition**2], -1)
    features = features * rng.standard_normal(features.shape) + 5 * features
    scale = fit_scale(features, condition[:, None])
    assert len(scale.nodes) == 8
    conditions = jnp.asarray(condition[:, None], jnp.float32)
    z = np.asarray(scale.standardise(jnp.asarray(features, jnp.float32), conditions))
    np.testing.assert_allclose(z.mean(0), 0, atol=0.01)
    np.testing.assert_allclose(z.std(0), 1, atol=0.01)


def test_scale_interpolates_between_nodes(rng: np.random.Generator) -> None:
    condition = np.repeat([1.0, 2.0], 50_000)
    features = rng.standard_normal((100_000, 1)) + 4 * condition[:, None]
    scale = fit_scale(features, condition[:, None])
    z = scale.standardise(jnp.full((1, 1), 6.0), jnp.full((1, 1), 1.5))
    assert float(z[0, 0]) == pytest.approx(0, abs=0.03)


def test_scale_of_few_samples_is_no_scale_of_chance(rng: np.random.Generator) -> None:
    """One sample a bin would have deviation 0; 16 miss theirs by 18 %, here four times that."""
    condition = rng.random(40)
    scale = fit_scale(rng.standard_normal((40, 1)), condition[:, None])
    fresh = jnp.asarray(rng.standard_normal((4_000, 1)), jnp.float32)
    z = scale.standardise(fresh, jnp.asarray(rng.random((4_000, 1)), jnp.float32))
    assert float(z.std()) == pytest.approx(1, rel=0.72)


def test_distance_of_equal_sets_is_at_its_floor_and_of_shifted_ones_above(
    rng: np.random.Generator,
) -> None:
    """Floor sqrt(1.5 * 16 * 2 / n), within 20 %: over ten standard deviations of its spread."""
    n = 8_192
    condition = rng.random((n, 1))
    real, fake = rng.standard_normal((2, n, 10))
    floor = np.sqrt(1.5 * 16 / n)
    assert feature_distance(real, fake, condition) == pytest.approx(floor, rel=0.2)
    few = feature_distance(real[:12], real[:12] + 0.5, condition[:12])
    assert few == pytest.approx(np.sqrt(0.25 / 2))
    shifted = feature_distance(real, fake + 0.3, condition)
    assert shifted == pytest.approx(np.sqrt(0.09 / 2), rel=0.1)


def test_distance_is_that_of_bins_of_one_condition_as_of_old(rng: np.random.Generator) -> None:
    """By hand, ties and all: the bins are those of `np.array_split` of the sorted condition."""
    condition = rng.integers(0, 11, 500) / 7
    real, fake = rng.standard_normal((2, 500, 3))
    differences = []
    for part in np.array_split(np.argsort(condition, kind="stable"), 16):
        differences.append(real[part].mean(0) - fake[part].mean(0))
        differences.append(np.log((real[part].std(0) + 1e-6) / (fake[part].std(0) + 1e-6)))
    expected = np.sqrt(np.mean(np.square(differences)))
    assert feature_distance(real, fake, condition[:, None]) == pytest.approx(expected, rel=1e-12)


def test_distance_sees_a_spread_that_is_lost_in_one_corner(rng: np.random.Generator) -> None:
    """In 1 of 16 bins ln 100 in place of 0: 4.6 / sqrt(2 * 16). By the first condition alone
    ln sqrt(0.7) in 5 bins: 0.07, twice the floor."""
    n = 8_192
    conditions = rng.random((n, 2))
    real, fake = rng.standard_normal((2, n, 2))
    fake[(conditions > 0.7).all(1)] *= 0.01
    assert feature_distance(real, fake, conditions) > 0.9 * np.log(100) / np.sqrt(32)
    assert feature_distance(real, fake, conditions[:, :1]) < 0.12


@pytest.mark.parametrize("augment", [True, False])
def test_symmetries_move_samples_unless_switched_off(exact_dataset: Path, augment: bool) -> None:
    """Magnetisation up to its sign stays; a lattice of one odd spin is moved 15 times in 16."""
    dataset = open_dataset(exact_dataset)
    settings = GanSettings(
        augment=augment, generator_width=2, discriminator_width=2, discriminator_blocks=1
    )
    single = np.ones((256, 4, 4), np.int8)
    single[:, 0, 0] = -1
    temperatures = np.linspace(1.8, 3.0, 256, dtype=np.float32)[:, None]
    domain = domain_of(dataset.info)
    model = METHODS["gan"].build(dataset.info, domain, settings, single, temperatures, 0).model
    turned = np.asarray(model.transform(jax.random.key(1), jnp.asarray(single, jnp.float32)))
    np.testing.assert_array_equal(np.abs(turned.sum((1, 2))), 14)
    moved = (turned[:, 0, 0] * np.sign(turned.sum((1, 2))) > 0).mean()
    assert moved == pytest.approx(15 / 16 if augment else 0, abs=4 * (15 / 16**2 / 256) ** 0.5)
    assert augment or (turned == single).all()
