"""Adversarial training with any loss and penalty, after likelihood training where possible.

A discriminator can serve in two ways: the generator learns from it, or it rejects draws of a
finished generator (`physgan.networks.Rejection`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx

from physgan import losses
from physgan.data import DatasetInfo
from physgan.domains import Domain
from physgan.errors import InputError
from physgan.methods.base import NetworkMethod
from physgan.methods.likelihood import LikelihoodSettings, generator_of, likelihood_stage
from physgan.methods.rejection import calibrated, rejection_stage, with_rejection
from physgan.networks import Calibrated, Rejection, build_discriminator
from physgan.training import (
    Metrics,
    Model,
    Networks,
    Parameters,
    Stage,
    Step,
    TrainingState,
    adam,
    blockwise_gradient,
    blockwise_mean,
    clipped,
    cosine,
    count,
    descend,
    evaluated,
    fit_scale,
    merged_statistics,
    number_of_blocks,
    split,
    statistics_of,
    whole_batches,
    with_moments,
)

__all__ = [
    "Gan",
    "GanSettings",
    "adversarial_step",
    "discriminator_gradient",
    "discriminator_step",
    "generated_gradient",
]

STAGE = "adversarial"


@dataclass(frozen=True)
class GanSettings(LikelihoodSettings):
    """Settings of adversarial training, after likelihood training where the density is known.

    Args:
        discriminator: one of `physgan.networks.DISCRIMINATORS`; "" chooses by the shape of the
            samples.
        discriminator_width: channels of the discriminator's convolutions.
        discriminator_blocks: its residual blocks.
        adversarial_samples: length of the adversarial stage, by default shorter for few events; 0
            skips it.
        loss: the adversarial loss, a key of `physgan.losses.LOSSES`.
        penalty: on the discriminator's gradient, one of `physgan.losses.PENALTIES`.
        spectral_norm: whether each of its layers is divided by its largest singular value.
        discriminator_steps: steps of the discriminator per step of the generator, each on a fresh
            batch.
        generator_rate: learning rate of the generator.
        discriminator_rate: the same for the discriminator.
        rate_fall: factor by which both rates fall along a cosine; 1 keeps them constant.
        beta1: Adam's beta1 of both networks.
        beta2: Adam's beta2 of both networks at the end.
        first_beta2: Adam's beta2 of both networks at the start.
        head_start: samples on which only the discriminator is trained, at the start.
        gamma: weight of the penalty at the start.
        gamma_fall: factor by which gamma falls along a cosine; 1 keeps it constant.
        moment_weight: weight, in the generator's loss, of the distance between first and second
            moments of its samples' physical features and of real ones' (`losses.moment_distance`).
        moment_rise: samples over which that weight rises from 0, along a cosine.
        rejection_samples: length of the last stage, which leaves the generator as it is and trains
            a discriminator that rejects some of its draws, by default shorter for few events; 0
            skips it.
        rejection_rate: learning rate of that discriminator; it falls along a cosine to 1 %.
        rejection_gamma: weight of the penalties R1 and R2 on its gradient.
    """

    below_one: ClassVar[tuple[str, ...]] = ("beta1", "beta2", "first_beta2")
    from_one: ClassVar[tuple[str, ...]] = ("rate_fall", "gamma_fall", "discriminator_steps")
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {
        **LikelihoodSettings.choices,
        "loss": tuple(losses.LOSSES),
        "penalty": tuple(losses.PENALTIES),
    }

    discriminator: str = ""
    discriminator_width: int = 16
    discriminator_blocks: int = 2
    adversarial_samples: int = 51_200
    loss: str = "relativistic"
    penalty: str = "r1-r2"
    spectral_norm: bool = False
    discriminator_steps: int = 1
    generator_rate: float = 5e-5
    discriminator_rate: float = 5e-4
    rate_fall: float = 4.0
    beta1: float = 0.0
    beta2: float = 0.99
    first_beta2: float = 0.9
    head_start: int = 12_800
    gamma: float = 0.1
    gamma_fall: float = 10.0
    moment_weight: float = 0.0
    moment_rise: int = 0
    rejection_samples: int = 0
    rejection_rate: float = 1e-3
    rejection_gamma: float = 0.1


class Gan(NetworkMethod):
    """Likelihood training, where the generator's density is known; then adversarial training."""

    name = "gan"
    summary = (
        "adversarial training, after maximum likelihood where the generator's density is known"
    )
    settings = GanSettings

    def build(
        self,
        info: DatasetInfo,
        domain: Domain,
        settings: GanSettings,
        samples: np.ndarray,
        conditions: np.ndarray,
        seed: int,
    ) -> Networks:
        """Generator and discriminator, and the scales of the discriminator's inputs."""
        networks = generator_of(info, domain, settings, samples, conditions, seed)
        one = jax.ShapeDtypeStruct((1, *samples.shape[1:]), jnp.float32)
        shape = jax.eval_shape(domain.discriminator_input, one).shape[1:]
        sample_scale = None
        if len(shape) == 1:
            sample_scale = fit_scale(evaluated(domain.discriminator_input, samples), conditions)
        about = {
            "shape": list(shape),
            "features": networks.model.feature_scale.mean.shape[1],
            "ranges": networks.settings["ranges"],
            "name": settings.discriminator,
            "width": settings.discriminator_width,
            "blocks": settings.discriminator_blocks,
            "embedding": settings.embedding,
        }
        discriminator = build_discriminator(**about, seed=seed + 1)
        _check_penalty(settings, discriminator)
        graph, parameters = split(discriminator)
        model = replace(
            networks.model,
            discriminator=graph,
            sample_scale=sample_scale,
            spectral_norm=settings.spectral_norm,
        )
        networks = networks._replace(model=model, discriminator=parameters)
        if settings.rejection_samples:
            return with_rejection(networks, info, about, seed)
        return networks

    def stages(self, model: Model, settings: GanSettings) -> tuple[Stage, ...]:
        """Likelihood, if the density is known, then the adversarial stage, then rejection."""
        stages = []
        if model.objective is not None and settings.likelihood_samples:
            stages.append(likelihood_stage(model, settings))
        start = sum(stage.samples for stage in stages)
        if settings.adversarial_samples or not (stages or settings.rejection_samples):
            stages.append(_adversarial_stage(model, settings, start))
        if settings.rejection_samples:
            start = sum(stage.samples for stage in stages)
            stage = rejection_stage(
                model,
                settings,
                rate=settings.rejection_rate,
                gamma=settings.rejection_gamma,
                samples=settings.rejection_samples,
                start=start,
            )
            stages.append(stage)
        return tuple(stages)

    def finished(
        self,
        model: Model,
        parameters: Parameters,
        seen: tuple[np.ndarray, np.ndarray],
        held_out: tuple[np.ndarray, np.ndarray],
        seed: int,
    ) -> Parameters:
        """The generator is calibrated; where draws are rejected, it is their discriminator."""
        network: Any = nnx.merge(model.generator, parameters)
        if isinstance(network, Rejection):
            return calibrated(model, parameters, *held_out, seed)
        if isinstance(network, Calibrated):
            network.calibrate(*seen)
            return split(network)[1]
        return parameters


def _adversarial_stage(model: Model, settings: GanSettings, start: int) -> Stage:
    def kind_of_step(number: int) -> int:
        """The generator is updated in every k-th step."""
        return 0 if (number + 1) % settings.discriminator_steps else 1

    return Stage(
        STAGE,
        whole_batches(settings.adversarial_samples, settings.batch_size),
        (discriminator_step(model, settings, start), adversarial_step(model, settings, start)),
        kind_of_step,
        ("generator", "discriminator"),
        "validation_distance",
        monitored=True,
    )


def _check_penalty(settings: GanSettings, network: nnx.Module) -> None:
    """Refuse a gradient penalty on a discriminator whose scores depend on the rest of the batch."""
    if settings.penalty != "none" and statistics_of(network):
        raise InputError(
            f"expected penalty none with {settings.discriminator}, whose batch norm mixes samples; "
            f"got {settings.penalty}"
        )


def adversarial_step(model: Model, settings: GanSettings, start: int) -> Step:
    """One update of the discriminator, then one of the generator.

    With the default settings this is the algorithm of R3GAN (Huang et al. 2024, arXiv:2501.05441,
    algorithm 1), with schedules for the learning rates, beta2 and gamma.

    Args:
        model: generator and discriminator.
        settings: loss, penalty and rates.
        start: samples of the stages before.
    """
    return _step(model, settings, start, train_generator=True)


def discriminator_step(model: Model, settings: GanSettings, start: int) -> Step:
    """One update of the discriminator, none of the generator."""
    return _step(model, settings, start, train_generator=False)


def _step(model: Model, settings: GanSettings, start: int, *, train_generator: bool) -> Step:
    """One update of the discriminator, then one of the generator if `train_generator`."""
    total = settings.adversarial_samples

    def step(
        state: TrainingState, key: jax.Array, samples: jax.Array, conditions: jax.Array
    ) -> tuple[TrainingState, Metrics]:
        step_key = jax.random.fold_in(key, state.samples)
        keys = jax.random.split(step_key, 4)
        score_keys = jax.random.split(jax.random.fold_in(step_key, len(keys)))
        elapsed = state.clock - start
        generator, moments = state.generator, state.moments[STAGE]
        real = model.transform(keys[0], samples.astype(jnp.float32))
        fake, _ = model.generate_training(generator, keys[1], conditions)
        beta2 = cosine(settings.first_beta2, settings.beta2, elapsed, total)

        gamma = cosine(settings.gamma, settings.gamma / settings.gamma_fall, elapsed, total)
        gradients, (metrics, statistics) = discriminator_gradient(
            model, settings, state.discriminator, score_keys[0], real, fake, conditions, gamma
        )
        update, new_moments = adam(settings.beta1, beta2, gradients, moments["discriminator"])
        rate = cosine(
            settings.discriminator_rate,
            settings.discriminator_rate / settings.rate_fall,
            elapsed,
            total,
        )
        discriminator = merged_statistics(descend(state.discriminator, update, rate), statistics)
        state = with_moments(state, STAGE, "discriminator", new_moments)
        state = state._replace(discriminator=discriminator)
        if not train_generator:
            return count(state, settings), metrics

        real = model.transform(keys[2], samples.astype(jnp.float32))

        def generator_loss(parameters: Parameters) -> tuple[jax.Array, Parameters]:
            fake, statistics = model.generate_training(parameters, keys[3], conditions)
            value, slope = generated_gradient(
                model, settings, discriminator, score_keys[1], fake, real, conditions
            )
            # Its value is the loss of the scores, its derivative theirs by way of the samples.
            loss = value + (slope * (fake - jax.lax.stop_gradient(fake))).sum()
            if settings.moment_weight:
                features = [model.discriminator_inputs(x, conditions)[1] for x in (real, fake)]
                distance = losses.moment_distance(features[0], features[1], conditions)
                rise = cosine(0.0, settings.moment_weight, elapsed, settings.moment_rise)
                loss += rise * distance
            return loss, statistics

        (loss, statistics), gradients = jax.value_and_grad(generator_loss, has_aux=True)(generator)
        update, new_moments = adam(settings.beta1, beta2, clipped(gradients), moments["generator"])
        rate = cosine(
            settings.generator_rate, settings.generator_rate / settings.rate_fall, elapsed, total
        )
        started = (elapsed >= settings.head_start).astype(jnp.float32)
        state = with_moments(state, STAGE, "generator", new_moments)
        updated = descend(generator, update, started * rate)
        state = state._replace(generator=merged_statistics(updated, statistics))
        norm = optax.tree.norm(gradients)
        return count(state, settings), {
            "generator_loss": loss, "generator_gradient": norm, **metrics
        }  # fmt: skip

    return step


def discriminator_gradient(
    model: Model,
    settings: GanSettings,
    parameters: Parameters,
    key: jax.Array,
    real: jax.Array,
    fake: jax.Array,
    conditions: jax.Array,
    gamma: float | jax.Array,
) -> tuple[Parameters, tuple[Metrics, Parameters]]:
    """Gradient of the discriminator's loss with its penalty, by blocks of the batch.

    Args:
        model: with a discriminator.
        settings: loss and penalty.
        parameters: the discriminator's.
        key: of dropout and interpolation.
        real: samples, shape (n, ...).
        fake: generated samples, the same shape.
        conditions: of both, shape (n, c).
        gamma: weight of the penalty.

    Returns:
        (gradient, (loss and parts of the penalty by name, new running statistics)).
    """

    def loss_of(
        parameters: Parameters, key: jax.Array, real: jax.Array, fake: jax.Array, cond: jax.Array
    ) -> tuple[jax.Array, tuple[Metrics, Parameters]]:
        score = _Scores(model, settings, parameters, cond)
        keys = jax.random.split(key, 3)
        real_scores, fake_scores, penalty, parts, statistics = score(real, fake, keys)
        loss = losses.LOSSES[settings.loss].discriminator(real_scores, fake_scores)
        accuracy = (real_scores > fake_scores).mean()
        metrics = {"discriminator_loss": loss, **parts, "accuracy": accuracy}
        return loss + gamma * penalty, (metrics, statistics)

    gradient = blockwise_mean(jax.grad(loss_of, has_aux=True), _blocks(model, settings, real))
    return gradient(parameters, key, real, fake, conditions)


def generated_gradient(
    model: Model,
    settings: GanSettings,
    parameters: Parameters,
    key: jax.Array,
    fake: jax.Array,
    real: jax.Array,
    conditions: jax.Array,
) -> tuple[jax.Array, jax.Array]:
    """The generator's loss, and its gradient with respect to its samples, by blocks of the batch.

    Args:
        model: with a discriminator.
        settings: loss.
        parameters: the discriminator's.
        key: of dropout.
        fake: generated samples, shape (n, ...).
        real: samples, the same shape.
        conditions: of both, shape (n, c).

    Returns:
        (loss, gradient, shape (n, ...)), constants to derivatives.
    """

    def loss_of(
        weights: Parameters, key: jax.Array, fake: jax.Array, real: jax.Array, cond: jax.Array
    ) -> jax.Array:
        scores = [
            model.score_training(weights, model.discriminator_inputs(x, cond), cond, key)[0]
            for x in (real, fake)
        ]
        return losses.LOSSES[settings.loss].generator(*scores)

    fake = jax.lax.stop_gradient(fake)
    gradient = blockwise_gradient(loss_of, _blocks(model, settings, real))
    return gradient(_weights(parameters, settings), key, fake, real, conditions)


def _blocks(model: Model, settings: GanSettings, samples: jax.Array) -> int:
    """Blocks of the batch, several only where the residual discriminator sees images."""
    shape = jax.eval_shape(model.domain.discriminator_input, samples).shape
    images = len(shape) == 4 and settings.discriminator in ("", "residual")
    return number_of_blocks(samples) if images else 1


def _weights(parameters: Parameters, settings: GanSettings) -> Parameters:
    """The discriminator's parameters, spectrally normalised if the settings ask for it."""
    return losses.spectrally_normalised(parameters) if settings.spectral_norm else parameters


class _Scores:
    """Scores of real and generated samples, with the penalty of the settings."""

    def __init__(
        self, model: Model, settings: GanSettings, parameters: Parameters, conditions: jax.Array
    ) -> None:
        self.model, self.settings, self.conditions = model, settings, conditions
        self.weights = _weights(parameters, settings)

    def __call__(
        self, real: jax.Array, fake: jax.Array, keys: jax.Array
    ) -> tuple[jax.Array, jax.Array, jax.Array, Metrics, Parameters]:
        """(real scores, fake scores, penalty, parts of it by name, new running statistics)."""
        twice = jnp.concatenate([self.conditions, self.conditions])
        inputs = self.model.discriminator_inputs(jnp.concatenate([real, fake]), twice)
        if self.settings.penalty == "r1-r2":
            return self._with_r1_r2(inputs, twice, keys[0])
        real_inputs = jax.tree.map(lambda leaf: leaf[: len(real)], inputs)
        fake_inputs = jax.tree.map(lambda leaf: leaf[len(real) :], inputs)
        real_scores, statistics = self._scores(self.weights, real_inputs, keys[0])
        weights = merged_statistics(self.weights, statistics)
        fake_scores, statistics = self._scores(weights, fake_inputs, keys[1])
        penalty: jax.Array = jnp.zeros(())
        parts: Metrics = {}
        if self.settings.penalty == "gradient-penalty":
            share = jax.random.uniform(keys[2], (len(real),))
            between = losses.interpolates(real_inputs, fake_inputs, share)
            penalty = losses.unit_gradient_penalty(
                lambda x: self._scores(self.weights, x, keys[0])[0], between
            )
            parts = {"gradient_penalty": penalty}
        return real_scores, fake_scores, penalty, parts, statistics

    def _with_r1_r2(
        self, inputs: tuple[jax.Array, jax.Array], twice: jax.Array, key: jax.Array
    ) -> tuple[jax.Array, jax.Array, jax.Array, Metrics, Parameters]:
        """One pass over real and generated samples; their mean squared gradients are R1 and R2."""
        scores, norms = losses.squared_gradient_norms(
            lambda x: self.model.score_training(self.weights, x, twice, key)[0], inputs
        )
        real_scores, fake_scores = jnp.split(scores, 2)
        r1, r2 = (half.mean() for half in jnp.split(norms, 2))
        return real_scores, fake_scores, (r1 + r2) / 2, {"r1": r1, "r2": r2}, {}

    def _scores(
        self, weights: Parameters, inputs: tuple[jax.Array, jax.Array], key: jax.Array
    ) -> tuple[jax.Array, Parameters]:
        return self.model.score_training(weights, inputs, self.conditions, key)
