"""Maximum likelihood: a generator whose density is known, without a discriminator."""

from dataclasses import dataclass, replace
from typing import Any

import jax
import numpy as np

from physgan.data import DatasetInfo
from physgan.domains import Domain
from physgan.errors import InputError
from physgan.methods.base import NetworkMethod
from physgan.methods.settings import GeneratorSettings
from physgan.networks import (
    GENERIC_GENERATORS,
    Generator,
    Initialised,
    LikelihoodGenerator,
    generic_settings,
)
from physgan.training import (
    Model,
    Networks,
    Objective,
    Stage,
    feature_scale,
    objective_stage,
    split,
)

__all__ = ["LIKELIHOOD", "Likelihood", "LikelihoodSettings", "generator_of", "likelihood_stage"]

_LONG = 1e8
"""Samples times sites from which products save more than the 10 s that it takes to compile them."""


@dataclass(frozen=True)
class LikelihoodSettings(GeneratorSettings):
    """Settings of likelihood training.

    Args:
        likelihood_samples: length of the stage, by default shorter for few events; 0 skips it. It
            ends earlier if the validation likelihood has certainly risen.
        likelihood_rate: learning rate at the start; it falls along a cosine to 1 %.
        weight_decay: shrinkage of the weights per step over the learning rate, for few events.
    """

    likelihood_samples: int = 256_000
    likelihood_rate: float = 6e-3
    weight_decay: float = 0.0


def _likelihood_bound(
    generator: LikelihoodGenerator, key: jax.Array, samples: jax.Array, conditions: jax.Array
) -> jax.Array:
    """-ln p(sample | conditions) or an upper bound, nats."""
    noise = jax.random.uniform(key, (len(samples),))
    return generator.likelihood_bound(samples, conditions, noise)


LIKELIHOOD = Objective("likelihood", "nll", _likelihood_bound)
"""Maximum likelihood, for generators whose density is known."""


class Likelihood(NetworkMethod):
    """Maximum likelihood on its own."""

    name = "likelihood"
    summary = "maximum likelihood, for generators whose density is known; no discriminator"
    settings = LikelihoodSettings

    def build(
        self,
        info: DatasetInfo,
        domain: Domain,
        settings: LikelihoodSettings,
        samples: np.ndarray,
        conditions: np.ndarray,
        seed: int,
    ) -> Networks:
        """The generator, without a discriminator.

        Raises:
            InputError: for a network whose density is not known.
        """
        networks = generator_of(info, domain, settings, samples, conditions, seed)
        if networks.model.objective is None:
            raise InputError(
                f"expected a network with a known density for the method {self.name}; got "
                f"{networks.settings['network']}; use gan"
            )
        return networks

    def stages(self, model: Model, settings: LikelihoodSettings) -> tuple[Stage, ...]:
        """One likelihood stage."""
        return (likelihood_stage(model, settings),)


def likelihood_stage(model: Model, settings: LikelihoodSettings) -> Stage:
    """The stage that minimises the model's negative log-likelihood.

    Convolutions are products of matrices where the stage is long enough to make up for the time of
    their compilation.
    """
    long = settings.likelihood_samples * model.sites >= _LONG
    return objective_stage(
        replace(model, by_products=long and model.convolutional),
        settings,
        "likelihood",
        model.objective,
        rate=settings.likelihood_rate,
        samples=settings.likelihood_samples,
        decay=settings.weight_decay,
    )


def generator_of(
    info: DatasetInfo,
    domain: Domain,
    settings: GeneratorSettings,
    samples: np.ndarray,
    conditions: np.ndarray,
    seed: int,
) -> Networks:
    """A fresh generator of the domain, or a generic one, in a model without a discriminator.

    Args: see `NetworkMethod.build`.

    Raises:
        InputError: for a network that cannot draw such samples.
    """
    network_settings = _network_settings(info, domain, settings, samples, conditions)
    generator: Generator = domain.build_generator(network_settings, info.parameters, seed)
    if isinstance(generator, Initialised):
        generator.initialise(samples, conditions)
    graph, parameters = split(generator)
    model = Model(
        domain,
        graph,
        feature_scale(domain, samples, conditions),
        int(np.prod(samples.shape[1:])),
        LIKELIHOOD if isinstance(generator, LikelihoodGenerator) else None,
        settings.augment,
        convolutional=getattr(generator, "convolutional", False),
    )
    return Networks(model, network_settings, parameters, {})


def _network_settings(
    info: DatasetInfo,
    domain: Domain,
    settings: GeneratorSettings,
    samples: np.ndarray,
    conditions: np.ndarray,
) -> dict[str, Any]:
    default = domain.generator(samples, conditions)
    common = {
        "ranges": [[c.minimum, c.maximum, c.scale] for c in info.conditions],
        "width": settings.generator_width,
        "depth": settings.generator_depth,
        "embedding": settings.embedding,
    }
    network = settings.network or default["network"]
    if network == default["network"] and network not in GENERIC_GENERATORS:
        return {**common, **default}
    network_settings = generic_settings(network, samples.shape[1:], common, domain.name)
    if not domain.unit_scale:
        raise InputError(
            f"expected the network {default['network']} for {domain.name}, whose samples span "
            f"orders of magnitude; got {network}"
        )
    return network_settings
