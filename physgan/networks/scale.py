"""Numbers of order one: mean and spread taken out, condition by condition, and put back."""

from typing import NamedTuple, TypeVar

import jax
import jax.numpy as jnp
import numpy as np

__all__ = ["ConditionalScale", "first_condition"]

Array = TypeVar("Array", jax.Array, np.ndarray)


class ConditionalScale(NamedTuple):
    """Mean and standard deviation of features as functions of the first condition.

    Attributes:
        nodes: shape (k,), ascending, the condition's unit.
        mean: shape (k, f).
        deviation: shape (k, f).
    """

    nodes: jax.Array
    mean: jax.Array
    deviation: jax.Array

    def standardise(self, features: jax.Array, conditions: jax.Array) -> jax.Array:
        """(features - mean) / deviation at the conditions, linear between nodes.

        Args:
            features: shape (n, f).
            conditions: shape (n, c), physical units.
        """
        mean, deviation = self._at(conditions)
        return (features - mean) / deviation

    def restore(self, standardised: jax.Array, conditions: jax.Array) -> jax.Array:
        """Inverse of `standardise`."""
        mean, deviation = self._at(conditions)
        return mean + deviation * standardised

    def _at(self, conditions: jax.Array) -> tuple[jax.Array, jax.Array]:
        place = first_condition(conditions)
        upper = jnp.clip(jnp.searchsorted(self.nodes, place), 1, len(self.nodes) - 1)
        left, right = self.nodes[upper - 1], self.nodes[upper]
        weight = jnp.clip((place - left) / (right - left), 0, 1)[:, None]
        mean = (1 - weight) * self.mean[upper - 1] + weight * self.mean[upper]
        deviation = (1 - weight) * self.deviation[upper - 1] + weight * self.deviation[upper]
        return mean, deviation


def first_condition(conditions: Array) -> Array:
    """The first column of conditions (n, c); zeros where there are none."""
    if conditions.shape[1]:
        return conditions[:, 0]
    return conditions.sum(1)
