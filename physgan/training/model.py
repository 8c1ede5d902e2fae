"""Generator and discriminator with the domain's knowledge, as pure functions of parameters."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from physgan.domains import Domain
from physgan.losses import spectrally_normalised
from physgan.networks import Generator
from physgan.networks.periodic import convolve_by_products
from physgan.networks.scale import Scale
from physgan.training.objective import Objective
from physgan.training.state import Parameters

__all__ = ["Model", "evaluated", "merged_statistics", "split", "statistics_of"]

_CHUNK = 1024


@dataclass(frozen=True)
class Model:
    """The functions that training steps call; parameters are arguments, not attributes.

    Args:
        domain: symmetries and physical features.
        generator: the generator's graph.
        feature_scale: standardises the physical features.
        sites: number of variables in a sample, for the objective per site.
        objective: objective of the generator on its own, None if it needs a discriminator.
        augment: whether samples are transformed by the domain's symmetries.
        discriminator: the discriminator's graph, None if there is no discriminator.
        sample_scale: standardises the samples for the discriminator, None if they already are of
            order one.
        spectral_norm: whether the discriminator's weights are divided by their spectral norms.
        convolutional: whether the generator is one of periodic convolutions.
        by_products: whether these are products of matrices in the gradient of the objective, which
            is computed in blocks of the batch. On CPUs a step takes three fifths to four fifths of
            the time, and three times as long to compile.
    """

    domain: Domain
    generator: nnx.GraphDef
    feature_scale: Scale
    sites: int
    objective: Objective | None
    augment: bool
    discriminator: nnx.GraphDef | None = None
    sample_scale: Scale | None = None
    spectral_norm: bool = False
    convolutional: bool = False
    by_products: bool = False

    def generate(self, parameters: Parameters, key: jax.Array, conditions: jax.Array) -> jax.Array:
        """Draw one sample for each row of `conditions`, shape (n, c)."""
        return self._draw(nnx.merge(self.generator, parameters), key, conditions)

    def generate_training(
        self, parameters: Parameters, key: jax.Array, conditions: jax.Array
    ) -> tuple[jax.Array, Parameters]:
        """`generate` with batch norm over the batch: (samples, new running statistics)."""
        generator = nnx.merge(self.generator, parameters)
        generator.train()
        samples = self._draw(generator, key, conditions)
        return samples, statistics_of(generator)

    def _draw(self, generator: Generator, key: jax.Array, conditions: jax.Array) -> jax.Array:
        noise_key, symmetry_key = jax.random.split(key)
        noise = jax.random.uniform(noise_key, (len(conditions), generator.noise_size()))
        samples = generator(noise, conditions)
        return self.transform(symmetry_key, samples)

    def transform(self, key: jax.Array, samples: jax.Array) -> jax.Array:
        """Samples transformed by random exact symmetries; unchanged without augmentation."""
        if not self.augment:
            return samples
        keys = jax.random.split(key, len(samples))
        return self.domain.transform(keys, samples)

    def event_losses(
        self,
        objective: Objective,
        parameters: Parameters,
        key: jax.Array,
        samples: jax.Array,
        conditions: jax.Array,
    ) -> jax.Array:
        """An objective of each sample, shape (n,); nats if it is a likelihood."""
        generator = nnx.merge(self.generator, parameters)
        if self.by_products:
            convolve_by_products(generator)
        return objective.loss(generator, key, samples, conditions)

    def unit(self, objective: Objective) -> int:
        """What means of an objective are divided by: the number of sites if it says so, or 1."""
        return self.sites if objective.per_site else 1

    def discriminator_inputs(
        self, samples: jax.Array, conditions: jax.Array
    ) -> tuple[jax.Array, jax.Array]:
        """Inputs of the discriminator: the samples and their features, standardised."""
        inputs = self.domain.discriminator_input(samples)
        if self.sample_scale is not None:
            inputs = self.sample_scale.standardise(inputs, conditions)
        return inputs, self._features(samples, conditions)

    def validation_features(self, samples: jax.Array, conditions: jax.Array) -> jax.Array:
        """Features that validation compares, shape (n, f)."""
        own = self.domain.validation_features(samples)
        return self._features(samples, conditions) if own is None else own

    def score(
        self, parameters: Parameters, inputs: tuple[jax.Array, jax.Array], conditions: jax.Array
    ) -> jax.Array:
        """The discriminator's scores of `discriminator_inputs`, shape (n,)."""
        assert self.discriminator is not None
        weights = spectrally_normalised(parameters) if self.spectral_norm else parameters
        return nnx.merge(self.discriminator, weights)(*inputs, conditions)

    def score_training(
        self,
        parameters: Parameters,
        inputs: tuple[jax.Array, jax.Array],
        conditions: jax.Array,
        key: jax.Array,
    ) -> tuple[jax.Array, Parameters]:
        """`score` with batch norm over the batch, dropout by `key` and without spectral norms.

        Returns:
            (scores, new running statistics)
        """
        assert self.discriminator is not None
        discriminator = nnx.merge(self.discriminator, parameters)
        discriminator.train()
        scores = discriminator(*inputs, conditions, key)
        return scores, statistics_of(discriminator)

    def _features(self, samples: jax.Array, conditions: jax.Array) -> jax.Array:
        features = self.domain.physical_features(samples)
        return self.feature_scale.standardise(features, conditions)


def merged_statistics(parameters: Parameters, statistics: Parameters) -> Parameters:
    """Parameters with new running statistics."""
    if not isinstance(parameters, dict):
        return statistics
    return {
        name: merged_statistics(value, statistics[name]) if name in statistics else value
        for name, value in parameters.items()
    }


def statistics_of(module: nnx.Module) -> Parameters:
    """Running means and variances, in the structure of the parameters that contain them.

    They are part of the parameters; the gradients of the losses with respect to them are zero.
    """
    return nnx.to_pure_dict(nnx.state(module, nnx.BatchStat))


def split(module: Any) -> tuple[nnx.GraphDef, Parameters]:
    """A module's graph, and its parameters as nested dicts."""
    graph, state = nnx.split(module)
    return graph, nnx.to_pure_dict(state)


def evaluated(function: Callable[[Any], Any], samples: np.ndarray) -> np.ndarray:
    """Values of a jittable function of samples, computed in chunks."""
    compiled = jax.jit(function)
    parts = (samples[start : start + _CHUNK] for start in range(0, len(samples), _CHUNK))
    return np.concatenate([np.asarray(compiled(jnp.asarray(p, jnp.float32))) for p in parts])
