"""A batch in blocks: the gradients are those of the whole batch."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from physgan.training import blockwise_gradient, blockwise_mean, number_of_blocks


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
