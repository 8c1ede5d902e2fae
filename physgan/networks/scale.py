"""Standardisation that depends on the conditions: (x - mean) / deviation, and its inverse."""

from typing import NamedTuple, Self

import jax
import jax.numpy as jnp

__all__ = ["ConditionalScale", "Scale", "SmoothScale", "condition_basis", "unit_scale"]

_TINY = 1e-30


class ConditionalScale(NamedTuple):
    """Mean and standard deviation of features as functions of one condition.

    Attributes:
        nodes: shape (k,), ascending, the condition's unit.
        mean: shape (k, f).
        deviation: shape (k, f).
    """

    nodes: jax.Array
    mean: jax.Array
    deviation: jax.Array

    @property
    def settings(self) -> dict[str, int]:
        """Arguments of `unit_scale` for arrays of these shapes."""
        return {"nodes": len(self.nodes)}

    def standardise(self, features: jax.Array, conditions: jax.Array) -> jax.Array:
        """(features - mean) / deviation at the conditions, linear between nodes.

        Args:
            features: shape (n, f).
            conditions: shape (n, c), physical units; only the first is used.
        """
        mean, deviation = self._at(conditions)
        return (features - mean) / deviation

    def restore(self, standardised: jax.Array, conditions: jax.Array) -> jax.Array:
        """Inverse of `standardise`."""
        mean, deviation = self._at(conditions)
        return mean + deviation * standardised

    def joined(self, other: Self) -> Self:
        """The scale of these features and those of another one with the same nodes."""
        names = ("mean", "deviation")
        both = {n: jnp.concatenate([getattr(self, n), getattr(other, n)], -1) for n in names}
        return self._replace(**both)

    def _at(self, conditions: jax.Array) -> tuple[jax.Array, jax.Array]:
        place = conditions[:, 0] if conditions.shape[1] else conditions.sum(1)
        upper = jnp.clip(jnp.searchsorted(self.nodes, place), 1, len(self.nodes) - 1)
        left, right = self.nodes[upper - 1], self.nodes[upper]
        weight = jnp.clip((place - left) / (right - left), 0, 1)[:, None]
        mean = (1 - weight) * self.mean[upper - 1] + weight * self.mean[upper]
        deviation = (1 - weight) * self.deviation[upper - 1] + weight * self.deviation[upper]
        return mean, deviation


class SmoothScale(NamedTuple):
    """Mean and standard deviation of features as smooth functions of several conditions.

    Both are sums of `condition_basis` functions, the deviation by its logarithm.

    Attributes:
        logarithmic: 1 where a condition enters by its logarithm, else 0, shape (c,).
        ends: smallest and largest value, on that scale, shape (2, c).
        nodes: ascending, on that scale, shape (c, k); nodes beyond the end are not used.
        mean: coefficients, shape (c^2 k, f).
        log_deviation: coefficients, shape (c^2 k, f).
        smallest: lower bound of the deviation, shape (f,).
    """

    logarithmic: jax.Array
    ends: jax.Array
    nodes: jax.Array
    mean: jax.Array
    log_deviation: jax.Array
    smallest: jax.Array

    @property
    def settings(self) -> dict[str, int]:
        """Arguments of `unit_scale` for arrays of these shapes."""
        conditions, nodes = self.nodes.shape
        return {"nodes": nodes, "conditions": conditions}

    def standardise(self, features: jax.Array, conditions: jax.Array) -> jax.Array:
        """(features - mean) / deviation at the conditions.

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

    def joined(self, other: Self) -> Self:
        """The scale of these features and those of another one with the same nodes."""
        names = ("mean", "log_deviation", "smallest")
        both = {n: jnp.concatenate([getattr(self, n), getattr(other, n)], -1) for n in names}
        return self._replace(**both)

    def _at(self, conditions: jax.Array) -> tuple[jax.Array, jax.Array]:
        basis = condition_basis(self.logarithmic, self.ends, self.nodes, conditions)
        mean, log_deviation = (
            jnp.matmul(basis, c, precision="highest") for c in (self.mean, self.log_deviation)
        )
        return mean, jnp.maximum(jnp.exp(log_deviation), self.smallest)


Scale = ConditionalScale | SmoothScale
"""Either kind of scale."""


def condition_basis(
    logarithmic: jax.Array, ends: jax.Array, nodes: jax.Array, conditions: jax.Array
) -> jax.Array:
    """Basis functions of the conditions, whose sums approximate smooth functions.

    For every condition there are piecewise linear functions, 1 at one node and 0 at the others
    (hats). The basis consists of the hats and of each hat times every other condition, scaled to
    [-1, 1]. Its sums are functions of one condition with coefficients linear in the others (the
    varying-coefficient model of T. Hastie, R. Tibshirani, J. R. Stat. Soc. B 55, 757, 1993).

    Args:
        logarithmic: shape (c,); see `SmoothScale`.
        ends: shape (2, c).
        nodes: shape (c, k).
        conditions: shape (n, c), physical units; clipped to the ends.

    Returns:
        shape (n, c^2 k).
    """
    logarithms = jnp.log(jnp.maximum(conditions, _TINY))
    place = jnp.clip(jnp.where(logarithmic > 0, logarithms, conditions), *ends)
    linear = 2 * (place - ends[0]) / jnp.maximum(ends[1] - ends[0], _TINY) - 1
    number = jnp.arange(nodes.shape[1], dtype=place.dtype)
    functions = []
    for own, along in enumerate(nodes):
        at = jnp.interp(place[:, own], along, number)
        hats = jnp.maximum(1 - jnp.abs(at[:, None] - number), 0)
        factors = jnp.where(jnp.arange(linear.shape[1]) == own, 1, linear)
        functions.append((factors[:, :, None] * hats[:, None]).reshape(len(at), -1))
    return jnp.concatenate(functions, 1)


def unit_scale(size: int, nodes: int, conditions: int = 1) -> Scale:
    """A scale of mean 0 and deviation 1.

    Args:
        size: number of features.
        nodes: number of nodes, k.
        conditions: number of conditions; two or more make a `SmoothScale`.
    """
    if conditions < 2:
        zero, one = jnp.zeros((nodes, size)), jnp.ones((nodes, size))
        return ConditionalScale(jnp.arange(nodes, dtype=jnp.float32), zero, one)
    axis = jnp.zeros(conditions)
    grid = jnp.tile(jnp.arange(nodes, dtype=jnp.float32), (conditions, 1))
    zero = jnp.zeros((conditions**2 * nodes, size))
    return SmoothScale(axis, jnp.stack([axis, axis]), grid, zero, zero, jnp.zeros(size))
