"""Deposits as real variables: logarithms of occupied cells, dequantised zeros of empty ones."""

import math
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax.scipy.special import log_ndtr, ndtr, ndtri

from physgan.networks import (
    Fixed,
    Preprocessing,
    bounded_normal,
    normal_negative_log_density,
    normal_velocity,
)

__all__ = ["LogDeposits"]

_LN2 = math.log(2.0)
_GAP = 2.0
_ROUNDING = 1e-3
_HALF_STEP = 2.0**-24
_FARTHEST = 5.0
_ABOVE = 1.0
_LARGEST_LOG_SPREAD = 1.0
_SMALLEST_LOG_SPREAD = -3.0


class LogDeposits(Preprocessing):
    """2 + ln(1 + deposit / threshold) of occupied cells; empty cells are uniform on [0, ln 2).

    This is a uniform dequantisation (Theis et al. 2016, arXiv:1511.01844): the probability of
    [0, ln 2) is that of an exact zero, and deposits that are not zero are at least the threshold.
    Between the two there is a gap of 2. Without it, small errors of a network's variables turn
    empty cells into occupied ones. Normal noise on a logarithm has longer tails than the energy, so
    each cell is limited to its largest deposit in training (`set_limits`).

    A decoder's outputs are the log odds of an occupied cell, and mean and log deviation of its
    variable, truncated at the threshold (the hurdle model of J. Mullahy, J. Econometrics 33, 341,
    1986). A flow's velocity is that of a mixture of an empty and an occupied cell. The network's
    outputs are an additive term, the log odds, and the shift and log spread of the occupied cell.

    Args:
        shape: of a sample in network space.
        threshold: smallest deposit.
        nodes: see `Preprocessing`.
        conditions: see `Preprocessing`.
    """

    decoder_outputs = 3
    velocity_outputs = 4

    def __init__(
        self, shape: Sequence[int], *, threshold: float, nodes: int = 0, conditions: int = 1
    ) -> None:
        super().__init__(shape, nodes=nodes, conditions=conditions)
        self.threshold = threshold
        self.largest = nnx.List([Fixed(jnp.full(self.size, jnp.inf))])

    def raw(self, samples: jax.Array, key: jax.Array) -> jax.Array:
        """Logarithms of occupied cells, uniform random numbers of empty ones."""
        flat = samples.reshape(len(samples), self.size)
        uniform = jax.random.uniform(key, flat.shape, maxval=_LN2)
        return jnp.where(flat > 0, _GAP + jnp.log1p(flat / self.threshold), uniform)

    def restored(self, raw: jax.Array) -> jax.Array:
        """Deposits: exact zeros, or at least the threshold."""
        raw = jnp.minimum(raw, self.largest[0][...])
        deposits = jnp.maximum(self.threshold * jnp.expm1(raw - _GAP), self.threshold)
        return jnp.where(raw < _LN2 + _GAP / 2, 0.0, deposits)

    def set_limits(self, raw: np.ndarray) -> None:
        """Limit each cell to the largest of its raw variables, shape (n, size)."""
        self.largest[0][...] = jnp.asarray(raw.max(0), jnp.float32)

    def negative_log_likelihood(
        self, outputs: jax.Array, variables: jax.Array, conditions: jax.Array
    ) -> jax.Array:
        """-ln p of a cell that is empty or occupied."""
        smallest = self.smallest_occupied(conditions)
        occupied = variables >= smallest
        mean, log_deviation = bounded_normal(outputs[..., 1:])
        energy = normal_negative_log_density(
            outputs[..., 1:], jnp.where(occupied, variables, smallest)
        )
        energy = energy + log_ndtr(_deviations_above(mean, log_deviation, smallest))
        logit = outputs[..., 0]
        return jnp.where(occupied, jax.nn.softplus(-logit) + energy, jax.nn.softplus(logit))

    def draw(self, outputs: jax.Array, uniform: jax.Array, conditions: jax.Array) -> jax.Array:
        """Variables; one uniform number decides whether a cell is occupied and draws its value.

        The variable of an empty cell is -inf.
        """
        smallest = self.smallest_occupied(conditions)
        chance = jax.nn.sigmoid(outputs[..., 0])
        mean, log_deviation = bounded_normal(outputs[..., 1:])
        above = jnp.maximum(_deviations_above(mean, log_deviation, smallest), -_FARTHEST)
        rest = jnp.clip(uniform / chance, 0, 1 - _HALF_STEP)
        energy = mean - jnp.exp(log_deviation) * ndtri((rest + _HALF_STEP) * ndtr(above))
        return jnp.where(uniform < chance, jnp.maximum(energy, smallest), -jnp.inf)

    def velocity(
        self, outputs: jax.Array, variables: jax.Array, time: jax.Array, conditions: jax.Array
    ) -> jax.Array:
        """The velocity of a mixture of an empty and an occupied cell, plus the network's term."""
        low, high = self._variable(0.0, conditions), self._variable(_LN2, conditions)
        empty_mean, empty_spread = (low + high) / 2, (high - low) / math.sqrt(12)
        mean = self.smallest_occupied(conditions) + _ABOVE + outputs[..., 2]
        spread = jnp.exp(jnp.clip(outputs[..., 3], _SMALLEST_LOG_SPREAD, _LARGEST_LOG_SPREAD))
        empty, empty_density = normal_velocity(variables, time, empty_mean, empty_spread)
        occupied, occupied_density = normal_velocity(variables, time, mean, spread)
        chance = jax.nn.sigmoid(outputs[..., 1] + occupied_density - empty_density)
        return chance * occupied + (1 - chance) * empty + outputs[..., 0]

    def smallest_occupied(self, conditions: jax.Array) -> jax.Array:
        """The variable of the smallest deposit, shape (n, *shape)."""
        return self._variable(_LN2 + _GAP - _ROUNDING, conditions)

    def _variable(self, raw: float, conditions: jax.Array) -> jax.Array:
        """The standardised variable of a raw one, shape (n, *shape)."""
        variables = jnp.full((len(conditions), self.size), raw)
        if self.scale:
            variables = self._scale().standardise(variables, conditions)
        return variables.reshape(len(variables), *self.shape)


def _deviations_above(mean: jax.Array, log_deviation: jax.Array, threshold: jax.Array) -> jax.Array:
    """Distance of the mean above the threshold, in deviations."""
    return (mean - threshold) * jnp.exp(-log_deviation)
