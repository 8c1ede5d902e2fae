"""The map between samples and the real variables that autoencoders and flows model.

Variational autoencoders and flows model real variables of order one. A `Preprocessing` defines the
map from samples to such variables and its inverse, the likelihood of the variables given a
decoder's outputs, and the velocity field given a network's outputs. Each domain has its own class.
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
    "normal_negative_log_density",
    "normal_velocity",
]

_HALF_LOG_2PI = 0.5 * math.log(2 * math.pi)
_LARGEST_LOG = 3.0
_SMALLEST_LOG = -5.0


class Fixed(nnx.Variable):
    """Constants measured on the training samples, not learnt."""


class Preprocessing(nnx.Module):
    """Samples in network space to real variables of order one, and the inverse.

    A subclass defines the variables (`raw`, `restored`), the decoder likelihood
    (`decoder_outputs`, `negative_log_likelihood`, `draw`) and the parametrisation of a flow's
    velocity (`velocity_outputs`, `velocity`).

    Args:
        shape: of a sample in network space.
        nodes: of the scale, which is measured later (`set_scale`); 0 for no scale.
        conditions: number of conditions that the scale depends on.

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
        """Shape of a sample's variables: (h, w, c) for a picture, else (k,)."""
        return (math.prod(shape),)

    @abstractmethod
    def raw(self, samples: jax.Array, key: jax.Array) -> jax.Array:
        """The variables before standardisation, shape (n, size).

        Args:
            samples: shape (n, *sample shape).
            key: of random draws, such as a dequantisation.
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

        It estimates E[x1 - x0 | x_t], with x_t on the straight line from x0 ~ N(0, 1) at time 0
        to a sample x1 at time 1 (Lipman et al. 2023, arXiv:2210.02747). The network's output is
        added to a velocity in closed form, so that the output is of order one.

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
        """Store a measured scale with the same `nodes` and `conditions`."""
        for variable, array in zip(self.scale, scale, strict=True):
            variable[...] = array

    def set_limits(self, raw: np.ndarray) -> None:
        """Store limits of the raw variables of the training samples, shape (n, size); here none."""

    def _scale(self) -> Scale:
        """The scale, through which no gradient passes."""
        return self._kind_of_scale(*(jax.lax.stop_gradient(v[...]) for v in self.scale))


class Standardisation(Preprocessing):
    """Real-valued samples, standardised at each condition.

    A decoder's outputs are mean and log deviation of a normal distribution. A flow's output is
    added to the velocity field of a standard normal distribution.
    """

    decoder_outputs = 2
    velocity_outputs = 1

    def variable_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Pictures keep their shape; other samples become vectors."""
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
        return normal_negative_log_density(outputs, variables)

    def draw(self, outputs: jax.Array, uniform: jax.Array, conditions: jax.Array) -> jax.Array:
        """From a normal distribution."""
        mean, log_deviation = bounded_normal(outputs)
        return mean + jnp.exp(log_deviation) * normal_latents(uniform)

    def velocity(
        self, outputs: jax.Array, variables: jax.Array, time: jax.Array, conditions: jax.Array
    ) -> jax.Array:
        """The velocity of a standard normal distribution plus the network's output."""
        zero, one = jnp.zeros_like(variables), jnp.ones_like(variables)
        return normal_velocity(variables, time, zero, one)[0] + outputs[..., 0]


def bounded_normal(outputs: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Mean and log deviation from a decoder's outputs; the log deviation is clipped."""
    return outputs[..., 0], jnp.clip(outputs[..., 1], _SMALLEST_LOG, _LARGEST_LOG)


def normal_negative_log_density(outputs: jax.Array, variables: jax.Array) -> jax.Array:
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
    offset = variables - time * mean
    velocity = mean + (time * spread**2 - (1 - time)) / square * offset
    return velocity, -(offset**2) / (2 * square) - jnp.log(square) / 2
