"""Methods whose network is trained on an objective of its own, without a rival."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import numpy as np

from physgan.data import DatasetInfo
from physgan.domains import LearnableDomain
from physgan.errors import InputError
from physgan.networks import Values, build_generator
from physgan.training.config import TrainingConfig
from physgan.training.flow_matching import VELOCITY
from physgan.training.model import Model, measured, split
from physgan.training.objective import Objective
from physgan.training.standardise import fit_scale
from physgan.training.state import Parameters
from physgan.training.vae import EVIDENCE

__all__ = ["ALONE", "build_alone", "settings_alone"]

_NODES = 8
_COMMON_FLOOR = 0.1
_RIVALRY = ("network", "discriminator", "adversarial_samples")


class Method(NamedTuple):
    """One of these methods.

    Attributes:
        network: key of `networks.GENERATORS`.
        options: settings that it takes besides those of all networks.
        objective: what is lowered.
        settings: over the domain's.
    """

    network: str
    options: tuple[str, ...]
    objective: Objective
    settings: Mapping[str, Any]


ALONE: dict[str, Method] = {
    "vae": Method(
        "autoencoder",
        ("latents",),
        EVIDENCE,
        {"generator_depth": 2, "likelihood_rate": 1e-3},
    ),
    "flow-matching": Method(
        "flow",
        ("ode_steps",),
        VELOCITY,
        {"generator_depth": 2, "likelihood_rate": 1e-3, "validation_samples": 2_048},
    ),
}
"""Method -> what it is made of."""


def settings_alone(
    method: str, suited: Mapping[str, Any], chosen: Mapping[str, Any]
) -> dict[str, Any]:
    """Settings of a run: one stage, by default as long as the two of a GAN together.

    Args:
        method: a key of `ALONE`.
        suited: a GAN's settings for such a dataset.
        chosen: the user's, which go over them.

    Raises:
        InputError: if the user chose what only a GAN has.
    """
    for name in _RIVALRY:
        if chosen.get(name):
            raise InputError(
                f"expected no {name} with the method {method}, which has one network of its own "
                f"and one stage, likelihood_samples long; got {chosen[name]!r}"
            )
    config = TrainingConfig.from_table(suited)
    length = config.likelihood_samples + config.adversarial_samples
    alone = {"network": "", "discriminator": "", "likelihood_samples": length}
    return {**suited, **ALONE[method].settings, **alone, **chosen, "adversarial_samples": 0}


def build_alone(
    method: str,
    info: DatasetInfo,
    domain: LearnableDomain,
    config: TrainingConfig,
    samples: np.ndarray,
    conditions: np.ndarray,
    seed: int,
) -> tuple[Model, dict[str, Any], Parameters, Parameters]:
    """A fresh network with the scale of its numbers, measured on the samples.

    Args:
        method: a key of `ALONE`.
        info: of the dataset.
        domain: of its samples.
        config: widths.
        samples: the train split in network space, shape (n, ...).
        conditions: shape (n, c).
        seed: of the initial parameters.

    Returns:
        (model, the network's settings for `networks.build_generator`, its parameters, none of a
        discriminator)
    """
    domain.exact_parts(info.parameters)  # refuses what the domain's symmetries do not hold for
    about = ALONE[method]
    values = domain.values(samples)
    numbers = scale = None
    if values["kind"] != "signs":
        raw, key = Values(shape=samples.shape[1:], **values).raw, jax.random.key(seed)
        numbers = measured(lambda part: raw(part, key), samples)
        scale = fit_scale(numbers, conditions, _NODES, common_floor=_COMMON_FLOOR)
        values |= scale.settings
    settings: dict[str, Any] = {
        "network": about.network,
        "shape": list(samples.shape[1:]),
        "ranges": [[c.minimum, c.maximum, c.scale] for c in info.conditions],
        "values": values,
        "width": config.generator_width,
        "depth": config.generator_depth,
        "embedding": config.embedding,
        "periodic": domain.periodic,
        **{name: getattr(config, name) for name in about.options},
    }
    network: Any = build_generator(settings, {}, seed)
    if scale is not None:
        network.values.set_scale(scale)
        network.values.set_largest(numbers)
    graph, parameters = split(network)
    features = fit_scale(measured(domain.physical_features, samples), conditions)
    sites = int(np.prod(samples.shape[1:]))
    model = Model(domain, graph, None, None, features, sites, about.objective, config.augment)
    return model, settings, parameters, {}
