"""What every generator offers to training and sampling."""

from typing import Protocol, runtime_checkable

import jax

__all__ = ["Generator", "LikelihoodGenerator"]


class Generator(Protocol):
    """Conditions and uniform noise in, samples in network space out; a Flax NNX module.

    A class whose gradients are stand-ins made for training, because it draws discrete values, has
    the attribute `smooth = False`.
    """

    def noise_size(self, size: int | None = None) -> int:
        """Uniform numbers that one sample takes.

        Args:
            size: length of the samples' axes, where the network serves several.
        """
        ...

    def __call__(self, noise: jax.Array, conditions: jax.Array) -> jax.Array:
        """Draw samples.

        Args:
            noise: uniform on [0, 1), shape (n, noise_size).
            conditions: shape (n, c), physical units.

        Returns:
            shape (n, ...); gradients pass.
        """
        ...


@runtime_checkable
class LikelihoodGenerator(Generator, Protocol):
    """A generator that can be trained by maximum likelihood first."""

    def likelihood_bound(
        self, samples: jax.Array, conditions: jax.Array, noise: jax.Array
    ) -> jax.Array:
        """A bound of -ln p(samples | conditions), or that itself: what the first stage lowers.

        Args:
            samples: shape (n, ...).
            conditions: shape (n, c).
            noise: uniform on [0, 1), shape (n,), for what the bound draws.

        Returns:
            shape (n,), nats, up to a constant.
        """
        ...

    def negative_log_likelihood(self, samples: jax.Array, conditions: jax.Array) -> jax.Array:
        """-ln p(samples | conditions) itself: samples (n, ...), conditions (n, c); (n,), nats."""
        ...
