"""Methods that train one network with one objective on preprocessed samples."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import jax
import numpy as np

from physgan.data import DatasetInfo
from physgan.domains import Domain
from physgan.methods.base import NetworkMethod
from physgan.methods.settings import NetworkSettings
from physgan.training import (
    Model,
    Networks,
    Objective,
    Stage,
    evaluated,
    feature_scale,
    fit_scale,
    objective_stage,
    split,
)

__all__ = ["SingleNetworkMethod", "SingleNetworkSettings"]

_NODES = 8
_COMMON_FLOOR = 0.1


@dataclass(frozen=True)
class SingleNetworkSettings(NetworkSettings):
    """Settings of a method with one network and one stage.

    Args:
        training_samples: length of the training.
        learning_rate: at the start; it falls along a cosine to 1 %.
    """

    generator_depth: int = 2
    training_samples: int = 256_000
    learning_rate: float = 1e-3


class SingleNetworkMethod(NetworkMethod):
    """One network on preprocessed samples (`Domain.preprocessing`), trained in one stage.

    By default the stage is as long as likelihood and adversarial training together.

    Attributes:
        network: key of `physgan.networks.GENERATORS`.
        options: settings of this network besides those of all networks.
        stage: name of the stage.
        objective: minimised by the stage.
    """

    network: ClassVar[str]
    options: ClassVar[tuple[str, ...]] = ()
    stage: ClassVar[str]
    objective: ClassVar[Objective]

    def defaults(self, suited: Mapping[str, Any]) -> dict[str, Any]:
        """`training_samples` is the total of the other methods' stages; the depth is its own."""
        stages = [suited[n] for n in ("likelihood_samples", "adversarial_samples") if n in suited]
        table = super().defaults(suited)
        table.pop("generator_depth", None)
        if stages:
            table.setdefault("training_samples", sum(stages))
        return table

    def build(
        self,
        info: DatasetInfo,
        domain: Domain,
        settings: Any,
        samples: np.ndarray,
        conditions: np.ndarray,
        seed: int,
    ) -> Networks:
        """The network, with the scale of its variables."""
        domain.exact_parts(info.parameters)  # refuses parameters that break the symmetries
        arguments = domain.preprocessing_settings(samples)
        raw = scale = None
        if domain.preprocessing.standardised:
            preprocess = domain.preprocessing(samples.shape[1:], **arguments).raw
            key = jax.random.key(seed)
            raw = evaluated(lambda part: preprocess(part, key), samples)
            scale = fit_scale(raw, conditions, _NODES, common_floor=_COMMON_FLOOR)
            arguments |= scale.settings
        network_settings: dict[str, Any] = {
            "network": self.network,
            "shape": list(samples.shape[1:]),
            "ranges": [[c.minimum, c.maximum, c.scale] for c in info.conditions],
            "preprocessing": arguments,
            "width": settings.generator_width,
            "depth": settings.generator_depth,
            "embedding": settings.embedding,
            "periodic": domain.periodic,
            **{name: getattr(settings, name) for name in self.options},
        }
        network: Any = domain.build_generator(network_settings, {}, seed)
        if scale is not None and raw is not None:
            network.preprocessing.set_scale(scale)
            network.preprocessing.set_limits(raw)
        graph, parameters = split(network)
        features = feature_scale(domain, samples, conditions)
        sites = int(np.prod(samples.shape[1:]))
        model = Model(domain, graph, features, sites, self.objective, settings.augment)
        return Networks(model, network_settings, parameters, {})

    def stages(self, model: Model, settings: Any) -> tuple[Stage, ...]:
        """One stage."""
        stage = objective_stage(
            model,
            settings,
            self.stage,
            self.objective,
            rate=settings.learning_rate,
            samples=settings.training_samples,
        )
        return (stage,)
