"""Deposits as real variables: logarithms above the threshold, dequantised zeros below."""

import math
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax.scipy.special import log_ndtr, ndtr, ndtri

from physgan.networks import Fixed, Preprocessing, bounded_normal, normal_negative_log_density, normal_velocity

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
    """2 + ln(1 + deposit / threshold); empty cells are spread evenly over [0, ln 2).

    That is a uniform dequantisation (Theis et al. 2016, arXiv:1511.01844): the density's mass there
    is the probability of an exact zero, and what is not zero is at least the threshold. The gap of
    2 between the two is there for networks whose variables are off by a little: without it they
    light cells that should be empty. Noise on a logarithm has tails that energy has not, so no
    cell gets more than the largest deposit that it had in training (`set_limits`).

    A decoder writes the log odds of a cell that is lit, and mean and log deviation of its variable,
    cut at the threshold (the hurdle model of J. Mullahy, J. Econometrics 33, 341, 1986). A flow's
    velocity is that of an empty cell or a lit one, weighted with the chance that the variable came
    from it; its network writes what is to be added, the log odds, and the shift and log spread of
    the lit.

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
        """Logarithms of what is lit, random places of what is empty."""
        flat = samples.reshape(len(samples), self.size)
        place = jax.random.uniform(key, flat.shape, maxval=_LN2)
        return jnp.where(flat > 0, _GAP + jnp.log1p(flat / self.threshold), place)

    def restored(self, raw: jax.Array) -> jax.Array:
        """Deposits: exact zeros, or the threshold at least."""
        raw = jnp.minimum(raw, self.largest[0][...])
        deposits = jnp.maximum(self.threshold * jnp.expm1(raw - _GAP), self.threshold)
        return jnp.where(raw < _LN2 + _GAP / 2, 0.0, deposits)

    def set_limits(self, raw: np.ndarray) -> None:
        """Keep deposits within the largest of each cell's raw variables, shape (n, size)."""
        self.largest[0][...] = jnp.asarray(raw.max(0), jnp.float32)

    def negative_log_likelihood(
        self, outputs: jax.Array, variables: jax.Array, conditions: jax.Array
    ) -> jax.Array:
        """Of a cell that is empty or lit."""
        smallest = self.smallest_lit(conditions)
        lit = variables >= smallest
        mean, log_deviation = bounded_normal(outputs[..., 1:])
        energy = normal_negative_log_density(outputs[..., 1:], jnp.where(lit, variables, smallest))
        energy = energy + log_ndtr(_deviations_above(mean, log_deviation, smallest))
        logit = outputs[..., 0]
        return jnp.where(lit, jax.nn.softplus(-logit) + energy, jax.nn.softplus(logit))

    def draw(self, outputs: jax.Array, uniform: jax.Array, conditions: jax.Array) -> jax.Array:
        """One uniform number says whether a cell is lit, and where in its distribution it lies.

        Empty cells are infinitely far below.
        """
        smallest = self.smallest_lit(conditions)
        chance = jax.nn.sigmoid(outputs[..., 0])
        mean, log_deviation = bounded_normal(outputs[..., 1:])
        above = jnp.maximum(_deviations_above(mean, log_deviation, smallest), -_FARTHEST)
        rest = jnp.clip(uniform / chance, 0, 1 - _HALF_STEP)
        energy = mean - jnp.exp(log_deviation) * ndtri((rest + _HALF_STEP) * ndtr(above))
        return jnp.where(uniform < chance, jnp.maximum(energy, smallest), -jnp.inf)

    def velocity(
        self, outputs: jax.Array, variables: jax.Array, time: jax.Array, conditions: jax.Array
    ) -> jax.Array:
        """That of a mixture of an empty cell and a lit one."""
        low, high = self._place(0.0, conditions), self._place(_LN2, conditions)
        empty, spread = (low + high) / 2, (high - low) / math.sqrt(12)
        mean = self.smallest_lit(conditions) + _ABOVE + outputs[..., 2]
        lit_spread = jnp.exp(jnp.clip(outputs[..., 3], _SMALLEST_LOG_SPREAD, _LARGEST_LOG_SPREAD))
        dark, dark_density = normal_velocity(variables, time, empty, spread)
        lit, lit_density = normal_velocity(variables, time, mean, lit_spread)
        chance = jax.nn.sigmoid(outputs[..., 1] + lit_density - dark_density)
        return chance * lit + (1 - chance) * dark + outputs[..., 0]

    def smallest_lit(self, conditions: jax.Array) -> jax.Array:
        """The variable of the smallest deposit, shape (n, *shape)."""
        return self._place(_LN2 + _GAP - _ROUNDING, conditions)

    def _place(self, raw: float, conditions: jax.Array) -> jax.Array:
        """Where a raw variable lies behind the scale, shape (n, *shape)."""
        numbers = jnp.full((len(conditions), self.size), raw)
        if self.scale:
            numbers = self._scale().standardise(numbers, conditions)
        return numbers.reshape(len(numbers), *self.shape)


def _deviations_above(mean: jax.Array, log_deviation: jax.Array, threshold: jax.Array) -> jax.Array:
    """How far the mean lies above the threshold, in deviations."""
    return (mean - threshold) * jnp.exp(-log_deviation)
