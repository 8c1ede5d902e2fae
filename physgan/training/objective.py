"""Objectives of generators that are trained without a discriminator."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax

__all__ = ["Objective"]


class Objective(NamedTuple):
    """A loss that training minimises.

    Attributes:
        name: the loss is "{name}_loss" in the metrics.
        measure: its value on the validation split is "validation_{measure}".
        loss: (generator, key, samples (n, ...), conditions (n, c)) -> shape (n,).
        per_site: whether losses and measures are divided by the number of variables in a sample.
    """

    name: str
    measure: str
    loss: Callable[[Any, jax.Array, jax.Array, jax.Array], jax.Array]
    per_site: bool = True

    @property
    def score(self) -> str:
        """Key of its value on the validation split."""
        return f"validation_{self.measure}"
