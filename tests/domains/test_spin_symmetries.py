"""Exact symmetries, heat bath and the discriminator's features of spin lattices."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from physgan.domains import Spins
from physgan.domains.spins.features import physical_features
from physgan.domains.spins.heat_bath import heat_bath_logits
from physgan.domains.spins.observables import correlation, energy, magnetisation
from physgan.domains.spins.symmetries import random_symmetry
from physgan.errors import InputError


@pytest.fixture
def spins(rng: np.random.Generator) -> np.ndarray:
    return np.where(rng.random((64, 8, 8)) < 0.6, 1, -1).astype(np.int8)


def test_symmetries_leave_energy_and_magnetisation_alike(spins: np.ndarray) -> None:
    keys = jax.random.split(jax.random.key(0), len(spins))
    moved = np.asarray(random_symmetry(keys, jnp.asarray(spins)))
    np.testing.assert_allclose(energy(moved), energy(spins))
    np.testing.assert_allclose(np.abs(magnetisation(moved)), np.abs(magnetisation(spins)))
    assert np.any(moved != spins)


def test_every_symmetry_is_drawn_equally_often() -> None:
    """A single marked pattern on 4 x 4 has 16 x 8 x 2 images (chi^2 at 1e-4)."""
    pattern = -jnp.ones((4, 4))
    for site in ((0, 0), (0, 1), (0, 2), (1, 1), (2, 2), (2, 3), (3, 3)):
        pattern = pattern.at[site].set(1.0)
    count = 51_200
    keys = jax.random.split(jax.random.key(1), count)
    moved = np.asarray(random_symmetry(keys, jnp.broadcast_to(pattern, (count, 4, 4))))
    codes = (moved.reshape(count, 16) > 0) @ (1 << np.arange(16))
    images, found = np.unique(codes, return_counts=True)
    expected = count / 256
    assert len(images) == 256
    assert ((found - expected) ** 2 / expected).sum() < 347  # 255 degrees of freedom, 1e-4


def test_features_agree_with_the_observables(spins: np.ndarray) -> None:
    features = np.asarray(physical_features(jnp.asarray(spins, jnp.float32)))
    np.testing.assert_allclose(features[:, 0], energy(spins), atol=1e-6)
    np.testing.assert_allclose(features[:, 1], np.abs(magnetisation(spins)), atol=1e-6)
    np.testing.assert_allclose(features[:, 2], magnetisation(spins) ** 2, atol=1e-6)
    np.testing.assert_allclose(features[:, 5:], correlation(spins)[:, [2, 4]], atol=1e-6)


def test_heat_bath_is_the_boltzmann_weight_of_one_spin() -> None:
    """p(+1) / p(-1) = exp(2 sum / T)."""
    total = jnp.array([[-4.0, -2.0, 0.0, 2.0, 4.0]])
    p = np.asarray(jax.nn.sigmoid(heat_bath_logits(total, jnp.array([[2.5]]))))
    np.testing.assert_allclose(p / (1 - p), np.exp(2 * np.asarray(total) / 2.5), rtol=1e-5)


def test_encode_and_decode_are_inverse(spins: np.ndarray) -> None:
    domain = Spins()
    np.testing.assert_array_equal(domain.decode(domain.encode({"spins": spins}))["spins"], spins)


def test_a_field_breaks_the_symmetry_and_is_refused() -> None:
    with pytest.raises(InputError, match=r"without external field.*got field 0\.1"):
        Spins().exact_parts({"size": 8, "field": 0.1})
