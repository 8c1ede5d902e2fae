"""Adversarial training by any loss and penalty, after likelihood training where there is one."""

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
from physgan.networks import build_discriminator
from physgan.training import (
    Metrics,
    Model,
    Networks,
    Parameters,
    Stage,
    Step,
    TrainingState,
    adam,
    clipped,
    cosine,
    count,
    descend,
    evaluated,
    fit_scale,
    merged_statistics,
    split,
    statistics_of,
    whole_batches,
    with_moments,
)

__all__ = ["Gan", "GanSettings", "adversarial_step", "discriminator_step"]

STAGE = "adversarial"


@dataclass(frozen=True)
class GanSettings(LikelihoodSettings):
    """Settings of adversarial training, after likelihood training where the density is known.

    Args:
        discriminator: a key of `physgan.networks.DISCRIMINATORS`; "" for one by the shape of
            the samples.
        discriminator_width: channels of the discriminator's convolutions.
        discriminator_blocks: its residual blocks.
        adversarial_samples: length of the adversarial stage; 0 skips it.
        loss: the adversarial loss, a key of `physgan.losses.LOSSES`.
        penalty: on the discriminator's gradient, one of `physgan.losses.PENALTIES`.
        spectral_norm: whether each of its layers is divided by its largest singular value.
        discriminator_steps: its steps to each of the generator's, every one on a fresh batch.
        generator_rate: learning rate of the generator.
        discriminator_rate: the same for the discriminator.
        rate_fall: factor by which both fall along a cosine; 1 keeps them.
        beta1: Adam's, of both.
        beta2: Adam's at the end, of both.
        first_beta2: the same at the start.
        head_start: samples on which the discriminator learns before the generator moves.
        gamma: weight of the penalty at the start.
        gamma_fall: factor by which it falls; 1 keeps it.
    """

    below_one: ClassVar[tuple[str, ...]] = ("beta1", "beta2", "first_beta2")
    from_one: ClassVar[tuple[str, ...]] = ("rate_fall", "gamma_fall", "discriminator_steps")
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {
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
        """Generator and discriminator, and the scales of what the discriminator sees."""
        networks = generator_of(info, domain, settings, samples, conditions, seed)
        one = jax.ShapeDtypeStruct((1, *samples.shape[1:]), jnp.float32)
        shape = jax.eval_shape(domain.discriminator_input, one).shape[1:]
        sample_scale = None
        if len(shape) == 1:
            sample_scale = fit_scale(evaluated(domain.discriminator_input, samples), conditions)
        discriminator = build_discriminator(
            shape,
            networks.model.feature_scale.mean.shape[1],
            networks.settings["ranges"],
            name=settings.discriminator,
            width=settings.discriminator_width,
            blocks=settings.discriminator_blocks,
            embedding=settings.embedding,
            seed=seed + 1,
        )
        _check_penalty(settings, discriminator)
        graph, parameters = split(discriminator)
        model = replace(
            networks.model,
            discriminator=graph,
            sample_scale=sample_scale,
            spectral_norm=settings.spectral_norm,
        )
        return networks._replace(model=model, discriminator=parameters)

    def stages(self, model: Model, settings: GanSettings) -> tuple[Stage, ...]:
        """Likelihood, where the generator has one, then adversarial; those with samples."""
        stages = []
        if model.objective is not None and settings.likelihood_samples:
            stages.append(likelihood_stage(model, settings))
        start = sum(stage.samples for stage in stages)
        if settings.adversarial_samples or not stages:
            stages.append(_adversarial_stage(model, settings, start))
        return tuple(stages)


def _adversarial_stage(model: Model, settings: GanSettings, start: int) -> Stage:
    def kind_of_step(number: int) -> int:
        """The generator moves in every k-th step."""
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
    """Refuse gradients of a discriminator one of whose samples' scores depends on the others."""
    if settings.penalty != "none" and statistics_of(network):
        raise InputError(
            f"expected penalty none with {settings.discriminator}, whose batch norm mixes samples; "
            f"got {settings.penalty}"
        )


def adversarial_step(model: Model, settings: GanSettings, start: int) -> Step:
    """Discriminator, then generator, one descent each.

    With the default settings this is the recipe of R3GAN (Huang et al. 2024, arXiv:2501.05441,
    algorithm 1; lr, beta2 and gamma on schedules).

    Args:
        model: both networks.
        settings: loss, penalty and rates.
        start: samples seen before the stage.
    """
    return _step(model, settings, start, generator_moves=True)


def discriminator_step(model: Model, settings: GanSettings, start: int) -> Step:
    """The discriminator alone: all but every k-th step, where the generator waits k steps."""
    return _step(model, settings, start, generator_moves=False)


def _step(model: Model, settings: GanSettings, start: int, *, generator_moves: bool) -> Step:
    """One descent of the discriminator, and one of the generator if it moves."""
    loss_pair = losses.LOSSES[settings.loss]
    total = settings.adversarial_samples

    def step(
        state: TrainingState, key: jax.Array, samples: jax.Array, conditions: jax.Array
    ) -> tuple[TrainingState, Metrics]:
        now = jax.random.fold_in(key, state.samples)
        keys = jax.random.split(now, 4)
        extra = jax.random.split(jax.random.fold_in(now, len(keys)), 4)
        elapsed = state.samples - start
        generator, moments = state.generator, state.moments[STAGE]
        real = model.transform(keys[0], samples.astype(jnp.float32))
        beta2 = cosine(settings.first_beta2, settings.beta2, elapsed, total)

        def discriminator_loss(parameters: Parameters) -> tuple[jax.Array, Any]:
            fake, _ = model.generate_training(generator, keys[1], conditions)
            gamma = cosine(settings.gamma, settings.gamma / settings.gamma_fall, elapsed, total)
            score = _Scores(model, settings, parameters, conditions)
            real_scores, fake_scores, penalty, slopes, statistics = score(real, fake, extra)
            loss = loss_pair.discriminator(real_scores, fake_scores)
            metrics = {
                "discriminator_loss": loss,
                **slopes,
                "accuracy": (real_scores > fake_scores).mean(),
            }
            return loss + gamma * penalty, (metrics, statistics)

        gradients, (metrics, statistics) = jax.grad(discriminator_loss, has_aux=True)(
            state.discriminator
        )
        update, new = adam(settings.beta1, beta2, gradients, moments["discriminator"])
        rate = cosine(
            settings.discriminator_rate,
            settings.discriminator_rate / settings.rate_fall,
            elapsed,
            total,
        )
        discriminator = merged_statistics(descend(state.discriminator, update, rate), statistics)
        state = with_moments(state, STAGE, "discriminator", new)
        state = state._replace(discriminator=discriminator)
        if not generator_moves:
            return count(state, settings), metrics

        real = model.transform(keys[2], samples.astype(jnp.float32))

        def generator_loss(parameters: Parameters) -> tuple[jax.Array, Parameters]:
            fake, statistics = model.generate_training(parameters, keys[3], conditions)
            weights = _weights(discriminator, settings)
            scores = [
                model.score_training(
                    weights, model.discriminator_inputs(x, conditions), conditions, extra[3]
                )[0]
                for x in (real, fake)
            ]
            return loss_pair.generator(*scores), statistics

        (loss, statistics), gradients = jax.value_and_grad(generator_loss, has_aux=True)(generator)
        update, new = adam(settings.beta1, beta2, clipped(gradients), moments["generator"])
        rate = cosine(
            settings.generator_rate, settings.generator_rate / settings.rate_fall, elapsed, total
        )
        moving = (elapsed >= settings.head_start).astype(jnp.float32)
        state = with_moments(state, STAGE, "generator", new)
        moved = descend(generator, update, moving * rate)
        state = state._replace(generator=merged_statistics(moved, statistics))
        norm = optax.tree.norm(gradients)
        return count(state, settings), {
            "generator_loss": loss, "generator_gradient": norm, **metrics
        }  # fmt: skip

    return step


def _weights(parameters: Parameters, settings: GanSettings) -> Parameters:
    """The discriminator's parameters as it uses them."""
    return losses.spectrally_normalised(parameters) if settings.spectral_norm else parameters


class _Scores:
    """Scores of real and generated samples with the penalty that the settings ask for."""

    def __init__(
        self, model: Model, settings: GanSettings, parameters: Parameters, conditions: jax.Array
    ) -> None:
        self.model, self.settings, self.conditions = model, settings, conditions
        self.weights = _weights(parameters, settings)

    def __call__(
        self, real: jax.Array, fake: jax.Array, keys: jax.Array
    ) -> tuple[jax.Array, jax.Array, jax.Array, Metrics, Parameters]:
        """(real scores, fake scores, penalty, its parts, renewed statistics)."""
        twice = jnp.concatenate([self.conditions, self.conditions])
        inputs = self.model.discriminator_inputs(jnp.concatenate([real, fake]), twice)
        if self.settings.penalty == "r1-r2":
            return self._with_slopes(inputs, twice, keys[0])
        real_inputs = jax.tree.map(lambda leaf: leaf[: len(real)], inputs)
        fake_inputs = jax.tree.map(lambda leaf: leaf[len(real) :], inputs)
        real_scores, statistics = self._scores(self.weights, real_inputs, keys[0])
        weights = merged_statistics(self.weights, statistics)
        fake_scores, statistics = self._scores(weights, fake_inputs, keys[1])
        penalty: jax.Array = jnp.zeros(())
        slopes: Metrics = {}
        if self.settings.penalty == "gradient-penalty":
            share = jax.random.uniform(keys[2], (len(real),))
            between = losses.interpolates(real_inputs, fake_inputs, share)
            penalty = losses.unit_slope_penalty(
                lambda x: self._scores(self.weights, x, keys[0])[0], between
            )
            slopes = {"gradient_penalty": penalty}
        return real_scores, fake_scores, penalty, slopes, statistics

    def _with_slopes(
        self, inputs: tuple[jax.Array, jax.Array], twice: jax.Array, key: jax.Array
    ) -> tuple[jax.Array, jax.Array, jax.Array, Metrics, Parameters]:
        """One pass over both halves, whose mean squared slopes are R1 and R2."""
        scores, norms = losses.gradient_penalties(
            lambda x: self.model.score_training(self.weights, x, twice, key)[0], inputs
        )
        real_scores, fake_scores = jnp.split(scores, 2)
        r1, r2 = (half.mean() for half in jnp.split(norms, 2))
        return real_scores, fake_scores, (r1 + r2) / 2, {"r1": r1, "r2": r2}, {}

    def _scores(
        self, weights: Parameters, inputs: tuple[jax.Array, jax.Array], key: jax.Array
    ) -> tuple[jax.Array, Parameters]:
        return self.model.score_training(weights, inputs, self.conditions, key)
