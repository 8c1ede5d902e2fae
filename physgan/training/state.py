"""The state of a training run: one pytree."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

__all__ = ["Moments", "Parameters", "TrainingState", "initial_state"]

Parameters = Any
"""A pytree of arrays."""

Moments = dict[str, dict[str, optax.OptState]]
"""Stage -> network -> Adam's moments."""


class TrainingState(NamedTuple):
    """State of a run; it determines the rest of the run.

    Attributes:
        samples: samples seen.
        generator: parameters of the generator.
        discriminator: parameters of the discriminator, {} if there is none.
        moments: Adam's moments of every stage and network.
        average: exponential moving average of the generator's parameters.
        best: the average with the best score on the validation split so far.
        best_score: score of `best`.
        best_samples: samples seen when `best` was kept.
        rises: checkpoints in a row at which the validation loss was certainly above that of `best`.
        skipped: samples by which each stage was cut short, shape (stages,).
    """

    samples: jax.Array
    generator: Parameters
    discriminator: Parameters
    moments: Moments
    average: Parameters
    best: Parameters
    best_score: jax.Array
    best_samples: jax.Array
    rises: jax.Array
    skipped: jax.Array

    @property
    def clock(self) -> jax.Array:
        """Position on the schedules of all stages one after the other, in samples."""
        return self.samples + self.skipped.sum()


def initial_state(
    generator: Parameters, discriminator: Parameters, trains: Mapping[str, Sequence[str]]
) -> TrainingState:
    """State before the first sample; `trains` names the networks that each stage trains."""
    networks = {"generator": generator, "discriminator": discriminator}
    adam = optax.scale_by_adam()
    return TrainingState(
        samples=jnp.zeros((), jnp.int32),
        generator=generator,
        discriminator=discriminator,
        moments={
            stage: {name: adam.init(networks[name]) for name in names}
            for stage, names in trains.items()
        },
        average=generator,
        best=generator,
        best_score=jnp.asarray(jnp.inf, jnp.float32),
        best_samples=jnp.zeros((), jnp.int32),
        rises=jnp.zeros((), jnp.int32),
        skipped=jnp.zeros(len(trains), jnp.int32),
    )
