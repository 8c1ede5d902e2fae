"""A batch in blocks: the gradients are those of the whole batch."""

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from physgan.data import Dataset, load_recipe, open_dataset, simulate
from physgan.domains import domain_of
from physgan.methods import METHODS
from physgan.methods.likelihood import LikelihoodSettings, likelihood_stage
from physgan.training import (
    Networks,
    Objective,
    blockwise_gradient,
    blockwise_mean,
    number_of_blocks,
    objective_gradient,
)


@pytest.mark.parametrize("blocks", [1, 2, 8])
def test_mean_of_blocks_is_the_gradient_of_the_batch(blocks: int) -> None:
    keys = jax.random.split(jax.random.key(0))
    x, y = jax.random.normal(keys[0], (2, 16, 3))
    weights = jax.random.normal(keys[1], (3,))

    def loss(w: jax.Array, key: jax.Array, x: jax.Array, y: jax.Array) -> tuple[jax.Array, dict]:
        return jax.nn.softplus(x @ w - y @ w).mean(), {"square": (x**2).mean()}

    gradient = jax.grad(loss, has_aux=True)
    whole = gradient(weights, keys[0], x, y)
    mean = blockwise_mean(gradient, blocks)(weights, keys[0], x, y)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5), mean, whole)


def test_rows_of_blocks_are_in_the_batch_s_order() -> None:
    x = jnp.arange(24.0).reshape(8, 3)

    def halves(_: None, key: jax.Array, x: jax.Array) -> tuple[jax.Array, jax.Array]:
        return x.mean(), x > 11

    mean, rows = blockwise_mean(halves, 4, has_aux=True)(None, jax.random.key(0), x)
    assert float(mean) == 11.5
    np.testing.assert_array_equal(rows, x > 11)


@pytest.mark.parametrize("blocks", [1, 2, 8])
def test_blocks_give_the_gradient_of_every_sample(blocks: int) -> None:
    keys = jax.random.split(jax.random.key(0))
    x, y = jax.random.normal(keys[0], (2, 16, 3))
    weights = jax.random.normal(keys[1], (3,))

    def loss(w: jax.Array, key: jax.Array, x: jax.Array, y: jax.Array) -> jax.Array:
        return jax.nn.softplus(x @ w - y @ w).mean()

    whole = jax.value_and_grad(loss, argnums=2)(weights, keys[0], x, y)
    found = blockwise_gradient(loss, blocks)(weights, keys[0], x, y)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5), found, whole)


def test_blocks_have_keys_of_their_own() -> None:
    def draw(_: None, key: jax.Array, x: jax.Array) -> jax.Array:
        return jax.random.bits(key) >> 4

    found = blockwise_mean(lambda *a: draw(*a).astype(jnp.float32), 4)(
        None, jax.random.key(1), jnp.zeros(8)
    )
    keys = jax.random.split(jax.random.key(1), 4)
    singles = [float(draw(None, key, jnp.zeros(2))) for key in keys]
    assert len(set(singles)) == 4
    assert float(found) == pytest.approx(np.mean(singles))


@pytest.mark.parametrize(
    ("shape", "blocks"),
    [((256, 32, 32), 16), ((256, 8, 8), 1), ((100, 32, 32), 4), ((101, 64, 64), 1)],
)
def test_blocks_divide_the_batch(shape: tuple[int, ...], blocks: int) -> None:
    assert number_of_blocks(jnp.zeros(shape)) == blocks


@pytest.fixture(scope="module")
def lattices(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    path = tmp_path_factory.mktemp("lattices") / "x.h5"
    simulate(replace(load_recipe("ising-16"), count=160), path, seed=1)
    return open_dataset(path)


def built(dataset: Dataset, count: int, **settings: Any) -> tuple[Networks, jax.Array, jax.Array]:
    """Networks of the method likelihood, and lattices with their temperatures."""
    found, at = dataset.read("train")
    domain, method = domain_of(dataset.info), METHODS["likelihood"]
    real, at = domain.encode(found)[:count], at["temperature"][:count, None].astype(np.float32)
    chosen = method.settings_of({}, {"generator_width": 8, **settings})
    networks = method.build(dataset.info, domain, chosen, real, at, 0)
    return networks, jnp.asarray(real, jnp.float32), jnp.asarray(at)


def test_the_gradient_of_lattices_by_products_is_that_by_convolutions(lattices: Dataset) -> None:
    """Products of matrices in two blocks of 64 lattices; both losses are per lattice."""
    networks, real, at = built(lattices, 128)
    even = Objective(
        "likelihood",
        "nll",
        lambda generator, key, x, c: generator.likelihood_bound(x, c, jnp.full(len(x), 0.5)),
        per_site=False,
    )

    def gradient(by_products: bool) -> tuple:
        model = replace(networks.model, by_products=by_products)
        given = networks.generator, jax.random.key(0), real, at
        traced = jax.jit(lambda *a: objective_gradient(model, even, *a)).trace(*given)
        assert ("conv_general_dilated" in str(traced.jaxpr)) != by_products
        return traced.lower().compile()(*given)

    assert number_of_blocks(real) == 2
    (direct, used), (blocks, others) = gradient(False), gradient(True)
    assert np.asarray(used).all()
    np.testing.assert_array_equal(used, others)
    scale = max(float(jnp.abs(leaf).max()) for leaf in jax.tree.leaves(direct[1]))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-5 * scale), direct, blocks)


@pytest.mark.parametrize(("samples", "long"), [(1_000_000, True), (100_000, False)])
def test_long_stages_of_lattices_take_products(
    lattices: Dataset, monkeypatch: pytest.MonkeyPatch, samples: int, long: bool
) -> None:
    """From 100 million sites on."""
    taken: list[bool] = []
    monkeypatch.setattr(
        "physgan.methods.likelihood.objective_stage",
        lambda model, *others, **settings: taken.append(model.by_products),
    )
    networks, _, _ = built(lattices, 16)
    likelihood_stage(networks.model, LikelihoodSettings(likelihood_samples=samples))
    assert taken == [long]
