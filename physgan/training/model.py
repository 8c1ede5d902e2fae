"""Generator and discriminator with the domain's knowledge, as functions of plain parameters."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from physgan.data import DatasetInfo
from physgan.domains import LearnableDomain
from physgan.networks import Generator, build_discriminator, build_generator
from physgan.training.config import TrainingConfig
from physgan.training.standardise import ConditionalScale, fit_scale
from physgan.training.state import Parameters

__all__ = ["Model", "build_model", "condition_matrix"]

_CHUNK = 1024


@dataclass(frozen=True)
class Model:
    """What the steps of training call; parameters are passed in, nothing is held.

    Args:
        domain: symmetries and physical features.
        generator: the generator's graph.
        discriminator: the discriminator's graph.
        cells: standardises the samples that the discriminator sees, None if they are already.
        features: standardises the physical features that it sees.
        sites: numbers in a sample, for the likelihood a site.
    """

    domain: LearnableDomain
    generator: nnx.GraphDef
    discriminator: nnx.GraphDef
    cells: ConditionalScale | None
    features: ConditionalScale
    sites: int

    def generate(self, parameters: Parameters, key: jax.Array, conditions: jax.Array) -> jax.Array:
        """Draw one sample for each row of `conditions`, shape (n, c)."""
        noise_key, symmetry_key = jax.random.split(key)
        generator: Generator = nnx.merge(self.generator, parameters)
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
        generator: Generator = nnx.merge(self.generator, parameters)
        noise = jax.random.uniform(key, (len(samples),))
        return generator.likelihood_bound(samples, conditions, noise).mean() / self.sites

    def seen(self, samples: jax.Array, conditions: jax.Array) -> tuple[jax.Array, jax.Array]:
        """What the discriminator sees: the samples and their features, standardised."""
        shown = self.domain.discriminator_input(samples)
        if self.cells is not None:
            shown = self.cells.standardise(shown, conditions)
        features = self.domain.physical_features(samples)
        return shown, self.features.standardise(features, conditions)

    def score(
        self, parameters: Parameters, inputs: tuple[jax.Array, jax.Array], conditions: jax.Array
    ) -> jax.Array:
        """The discriminator's scores of what `seen` gives, shape (n,)."""
        discriminator = nnx.merge(self.discriminator, parameters)
        return discriminator(*inputs, conditions)


def build_model(
    info: DatasetInfo,
    domain: LearnableDomain,
    config: TrainingConfig,
    samples: np.ndarray,
    conditions: np.ndarray,
    seed: int,
) -> tuple[Model, dict[str, Any], Parameters, Parameters]:
    """Fresh networks, and the scales of what the discriminator sees, measured on the samples.

    Args:
        info: of the dataset.
        domain: of its samples.
        config: widths.
        samples: the train split in network space, shape (n, ...).
        conditions: shape (n, c).
        seed: of the initial parameters.

    Returns:
        (model, the generator's settings for `networks.build_generator`, its parameters, the
        discriminator's parameters)
    """
    settings = {
        "ranges": [[c.minimum, c.maximum, c.scale] for c in info.conditions],
        "width": config.generator_width,
        "depth": config.generator_depth,
        "embedding": config.embedding,
        **domain.generator(samples, conditions[:, 0]),
    }
    generator = build_generator(settings, domain.exact_parts(info.parameters), seed)
    features = fit_scale(_measured(domain.physical_features, samples), conditions[:, 0])
    shown = jax.eval_shape(domain.discriminator_input, _batch_of(samples))
    cells = None
    if len(shown.shape) == 2:
        cells = fit_scale(_measured(domain.discriminator_input, samples), conditions[:, 0])
    discriminator = build_discriminator(
        shown.shape[1:],
        features.mean.shape[1],
        settings["ranges"],
        width=config.discriminator_width,
        blocks=config.discriminator_blocks,
        embedding=config.embedding,
        seed=seed + 1,
    )
    sites = int(np.prod(samples.shape[1:]))
    graph, parameters = _split(generator)
    rival, rival_parameters = _split(discriminator)
    return (
        Model(domain, graph, rival, cells, features, sites), settings, parameters, rival_parameters
    )  # fmt: skip


def _split(module: Any) -> tuple[nnx.GraphDef, Parameters]:
    graph, state = nnx.split(module)
    return graph, nnx.to_pure_dict(state)


def condition_matrix(info: DatasetInfo, conditions: dict[str, np.ndarray]) -> np.ndarray:
    """Conditions as columns in the dataset's order: float32 (n, c)."""
    return np.stack([conditions[c.name] for c in info.conditions], -1).astype(np.float32)


def _measured(function: Callable[[Any], Any], samples: np.ndarray) -> np.ndarray:
    """A function of samples, for all of them."""
    measure = jax.jit(function)
    parts = (samples[start : start + _CHUNK] for start in range(0, len(samples), _CHUNK))
    return np.concatenate([np.asarray(measure(jnp.asarray(p, jnp.float32))) for p in parts])


def _batch_of(samples: np.ndarray) -> jax.ShapeDtypeStruct:
    return jax.ShapeDtypeStruct((1, *samples.shape[1:]), jnp.float32)
