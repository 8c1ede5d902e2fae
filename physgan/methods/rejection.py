"""The stage of adversarial training that teaches a discriminator which draws to reject."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from sklearn.linear_model import LogisticRegression

from physgan.data import DatasetInfo
from physgan.losses import squared_gradient_norms
from physgan.networks import Rejection
from physgan.training import (
    Counted,
    Model,
    Networks,
    Objective,
    Parameters,
    Stage,
    compiler_options,
    in_chunks,
    objective_stage,
    split,
)

__all__ = ["STAGE", "calibrated", "rejection_stage", "with_rejection"]

STAGE = "rejection"

_OUT_OF_REACH = 0.01
"""Share of the real density that the largest ratio may cut off; to reach the rest costs draws."""


def with_rejection(
    networks: Networks, info: DatasetInfo, discriminator: Mapping[str, Any], seed: int
) -> Networks:
    """The networks, with a generator that rejects draws by a discriminator of its own.

    Args:
        networks: a generator, and the scales of a discriminator's inputs.
        info: of the dataset.
        discriminator: arguments of `build_discriminator`, JSON values.
        seed: of the initial parameters.
    """
    model, base = networks.model, networks.settings
    scale: Any = model.feature_scale
    if model.sample_scale is not None:
        scale = model.sample_scale.joined(scale)
    network_settings = {
        "network": "rejection",
        **{name: base[name] for name in ("size",) if name in base},
        "base": base,
        "discriminator": dict(discriminator),
        "scale": {"scaled": int(scale.mean.shape[1]), **scale.settings},
    }
    network: Any = model.domain.build_generator(network_settings, info.parameters, seed)
    network.set_scale(scale)
    graph, parameters = split(network)
    model = replace(model, generator=graph, objective=model.objective and _of_base(model.objective))
    return networks._replace(model=model, settings=network_settings, generator=parameters)


def rejection_stage(
    model: Model, settings: Counted, *, rate: float, gamma: float, samples: int, start: int
) -> Stage:
    """The stage that trains the discriminator of a `Rejection` by cross-entropy with R1 and R2.

    Args:
        model: of a `Rejection`.
        settings: batch size and the average's half-life.
        rate: learning rate at the start; it falls along a cosine to 1 %.
        gamma: weight of the penalties.
        samples: length.
        start: samples of the stages before.
    """
    objective = _cross_entropy(model, gamma)
    return objective_stage(
        model, settings, STAGE, objective, rate=rate, samples=samples, start=start
    )


def calibrated(
    model: Model, parameters: Parameters, samples: np.ndarray, conditions: np.ndarray, seed: int
) -> Parameters:
    """Parameters with a calibrated density ratio.

    The slope is that of a logistic regression of real against generated on the scores of samples
    that training did not see. The largest ratio is the smallest that leaves a hundredth of the real
    density out of reach, where ratios beyond it count as equal to it: a hundredth over all
    conditions together, more where the generator is worst.

    Args:
        model: of a `Rejection`.
        parameters: of it.
        samples: real ones, shape (n, ...).
        conditions: shape (n, c).
        seed: of the generated ones.
    """

    @partial(jax.jit, compiler_options=compiler_options(model.domain))
    def scores(key: jax.Array, x: jax.Array, c: jax.Array) -> tuple[jax.Array, jax.Array]:
        network = nnx.merge(model.generator, parameters)
        fake = model.generate(parameters, key, c)
        return network.score(x.astype(jnp.float32), c), network.score(fake, c)

    parts = in_chunks(scores, samples, conditions, seed)
    real, fake = (np.concatenate(part) for part in zip(*parts, strict=True))
    labels = np.repeat([1, 0], len(real))
    fit = LogisticRegression(C=np.inf).fit(np.concatenate([real, fake])[:, None], labels)
    slope = max(float(fit.coef_[0, 0]), 0.0)
    logarithms = slope * fake.astype(np.float64)
    most = logarithms.max()
    largest = most + np.log(_largest(np.exp(logarithms - most)))
    return {
        **parameters,
        "slope": jnp.asarray(slope, jnp.float32),
        "largest": jnp.asarray(largest, jnp.float32),
    }


def _largest(ratios: np.ndarray) -> float:
    """The M where the mean of max(ratio - M, 0) is a hundredth of the mean ratio."""
    descending = np.sort(ratios)[::-1]
    beyond = np.arange(len(ratios))
    lost = (descending.cumsum() - descending * (beyond + 1)) / len(ratios)
    return float(np.interp(_OUT_OF_REACH * ratios.mean(), lost, descending))


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
