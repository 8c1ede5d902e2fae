"""The network of conditional flow matching: a velocity field, and its integration."""

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx

from physgan.networks.backbone import Decoder, Encoder
from physgan.networks.embedding import ConditionEmbedding, ConditionRange
from physgan.networks.generic import normal_latents
from physgan.networks.preprocessing import Preprocessing

__all__ = ["Flow", "heun"]

_TIME = (ConditionRange(0.0, 1.0),)


class Flow(nnx.Module):
    """A learnt velocity field that carries normal noise at time 0 to samples at time 1.

    dx/dt = v(x, t, c), with x the variables of a sample (`Preprocessing`); Lipman et al. 2023,
    arXiv:2210.02747. Heun's method integrates it in equal steps. The preprocessing defines how the
    network's outputs parametrise the velocity.

    Args:
        ranges: trained ranges of the conditions, possibly none.
        preprocessing: of the samples.
        ode_steps: steps of the integration, with two evaluations of the velocity per step.
        width: channels of convolutions; dense layers are 8 times as wide.
        depth: residual blocks, in each of encoder and decoder.
        embedding: width of the embeddings of conditions and time.
        periodic: whether opposite edges of a picture touch.
        rngs: parameter keys.
    """

    def __init__(
        self,
        ranges: tuple[ConditionRange, ...],
        *,
        preprocessing: Preprocessing,
        ode_steps: int = 20,
        width: int = 16,
        depth: int = 2,
        embedding: int = 64,
        periodic: bool = False,
        rngs: nnx.Rngs,
    ) -> None:
        self.preprocessing = preprocessing
        self.ode_steps = ode_steps
        form: dict[str, Any] = {"width": width, "blocks": depth, "context": 2 * embedding}
        self.embed = ConditionEmbedding(ranges, embedding, rngs=rngs)
        self.embed_time = ConditionEmbedding(_TIME, embedding, rngs=rngs)
        self.encoder = Encoder(preprocessing.shape, **form, periodic=periodic, rngs=rngs)
        outputs = preprocessing.velocity_outputs
        self.decoder = Decoder(preprocessing.shape, **form, outputs=outputs, rngs=rngs)

    @property
    def activations(self) -> int:
        """Size of the largest layer, per sample."""
        outputs = self.preprocessing.velocity_outputs * self.preprocessing.size
        return max(outputs, 2 * math.prod(self.encoder.hidden))

    def noise_size(self, size: int | None = None) -> int:
        """One uniform number for each variable of the sample."""
        return self.preprocessing.size

    def velocity(self, variables: jax.Array, time: jax.Array, conditions: jax.Array) -> jax.Array:
        """v(x, t, c) for variables (n, *shape), times (n,) and conditions (n, c): (n, *shape)."""
        context = jnp.concatenate([self.embed(conditions), self.embed_time(time[:, None])], -1)
        outputs = self.decoder(self.encoder(variables, context), context)
        times = time.reshape(-1, *(1,) * (variables.ndim - 1))
        return self.preprocessing.velocity(outputs, variables, times, conditions)

    def __call__(self, noise: jax.Array, conditions: jax.Array) -> jax.Array:
        """Noise (n, noise_size) on [0, 1) and conditions (n, c) to samples (n, *sample shape).

        The gradient is zero where the preprocessing thresholds, as it does for spins.
        """
        start = normal_latents(noise).reshape(len(noise), *self.preprocessing.shape)

        def velocity(variables: jax.Array, time: jax.Array) -> jax.Array:
            return self.velocity(variables, jnp.broadcast_to(time, len(noise)), conditions)

        return self.preprocessing.inverse(heun(velocity, start, self.ode_steps), conditions)


def heun(
    velocity: Callable[[jax.Array, jax.Array], jax.Array], start: jax.Array, steps: int
) -> jax.Array:
    """Solve dx/dt = v(x, t) from t = 0 to 1 in equal steps by Heun's method, of second order.

    x' = x + h v(x, t), then x + h / 2 (v(x, t) + v(x', t + h)).
    """
    length = 1.0 / steps

    def step(number: jax.Array, values: jax.Array) -> jax.Array:
        time = number * jnp.float32(length)
        first = velocity(values, time)
        second = velocity(values + length * first, time + length)
        return values + length / 2 * (first + second)

    return jax.lax.fori_loop(0, steps, lambda i, x: step(jnp.float32(i), x), start)
