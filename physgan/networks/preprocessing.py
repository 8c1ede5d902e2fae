"""The map between samples and the real variables that Gaussian noise can be turned into.

Variational autoencoders and flows model real variables of order one. A `Preprocessing` says how a
kind of sample becomes such variables and back, how a decoder's outputs make a likelihood of
them, and how a network's outputs make a velocity field. Each domain names its own class.
"""

import math
from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from physgan.networks.generic import normal_latents
from physgan.networks.scale import Scale, unit_scale

__all__ = [
    "Fixed",
    "Preprocessing",
    "Standardisation",
    "bounded_normal",
    "normal_cost",
    "normal_velocity",
]

_HALF_LOG_2PI = 0.5 * math.log(2 * math.pi)
_LARGEST_LOG = 3.0
_SMALLEST_LOG = -5.0


class Fixed(nnx.Variable):
    """Numbers that were measured on the training samples, not learnt."""


class Preprocessing(nnx.Module):
    """Samples in network space to real variables of order one, and back.

    A subclass says what the variables are (`raw`, `restored`), how a decoder describes them
    (`decoder_outputs`, `negative_log_likelihood`, `draw`), and how a flow's velocity is
    parametrised (`velocity_outputs`, `velocity`).

    Args:
        shape: of a sample in network space.
        nodes: of the scale, which is measured later (`set_scale`); 0 for none.
        conditions: that the scale depends on.

    Attributes:
        standardised: whether the raw variables are standardised at each condition.
        decoder_outputs: outputs of a decoder for each variable.
        velocity_outputs: outputs of a velocity network for each variable.
    """

    standardised: ClassVar[bool] = True
    decoder_outputs: ClassVar[int]
    velocity_outputs: ClassVar[int]

    def __init__(self, shape: Sequence[int], *, nodes: int = 0, conditions: int = 1) -> None:
        self.sample_shape = tuple(shape)
        self.shape = self.variable_shape(self.sample_shape)
        self.size = math.prod(self.shape)
        unit = unit_scale(self.size, nodes, conditions)
        self._kind_of_scale = type(unit)
        self.scale = nnx.List([Fixed(array) for array in unit] if nodes else [])

    def variable_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Shape of a sample's variables: (h, w, c) for what is a picture, else (k,)."""
        return (math.prod(shape),)

    @abstractmethod
    def raw(self, samples: jax.Array, key: jax.Array) -> jax.Array:
        """The variables before the scale, shape (n, size).

        Args:
            samples: shape (n, *sample shape).
            key: of what is drawn, such as a dequantisation.
        """

    @abstractmethod
    def restored(self, raw: jax.Array) -> jax.Array:
        """Inverse of `raw`, shape (n, size)."""

    @abstractmethod
    def negative_log_likelihood(
        self, outputs: jax.Array, variables: jax.Array, conditions: jax.Array
    ) -> jax.Array:
        """-ln p of each variable, given a decoder's outputs (..., decoder_outputs)."""

    @abstractmethod
    def draw(self, outputs: jax.Array, uniform: jax.Array, conditions: jax.Array) -> jax.Array:
        """Variables from a decoder's outputs and uniform numbers on [0, 1)."""

    @abstractmethod
    def velocity(
        self, outputs: jax.Array, variables: jax.Array, time: jax.Array, conditions: jax.Array
    ) -> jax.Array:
        """A flow's velocity from a network's outputs (..., velocity_outputs).

        On the straight line from x0 ~ N(0, 1) at time 0 to a sample x1 at time 1 it is
        E[x1 - x0 | x_t] (Lipman et al. 2023, arXiv:2210.02747). The network adds to a velocity
        that is known in closed form, so that what it has to find is of order one.

        Args:
            outputs: of the network.
            variables: x_t, shape (n, *shape).
            time: of a shape that broadcasts to the variables.
            conditions: shape (n, c).
        """

    def forward(self, samples: jax.Array, conditions: jax.Array, key: jax.Array) -> jax.Array:
        """Samples (n, *sample shape) at conditions (n, c) to variables (n, *shape)."""
        raw = self.raw(samples, key)
        if self.scale:
            raw = self._scale().standardise(raw, conditions)
        return raw.reshape(len(raw), *self.shape)

    def inverse(self, variables: jax.Array, conditions: jax.Array) -> jax.Array:
        """Inverse of `forward`, shape (n, *sample shape)."""
        flat = variables.reshape(len(variables), self.size)
        if self.scale:
            flat = self._scale().restore(flat, conditions)
        flat = self.restored(flat)
        return flat.reshape(len(flat), *self.sample_shape)

    def set_scale(self, scale: Scale) -> None:
        """Take a measured scale, made with the same `nodes` and `conditions`."""
        for variable, array in zip(self.scale, scale, strict=True):
            variable[...] = array

    def set_limits(self, raw: np.ndarray) -> None:
        """Take what the raw variables of the training samples, shape (n, size), say: nothing."""

    def _scale(self) -> Scale:
        """The scale, through which no gradient passes."""
        return self._kind_of_scale(*(jax.lax.stop_gradient(v[...]) for v in self.scale))


class Standardisation(Preprocessing):
    """Samples that are real numbers: standardised at each condition.

    A decoder writes mean and log deviation of a normal distribution; a flow's network adds to the
    velocity field of a standard normal distribution.
    """

    decoder_outputs = 2
    velocity_outputs = 1

    def variable_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Pictures stay pictures; all else becomes a vector."""
        return shape if len(shape) == 3 else super().variable_shape(shape)

    def raw(self, samples: jax.Array, key: jax.Array) -> jax.Array:
        """The samples themselves."""
        return samples.reshape(len(samples), self.size)

    def restored(self, raw: jax.Array) -> jax.Array:
        """The samples themselves."""
        return raw

    def negative_log_likelihood(
        self, outputs: jax.Array, variables: jax.Array, conditions: jax.Array
    ) -> jax.Array:
        """Of a normal distribution."""
        return normal_cost(outputs, variables)

    def draw(self, outputs: jax.Array, uniform: jax.Array, conditions: jax.Array) -> jax.Array:
        """From a normal distribution."""
        mean, log_deviation = bounded_normal(outputs)
        return mean + jnp.exp(log_deviation) * normal_latents(uniform)

    def velocity(
        self, outputs: jax.Array, variables: jax.Array, time: jax.Array, conditions: jax.Array
    ) -> jax.Array:
        """That of a standard normal distribution, and what the network adds."""
        zero, one = jnp.zeros_like(variables), jnp.ones_like(variables)
        return normal_velocity(variables, time, zero, one)[0] + outputs[..., 0]


def bounded_normal(outputs: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Mean and log deviation from a decoder's outputs, within what can be resolved."""
    return outputs[..., 0], jnp.clip(outputs[..., 1], _SMALLEST_LOG, _LARGEST_LOG)


def normal_cost(outputs: jax.Array, variables: jax.Array) -> jax.Array:
    """-ln of a normal density, nats."""
    mean, log_deviation = bounded_normal(outputs)
    pull = (variables - mean) * jnp.exp(-log_deviation)
    return pull**2 / 2 + log_deviation + _HALF_LOG_2PI


def normal_velocity(
    variables: jax.Array, time: jax.Array, mean: jax.Array, spread: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """The velocity field towards N(m, s^2), and ln of the density of x_t up to a constant.

    v = m + (t s^2 - (1 - t)) / S (x - t m) with S = (1 - t)^2 + t^2 s^2.
    """
    square = (1 - time) ** 2 + (time * spread) ** 2
    away = variables - time * mean
    velocity = mean + (time * spread**2 - (1 - time)) / square * away
    return velocity, -(away**2) / (2 * square) - jnp.log(square) / 2
