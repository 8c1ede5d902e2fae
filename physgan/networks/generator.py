"""The interface of generators to training and sampling."""

from typing import Protocol, runtime_checkable

import jax
import numpy as np

__all__ = ["Calibrated", "Generator", "Initialised", "LikelihoodGenerator"]


class Generator(Protocol):
    """A map from conditions and uniform noise to samples in network space; a Flax NNX module.

    A class that draws discrete values may return surrogate gradients for training, such as
    straight-through ones. It then has the attribute `smooth = False`. One whose likelihood is
    computed by periodic convolutions has `convolutional = True`.
    """

    def noise_size(self, size: int | None = None) -> int:
        """Number of uniform random numbers per sample.

        Args:
            size: length of the samples' axes, if the network can draw several sizes.
        """
        ...

    def __call__(self, noise: jax.Array, conditions: jax.Array) -> jax.Array:
        """Draw samples.

        Args:
            noise: uniform on [0, 1), shape (n, noise_size).
            conditions: shape (n, c), physical units.

        Returns:
            shape (n, ...). Generators for adversarial training are differentiable in their
            parameters, or return surrogate gradients. The gradient of an autoencoder or a flow is
            zero where samples are thresholded, as spins are (a sign).
        """
        ...


@runtime_checkable
class LikelihoodGenerator(Generator, Protocol):
    """A generator that can be trained by maximum likelihood."""

    def likelihood_bound(
        self, samples: jax.Array, conditions: jax.Array, noise: jax.Array
    ) -> jax.Array:
        """-ln p(samples | conditions) or an upper bound: the loss of the likelihood stage.

        Args:
            samples: shape (n, ...).
            conditions: shape (n, c).
            noise: uniform on [0, 1), shape (n,), for a bound that is estimated by random draws.

        Returns:
            shape (n,), nats, up to a constant.
        """
        ...

    def negative_log_likelihood(self, samples: jax.Array, conditions: jax.Array) -> jax.Array:
        """Exact -ln p of samples (n, ...) given conditions (n, c): shape (n,), nats."""
        ...


@runtime_checkable
class Initialised(Generator, Protocol):
    """A generator some of whose initial parameters are measured on training samples."""

    def initialise(self, samples: np.ndarray, conditions: np.ndarray) -> None:
        """Set them from samples in network space (n, ...) at conditions (n, c)."""
        ...


@runtime_checkable
class Calibrated(Generator, Protocol):
    """A generator some of whose parameters are measured on its own samples, after training."""

    def calibrate(self, samples: np.ndarray, conditions: np.ndarray) -> None:
        """Set them, beside training samples in network space (n, ...) at conditions (n, c)."""
        ...
