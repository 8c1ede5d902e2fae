"""Fields as real variables for autoencoders and flows."""

from collections.abc import Sequence

import jax

from physgan.networks import Standardisation

__all__ = ["StandardisedPixels"]


class StandardisedPixels(Standardisation):
    """Pixels less their mean over their standard deviation, the same for all: no place is special.

    A scale at each pixel and condition would break a torus' symmetry, and take gigabytes to fit.

    Args:
        shape: of a sample in network space, (rows, columns).
        mean: over pixels and training samples.
        deviation: standard deviation of the same.
        nodes: not used.
        conditions: not used.
    """

    standardised = False

    def __init__(
        self,
        shape: Sequence[int],
        *,
        mean: float = 0.0,
        deviation: float = 1.0,
        nodes: int = 0,
        conditions: int = 1,
    ) -> None:
        super().__init__(shape)
        self.mean = mean
        self.deviation = deviation

    def variable_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Pictures of one channel."""
        return (*shape, 1)

    def raw(self, samples: jax.Array, key: jax.Array) -> jax.Array:
        """Standardised pixels."""
        return (samples.reshape(len(samples), self.size) - self.mean) / self.deviation

    def restored(self, raw: jax.Array) -> jax.Array:
        """Pixels."""
        return raw * self.deviation + self.mean
