"""Spins as the signs of real variables."""

import jax
import jax.numpy as jnp

from physgan.networks import Preprocessing, normal_velocity

__all__ = ["Signs"]


class Signs(Preprocessing):
    """Spins +1 and -1 are variables already; back they are the variables' signs.

    A decoder writes the log odds of a spin that points up; a flow's network adds to the velocity
    field of a standard normal distribution.
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
        """Their signs."""
        return jnp.where(raw > 0, 1.0, -1.0)

    def negative_log_likelihood(
        self, outputs: jax.Array, variables: jax.Array, conditions: jax.Array
    ) -> jax.Array:
        """Of a spin with these log odds."""
        return jax.nn.softplus(-variables * outputs[..., 0])

    def draw(self, outputs: jax.Array, uniform: jax.Array, conditions: jax.Array) -> jax.Array:
        """Positive where the spin is up."""
        return jax.nn.sigmoid(outputs[..., 0]) - uniform

    def velocity(
        self, outputs: jax.Array, variables: jax.Array, time: jax.Array, conditions: jax.Array
    ) -> jax.Array:
        """That of a standard normal distribution, and what the network adds."""
        zero, one = jnp.zeros_like(variables), jnp.ones_like(variables)
        return normal_velocity(variables, time, zero, one)[0] + outputs[..., 0]
