"""What a generator is trained on without a rival."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax

from physgan.networks import LikelihoodGenerator

__all__ = ["LIKELIHOOD", "Objective"]


class Objective(NamedTuple):
    """A quantity that training lowers.

    Attributes:
        name: of the loss in the metrics, where it is "name_loss".
        measure: of its value on the validation split, where it is "validation_measure".
        loss: (generator, key, samples (n, ...), conditions (n, c)) -> shape (n,).
    """

    name: str
    measure: str
    loss: Callable[[Any, jax.Array, jax.Array, jax.Array], jax.Array]


def _likelihood_bound(
    generator: LikelihoodGenerator, key: jax.Array, samples: jax.Array, conditions: jax.Array
) -> jax.Array:
    """A bound of -ln p(sample | conditions), nats."""
    noise = jax.random.uniform(key, (len(samples),))
    return generator.likelihood_bound(samples, conditions, noise)


LIKELIHOOD = Objective("likelihood", "nll", _likelihood_bound)
"""Maximum likelihood, of generators that know how likely a sample is."""
