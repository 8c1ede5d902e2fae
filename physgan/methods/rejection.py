"""The stage of adversarial training that teaches a discriminator which draws to reject."""

from dataclasses import replace
from typing import Any, Protocol

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from sklearn.linear_model import LogisticRegression

from physgan.data import DatasetInfo
from physgan.losses import squared_gradient_norms
from physgan.networks import Rejection
from physgan.training import (
    Model,
    Networks,
    Objective,
    Parameters,
    Stage,
    evaluated,
    fit_scale,
    objective_stage,
    split,
)

__all__ = ["STAGE", "calibrated", "rejection_stage", "with_rejection"]

STAGE = "rejection"

_LARGEST_QUANTILE = 0.999
_CHUNK = 512


class RejectionSettings(Protocol):
    """The settings of a method that this stage reads."""

    @property
    def batch_size(self) -> int: ...

    @property
    def ema_samples(self) -> float: ...

    @property
    def embedding(self) -> int: ...

    @property
    def discriminator(self) -> str: ...

    @property
    def discriminator_width(self) -> int: ...

    @property
    def discriminator_blocks(self) -> int: ...

    @property
    def rejection_samples(self) -> int: ...

    @property
    def rejection_rate(self) -> float: ...

    @property
    def rejection_gamma(self) -> float: ...


def with_rejection(
    networks: Networks,
    info: DatasetInfo,
    settings: RejectionSettings,
    samples: np.ndarray,
    conditions: np.ndarray,
    seed: int,
) -> Networks:
    """The networks, with a generator that rejects draws by a discriminator of its own.

    Args: see `NetworkMethod.build`.
    """
    domain, base = networks.model.domain, networks.settings

    def seen(array: jax.Array) -> jax.Array:
        inputs, features = domain.discriminator_input(array), domain.physical_features(array)
        return features if inputs.ndim > 2 else jnp.concatenate([inputs, features], -1)

    one = jax.ShapeDtypeStruct((1, *samples.shape[1:]), jnp.float32)
    shape = jax.eval_shape(domain.discriminator_input, one).shape[1:]
    features = jax.eval_shape(domain.physical_features, one).shape[1]
    scale = fit_scale(evaluated(seen, samples), conditions)
    network_settings = {
        "network": "rejection",
        **{name: base[name] for name in ("size",) if name in base},
        "base": base,
        "discriminator": {
            "shape": list(shape),
            "features": features,
            "ranges": base["ranges"],
            "name": settings.discriminator,
            "width": settings.discriminator_width,
            "blocks": settings.discriminator_blocks,
            "embedding": settings.embedding,
        },
        "scale": {"scaled": int(scale.mean.shape[1]), **scale.settings},
    }
    network: Any = domain.build_generator(network_settings, info.parameters, seed)
    network.set_scale(scale)
    graph, parameters = split(network)
    objective = networks.model.objective and _of_base(networks.model.objective)
    model = replace(networks.model, generator=graph, objective=objective)
    return Networks(model, network_settings, parameters, networks.discriminator)


def rejection_stage(model: Model, settings: RejectionSettings, start: int) -> Stage:
    """The stage that trains the discriminator of a `Rejection` by cross-entropy with R1 and R2.

    Args:
        model: of a `Rejection`.
        settings: length, learning rate and weight of the penalties.
        start: samples seen before the stage.
    """
    return objective_stage(
        model,
        settings,
        STAGE,
        _cross_entropy(model, settings.rejection_gamma),
        rate=settings.rejection_rate,
        samples=settings.rejection_samples,
        start=start,
    )


def calibrated(
    model: Model, parameters: Parameters, samples: np.ndarray, conditions: np.ndarray, seed: int
) -> Parameters:
    """Parameters with a calibrated density ratio.

    The slope is that of a logistic regression of real against generated on the scores of samples
    that training did not see. The largest ratio is the .999 quantile over generated ones.

    Args:
        model: of a `Rejection`.
        parameters: of it.
        samples: real ones, shape (n, ...).
        conditions: shape (n, c).
        seed: of the generated ones.
    """

    @jax.jit
    def scores(key: jax.Array, real: jax.Array, c: jax.Array) -> tuple[jax.Array, jax.Array]:
        network = nnx.merge(model.generator, parameters)
        fake = model.generate(parameters, key, c)
        return network.score(real, c), network.score(fake, c)

    chunk = min(_CHUNK, len(samples))
    real, fake = np.concatenate(
        [
            np.asarray(
                scores(
                    jax.random.fold_in(jax.random.key(seed), first),
                    jnp.asarray(samples[first : first + chunk], jnp.float32),
                    jnp.asarray(conditions[first : first + chunk]),
                )
            )
            for first in range(0, len(samples) - chunk + 1, chunk)
        ],
        1,
    )
    labels = np.repeat([1, 0], len(real))
    fit = LogisticRegression(C=np.inf).fit(np.concatenate([real, fake])[:, None], labels)
    slope = max(float(fit.coef_[0, 0]), 0.0)
    largest = float(np.quantile(slope * fake, _LARGEST_QUANTILE))
    return {
        **parameters,
        "slope": jnp.asarray(slope, jnp.float32),
        "largest": jnp.asarray(largest, jnp.float32),
    }


def _of_base(objective: Objective) -> Objective:
    """An objective of the generator whose draws are rejected."""

    def loss(
        network: Rejection, key: jax.Array, samples: jax.Array, conditions: jax.Array
    ) -> jax.Array:
        return objective.loss(network.base, key, samples, conditions)

    return objective._replace(loss=loss)


def _cross_entropy(model: Model, gamma: float) -> Objective:
    """-ln D(real) - ln(1 - D(generated)), half the sum, with penalties R1 and R2."""

    def loss(
        network: Rejection, key: jax.Array, samples: jax.Array, conditions: jax.Array
    ) -> jax.Array:
        noise_key, symmetry_key = jax.random.split(key)
        noise = jax.random.uniform(noise_key, (len(samples), network.noise_size()))
        graph, parameters = nnx.split(network.base)
        base = nnx.merge(graph, jax.lax.stop_gradient(parameters))
        fake = model.transform(symmetry_key, base(noise, conditions))
        twice = jnp.concatenate([conditions, conditions])
        inputs = network.standardised(jnp.concatenate([samples, fake]), twice)
        scores, norms = squared_gradient_norms(
            lambda seen: network.discriminator(*seen, twice), inputs
        )
        real, generated = jnp.split(scores, 2)
        penalty = sum(jnp.split(norms, 2)) / 2
        entropy = (jax.nn.softplus(-real) + jax.nn.softplus(generated)) / 2
        return entropy + gamma * penalty / 2

    return Objective(STAGE, "cross_entropy", loss, per_site=False)
