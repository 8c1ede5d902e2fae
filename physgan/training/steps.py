"""A step of training, a pure function of state and batch: its parts, and the first stage's."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import optax

from physgan.training.config import TrainingConfig
from physgan.training.model import Model
from physgan.training.schedules import cosine, ema_decay
from physgan.training.state import Parameters, TrainingState

__all__ = ["Metrics", "Step", "adam", "clipped", "count", "descend", "objective_step"]

Metrics = dict[str, jax.Array]
Step = Callable[[TrainingState, jax.Array, jax.Array, jax.Array], tuple[TrainingState, Metrics]]
"""(state, run key, samples (n, ...), conditions (n, c)) -> (state, metrics)."""

_LARGEST_GRADIENT = 5.0


def objective_step(model: Model, config: TrainingConfig) -> Step:
    """The generator alone, down its objective: the likelihood's, where it has a rival later."""
    name = model.objective.name if model.objective else ""

    def step(
        state: TrainingState, key: jax.Array, samples: jax.Array, conditions: jax.Array
    ) -> tuple[TrainingState, Metrics]:
        keys = jax.random.split(jax.random.fold_in(key, state.samples))
        real = model.transform(keys[0], samples.astype(jnp.float32))
        loss, gradients = jax.value_and_grad(model.objective_value)(
            state.generator, keys[1], real, conditions
        )
        gradients = clipped(gradients)
        rate = cosine(
            config.likelihood_rate,
            0.01 * config.likelihood_rate,
            state.samples,
            config.likelihood_samples,
        )
        update, moments = adam(0.9, 0.99, gradients, state.likelihood_moments)
        state = state._replace(
            generator=descend(state.generator, update, rate), likelihood_moments=moments
        )
        return count(state, config), {f"{name}_loss": loss, "rate": rate}

    return step


def count(state: TrainingState, config: TrainingConfig) -> TrainingState:
    """Advance the clock and the averaged generator."""
    decay = ema_decay(config.batch_size, config.ema_samples, state.samples.astype(jnp.float32))
    return state._replace(
        samples=state.samples + config.batch_size,
        average=jax.tree.map(
            lambda mean, new: decay * mean + (1 - decay) * new, state.average, state.generator
        ),
    )


def clipped(gradients: Any) -> Any:
    """Gradients of norm 5 at most."""
    clip = optax.clip_by_global_norm(_LARGEST_GRADIENT)
    return clip.update(gradients, clip.init(gradients))[0]


def adam(
    beta1: float, beta2: float | jax.Array, gradients: Any, moments: optax.OptState
) -> tuple[Any, optax.OptState]:
    """Direction of descent, and new moments."""
    with jax.numpy_dtype_promotion("standard"):  # optax mixes integers and floats
        return optax.scale_by_adam(beta1, beta2).update(gradients, moments)


def descend(parameters: Parameters, update: Any, rate: jax.Array) -> Parameters:
    """Parameters after a step of length `rate`."""
    return jax.tree.map(lambda p, u: p - rate * u, parameters, update)
