"""Put features on one scale, condition by condition."""

from typing import NamedTuple, TypeVar

import jax
import jax.numpy as jnp
import numpy as np

__all__ = ["ConditionalScale", "first_condition", "fit_scale"]

Array = TypeVar("Array", jax.Array, np.ndarray)

_SMALLEST_DEVIATION = 1e-3


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
        place = first_condition(conditions)
        upper = jnp.clip(jnp.searchsorted(self.nodes, place), 1, len(self.nodes) - 1)
        left, right = self.nodes[upper - 1], self.nodes[upper]
        weight = jnp.clip((place - left) / (right - left), 0, 1)[:, None]
        mean = (1 - weight) * self.mean[upper - 1] + weight * self.mean[upper]
        deviation = (1 - weight) * self.deviation[upper - 1] + weight * self.deviation[upper]
        return (features - mean) / deviation


def first_condition(conditions: Array) -> Array:
    """The first column of conditions (n, c); zeros where there are none."""
    if conditions.shape[1]:
        return conditions[:, 0]
    return conditions.sum(1)


def fit_scale(features: np.ndarray, condition: np.ndarray, nodes: int = 64) -> ConditionalScale:
    """Measure mean and deviation of `features` in `nodes` bins of equally many samples.

    Args:
        features: shape (n, f).
        condition: shape (n,).
        nodes: bins; fewer where the condition takes fewer values, at least two.

    Returns:
        The scale, with deviations bounded below by 1e-3 of each feature's spread over all.
    """
    nodes = int(np.clip(len(np.unique(condition)), 2, nodes))
    parts = np.array_split(np.argsort(condition, kind="stable"), nodes)
    smallest = _SMALLEST_DEVIATION * features.std(0) + 1e-12
    centres = np.array([condition[part].mean() for part in parts])
    centres += np.arange(nodes) * 1e-6 * (np.ptp(condition) + 1)  # strictly ascending
    return ConditionalScale(
        jnp.asarray(centres, jnp.float32),
        jnp.asarray([features[part].mean(0) for part in parts], jnp.float32),
        jnp.asarray([np.maximum(features[part].std(0), smallest) for part in parts], jnp.float32),
    )
