"""One step of each training stage: a pure function of state and batch."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import optax

from physgan import losses
from physgan.training.config import TrainingConfig
from physgan.training.model import Model
from physgan.training.schedules import cosine, ema_decay
from physgan.training.state import Parameters, TrainingState

__all__ = ["Metrics", "Step", "adversarial_step", "likelihood_step"]

Metrics = dict[str, jax.Array]
Step = Callable[[TrainingState, jax.Array, jax.Array, jax.Array], tuple[TrainingState, Metrics]]
"""(state, run key, samples (n, ...), conditions (n, c)) -> (state, metrics)."""

_LARGEST_GRADIENT = 5.0


def likelihood_step(model: Model, config: TrainingConfig) -> Step:
    """The generator alone, towards the maximum of the likelihood."""

    def step(
        state: TrainingState, key: jax.Array, samples: jax.Array, conditions: jax.Array
    ) -> tuple[TrainingState, Metrics]:
        keys = jax.random.split(jax.random.fold_in(key, state.samples))
        real = model.transform(keys[0], samples.astype(jnp.float32))
        loss, gradients = jax.value_and_grad(model.negative_log_likelihood)(
            state.generator, keys[1], real, conditions
        )
        gradients = _clipped(gradients)
        rate = cosine(
            config.likelihood_rate,
            0.01 * config.likelihood_rate,
            state.samples,
            config.likelihood_samples,
        )
        update, moments = _adam(0.9, 0.99, gradients, state.likelihood_moments)
        state = state._replace(
            generator=_descend(state.generator, update, rate), likelihood_moments=moments
        )
        return _count(state, config), {"likelihood_loss": loss, "rate": rate}

    return step


def adversarial_step(model: Model, config: TrainingConfig) -> Step:
    """Discriminator, then generator, one descent each: the recipe of R3GAN.

    Huang et al. 2024, arXiv:2501.05441, algorithm 1; lr, beta2 and gamma on schedules.
    """

    def step(
        state: TrainingState, key: jax.Array, samples: jax.Array, conditions: jax.Array
    ) -> tuple[TrainingState, Metrics]:
        keys = jax.random.split(jax.random.fold_in(key, state.samples), 4)
        border = -(-config.likelihood_samples // config.batch_size) * config.batch_size
        elapsed = state.samples - border
        total = config.adversarial_samples
        first = elapsed == 0  # the second stage starts from the first one's average
        generator = jax.tree.map(
            lambda now, mean: jnp.where(first, mean, now), state.generator, state.average
        )
        real = model.transform(keys[0], samples.astype(jnp.float32))
        beta2 = cosine(0.9, 0.99, elapsed, total)

        def discriminator_loss(parameters: Parameters) -> tuple[jax.Array, Metrics]:
            fake = model.generate(generator, keys[1], conditions)
            both = jnp.concatenate([real, fake])
            twice = jnp.concatenate([conditions, conditions])
            scores, norms = losses.gradient_penalties(
                lambda inputs: model.score(parameters, inputs, twice),
                model.seen(both, twice),
            )
            real_scores, fake_scores = jnp.split(scores, 2)
            loss = losses.relativistic_discriminator_loss(real_scores, fake_scores)
            r1, r2 = (half.mean() for half in jnp.split(norms, 2))
            gamma = cosine(config.gamma, config.gamma / 10, elapsed, total)
            return loss + gamma / 2 * (r1 + r2), {
                "discriminator_loss": loss,
                "r1": r1,
                "r2": r2,
                "accuracy": (real_scores > fake_scores).mean(),
            }

        gradients, metrics = jax.grad(discriminator_loss, has_aux=True)(state.discriminator)
        update, discriminator_moments = _adam(0.0, beta2, gradients, state.discriminator_moments)
        rate = cosine(config.discriminator_rate, config.discriminator_rate / 4, elapsed, total)
        discriminator = _descend(state.discriminator, update, rate)

        real = model.transform(keys[2], samples.astype(jnp.float32))

        def generator_loss(parameters: Parameters) -> jax.Array:
            fake = model.generate(parameters, keys[3], conditions)
            scores = [
                model.score(discriminator, model.seen(x, conditions), conditions)
                for x in (real, fake)
            ]
            return losses.relativistic_generator_loss(*scores)

        loss, gradients = jax.value_and_grad(generator_loss)(generator)
        update, generator_moments = _adam(0.0, beta2, _clipped(gradients), state.generator_moments)
        rate = cosine(config.generator_rate, config.generator_rate / 4, elapsed, total)
        moving = (elapsed >= config.head_start).astype(jnp.float32)
        state = state._replace(
            generator=_descend(generator, update, moving * rate),
            discriminator=discriminator,
            generator_moments=generator_moments,
            discriminator_moments=discriminator_moments,
        )
        return _count(state, config), {"generator_loss": loss, **metrics}

    return step


def _count(state: TrainingState, config: TrainingConfig) -> TrainingState:
    """Advance the clock and the averaged generator."""
    decay = ema_decay(config.batch_size, config.ema_samples, state.samples.astype(jnp.float32))
    return state._replace(
        samples=state.samples + config.batch_size,
        average=jax.tree.map(
            lambda mean, new: decay * mean + (1 - decay) * new, state.average, state.generator
        ),
    )


def _clipped(gradients: Any) -> Any:
    clip = optax.clip_by_global_norm(_LARGEST_GRADIENT)
    return clip.update(gradients, clip.init(gradients))[0]


def _adam(
    beta1: float, beta2: float | jax.Array, gradients: Any, moments: optax.OptState
) -> tuple[Any, optax.OptState]:
    """Direction of descent, and new moments."""
    with jax.numpy_dtype_promotion("standard"):  # optax mixes integers and floats
        return optax.scale_by_adam(beta1, beta2).update(gradients, moments)


def _descend(parameters: Parameters, update: Any, rate: jax.Array) -> Parameters:
    return jax.tree.map(lambda p, u: p - rate * u, parameters, update)
