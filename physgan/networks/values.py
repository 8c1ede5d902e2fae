"""Samples as real numbers of order one, and back: what Gaussian noise can be turned into.

| kind | numbers | back |
|---|---|---|
| plain | the samples, standardised | the same backwards |
| deposits | 2 + ln(1 + deposit / threshold), empty: in [0, ln 2); standardised | below 1.7: empty |
| signs | the spins | their sign |

An empty cell spread evenly over its interval is a uniform dequantisation (Theis et al. 2016,
arXiv:1511.01844): the density's mass there is the probability of an exact zero, and what is not
zero is at least the threshold. The gap of 2 between the two is there for networks whose numbers are
off by a little: without it they light cells that should be empty. Noise on a logarithm has tails
that energy has not, so no cell gets more than the largest deposit that it had in training
(`Values.set_largest`).
"""

import math
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from physgan.networks.fields import Cells
from physgan.networks.scale import Scale, unit_scale

__all__ = ["KINDS", "Fixed", "Values"]

KINDS = ("plain", "deposits", "signs")

_LN2 = math.log(2.0)
_GAP = 2.0
_ROUNDING = 1e-3


class Fixed(nnx.Variable):
    """Numbers that were measured on the training samples, not learnt."""


class Values(nnx.Module):
    """The map between samples in network space and real numbers of order one.

    Args:
        kind: one of `KINDS`.
        shape: of a sample in network space.
        nodes: of the scale, which is measured later (`set_scale`); 0 for none.
        conditions: that the scale depends on.
        threshold: smallest deposit, of the kind "deposits".
    """

    def __init__(
        self,
        kind: str,
        shape: Sequence[int],
        *,
        nodes: int = 0,
        conditions: int = 1,
        threshold: float = 1.0,
    ) -> None:
        self.kind, self.sample_shape, self.threshold = kind, tuple(shape), threshold
        self.shape = _value_shape(kind, self.sample_shape)
        self.size = math.prod(self.shape)
        unit = unit_scale(self.size, nodes, conditions)
        self._kind_of_scale = type(unit)
        self.scale = nnx.List([Fixed(array) for array in unit] if nodes else [])
        deposits = kind == "deposits"
        self.largest = nnx.List([Fixed(jnp.full(self.size, jnp.inf))] if deposits else [])

    def raw(self, samples: jax.Array, key: jax.Array) -> jax.Array:
        """The numbers before the scale, shape (n, size).

        Args:
            samples: shape (n, *sample shape).
            key: of the places of empty cells.
        """
        flat = samples.reshape(len(samples), self.size)
        if self.kind != "deposits":
            return flat
        place = jax.random.uniform(key, flat.shape, maxval=_LN2)
        return jnp.where(flat > 0, _GAP + jnp.log1p(flat / self.threshold), place)

    def raised(self, samples: jax.Array, conditions: jax.Array, key: jax.Array) -> jax.Array:
        """Samples as numbers, shape (n, *shape)."""
        raw = self.raw(samples, key)
        if self.scale:
            raw = self._scale().standardise(raw, conditions)
        return raw.reshape(len(raw), *self.shape)

    def lowered(self, values: jax.Array, conditions: jax.Array) -> jax.Array:
        """Inverse of `raised`, shape (n, *sample shape)."""
        flat = values.reshape(len(values), self.size)
        if self.scale:
            flat = self._scale().restore(flat, conditions)
        if self.kind == "deposits":
            flat = jnp.minimum(flat, self.largest[0][...])
            deposits = jnp.maximum(self.threshold * jnp.expm1(flat - _GAP), self.threshold)
            flat = jnp.where(flat < _LN2 + _GAP / 2, 0.0, deposits)
        elif self.kind == "signs":
            flat = jnp.where(flat > 0, 1.0, -1.0)
        return flat.reshape(len(flat), *self.sample_shape)

    def place(self, raw: float, conditions: jax.Array) -> jax.Array:
        """Where a number before the scale lies behind it, shape (n, *shape)."""
        numbers = jnp.full((len(conditions), self.size), raw)
        if self.scale:
            numbers = self._scale().standardise(numbers, conditions)
        return numbers.reshape(len(numbers), *self.shape)

    def lit(self, conditions: jax.Array) -> jax.Array:
        """The number that the smallest deposit is, shape (n, *shape); of use for deposits alone."""
        return self.place(_LN2 + _GAP - _ROUNDING, conditions)

    def cells(self, conditions: jax.Array) -> Cells:
        """Where empty and lit cells lie; of use for deposits alone."""
        low, high = self.place(0.0, conditions), self.place(_LN2, conditions)
        return Cells((low + high) / 2, (high - low) / math.sqrt(12), self.lit(conditions))

    def set_scale(self, scale: Scale) -> None:
        """Take a scale of `nodes` nodes and as many conditions for the raw numbers."""
        for variable, array in zip(self.scale, scale, strict=True):
            variable[...] = array

    def set_largest(self, raw: np.ndarray) -> None:
        """Keep deposits within the largest of the raw numbers of each place, shape (n, size)."""
        for variable in self.largest:
            variable[...] = jnp.asarray(raw.max(0), jnp.float32)

    def _scale(self) -> Scale:
        """The scale, through which no gradient passes."""
        return self._kind_of_scale(*(jax.lax.stop_gradient(v[...]) for v in self.scale))


def _value_shape(kind: str, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Pictures (h, w, c) for lattices and images, vectors (k,) for all else."""
    if kind == "signs" and len(shape) == 2:
        return (*shape, 1)
    if kind == "plain" and len(shape) == 3:
        return shape
    return (math.prod(shape),)
