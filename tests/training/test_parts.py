"""Schedules, scales and the validation distance against closed forms; augmentation."""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from physgan.data import open_dataset
from physgan.domains import domain_of
from physgan.fidelity.condition_bins import condition_bins
from physgan.methods import METHODS, GanSettings
from physgan.networks.scale import ConditionalScale, SmoothScale, unit_scale
from physgan.training.schedules import cosine, ema_decay
from physgan.training.standardise import fit_scale
from physgan.training.steps import decayed, descend
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
    assert scale.settings == {"nodes": 8}
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
    scale = fit_scale(rng.standard_normal((40, 1)), rng.random((40, 1)))
    fresh = jnp.asarray(rng.standard_normal((4_000, 1)), jnp.float32)
    z = scale.standardise(fresh, jnp.asarray(rng.random((4_000, 1)), jnp.float32))
    assert float(z.std()) == pytest.approx(1, rel=0.72)


def test_one_condition_or_none_is_scaled_bin_by_bin_as_of_old(rng: np.random.Generator) -> None:
    """The arrays by hand: means and deviations of bins of equally many samples."""
    condition, features = rng.random(1_000), rng.standard_normal((1_000, 2)) + 3
    parts = np.array_split(np.argsort(condition, kind="stable"), 62)
    scale = fit_scale(features, condition[:, None])
    assert isinstance(scale, ConditionalScale)
    expected = [[features[part].mean(0) for part in parts], [features[p].std(0) for p in parts]]
    for found, known in zip(scale[1:], expected, strict=True):
        np.testing.assert_array_equal(found, np.asarray(known, np.float32))
    none = fit_scale(features, np.zeros((1_000, 0)))
    standardised = none.standardise(jnp.asarray(features), jnp.zeros((1_000, 0)))
    np.testing.assert_allclose(standardised.std(0), 1, atol=0.05)


def of_two_conditions(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Features of known mean and spread, and an energy of three decades with an angle.

    ln of a total with a resolution of 10 % / sqrt(E / GeV), a centre of energy behind a depth that
    grows with ln E, and a spread that depends on both.
    """
    energy, angle = 10 ** rng.uniform(0, 3, count), rng.uniform(0, 0.5, count)
    depth = np.log(energy / 0.01)
    mean = np.stack([np.log(energy / 5), np.tan(angle) * depth, angle**2], 1)
    deviation = np.stack([0.1 / energy**0.5, 0.2 + 0 * angle, energy**-0.3 * (1 + 6 * angle)], 1)
    features = mean + deviation * rng.standard_normal((count, 3))
    return features, np.stack([energy, angle], 1).astype(np.float32)


def test_several_conditions_are_standardised_everywhere(rng: np.random.Generator) -> None:
    """Fresh samples in 16 bins of the plane: means within 4.5 errors of those of the fit and of
    theirs, spreads within 4.5 and 4 % of 1. The first condition alone misses the second feature's
    mean at the ends of the angle by 5 deviations."""
    scale = fit_scale(*of_two_conditions(rng, 16_000))
    assert isinstance(scale, SmoothScale)
    features, conditions = of_two_conditions(rng, 16_000)
    z = np.asarray(scale.standardise(jnp.asarray(features), jnp.asarray(conditions)))
    for (rows,) in condition_bins(conditions, 16):
        error = 1 / np.sqrt(len(rows))
        np.testing.assert_allclose(z[rows].mean(0), 0, atol=4.5 * 1.4 * error)
        np.testing.assert_allclose(z[rows].std(0), 1, atol=4.5 * error / np.sqrt(2) + 0.04)
    first = fit_scale(features, conditions[:, :1])
    blind = np.asarray(first.standardise(jnp.asarray(features), jnp.asarray(conditions)))
    assert np.abs(blind[conditions[:, 1] > 0.45].mean(0)).max() > 1


def test_classes_have_a_node_each_and_coefficients_of_their_own(rng: np.random.Generator) -> None:
    """Means and slopes of five classes in any order; one of them hardly varies."""
    label, energy = rng.integers(0, 5, 20_000), rng.uniform(1, 2, 20_000)
    (level, slope), spread = rng.normal(size=(2, 5)), [1, 2, 0.2, 3, 0.5]
    mean = np.take(level, label) + np.take(slope, label) * energy
    features = (mean + np.take(spread, label) * rng.standard_normal(20_000))[:, None]
    conditions = np.stack([label, energy], 1).astype(np.float32)
    scale = fit_scale(features, conditions)
    z = np.asarray(scale.standardise(jnp.asarray(features), jnp.asarray(conditions)))[:, 0]
    for each in range(5):
        for half in (energy < 1.5, energy >= 1.5):
            rows = (label == each) & half
            assert abs(z[rows].mean()) < 4.5 / np.sqrt(rows.sum())
            assert z[rows].std() == pytest.approx(1, abs=4.5 / np.sqrt(2 * rows.sum()))


@pytest.mark.parametrize("columns", [0, 1, 2, 3])
def test_restoring_undoes_standardising(columns: int, rng: np.random.Generator) -> None:
    """Inside the range and beyond it, also of a scale that was rebuilt from its arrays."""
    conditions = rng.random((600, columns)) * [1.0, 300.0, 0.0][:columns]
    features = rng.standard_normal((600, 4)) * [1, 10, 0, 1e-4] + [0, 100, 3, 0]
    scale = fit_scale(features, conditions, common_floor=0.1)
    fresh = unit_scale(4, **scale.settings)
    assert [a.shape for a in fresh] == [a.shape for a in scale]
    again = type(fresh)(*scale)
    given = jnp.asarray(features, jnp.float32), jnp.asarray(1.5 * conditions - 0.1, jnp.float32)
    z = jax.jit(scale.standardise)(*given)
    assert np.isfinite(z).all()
    np.testing.assert_allclose(again.restore(z, given[1]), given[0], rtol=1e-5, atol=1e-5)
    unit = fresh.standardise(*given)
    np.testing.assert_array_equal(unit, given[0])


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


def test_one_sample_of_a_rare_kind_is_not_the_whole_distance(rng: np.random.Generator) -> None:
    """A single entry of 2,000 deviations, in a column of zeros: the distance grows by 4.3 times.

    It would by 11 times if all of them counted.
    """
    n = 8_192
    condition = rng.random((n, 1))
    real, fake = rng.standard_normal((2, n, 10))
    real[:, 0] = fake[:, 0] = 0
    before = feature_distance(real, fake, condition)
    fake[7, 0] = 2_000.0
    assert feature_distance(real, fake, condition) < 5 * before


def test_distance_is_that_of_bins_of_one_condition_as_of_old(rng: np.random.Generator) -> None:
    """By hand, ties and all: the bins are those of `np.array_split` of the sorted condition."""
    condition = rng.integers(0, 11, 500) / 7
    real, fake = rng.standard_normal((2, 500, 3))
    differences = []
    for part in np.array_split(np.argsort(condition, kind="stable"), 16):
        differences.append(real[part].mean(0) - fake[part].mean(0))
        spreads = [np.hypot(side[part].std(0), 0.01) for side in (real, fake)]
        differences.append(np.log(spreads[0] / spreads[1]))
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


def test_decay_shrinks_kernels_alone() -> None:
    """By decay times rate per step, on top of the direction."""
    parameters = {"layer": {"kernel": jnp.full((2, 3), 4.0), "bias": jnp.full(3, 4.0)}}
    update = jax.tree.map(jnp.ones_like, parameters)
    new = descend(parameters, decayed(update, parameters, 0.5), jnp.asarray(0.1))
    np.testing.assert_allclose(new["layer"]["kernel"], 4 - 0.1 * (1 + 0.5 * 4), rtol=1e-6)
    np.testing.assert_allclose(new["layer"]["bias"], 3.9, rtol=1e-6)
