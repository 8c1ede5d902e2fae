"""Initial weights, drawn by NumPy: JAX would compile a program for each shape."""

from typing import Any, Protocol

import jax
import jax.numpy as jnp
import numpy as np

__all__ = ["Initializer", "scaled_normal"]


class Initializer(Protocol):
    """The interface of Flax's initialisers."""

    def __call__(self, key: Any, shape: Any, *arguments: Any, **options: Any) -> jax.Array:
        """Weights of this shape, input axes first."""
        ...


def scaled_normal(gain: float = 1.0) -> Initializer:
    """Normal weights of standard deviation gain / sqrt(fan-in) (He et al. 2015).

    Args:
        gain: 1 keeps the variance of a linear layer's output at that of its input.
    """

    def draw(key: Any, shape: Any, *_: Any, **__: Any) -> jax.Array:
        if isinstance(key, jax.core.Tracer):  # only shapes are asked for
            return jnp.zeros(shape, jnp.float32)
        generator = np.random.default_rng(np.asarray(jax.random.key_data(key)))
        fan_in = int(np.prod(shape[:-1]))
        return jnp.asarray(generator.normal(0, gain * fan_in**-0.5, shape), jnp.float32)

    return draw
