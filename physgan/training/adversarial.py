"""The second stage: generator and discriminator against each other, by any loss and penalty."""

from typing import Any

import jax
import jax.numpy as jnp
import optax

from physgan import losses
from physgan.training.config import TrainingConfig
from physgan.training.model import Model, renewed
from physgan.training.schedules import cosine
from physgan.training.state import Parameters, TrainingState
from physgan.training.steps import Metrics, Step, adam, clipped, count, descend

__all__ = ["adversarial_step", "discriminator_step", "weights_of"]


def adversarial_step(model: Model, config: TrainingConfig) -> Step:
    """Discriminator, then generator, one descent each.

    With the default settings this is the recipe of R3GAN (Huang et al. 2024, arXiv:2501.05441,
    algorithm 1; lr, beta2 and gamma on schedules).
    """
    return _step(model, config, generator_moves=True)


def discriminator_step(model: Model, config: TrainingConfig) -> Step:
    """The discriminator alone: all but every k-th step, where the generator waits k steps."""
    return _step(model, config, generator_moves=False)


def _step(model: Model, config: TrainingConfig, *, generator_moves: bool) -> Step:
    """One descent of the discriminator, and one of the generator if it moves."""
    game = losses.LOSSES[config.loss]
    total = config.adversarial_samples

    def step(
        state: TrainingState, key: jax.Array, samples: jax.Array, conditions: jax.Array
    ) -> tuple[TrainingState, Metrics]:
        now = jax.random.fold_in(key, state.samples)
        keys = jax.random.split(now, 4)
        extra = jax.random.split(jax.random.fold_in(now, len(keys)), 4)
        border = -(-config.likelihood_samples // config.batch_size) * config.batch_size
        elapsed = state.samples - border
        first = elapsed == 0  # the second stage starts from the first one's average
        generator = jax.tree.map(
            lambda now, mean: jnp.where(first, mean, now), state.generator, state.average
        )
        real = model.transform(keys[0], samples.astype(jnp.float32))
        beta2 = cosine(config.first_beta2, config.beta2, elapsed, total)

        def discriminator_loss(parameters: Parameters) -> tuple[jax.Array, Any]:
            fake, _ = model.generate_training(generator, keys[1], conditions)
            gamma = cosine(config.gamma, config.gamma / config.gamma_fall, elapsed, total)
            judge = _Judge(model, config, parameters, conditions)
            real_scores, fake_scores, penalty, slopes, statistics = judge(real, fake, extra)
            loss = game.discriminator(real_scores, fake_scores)
            metrics = {
                "discriminator_loss": loss,
                **slopes,
                "accuracy": (real_scores > fake_scores).mean(),
            }
            return loss + gamma * penalty, (metrics, statistics)

        gradients, (metrics, statistics) = jax.grad(discriminator_loss, has_aux=True)(
            state.discriminator
        )
        update, moments = adam(config.beta1, beta2, gradients, state.discriminator_moments)
        rate = cosine(
            config.discriminator_rate, config.discriminator_rate / config.rate_fall, elapsed, total
        )
        discriminator = renewed(descend(state.discriminator, update, rate), statistics)
        state = state._replace(
            generator=generator, discriminator=discriminator, discriminator_moments=moments
        )
        if not generator_moves:
            return count(state, config), metrics

        real = model.transform(keys[2], samples.astype(jnp.float32))

        def generator_loss(parameters: Parameters) -> tuple[jax.Array, Parameters]:
            fake, statistics = model.generate_training(parameters, keys[3], conditions)
            weights = weights_of(discriminator, config)
            scores = [
                model.score_training(weights, model.seen(x, conditions), conditions, extra[3])[0]
                for x in (real, fake)
            ]
            return game.generator(*scores), statistics

        (loss, statistics), gradients = jax.value_and_grad(generator_loss, has_aux=True)(generator)
        update, moments = adam(config.beta1, beta2, clipped(gradients), state.generator_moments)
        rate = cosine(
            config.generator_rate, config.generator_rate / config.rate_fall, elapsed, total
        )
        moving = (elapsed >= config.head_start).astype(jnp.float32)
        state = state._replace(
            generator=renewed(descend(generator, update, moving * rate), statistics),
            generator_moments=moments,
        )
        norm = optax.tree.norm(gradients)
        return count(state, config), {
            "generator_loss": loss, "generator_gradient": norm, **metrics
        }  # fmt: skip

    return step


def weights_of(parameters: Parameters, config: TrainingConfig) -> Parameters:
    """The discriminator's parameters as it uses them."""
    return losses.spectrally_normalised(parameters) if config.spectral_norm else parameters


class _Judge:
    """Scores of real and generated samples with the penalty that the settings ask for."""

    def __init__(
        self, model: Model, config: TrainingConfig, parameters: Parameters, conditions: jax.Array
    ) -> None:
        self.model, self.config, self.conditions = model, config, conditions
        self.weights = weights_of(parameters, config)

    def __call__(
        self, real: jax.Array, fake: jax.Array, keys: jax.Array
    ) -> tuple[jax.Array, jax.Array, jax.Array, Metrics, Parameters]:
        """(real scores, fake scores, penalty, its parts, renewed statistics)."""
        twice = jnp.concatenate([self.conditions, self.conditions])
        inputs = self.model.seen(jnp.concatenate([real, fake]), twice)
        if self.config.penalty == "r1-r2":
            return self._with_slopes(inputs, twice, keys[0])
        real_inputs = jax.tree.map(lambda leaf: leaf[: len(real)], inputs)
        fake_inputs = jax.tree.map(lambda leaf: leaf[len(real) :], inputs)
        real_scores, statistics = self._scores(self.weights, real_inputs, keys[0])
        weights = renewed(self.weights, statistics)
        fake_scores, statistics = self._scores(weights, fake_inputs, keys[1])
        penalty: jax.Array = jnp.zeros(())
        slopes: Metrics = {}
        if self.config.penalty == "gradient-penalty":
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
