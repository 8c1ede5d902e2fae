"""The distance between moments against the moments themselves, and on known distributions."""

import jax.numpy as jnp
import numpy as np
import pytest

from physgan import losses

COUNT, FEATURES = 16, 3


def polynomials(x: np.ndarray) -> np.ndarray:
    """Functions whose sum of products is (1 + x . x' / f)^2."""
    number = x.shape[1]
    squares = (x[:, :, None] * x[:, None] / number).reshape(COUNT, -1)
    return np.concatenate([np.ones((COUNT, 1)), (2 / number) ** 0.5 * x, squares], 1)


def test_the_kernel_compares_first_and_second_moments(rng: np.random.Generator) -> None:
    """The products of different samples' differences, averaged with weights by condition."""
    real, fake = rng.standard_normal((2, COUNT, FEATURES)) * 3
    conditions = rng.uniform(0, 5, (COUNT, 2))
    of_real, of_fake = (polynomials(x / np.sqrt(1 + (x / 4) ** 2)) for x in (real, fake))
    difference = of_fake - of_real
    place = (conditions - conditions.mean(0)) / conditions.std(0)
    alike = np.exp(-((place[:, None] - place) ** 2).sum(-1) / (2 * 0.7**2))
    products = (alike * (difference @ difference.T))[~np.eye(COUNT, dtype=bool)].mean()
    found = losses.moment_distance(*(jnp.asarray(x) for x in (real, fake, conditions)))
    assert float(found) == pytest.approx(products, rel=1e-5)


@pytest.mark.parametrize("kind", ["equal", "mean", "correlation", "slope"])
def test_it_is_positive_where_moments_differ_and_zero_where_not(
    kind: str, rng: np.random.Generator
) -> None:
    """Means of 500 batches: within 4 standard errors of zero, or more than 5 above."""
    found = []
    for _ in range(500):
        real, fake = rng.standard_normal((2, COUNT, FEATURES))
        conditions = rng.uniform(-1, 1, (COUNT, 1))
        if kind == "mean":
            fake[:, 0] += 0.5
        elif kind == "correlation":
            fake[:, 1] = 0.8 * fake[:, 0] + 0.6 * fake[:, 1]
        elif kind == "slope":
            fake[:, :1] += conditions
        arrays = (jnp.asarray(x, jnp.float32) for x in (real, fake, conditions))
        found.append(float(losses.moment_distance(*arrays)))
    pull = np.mean(found) / (np.std(found, ddof=1) / len(found) ** 0.5)
    assert abs(pull) < 4 if kind == "equal" else pull > 5


def test_without_conditions(rng: np.random.Generator) -> None:
    real, fake = (jnp.asarray(rng.standard_normal((COUNT, FEATURES)), jnp.float32) for _ in "ab")
    none = losses.moment_distance(real, fake, jnp.zeros((COUNT, 0)))
    same = losses.moment_distance(real, fake, jnp.ones((COUNT, 1)))
    assert float(none) == pytest.approx(float(same), rel=1e-5)
