"""Rejection by a known density ratio gives the target's density; a learnt one is calibrated."""

from functools import partial
from itertools import starmap
from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from scipy import stats

from physgan.errors import InputError
from physgan.methods.rejection import calibrated
from physgan.networks import Rejection
from physgan.surrogates.rejection_sampler import sample_by_rejection
from physgan.training import Model, split

CHUNK = 512


class Uniform(nnx.Module):
    """Draws uniform on [0, 1): density 1."""

    def noise_size(self, size: int | None = None) -> int:
        return 1

    def __call__(self, noise: jax.Array, conditions: jax.Array) -> jax.Array:
        return noise


class Ratio(nnx.Module):
    """A multiple of the logarithm of 2 x, the density of the target on [0, 1), over 1."""

    def __init__(self, factor: float) -> None:
        self.factor = nnx.Param(jnp.float32(factor))

    def __call__(self, inputs: jax.Array, features: jax.Array, conditions: jax.Array) -> jax.Array:
        return self.factor[...] * jnp.log(jnp.maximum(2 * inputs[:, 0], 1e-6))


def network(factor: float = 1.0) -> Rejection:
    def inputs(samples: jax.Array) -> tuple[jax.Array, jax.Array]:
        return samples, samples[:, :0]

    return Rejection(Uniform(), Ratio(factor), inputs, scaled=1, nodes=2)


def draws(count: int, chunk: int = CHUNK) -> tuple[np.ndarray, int]:
    """(kept draws, how many were drawn for them)."""
    rejection, drawn = network(), 0
    rejection.largest[...] = jnp.log(2.0)

    @jax.jit
    def draw(events: jax.Array, numbers: jax.Array) -> tuple[jax.Array, jax.Array]:
        def uniform(event: jax.Array, number: jax.Array) -> jax.Array:
            key = jax.random.fold_in(jax.random.fold_in(jax.random.key(3), event), number)
            return jax.random.uniform(key, (2,))

        both = jax.vmap(uniform)(events, numbers)
        x, conditions = both[:, :1], jnp.zeros((len(both), 0))
        return x, jnp.log(both[:, 1]) < rejection.log_acceptance(x, conditions)

    def attempt(events: np.ndarray, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        nonlocal drawn
        drawn += len(events)
        samples, kept = draw(jnp.asarray(events), jnp.asarray(numbers))
        return np.asarray(samples), np.asarray(kept)

    return sample_by_rejection(partial(starmap, attempt), count, chunk)[:, 0], drawn


def test_kept_draws_have_the_target_s_density() -> None:
    """P(x) = x^2, by Kolmogorov and Smirnov. False alarms: one in a thousand, seed fixed."""
    kept, drawn = draws(40_000)
    assert stats.kstest(kept, lambda x: x**2).pvalue > 1e-3
    assert drawn / len(kept) == pytest.approx(2, abs=0.05)


def test_an_event_is_its_first_kept_draw_whatever_the_calls() -> None:
    few, many = draws(300, 64)[0], draws(300, 1024)[0]
    np.testing.assert_array_equal(few, many)
    np.testing.assert_array_equal(draws(100, 64)[0], few[:100])


def test_a_draw_is_kept_in_the_end() -> None:
    def never(events: np.ndarray, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return events[:, None].astype(float), np.zeros(len(events), bool)

    kept = sample_by_rejection(partial(starmap, never), 5, 8)
    np.testing.assert_array_equal(kept[:, 0], np.arange(5))


def test_scores_are_calibrated() -> None:
    """Scores a fifth of the true logarithm get a slope of 5.

    Ratios are uniform on [0, 2). Those above M have (2 - M)^2 / 4 of the real density beyond it,
    which is .01 at M = 1.8.
    """
    graph, parameters = split(network(0.2))
    domain: Any = SimpleNamespace(many_kernels=False)
    scale: Any = None
    model = Model(domain, graph, scale, 1, None, augment=False)
    real = np.sqrt(np.random.default_rng(4).random((20_000, 1))).astype(np.float32)
    found = calibrated(model, parameters, real, np.zeros((len(real), 0), np.float32), seed=5)
    assert found["slope"] == pytest.approx(5, abs=0.25)
    assert np.exp(found["largest"]) == pytest.approx(1.8, rel=0.02)


def test_an_entry_of_a_rare_kind_is_limited() -> None:
    """Columns that nearly always vanish have small spreads; a discriminator sees ten of them."""
    rejection = network()
    conditions = jnp.zeros((4, 0))
    seen, _ = rejection.standardised(jnp.asarray([[-400.0], [-3.0], [3.0], [400.0]]), conditions)
    np.testing.assert_array_equal(seen[:, 0], [-10.0, -3.0, 3.0, 10.0])


def test_a_discriminator_of_other_features_is_named() -> None:
    def more(samples: jax.Array) -> tuple[jax.Array, jax.Array]:
        return samples[:, None, None], jnp.stack([samples, samples], -1)

    conditions = jnp.ones((4, 1))
    other = Rejection(Uniform(), Ratio(1.0), more, scaled=1, nodes=2)
    with pytest.raises(InputError, match=r"expected 1 inputs .* got 2"):
        other.score(jnp.zeros(4), conditions)
