"""Spins as the signs of real variables."""

import jax
import jax.numpy as jnp

from physgan.networks import Preprocessing, normal_velocity

__all__ = ["Signs"]


class Signs(Preprocessing):
    """The variables are the spins +1 and -1; the inverse is the sign of the variables.

    A decoder's output is the log odds of an up spin. A flow's output is added to the velocity field
    of a standard normal distribution. The sign has no gradient: generators with this preprocessing
    cannot be trained through their draws.
    """

    standardised = False
    decoder_outputs = 1
    velocity_outputs = 1

    def variable_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Lattices are pictures of one channel."""
        return (*shape, 1)

    def raw(self, samples: jax.Array, key: jax.Array) -> jax.Array:
        """The spins."""
        return samples.reshape(len(samples), self.size)

    def restored(self, raw: jax.Array) -> jax.Array:
        """The signs of the variables; their gradient is zero."""
        return jnp.where(raw > 0, 1.0, -1.0)

    def negative_log_likelihood(
        self, outputs: jax.Array, variables: jax.Array, conditions: jax.Array
    ) -> jax.Array:
        """-ln p of a spin with these log odds."""
        return jax.nn.softplus(-variables * outputs[..., 0])

    def draw(self, outputs: jax.Array, uniform: jax.Array, conditions: jax.Array) -> jax.Array:
        """Variables that are positive where the spin is up."""
        return jax.nn.sigmoid(outputs[..., 0]) - uniform

    def velocity(
        self, outputs: jax.Array, variables: jax.Array, time: jax.Array, conditions: jax.Array
    ) -> jax.Array:
        """The velocity of a standard normal distribution plus the network's output."""
        zero, one = jnp.zeros_like(variables), jnp.ones_like(variables)
        return normal_velocity(variables, time, zero, one)[0] + outputs[..., 0]
