"""Generator and discriminator with the domain's knowledge, as functions of plain parameters."""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from physgan.data import DatasetInfo
from physgan.domains import LearnableDomain
from physgan.networks import ConditionRange, Discriminator, build_generator
from physgan.training.config import TrainingConfig
from physgan.training.standardise import ConditionalScale, fit_scale
from physgan.training.state import Parameters

__all__ = ["Model", "build_model", "condition_matrix", "generator_settings"]


@dataclass(frozen=True)
class Model:
    """What the steps of training call; parameters are passed in, nothing is held.

    Args:
        domain: symmetries and physical features.
        generator: the generator's graph.
        discriminator: the discriminator's graph.
        scale: standardises the features that the discriminator sees.
        size: length of the samples' axes.
    """

    domain: LearnableDomain
    generator: nnx.GraphDef
    discriminator: nnx.GraphDef
    scale: ConditionalScale
    size: int

    def generate(self, parameters: Parameters, key: jax.Array, conditions: jax.Array) -> jax.Array:
        """Draw one sample for each row of `conditions`, shape (n, c)."""
        noise_key, symmetry_key = jax.random.split(key)
        generator = nnx.merge(self.generator, parameters)
        noise = jax.random.uniform(noise_key, (len(conditions), generator.noise_size()))
        samples = generator(noise, conditions)
        return self.transform(symmetry_key, samples)

    def transform(self, key: jax.Array, samples: jax.Array) -> jax.Array:
        """A random exact symmetry for each sample."""
        keys = jax.random.split(key, len(samples))
        return self.domain.transform(keys, samples)

    def negative_log_likelihood(
        self, parameters: Parameters, key: jax.Array, samples: jax.Array, conditions: jax.Array
    ) -> jax.Array:
        """Mean over the samples of a bound of -ln p(sample | conditions), nats a site."""
        generator = nnx.merge(self.generator, parameters)
        noise = jax.random.uniform(key, (len(samples),))
        return generator.likelihood_bound(samples, conditions, noise).mean() / self.size**2

    def features(self, samples: jax.Array, conditions: jax.Array) -> jax.Array:
        """Standardised physical features, shape (n, f)."""
        return self.scale.standardise(self.domain.physical_features(samples), conditions)

    def score(
        self, parameters: Parameters, inputs: tuple[jax.Array, jax.Array], conditions: jax.Array
    ) -> jax.Array:
        """The discriminator's scores of (samples, features), shape (n,)."""
        samples, features = inputs
        discriminator = nnx.merge(self.discriminator, parameters)
        return discriminator(samples[..., None], features, conditions)


def generator_settings(info: DatasetInfo, size: int, config: TrainingConfig) -> dict[str, Any]:
    """What `networks.build_generator` needs for a dataset's conditions and sample size."""
    return {
        "network": "spin-hierarchy",
        "ranges": [[c.minimum, c.maximum, c.scale] for c in info.conditions],
        "size": size,
        "width": config.generator_width,
        "depth": config.generator_depth,
        "embedding": config.embedding,
    }


def build_model(
    info: DatasetInfo,
    domain: LearnableDomain,
    config: TrainingConfig,
    samples: np.ndarray,
    conditions: np.ndarray,
    seed: int,
) -> tuple[Model, Parameters, Parameters]:
    """Fresh networks, and the scale of the features measured on the training samples.

    Args:
        info: of the dataset.
        domain: of its samples.
        config: widths.
        samples: network space, shape (n, L, L).
        conditions: shape (n, c).
        seed: of the initial parameters.

    Returns:
        (model, generator's parameters, discriminator's parameters)
    """
    size = samples.shape[1]
    measured = _measure_features(domain, samples)
    settings = generator_settings(info, size, config)
    head = domain.head(info.parameters)
    generator, generator_parameters = _split(build_generator(settings, head, seed))
    discriminator, discriminator_parameters = _split(
        Discriminator(
            tuple(ConditionRange(*span) for span in settings["ranges"]),
            1,
            measured.shape[1],
            width=config.discriminator_width,
            blocks=config.discriminator_blocks,
            embedding=config.embedding,
            rngs=nnx.Rngs(seed + 1),
        )
    )
    scale = fit_scale(measured, conditions[:, 0])
    model = Model(domain, generator, discriminator, scale, size)
    return model, generator_parameters, discriminator_parameters


def _split(module: nnx.Module) -> tuple[nnx.GraphDef, Parameters]:
    graph, state = nnx.split(module)
    return graph, nnx.to_pure_dict(state)


def condition_matrix(info: DatasetInfo, conditions: dict[str, np.ndarray]) -> np.ndarray:
    """Conditions as columns in the dataset's order: float32 (n, c)."""
    return np.stack([conditions[c.name] for c in info.conditions], -1).astype(np.float32)


def _measure_features(domain: LearnableDomain, samples: np.ndarray) -> np.ndarray:
    measure = jax.jit(domain.physical_features)
    parts = (samples[start : start + 1024] for start in range(0, len(samples), 1024))
    return np.concatenate([np.asarray(measure(jnp.asarray(p, jnp.float32))) for p in parts])
