"""A generator whose draws are kept with a probability that a discriminator gives.

Discriminator rejection sampling (S. Azadi et al. 2018, arXiv:1810.06758). A discriminator trained
by cross-entropy estimates the ratio of the densities of real and generated samples (I. Goodfellow
et al. 2014, arXiv:1406.2661, theorem 1). A draw is kept with a probability proportional to that
ratio. Where the estimate is right and below its largest value, kept draws have the density of real
samples.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from flax import nnx

from physgan.errors import InputError
from physgan.networks.generator import Generator
from physgan.networks.preprocessing import Fixed
from physgan.networks.scale import Scale, unit_scale

__all__ = ["Inputs", "Rejection"]

_MOST_DEVIATIONS = 10.0

Inputs = Callable[[jax.Array], tuple[jax.Array, jax.Array]]
"""Samples (n, ...) -> what the discriminator sees of them: (inputs (n, ...), features (n, f))."""


class Rejection(nnx.Module):
    """A generator, and a discriminator that decides which of its draws are kept.

    Called as a generator it returns the draws of its base; `log_acceptance` says how likely each
    one is kept.

    Args:
        base: the generator.
        discriminator: (inputs, features, conditions) -> scores, shape (n,).
        inputs: of the discriminator.
        scaled: number of columns that are standardised at each condition: the features, and before
            them the inputs if they are vectors.
        nodes: of that scale.
        conditions: number of conditions that it depends on.
    """

    smooth = False

    def __init__(
        self,
        base: Generator,
        discriminator: nnx.Module,
        inputs: Inputs,
        *,
        scaled: int,
        nodes: int,
        conditions: int = 1,
    ) -> None:
        self.base, self.discriminator = base, discriminator
        self._inputs = inputs
        unit = unit_scale(scaled, nodes, conditions)
        self._kind_of_scale = type(unit)
        self.scale = nnx.List([Fixed(array) for array in unit])
        self.slope = Fixed(jnp.ones(()))
        self.largest = Fixed(jnp.zeros(()))

    @property
    def activations(self) -> int:
        """Numbers per sample that a draw holds at once, if the base says so."""
        return int(getattr(self.base, "activations", 0))

    def noise_size(self, size: int | None = None) -> int:
        """Uniform random numbers per draw of the base."""
        return self.base.noise_size(size)

    def __call__(self, noise: jax.Array, conditions: jax.Array) -> jax.Array:
        """Draws of the base, before any is rejected."""
        return self.base(noise, conditions)

    def standardised(
        self, samples: jax.Array, conditions: jax.Array
    ) -> tuple[jax.Array, jax.Array]:
        """What the discriminator sees of samples (n, ...) at conditions (n, c).

        Columns are limited to ten deviations: one entry of a rare kind is no more than that.

        Raises:
            InputError: where another version of the features taught the discriminator.
        """
        inputs, features = self._inputs(samples)
        if inputs.ndim > 2:
            return inputs, _limited(self._standardised(features, conditions))
        both = _limited(self._standardised(jnp.concatenate([inputs, features], -1), conditions))
        return both[:, : inputs.shape[1]], both[:, inputs.shape[1] :]

    def score(self, samples: jax.Array, conditions: jax.Array) -> jax.Array:
        """The discriminator's estimate of ln(real / generated) of samples, shape (n,)."""
        return self.discriminator(*self.standardised(samples, conditions), conditions)

    def log_acceptance(self, samples: jax.Array, conditions: jax.Array) -> jax.Array:
        """Logarithm of the probability that a draw is kept, shape (n,)."""
        ratio = self.slope[...] * self.score(samples, conditions)
        return jnp.minimum(ratio - self.largest[...], 0)

    def set_scale(self, scale: Scale) -> None:
        """Store a measured scale with the same `nodes` and `conditions`."""
        for variable, array in zip(self.scale, scale, strict=True):
            variable[...] = array

    def _standardised(self, columns: jax.Array, conditions: jax.Array) -> jax.Array:
        scale = self._kind_of_scale(*(jax.lax.stop_gradient(v[...]) for v in self.scale))
        if scale.mean.shape[-1] != columns.shape[1]:
            raise InputError(
                f"expected {scale.mean.shape[-1]} inputs of the discriminator that rejects draws; "
                f"got {columns.shape[1]}, as features have changed since; draw without rejection, "
                "or train that stage again"
            )
        return scale.standardise(columns, conditions)


def _limited(columns: jax.Array) -> jax.Array:
    return jnp.clip(columns, -_MOST_DEVIATIONS, _MOST_DEVIATIONS)
