"""The network of conditional flow matching: a velocity field, and its integration."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx

from physgan.networks.embedding import ConditionEmbedding, ConditionRange
from physgan.networks.fields import FIELDS, Field
from physgan.networks.halves import Reader, Writer
from physgan.networks.plain import normal_latents
from physgan.networks.values import Values

__all__ = ["Flow", "heun"]

_TIME = (ConditionRange(0.0, 1.0),)


class Flow(nnx.Module):
    """Normal noise at time 0 moves along a learnt velocity field and is a sample at time 1.

    dx/dt = v(x, t, c), with x the numbers that stand for a sample (`Values`); Lipman et al. 2023,
    arXiv:2210.02747. Integrated by Heun's method in equal steps; spins are the sign of where the
    numbers arrive. The network adds to a field that is known in closed form
    (`physgan.networks.fields`), so that what it has to find is of order one, and no threshold.

    Args:
        ranges: trained ranges of the conditions, possibly none.
        shape: of a sample in network space.
        values: arguments of `Values`.
        ode_steps: steps of the integration, each of two evaluations of the velocity.
        width: channels of convolutions; dense layers are 8 times as wide.
        depth: residual blocks, in each half of the network.
        embedding: width of the embeddings of conditions and time.
        periodic: whether opposite edges of a picture touch.
        rngs: parameter keys.
    """

    def __init__(
        self,
        ranges: tuple[ConditionRange, ...],
        shape: Sequence[int],
        *,
        values: Mapping[str, Any],
        ode_steps: int = 20,
        width: int = 16,
        depth: int = 2,
        embedding: int = 64,
        periodic: bool = False,
        rngs: nnx.Rngs,
    ) -> None:
        self.values = Values(shape=shape, **values)
        self.ode_steps = ode_steps
        form: dict[str, Any] = {"width": width, "blocks": depth, "context": 2 * embedding}
        self.embed = ConditionEmbedding(ranges, embedding, rngs=rngs)
        self.embed_time = ConditionEmbedding(_TIME, embedding, rngs=rngs)
        self.reader = Reader(self.values.shape, **form, periodic=periodic, rngs=rngs)
        outputs = self.field.outputs
        self.writer = Writer(self.values.shape, **form, outputs=outputs, rngs=rngs)

    @property
    def field(self) -> Field:
        """What is known, and how the network's part joins it."""
        return FIELDS[self.values.kind]

    @property
    def activations(self) -> int:
        """Numbers of a sample in the largest layer."""
        return max(self.field.outputs * self.values.size, 2 * math.prod(self.reader.hidden))

    def noise_size(self, size: int | None = None) -> int:
        """One number for each of the sample's."""
        return self.values.size

    def velocity(self, values: jax.Array, time: jax.Array, conditions: jax.Array) -> jax.Array:
        """v(x, t, c) for numbers (n, *shape), times (n,) and conditions (n, c): (n, *shape)."""
        context = jnp.concatenate([self.embed(conditions), self.embed_time(time[:, None])], -1)
        written = self.writer(self.reader(values, context), context)
        when = time.reshape(-1, *(1,) * (values.ndim - 1))
        return self.field.velocity(written, values, when, self.values.cells(conditions))

    def __call__(self, noise: jax.Array, conditions: jax.Array) -> jax.Array:
        """Noise (n, noise_size) on [0, 1) and conditions (n, c) to samples (n, *sample shape)."""
        start = normal_latents(noise).reshape(len(noise), *self.values.shape)

        def velocity(values: jax.Array, time: jax.Array) -> jax.Array:
            return self.velocity(values, jnp.broadcast_to(time, len(noise)), conditions)

        return self.values.lowered(heun(velocity, start, self.ode_steps), conditions)


def heun(
    velocity: Callable[[jax.Array, jax.Array], jax.Array], start: jax.Array, steps: int
) -> jax.Array:
    """Solve dx/dt = v(x, t) from t = 0 to 1 in equal steps by Heun's method, of second order.

    x' = x + h v(x, t), then x + h / 2 (v(x, t) + v(x', t + h)).
    """
    length = 1.0 / steps

    def step(number: jax.Array, values: jax.Array) -> jax.Array:
        time = number * jnp.float32(length)
        slope = velocity(values, time)
        ahead = velocity(values + length * slope, time + length)
        return values + length / 2 * (slope + ahead)

    return jax.lax.fori_loop(0, steps, lambda i, x: step(jnp.float32(i), x), start)
