"""The VAE and flow matching where the answer is known, and their promises about stopping."""

from collections.abc import Callable
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx
from scipy.stats import multivariate_normal

from physgan.data import Axis, Condition, DatasetInfo, Field, write_dataset
from physgan.errors import InputError
from physgan.methods import train
from physgan.methods.flow_matching import velocity_error
from physgan.methods.vae import negative_evidence
from physgan.networks import Autoencoder, Flow, Standardisation
from physgan.surrogates import load

TINY = {
    "batch_size": 32,
    "generator_width": 4,
    "generator_depth": 1,
    "embedding": 8,
    "training_samples": 1_920,
    "checkpoint_samples": 640,
    "validation_samples": 256,
}
OWN = {"vae": {"latents": 4}, "flow-matching": {"ode_steps": 4}}


def trained(
    network: nnx.Module,
    loss: Callable[..., jax.Array],
    draw: Callable[[jax.Array], jax.Array],
    steps: int,
) -> nnx.Module:
    """Adam on fresh samples at every step, the rate falling along a cosine."""
    graph, parameters = nnx.split(network)
    rates = optax.cosine_decay_schedule(3e-3, steps)
    optimiser = optax.adam(rates)

    def step(carry, key):
        parameters, moments = carry
        keys = jax.random.split(key)

        def mean_loss(p):
            samples = draw(keys[0])
            return loss(nnx.merge(graph, p), keys[1], samples, jnp.zeros((len(samples), 0))).mean()

        with jax.numpy_dtype_promotion("standard"):
            update, moments = optimiser.update(jax.grad(mean_loss)(parameters), moments)
        return (optax.apply_updates(parameters, update), moments), None

    keys = jax.random.split(jax.random.key(5), steps)
    start = (parameters, optimiser.init(parameters))
    return nnx.merge(graph, jax.jit(lambda s: jax.lax.scan(step, s, keys))(start)[0][0])


def test_evidence_of_a_linear_gaussian_model_is_reached(rng: np.random.Generator) -> None:
    """Probabilistic PCA (Tipping and Bishop 1999): x = W z + mu + 0.5 noise, 2 latents, 5 dims.

    The bound lies above -ln N(x; mu, W W^T + 0.25) by the posterior's divergence, which can
    vanish: on the same 20,000 samples within 0.02 nats, and not below by 4 standard errors.
    """
    weights, mu = rng.standard_normal((5, 2)), rng.standard_normal(5)
    exact = multivariate_normal(mu, weights @ weights.T + 0.25 * np.eye(5))
    root = jnp.asarray(np.linalg.cholesky(exact.cov), jnp.float32)

    def draw(key: jax.Array, count: int = 256) -> jax.Array:
        return jax.random.normal(key, (count, 5)) @ root.T + jnp.asarray(mu, jnp.float32)

    network = Autoencoder(
        (), preprocessing=Standardisation((5,)), latents=2, width=2, depth=1, embedding=4,
        rngs=nnx.Rngs(0),
    )  # fmt: skip
    network = trained(network, negative_evidence, draw, 2_000)
    samples = draw(jax.random.key(6), 20_000)
    bound = np.asarray(
        negative_evidence(network, jax.random.key(7), samples, jnp.zeros((20_000, 0)))
    )
    excess = bound + exact.logpdf(np.asarray(samples))
    error = excess.std() / len(excess) ** 0.5
    assert -4 * error < excess.mean() < 0.02 + 4 * error


def test_flow_of_a_gaussian_has_the_exact_field_and_distribution(rng: np.random.Generator) -> None:
    """Noise to N(mu, S) along straight lines: v = mu + (t S - (1 - t)) S_t^-1 (x - t mu).

    S_t = (1 - t)^2 + t^2 S is the covariance at time t. The learnt field is within 5 % of it (root
    mean square), and mean and covariance of what it draws within 0.05 and 5 %.
    """
    mu, covariance = np.array([1.0, -0.5]), np.array([[1.5, 0.8], [0.8, 0.7]])
    root = jnp.asarray(np.linalg.cholesky(covariance), jnp.float32)

    def draw(key: jax.Array) -> jax.Array:
        return jax.random.normal(key, (512, 2)) @ root.T + jnp.asarray(mu, jnp.float32)

    network = Flow(
        (), preprocessing=Standardisation((2,)), ode_steps=20, width=4, depth=1, embedding=8,
        rngs=nnx.Rngs(0),
    )  # fmt: skip
    network = trained(network, velocity_error, draw, 2_000)
    wrong, size = 0.0, 0.0
    for time in (0.1, 0.5, 0.9):
        between = (1 - time) ** 2 * np.eye(2) + time**2 * covariance
        x = rng.multivariate_normal(time * mu, between, 4_000)
        slope = (time * covariance - (1 - time) * np.eye(2)) @ np.linalg.inv(between)
        exact = mu + (x - time * mu) @ slope.T
        found = network.velocity(
            jnp.asarray(x, jnp.float32), jnp.full(4_000, time), jnp.zeros((4_000, 0))
        )
        wrong += ((np.asarray(found) - exact) ** 2).mean()
        size += (exact**2).mean()
    assert (wrong / size) ** 0.5 < 0.05
    noise = jnp.asarray(rng.random((40_000, 2)), jnp.float32)
    drawn = np.asarray(network(noise, jnp.zeros((40_000, 0))))
    np.testing.assert_allclose(drawn.mean(0), mu, atol=0.05)
    np.testing.assert_allclose(np.cov(drawn.T), covariance, atol=0.075)


@pytest.fixture(scope="module", params=["vae", "flow-matching"])
def run(
    request: pytest.FixtureRequest, exact_dataset: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Path]:
    path = tmp_path_factory.mktemp(request.param)
    train(exact_dataset, path, TINY | OWN[request.param], seed=1, method=request.param)
    return request.param, path


def weights(path: Path) -> bytes:
    return (path / "surrogate" / "weights.npz").read_bytes()


def test_stopped_and_continued_it_ends_with_the_same_bytes(
    exact_dataset: Path, run: tuple[str, Path], tmp_path: Path
) -> None:
    method, path = run
    settings = TINY | OWN[method]

    def stop(done: int, total: int) -> None:
        assert total == TINY["training_samples"]
        if done >= 900:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(exact_dataset, tmp_path, settings, seed=1, method=method, progress=stop)
    train(exact_dataset, tmp_path, settings, seed=1, method=method)
    assert weights(tmp_path) == weights(path)


def test_an_event_depends_on_seed_number_and_conditions_only(run: tuple[str, Path]) -> None:
    surrogate = load(run[1])
    assert surrogate.name == run[0]
    temperatures = np.linspace(1.9, 2.9, 40)
    whole = surrogate.sample({"temperature": temperatures}, 40, seed=3)["spins"]
    part = surrogate.sample({"temperature": temperatures[30:]}, 10, seed=3, first_event=30)
    np.testing.assert_array_equal(part["spins"], whole[30:])
    assert whole.shape == (40, 4, 4)
    other = surrogate.sample({"temperature": temperatures}, 40, seed=4)["spins"]
    assert not np.array_equal(other, whole)


def test_spins_are_fair_coins_each_and_lattices_many(run: tuple[str, Path]) -> None:
    """Without field every site is up half the time, within 5 standard errors (1e-5 for 16)."""
    spins = load(run[1]).sample({"temperature": 2.5}, 2_048, seed=5)["spins"]
    assert np.abs(spins.mean(0)).max() < 5 / np.sqrt(2_048)
    assert len(np.unique(spins.reshape(2_048, -1), axis=0)) > 1_000


def test_another_method_in_the_folder_is_refused(
    exact_dataset: Path, run: tuple[str, Path]
) -> None:
    other = "vae" if run[0] == "flow-matching" else "flow-matching"
    with pytest.raises(InputError, match=r"got another .*method"):
        train(exact_dataset, run[1], TINY | OWN[other], seed=1, method=other)


def test_what_only_a_gan_has_is_refused(exact_dataset: Path, tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match="setting of the method vae; got 'adversarial_samples', which"
    ):
        train(exact_dataset, tmp_path, {"adversarial_samples": 100}, method="vae")


def test_samples_follow_every_condition_and_come_back_from_disk(tmp_path: Path, rng) -> None:
    """Points of mean (100 a b, a^2 + 10 b) and spread 0.1: the scale holds both conditions, so that
    even a few steps of training draw within 0.5 of the mean."""
    grid = (Axis("coordinate", "1", (0.0, 1.0)),)
    fields = (Field("points", "1", ("coordinate",), "points", "float32"),)
    axes = tuple(Condition(name, "1", 0.0, 1.0) for name in "ab")
    a, b = rng.random((2, 4_000))
    mean = np.stack([100 * a * b, a**2 + 10 * b], 1)
    points = (mean + 0.1 * rng.standard_normal(mean.shape)).astype(np.float32)
    splits = {"train": np.arange(3_500), "validation": np.arange(3_500, 4_000)}
    info = DatasetInfo("points", fields, axes, grid)
    write_dataset(tmp_path / "x.h5", {"points": points}, {"a": a, "b": b}, info, splits)
    settings = {**TINY, "training_samples": 640, "checkpoint_samples": 320}
    train(tmp_path / "x.h5", tmp_path / "run", settings, method="vae")
    for at in ({"a": 0.2, "b": 0.8}, {"a": 0.8, "b": 0.2}, {"a": 0.9, "b": 0.9}):
        drawn = load(tmp_path / "run").sample(at, 400, seed=1)["points"].mean(0)
        known = [100 * at["a"] * at["b"], at["a"] ** 2 + 10 * at["b"]]
        np.testing.assert_allclose(drawn, known, atol=0.5)
