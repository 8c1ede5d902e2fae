"""What a generator can be trained on without a discriminator."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax

__all__ = ["Objective"]


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

    @property
    def score(self) -> str:
        """Key of its value on the validation split."""
        return f"validation_{self.measure}"
