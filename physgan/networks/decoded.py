"""What an autoencoder's decoder says of a sample's numbers: their laws given the latents.

| kind | law of a number | it writes |
|---|---|---|
| plain | normal | mean, log deviation |
| deposits | empty, or normal from the threshold up | logit of being lit, mean, log deviation |
| signs | a spin | logit of being up |

The second is that of a cell which is lit or not, with a cut log-normal energy: mixed discrete and
continuous (the hurdle model of J. Mullahy, J. Econometrics 33, 341, 1986).
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.scipy.special import log_ndtr, ndtr, ndtri

from physgan.networks.plain import normal_latents

__all__ = ["LAWS", "Law"]

_HALF_LOG_2PI = 0.5 * math.log(2 * math.pi)
_LARGEST_LOG = 3.0
_SMALLEST_LOG = -5.0
_HALF_STEP = 2.0**-24
_FARTHEST = 5.0


class Law(NamedTuple):
    """A law of numbers, each by itself.

    Attributes:
        outputs: what the decoder writes for each number.
        surprise: (written (..., outputs), numbers, threshold) -> -ln p, shape of the numbers. The
            threshold is that of a lit cell as a number, and empty cells lie below it.
        draw: (written, uniform numbers on [0, 1), threshold) -> numbers.
    """

    outputs: int
    surprise: Callable[[jax.Array, jax.Array, jax.Array], jax.Array]
    draw: Callable[[jax.Array, jax.Array, jax.Array], jax.Array]


def _normal(written: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Mean and log deviation, within what can be resolved."""
    return written[..., 0], jnp.clip(written[..., 1], _SMALLEST_LOG, _LARGEST_LOG)


def _normal_surprise(written: jax.Array, values: jax.Array, threshold: jax.Array) -> jax.Array:
    mean, log_deviation = _normal(written)
    pull = (values - mean) * jnp.exp(-log_deviation)
    return pull**2 / 2 + log_deviation + _HALF_LOG_2PI


def _normal_draw(written: jax.Array, uniform: jax.Array, threshold: jax.Array) -> jax.Array:
    mean, log_deviation = _normal(written)
    return mean + jnp.exp(log_deviation) * normal_latents(uniform)


def _spin_surprise(written: jax.Array, values: jax.Array, threshold: jax.Array) -> jax.Array:
    return jax.nn.softplus(-values * written[..., 0])


def _spin_draw(written: jax.Array, uniform: jax.Array, threshold: jax.Array) -> jax.Array:
    """Positive where the spin is up."""
    return jax.nn.sigmoid(written[..., 0]) - uniform


def _above(mean: jax.Array, log_deviation: jax.Array, threshold: jax.Array) -> jax.Array:
    """How far the mean lies above the threshold, in deviations."""
    return (mean - threshold) * jnp.exp(-log_deviation)


def _cell_surprise(written: jax.Array, values: jax.Array, threshold: jax.Array) -> jax.Array:
    lit = values >= threshold
    mean, log_deviation = _normal(written[..., 1:])
    known = jnp.where(lit, values, threshold)
    energy = _normal_surprise(written[..., 1:], known, threshold)
    energy = energy + log_ndtr(_above(mean, log_deviation, threshold))
    logit = written[..., 0]
    return jnp.where(lit, jax.nn.softplus(-logit) + energy, jax.nn.softplus(logit))


def _cell_draw(written: jax.Array, uniform: jax.Array, threshold: jax.Array) -> jax.Array:
    """One uniform number says whether the cell is lit, and how far up its law the energy lies.

    Empty cells are infinitely far below.
    """
    chance = jax.nn.sigmoid(written[..., 0])
    mean, log_deviation = _normal(written[..., 1:])
    above = jnp.maximum(_above(mean, log_deviation, threshold), -_FARTHEST)
    rest = jnp.clip(uniform / chance, 0, 1 - _HALF_STEP)
    energy = mean - jnp.exp(log_deviation) * ndtri((rest + _HALF_STEP) * ndtr(above))
    return jnp.where(uniform < chance, jnp.maximum(energy, threshold), -jnp.inf)


LAWS = {
    "plain": Law(2, _normal_surprise, _normal_draw),
    "deposits": Law(3, _cell_surprise, _cell_draw),
    "signs": Law(1, _spin_surprise, _spin_draw),
}
"""Kind of `Values` -> law."""
