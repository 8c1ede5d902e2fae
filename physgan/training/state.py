"""All that a training run carries from step to step: one pytree."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

__all__ = ["Parameters", "TrainingState", "initial_state"]

Parameters = Any
"""A pytree of arrays."""


class TrainingState(NamedTuple):
    """State of a run; equal states train on to equal states.

    Attributes:
        samples: samples seen, the clock of all schedules.
        generator: parameters.
        discriminator: parameters.
        likelihood_moments: Adam's, of the first stage.
        generator_moments: Adam's, of the second stage.
        discriminator_moments: Adam's.
        average: exponential moving average of the generator.
        best: the average that did best on the validation split so far.
        best_score: its score.
    """

    samples: jax.Array
    generator: Parameters
    discriminator: Parameters
    likelihood_moments: optax.OptState
    generator_moments: optax.OptState
    discriminator_moments: optax.OptState
    average: Parameters
    best: Parameters
    best_score: jax.Array


def initial_state(generator: Parameters, discriminator: Parameters) -> TrainingState:
    """State before the first sample."""
    moments = optax.scale_by_adam()
    return TrainingState(
        samples=jnp.zeros((), jnp.int32),
        generator=generator,
        discriminator=discriminator,
        likelihood_moments=moments.init(generator),
        generator_moments=moments.init(generator),
        discriminator_moments=moments.init(discriminator),
        average=generator,
        best=generator,
        best_score=jnp.asarray(jnp.inf, jnp.float32),
    )
