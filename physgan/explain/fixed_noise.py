"""A surrogate with the noise as an input."""

from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from physgan.data import Condition
from physgan.domains import Domain, Samples, domain_of
from physgan.surrogates import Surrogate

__all__ = ["FixedNoiseSampler", "points_of"]

_CHUNK = 512


class FixedNoiseSampler:
    """Draws and measures samples at fixed noise and conditions, without random symmetries.

    Args:
        surrogate: with a network.

    Raises:
        InputError: for a method without a network.
    """

    def __init__(self, surrogate: Surrogate) -> None:
        self.surrogate = surrogate
        self.domain: Domain = domain_of(surrogate.description)
        generator = surrogate.generator()
        self.smooth = getattr(generator, "smooth", True)
        self.latents = generator.noise_size()
        graph, self._parameters = nnx.split(generator)

        @jax.jit
        def draw(parameters: nnx.State, noise: jax.Array, conditions: jax.Array) -> jax.Array:
            return nnx.merge(graph, parameters)(noise, conditions)

        self._draw = draw

    def network_samples(self, noise: jax.Array, conditions: jax.Array) -> jax.Array:
        """Noise (n, z) and conditions (n, c) to samples in network space; see `Generator`."""
        return self._draw(self._parameters, noise, conditions)

    def draw(self, noise: np.ndarray, at: Mapping[str, float]) -> Samples:
        """Physical samples at one condition, for noise of shape (n, z)."""
        row = np.array([at[c.name] for c in self.surrogate.conditions], np.float32)
        parts = []
        for start in range(0, len(noise), _CHUNK):
            rows = np.resize(np.arange(start, min(start + _CHUNK, len(noise))), _CHUNK)
            rows = rows[: min(_CHUNK, len(noise))]
            conditions = jnp.broadcast_to(row, (len(rows), len(row)))
            parts.append(np.asarray(self.network_samples(jnp.asarray(noise[rows]), conditions)))
        return self.domain.decode(np.concatenate(parts)[: len(noise)])

    def measure(self, noise: np.ndarray, at: Mapping[str, float]) -> dict[str, np.ndarray]:
        """The domain's observables of the samples of `draw`."""
        samples = self.draw(noise, at)
        conditions = {
            **self.surrogate.description.parameters, **self.domain.geometry(samples), **at
        }  # fmt: skip
        return {o.name: o.compute(samples, conditions) for o in self.domain.observables}

    def centre(self) -> dict[str, float]:
        """The middle of the trained range, on each condition's own scale."""
        return {c.name: points_of(c, 1)[0] for c in self.surrogate.conditions}


def points_of(condition: Condition, count: int) -> list[float]:
    """Midpoints of equal parts of the trained range, on the condition's scale."""
    shares = (np.arange(count) + 0.5) / count
    low, high = condition.minimum, condition.maximum
    if condition.scale == "log":
        return [float(low * (high / low) ** share) for share in shares]
    return [float(low + (high - low) * share) for share in shares]
