"""Random bits as a pure function of (key, step, position): nothing is carried along.

Every position owns a Weyl sequence start + k * gap whose start and odd gap are two
independent hashes of the position; word k is a mixed element of that sequence. Integer
arithmetic only, so the bits are the same on every device. `validation/ising_random_bits.py`
is the statistical battery.

References:
    Steele, Lea, Flood, OOPSLA 2014 (sequences with a random gap, SplitMix).
    Wellons, "Prospecting for hash functions", 2018 (multipliers of `mix`).
"""

from collections.abc import Iterator

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

__all__ = ["mix", "new_key", "seeded", "step_keys", "words"]


def mix(x: jax.Array) -> jax.Array:
    """A bijection of 32-bit words in which every input bit sways every output bit."""
    x = (x ^ (x >> 16)) * jnp.uint32(0x21F0AAAD)
    x = (x ^ (x >> 15)) * jnp.uint32(0x735A2D97)
    return x ^ (x >> 15)


def seeded(seed: int, *path: int) -> np.random.SeedSequence:
    """A source of start values of its own for every seed and every path."""
    return np.random.SeedSequence(seed, spawn_key=path)


def new_key(seed: int, *path: int) -> np.ndarray:
    """A 64-bit key, shape (2,) uint32, that depends on all its arguments."""
    return seeded(seed, *path).generate_state(2, np.uint32)


def step_keys(key: ArrayLike, step: ArrayLike) -> tuple[jax.Array, jax.Array]:
    """Two words for one step of a run.

    Args:
        key: shape (2,) uint32.
        step: uint32, 0 to 2^32 - 1.
    """
    key, step = jnp.asarray(key, jnp.uint32), jnp.asarray(step, jnp.uint32)
    return mix(step ^ key[0]), mix(step + key[1])


def words(keys: tuple[jax.Array, jax.Array], position: jax.Array) -> Iterator[jax.Array]:
    """Endless independent words of random bits for every position.

    Args:
        keys: from `step_keys`.
        position: uint32, any shape, each value once.

    Yields:
        uint32 arrays of the shape of `position`.
    """
    element = mix(position ^ keys[0])
    gap = mix(position + keys[1]) | jnp.uint32(1)
    while True:
        element = element + gap
        yield mix(element)
