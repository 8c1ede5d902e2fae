"""Velocity fields known in closed form, to which a flow's network adds what it learns.

On the straight way from x0 ~ N(0, 1) at time 0 to x1 at time 1 the field is E[x1 - x0 | x_t]
(Lipman et al. 2023, arXiv:2210.02747). For x1 ~ N(m, s^2) it is
m + (t s^2 - (1 - t)) / S (x - t m) with S = (1 - t)^2 + t^2 s^2; for a mixture the components'
fields are averaged, each by the chance that x_t came from it.

| kind | known | the network writes |
|---|---|---|
| plain, signs | a standard normal law's field | what is to be added |
| deposits | an empty cell's or a lit one's | the same; log odds, shift, log spread of the lit |
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

__all__ = ["FIELDS", "Cells", "Field", "normal_field"]

_ABOVE = 1.0
_LARGEST_LOG = 1.0
_SMALLEST_LOG = -3.0


class Cells(NamedTuple):
    """Where the numbers of deposits lie, each of the numbers' shape.

    Attributes:
        empty: mean of an empty cell's.
        spread: standard deviation of an empty cell's.
        lit: that of the smallest deposit.
    """

    empty: jax.Array
    spread: jax.Array
    lit: jax.Array


class Field(NamedTuple):
    """A field with a learnt part.

    Attributes:
        outputs: what the network writes for each number.
        velocity: (written (..., outputs), numbers, times that broadcast to them, cells) ->
            velocity, shape of the numbers.
    """

    outputs: int
    velocity: Callable[[jax.Array, jax.Array, jax.Array, Cells], jax.Array]


def normal_field(
    values: jax.Array, time: jax.Array, mean: jax.Array, spread: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """The field of N(mean, spread^2), and ln of the density of x_t up to a constant."""
    square = (1 - time) ** 2 + (time * spread) ** 2
    away = values - time * mean
    velocity = mean + (time * spread**2 - (1 - time)) / square * away
    return velocity, -(away**2) / (2 * square) - jnp.log(square) / 2


def _plain(written: jax.Array, values: jax.Array, time: jax.Array, cells: Cells) -> jax.Array:
    zero, one = jnp.zeros_like(values), jnp.ones_like(values)
    return normal_field(values, time, zero, one)[0] + written[..., 0]


def _cell(written: jax.Array, values: jax.Array, time: jax.Array, cells: Cells) -> jax.Array:
    mean = cells.lit + _ABOVE + written[..., 2]
    spread = jnp.exp(jnp.clip(written[..., 3], _SMALLEST_LOG, _LARGEST_LOG))
    dark, dark_density = normal_field(values, time, cells.empty, cells.spread)
    lit, lit_density = normal_field(values, time, mean, spread)
    chance = jax.nn.sigmoid(written[..., 1] + lit_density - dark_density)
    return chance * lit + (1 - chance) * dark + written[..., 0]


FIELDS = {"plain": Field(1, _plain), "signs": Field(1, _plain), "deposits": Field(4, _cell)}
"""Kind of `Values` -> field."""
