"""The simulator's random bits, quickly; validation/ising_random_bits.py does it at length."""

import runpy
from functools import partial
from itertools import islice
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from simulators.ising.random_bits import mix, new_key, step_keys, words

BATTERY = runpy.run_path(str(Path(__file__).parents[2] / "validation" / "random_battery.py"))


@partial(jax.jit, static_argnums=(1, 2, 3))
def _draw(keys, positions, steps, depth):
    position = jnp.arange(positions, dtype=jnp.uint32)

    def at(key, step):
        return jnp.stack(list(islice(words(step_keys(key, step), position), depth)), 1)

    over_steps = jax.vmap(at, (None, 0))
    return jax.vmap(over_steps, (0, None))(keys, jnp.arange(steps, dtype=jnp.uint32))


def draw(positions, steps, depth, seeds=(1,)):
    """Words of shape (seeds, steps, positions, depth)."""
    keys = jnp.asarray(np.stack([new_key(seed) for seed in seeds]))
    return np.asarray(_draw(keys, positions, steps, depth))


ORDERS = {
    "depth": (0, 1, 2),
    "position": (0, 2, 1),
    "step": (1, 2, 0),
}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("transposed", [False, True], ids=["words", "lanes"])
def test_battery(order, transposed):
    """False alarm once in 10,000 runs of each of the six."""
    stream = np.ascontiguousarray(draw(512, 64, 16)[0].transpose(ORDERS[order])).reshape(-1)
    if transposed:
        stream = BATTERY["lanes_as_words"](stream)
    p_values = dict(BATTERY["battery"](stream))
    assert BATTERY["verdict"](np.array(list(p_values.values()))) > 1e-4, p_values


@pytest.mark.parametrize(
    "poor",
    [
        lambda n: np.arange(n, dtype=np.uint32),
        lambda n: np.arange(n, dtype=np.uint32) * np.uint32(2654435769),
        lambda n: np.random.default_rng(1).integers(0, 2**32, n, np.uint32) | np.uint32(1),
        lambda n: np.repeat(np.random.default_rng(1).integers(0, 2**32, n // 2, np.uint32), 2),
    ],
    ids=["counter", "Weyl sequence", "stuck bit", "repeated"],
)
def test_battery_finds_poor_bits(poor):
    p_values = dict(BATTERY["battery"](poor(1 << 16)))
    assert BATTERY["verdict"](np.array(list(p_values.values()))) < 1e-9


def test_mix_is_a_bijection_with_avalanche():
    x = jnp.arange(1 << 16, dtype=jnp.uint32)
    assert len(np.unique(np.asarray(mix(x)))) == 1 << 16
    for bit in range(32):
        flipped = np.asarray(mix(x) ^ mix(x ^ jnp.uint32(1 << bit)))
        share = np.array([(flipped >> lane & 1).mean() for lane in range(32)])
        assert np.all(np.abs(share - 0.5) < 0.05)


def test_bits_depend_on_key_step_and_position_alone():
    long, short = draw(64, 3, 4), draw(32, 2, 4)
    assert np.array_equal(long[:, :2, :32], short)
    assert not np.any(draw(64, 3, 4, seeds=(2,)) == long)


def test_keys_of_neighbouring_runs_are_unlike():
    """Bits of 64 successive seeds at equal positions: the battery across seeds."""
    stream = np.moveaxis(draw(64, 16, 4, seeds=range(128)), 0, -1).reshape(-1)
    p_values = dict(BATTERY["battery"](stream))
    assert BATTERY["verdict"](np.array(list(p_values.values()))) > 1e-4, p_values
