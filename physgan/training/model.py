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
from physgan.errors import InputError
from physgan.networks import (
    PLAIN_GENERATORS,
    Generator,
    LikelihoodGenerator,
    build_discriminator,
    build_generator,
    plain_settings,
)
from physgan.networks.scale import Scale
from physgan.training.config import TrainingConfig
from physgan.training.objective import LIKELIHOOD, Objective
from physgan.training.standardise import fit_scale
from physgan.training.state import Parameters

__all__ = ["Model", "build_model", "condition_matrix", "measured", "renewed", "split"]

_CHUNK = 1024


@dataclass(frozen=True)
class Model:
    """What the steps of training call; parameters are passed in, nothing is held.

    Args:
        domain: symmetries and physical features.
        generator: the generator's graph.
        discriminator: the discriminator's graph, None where there is none.
        cells: standardises the samples that the discriminator sees, None if they are already.
        features: standardises the physical features that it sees.
        sites: numbers in a sample, for the objective a site.
        objective: what the generator can be trained on alone, None if it needs a rival.
        augment: whether samples are turned by the domain's symmetries.
    """

    domain: LearnableDomain
    generator: nnx.GraphDef
    discriminator: nnx.GraphDef | None
    cells: Scale | None
    features: Scale
    sites: int
    objective: Objective | None
    augment: bool

    def generate(self, parameters: Parameters, key: jax.Array, conditions: jax.Array) -> jax.Array:
        """Draw one sample for each row of `conditions`, shape (n, c)."""
        return self._drawn(nnx.merge(self.generator, parameters), key, conditions)

    def generate_training(
        self, parameters: Parameters, key: jax.Array, conditions: jax.Array
    ) -> tuple[jax.Array, Parameters]:
        """The same with batch norm over the batch: (samples, renewed running statistics)."""
        generator = nnx.merge(self.generator, parameters)
        generator.train()
        samples = self._drawn(generator, key, conditions)
        return samples, _statistics(generator)

    def _drawn(self, generator: Generator, key: jax.Array, conditions: jax.Array) -> jax.Array:
        noise_key, symmetry_key = jax.random.split(key)
        noise = jax.random.uniform(noise_key, (len(conditions), generator.noise_size()))
        samples = generator(noise, conditions)
        return self.transform(symmetry_key, samples)

    def transform(self, key: jax.Array, samples: jax.Array) -> jax.Array:
        """A random exact symmetry for each sample; the samples themselves without augmentation."""
        if not self.augment:
            return samples
        keys = jax.random.split(key, len(samples))
        return self.domain.transform(keys, samples)

    def objective_value(
        self, parameters: Parameters, key: jax.Array, samples: jax.Array, conditions: jax.Array
    ) -> jax.Array:
        """Mean over the samples of the objective a site."""
        assert self.objective is not None
        generator = nnx.merge(self.generator, parameters)
        return self.objective.loss(generator, key, samples, conditions).mean() / self.sites

    def seen(self, samples: jax.Array, conditions: jax.Array) -> tuple[jax.Array, jax.Array]:
        """What the discriminator sees: the samples and their features, standardised."""
        shown = self.domain.discriminator_input(samples)
        if self.cells is not None:
            shown = self.cells.standardise(shown, conditions)
        features = self.domain.physical_features(samples)
        return shown, self.features.standardise(features, conditions)

    def compared(self, samples: jax.Array, conditions: jax.Array) -> jax.Array:
        """What validation compares, shape (n, f)."""
        own = self.domain.validation_features(samples)
        return self.seen(samples, conditions)[1] if own is None else own

    def score(
        self, parameters: Parameters, inputs: tuple[jax.Array, jax.Array], conditions: jax.Array
    ) -> jax.Array:
        """The discriminator's scores of what `seen` gives, shape (n,)."""
        assert self.discriminator is not None
        discriminator = nnx.merge(self.discriminator, parameters)
        return discriminator(*inputs, conditions)

    def score_training(
        self,
        parameters: Parameters,
        inputs: tuple[jax.Array, jax.Array],
        conditions: jax.Array,
        key: jax.Array,
    ) -> tuple[jax.Array, Parameters]:
        """The same with batch norm over the batch, and dropout by `key`.

        Returns:
            (scores, renewed running statistics)
        """
        assert self.discriminator is not None
        discriminator = nnx.merge(self.discriminator, parameters)
        discriminator.train()
        scores = discriminator(*inputs, conditions, key)
        return scores, _statistics(discriminator)


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
    default = domain.generator(
        samples, conditions[:, 0] if conditions.shape[1] else conditions.sum(1)
    )
    common = {
        "ranges": [[c.minimum, c.maximum, c.scale] for c in info.conditions],
        "width": config.generator_width,
        "depth": config.generator_depth,
        "embedding": config.embedding,
    }
    network = config.network or default["network"]
    if network == default["network"] and network not in PLAIN_GENERATORS:
        settings = {**common, **default}
    else:
        settings = plain_settings(network, samples.shape[1:], common, domain.name)
        _check_scale(domain, network, default["network"])
    exact_parts = domain.exact_parts(info.parameters) if network == default["network"] else {}
    generator = build_generator(settings, exact_parts, seed)
    features = fit_scale(measured(domain.physical_features, samples), conditions)
    shown = jax.eval_shape(domain.discriminator_input, _batch_of(samples))
    cells = None
    if len(shown.shape) == 2:
        cells = fit_scale(measured(domain.discriminator_input, samples), conditions)
    discriminator = build_discriminator(
        shown.shape[1:],
        features.mean.shape[1],
        settings["ranges"],
        name=config.discriminator,
        width=config.discriminator_width,
        blocks=config.discriminator_blocks,
        embedding=config.embedding,
        seed=seed + 1,
    )
    sites = int(np.prod(samples.shape[1:]))
    graph, parameters = split(generator)
    rival, rival_parameters = split(discriminator)
    _check_penalty(config, discriminator)
    objective = LIKELIHOOD if isinstance(generator, LikelihoodGenerator) else None
    model = Model(domain, graph, rival, cells, features, sites, objective, config.augment)
    return model, settings, parameters, rival_parameters


def renewed(parameters: Parameters, statistics: Parameters) -> Parameters:
    """Parameters with the running statistics among them replaced."""
    if not isinstance(parameters, dict):
        return statistics
    return {
        name: renewed(value, statistics[name]) if name in statistics else value
        for name, value in parameters.items()
    }


def _statistics(module: nnx.Module) -> Parameters:
    """Running means and variances, in the structure of the parameters that hold them.

    They lie among the parameters, where the losses' gradients with respect to them are zero.
    """
    return nnx.to_pure_dict(nnx.state(module, nnx.BatchStat))


def _check_scale(domain: LearnableDomain, network: str, own: str) -> None:
    """Refuse networks that draw numbers of order one where samples are none."""
    if not domain.unit_scale:
        raise InputError(
            f"expected the network {own} for {domain.name}, whose samples span orders of "
            f"magnitude; got {network}"
        )


def _check_penalty(config: TrainingConfig, network: nnx.Module) -> None:
    """Refuse slopes of a discriminator one of whose samples' scores depends on the others."""
    if config.penalty != "none" and _statistics(network):
        raise InputError(
            f"expected penalty none with {config.discriminator}, whose batch norm mixes samples; "
            f"got {config.penalty}"
        )


def split(module: Any) -> tuple[nnx.GraphDef, Parameters]:
    """A module's graph, and its parameters as nested dicts."""
    graph, state = nnx.split(module)
    return graph, nnx.to_pure_dict(state)


def condition_matrix(
    info: DatasetInfo, conditions: dict[str, np.ndarray], count: int
) -> np.ndarray:
    """Conditions as columns in the dataset's order: float32 (n, c).

    Args:
        info: says which conditions; there may be none.
        conditions: condition name -> shape (n,).
        count: n.
    """
    columns = [np.asarray(conditions[c.name], np.float32) for c in info.conditions]
    return np.stack(columns, -1) if columns else np.zeros((count, 0), np.float32)


def measured(function: Callable[[Any], Any], samples: np.ndarray) -> np.ndarray:
    """A function of samples, for all of them."""
    measure = jax.jit(function)
    parts = (samples[start : start + _CHUNK] for start in range(0, len(samples), _CHUNK))
    return np.concatenate([np.asarray(measure(jnp.asarray(p, jnp.float32))) for p in parts])


def _batch_of(samples: np.ndarray) -> jax.ShapeDtypeStruct:
    return jax.ShapeDtypeStruct((1, *samples.shape[1:]), jnp.float32)
