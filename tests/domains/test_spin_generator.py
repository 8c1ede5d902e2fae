"""The generator on a 4 x 4 torus, where all 65,536 lattices can be listed."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.special

from physgan.domains.spins import Spins
from physgan.domains.spins.generator import SpinHierarchy
from physgan.networks import ConditionRange

SIZE = 4
RANGES = (ConditionRange(1.5, 3.5),)
SETTINGS = {"network": "spin-hierarchy", "ranges": [[1.5, 3.5, "linear"]], "width": 8}


def generator(size: int = SIZE, seed: int = 0) -> SpinHierarchy:
    return Spins().build_generator({**SETTINGS, "size": size}, {}, seed)


@pytest.fixture(scope="module")
def lattices() -> np.ndarray:
    bits = (np.arange(1 << 16)[:, None] >> np.arange(16)) & 1
    return (2.0 * bits - 1).astype(np.float32).reshape(-1, SIZE, SIZE)


def log_probability(network: SpinHierarchy, spins: np.ndarray, temperature: float) -> np.ndarray:
    """ln p of whole lattices: the generated sites and those of the heat bath."""
    conditions = jnp.full((len(spins), 1), temperature)
    likelihood = jax.jit(network.negative_log_likelihood)
    drawn = -np.asarray(likelihood(jnp.asarray(spins), conditions))
    total = sum(np.roll(spins, step, axis) for step in (1, -1) for axis in (1, 2))
    odd = np.add.outer(np.arange(SIZE), np.arange(SIZE)) % 2 == 1
    edges = -np.logaddexp(0, -2 * spins * total / temperature)[:, odd].sum(1)
    return drawn.astype(float) + edges


@pytest.mark.parametrize("temperature", [1.6, 2.3, 3.4])
def test_probabilities_of_all_lattices_add_up_to_one(
    lattices: np.ndarray, temperature: float
) -> None:
    total = np.exp(log_probability(generator(), lattices, temperature)).sum()
    assert total == pytest.approx(1, abs=1e-4)


def test_probability_is_even_under_a_global_flip(lattices: np.ndarray) -> None:
    some = lattices[::97]
    network = generator(seed=3)
    up, down = (log_probability(network, sign * some, 2.0) for sign in (1, -1))
    np.testing.assert_allclose(up, down, atol=1e-4)


def test_what_training_lowers_is_a_bound_up_to_the_entropy_of_the_sign(
    lattices: np.ndarray,
) -> None:
    """<-ln p(s, sign)> over the sign's draw is -ln p(s) + KL + entropy, and KL >= 0."""
    network, some = generator(seed=4), jnp.asarray(lattices[::64])
    conditions = jnp.full((len(some), 1), 1.8)
    exact = np.asarray(jax.jit(network.negative_log_likelihood)(some, conditions))
    bound = jax.jit(network.likelihood_bound)
    up, down = (np.asarray(bound(some, conditions, jnp.full(len(some), u))) for u in (-1.0, 2.0))
    p = 1 / (1 + np.exp(-30 * np.asarray(some, float).mean((1, 2)) ** 3))
    entropy = scipy.special.entr(p) + scipy.special.entr(1 - p)
    assert np.all(p * up + (1 - p) * down - entropy > exact - 1e-4)
    np.testing.assert_allclose(-np.logaddexp(-up, -down), exact, atol=1e-4)


def test_samples_follow_the_stated_probabilities(lattices: np.ndarray) -> None:
    """Mean products of spins, within 4.5 standard errors: false alarms 1e-3 for 120 pairs."""
    network, count, temperature = generator(seed=5), 40_000, 2.0
    noise = jax.random.uniform(jax.random.key(1), (count, 1 + SIZE**2))
    drawn = np.asarray(jax.jit(network)(noise, jnp.full((count, 1), temperature))).reshape(
        count, -1
    )
    weights = np.exp(log_probability(network, lattices, temperature))
    flat = lattices.reshape(len(lattices), -1)
    expected = (flat * weights[:, None]).T @ flat
    error = np.sqrt((1 - expected**2 + 1e-3) / count)
    assert np.all(np.abs(drawn.T @ drawn / count - expected) < 4.5 * error)


def test_last_layer_is_the_exact_heat_bath() -> None:
    """Spins given all others are drawn with p = sigmoid(2 sum / T) (chi^2 at 1e-4)."""
    count, temperature = 60_000, 2.5
    noise = jax.random.uniform(jax.random.key(7), (count, 1 + SIZE**2))
    spins = np.asarray(jax.jit(generator())(noise, jnp.full((count, 1), temperature)))
    total = sum(np.roll(spins, step, axis) for step in (1, -1) for axis in (1, 2))
    up, sums = spins[:, 0, 1] > 0, total[:, 0, 1]
    chi2 = 0.0
    for value in (-4, -2, 0, 2, 4):
        chosen = up[sums == value]
        p = 1 / (1 + np.exp(-2 * value / temperature))
        chi2 += (chosen.sum() - len(chosen) * p) ** 2 / (len(chosen) * p * (1 - p))
    assert chi2 < 25.7  # chi^2 with 5 degrees of freedom at 1e-4


def test_one_network_serves_larger_lattices() -> None:
    network = generator(8)
    noise = jax.random.uniform(jax.random.key(0), (3, 1 + 32**2))
    spins = np.asarray(jax.jit(network)(noise, jnp.full((3, 1), 2.0)))
    assert spins.shape == (3, 32, 32)
    assert np.all(np.abs(spins) == 1)
    assert network.noise_size(32) == 1 + 32**2


def test_gradients_reach_every_parameter() -> None:
    """Through discrete draws: a temperature-like push on the energy moves all networks."""
    from flax import nnx

    network = generator(8)
    graph, parameters = nnx.split(network)
    noise = jax.random.uniform(jax.random.key(2), (64, 65))
    conditions = jnp.full((64, 1), 2.0)

    def energy(values: nnx.State) -> jax.Array:
        spins = nnx.merge(graph, values)(noise, conditions)
        return -(spins * (jnp.roll(spins, 1, 1) + jnp.roll(spins, 1, 2))).mean()

    gradients = jax.tree.leaves(jax.jit(jax.grad(energy))(parameters))
    assert all(np.all(np.isfinite(g)) for g in gradients)
    assert np.mean([np.any(np.asarray(g) != 0) for g in gradients]) > 0.95
