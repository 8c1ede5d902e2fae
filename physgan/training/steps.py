"""Parts of a training step, and the step of a single network on its objective."""

from typing import Any, Protocol

import jax
import jax.numpy as jnp
import optax

from physgan.training.blocks import blockwise_mean, number_of_blocks
from physgan.training.impossible import possible
from physgan.training.model import Model
from physgan.training.objective import Objective
from physgan.training.schedules import cosine, ema_decay
from physgan.training.stages import USED, Metrics, Stage, Step, whole_batches
from physgan.training.state import Parameters, TrainingState

__all__ = [
    "Counted",
    "adam",
    "clipped",
    "count",
    "decayed",
    "descend",
    "objective_gradient",
    "objective_stage",
    "objective_step",
    "with_moments",
]

_LARGEST_GRADIENT = 5.0
_LAST_RATE = 0.01


class Counted(Protocol):
    """The settings that `count` reads: batch size and half-life of the averaged generator."""

    @property
    def batch_size(self) -> int:
        """Samples per step."""
        ...

    @property
    def ema_samples(self) -> float:
        """Half-life of the averaged generator."""
        ...


def objective_step(
    model: Model,
    settings: Counted,
    stage: str,
    objective: Objective,
    *,
    rate: float,
    samples: int,
    start: int = 0,
    decay: float = 0.0,
) -> Step:
    """A step of the generator on an objective, by Adam with a falling rate.

    Events whose loss is that of a density of zero do not count in the mean.

    Args:
        model: of the generator.
        settings: batch size and the average's half-life.
        stage: name of the stage whose moments are used.
        objective: minimised.
        rate: learning rate at the start; it falls along a cosine to 1 %.
        samples: length of the stage.
        start: samples of the stages before.
        decay: of the weights, see `decayed`.
    """
    name = f"{objective.name}_loss"

    def step(
        state: TrainingState, key: jax.Array, batch: jax.Array, conditions: jax.Array
    ) -> tuple[TrainingState, Metrics]:
        keys = jax.random.split(jax.random.fold_in(key, state.samples))
        real = model.transform(keys[0], batch.astype(jnp.float32))

        (loss, gradients), used = objective_gradient(
            model, objective, state.generator, keys[1], real, conditions
        )
        now = cosine(rate, _LAST_RATE * rate, state.clock - start, samples)
        update, moments = adam(0.9, 0.99, clipped(gradients), state.moments[stage]["generator"])
        state = with_moments(state, stage, "generator", moments)
        update = decayed(update, state.generator, decay)
        state = state._replace(generator=descend(state.generator, update, now))
        return count(state, settings), {name: loss, "rate": now, USED: used}

    return step


def objective_gradient(
    model: Model,
    objective: Objective,
    parameters: Parameters,
    key: jax.Array,
    real: jax.Array,
    conditions: jax.Array,
) -> tuple[tuple[jax.Array, Parameters], jax.Array]:
    """The mean of an objective over events, but for those of density zero, and its gradient.

    In blocks all events count: lattices have no density of zero, and a gradient that waits for the
    losses of all networks takes half as long again.

    Args:
        model: of the generator; it says whether the batch is taken in blocks.
        objective: loss of the events.
        parameters: the generator's.
        key: of the objective's randomness.
        real: samples, shape (n, ...).
        conditions: shape (n, c).

    Returns:
        ((mean, gradient), which events count, shape (n,)).
    """

    def of_block(parameters: Parameters, *given: jax.Array) -> tuple[Any, jax.Array]:
        def mean(parameters: Parameters) -> tuple[jax.Array, jax.Array]:
            losses = model.event_losses(objective, parameters, *given)
            used = possible(losses)
            counted = losses if model.by_products else jnp.where(used, losses, 0)
            return counted.sum() / (len(losses) * model.unit(objective)), used

        (loss, used), gradient = jax.value_and_grad(mean, has_aux=True)(parameters)
        return (loss, gradient), used

    blocks = number_of_blocks(real) if model.by_products else 1
    means, used = blockwise_mean(of_block, blocks, has_aux=True)(parameters, key, real, conditions)
    return jax.tree.map(lambda mean: mean * (len(used) / used.sum()), means), used


def objective_stage(
    model: Model,
    settings: Counted,
    name: str,
    objective: Objective | None,
    *,
    rate: float,
    samples: int,
    start: int = 0,
    decay: float = 0.0,
) -> Stage:
    """A stage of `objective_step`s.

    The best checkpoint is the one with the lowest objective on the validation split. The objective
    has a smaller statistical error than the distance of features.

    Args:
        model: of the generator.
        settings: batch size and the average's half-life.
        name: of the stage.
        objective: minimised.
        rate: learning rate at the start.
        samples: length.
        start: samples of the stages before.
        decay: of the weights, see `decayed`.
    """
    assert objective is not None
    step = objective_step(
        model, settings, name, objective, rate=rate, samples=samples, start=start, decay=decay
    )
    length = whole_batches(samples, settings.batch_size)
    return Stage(
        name,
        length,
        (step,),
        lambda number: 0,
        ("generator",),
        objective.score,
        objective=objective,
    )


def with_moments(
    state: TrainingState, stage: str, network: str, moments: optax.OptState
) -> TrainingState:
    """The state with new moments of one network in one stage."""
    own = {**state.moments[stage], network: moments}
    return state._replace(moments={**state.moments, stage: own})


def count(state: TrainingState, settings: Counted) -> TrainingState:
    """Advance the number of samples seen and the averaged generator."""
    batch = settings.batch_size
    decay = ema_decay(batch, settings.ema_samples, state.samples.astype(jnp.float32))
    return state._replace(
        samples=state.samples + batch,
        average=jax.tree.map(
            lambda mean, new: decay * mean + (1 - decay) * new, state.average, state.generator
        ),
    )


def clipped(gradients: Any) -> Any:
    """Gradients clipped to a global norm of 5."""
    clip = optax.clip_by_global_norm(_LARGEST_GRADIENT)
    return clip.update(gradients, clip.init(gradients))[0]


def adam(
    beta1: float, beta2: float | jax.Array, gradients: Any, moments: optax.OptState
) -> tuple[Any, optax.OptState]:
    """Adam's direction of descent, and new moments."""
    with jax.numpy_dtype_promotion("standard"):  # optax mixes integers and floats
        return optax.scale_by_adam(beta1, beta2).update(gradients, moments)


def decayed(update: Any, parameters: Parameters, decay: float) -> Any:
    """A direction of descent that also shrinks the matrices of linear layers.

    Decoupled weight decay (I. Loshchilov, F. Hutter 2017, arXiv:1711.05101). What networks learn
    from few samples is smoother so; biases, histograms and scales are not pulled to zero.

    Args:
        update: Adam's direction.
        parameters: nested dicts of the same structure.
        decay: shrinkage per step over the learning rate.
    """
    if not decay:
        return update

    def one(path: Any, direction: jax.Array, weights: jax.Array) -> jax.Array:
        return direction + decay * weights if path[-1].key == "kernel" else direction

    return jax.tree_util.tree_map_with_path(one, update, parameters)


def descend(parameters: Parameters, update: Any, rate: jax.Array) -> Parameters:
    """Parameters after a step with learning rate `rate`."""
    return jax.tree.map(lambda p, u: p - rate * u, parameters, update)
