"""Checkerboard Metropolis sweeps of packed lattices, 32 replicas a word.

A site flips with probability min(1, exp(-dE/T)), dE = 2 s_i (sum of the four s_j), in units of J.
In a field h it must also pass with min(1, exp(-2 h s_i / T)): the factorised filter, which has
the same equilibrium. A sweep updates all black sites, then all white ones; sites of one colour
have no bonds between them.

Every replica has thresholds and random bits of its own: two replicas that shared random bits
would drift into the same state, since the Ising dynamics are monotone. Only the two thresholds of
one site and replica, of which one at most is in use, are compared with the same bits.

Good values: T = 1 to 5 J/k_B.
Breaks when: T < 0.5, where acceptances below 2^-22 are rounded to zero; near T_c on large lattices,
where the autocorrelation time grows as L^2.17 sweeps (`schedule`).

References:
    Metropolis et al., J. Chem. Phys. 21, 1087 (1953): the acceptance.
    Jacobs, Rebbi, J. Comput. Phys. 41, 203 (1981): multi-spin coding.
    Michel, Kapfer, Krauth, J. Chem. Phys. 140, 054116 (2014): factorised filter, used for
    the external field.
"""

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from simulators.ising.lattice import Packed
from simulators.ising.random_bits import step_keys, words

__all__ = ["Rates", "Threshold", "flip", "rates", "sweeps"]

RANDOM_BITS = 16
DITHER = 32


class Threshold(NamedTuple):
    """A probability per replica, in binary, one bit plane after another.

    Attributes:
        planes: shape (16, words), from the least significant bit.
        dither: shape (32, words): what to carry into the last bit at sweeps 0, 1, 2...;
            over 32 sweeps the mean probability is right to 2^-22.
    """

    planes: NDArray[np.uint32]
    dither: NDArray[np.uint32]


class Rates(NamedTuple):
    """Acceptance of each replica.

    Attributes:
        one: exp(-4/T), for a site with one neighbour against it.
        none: exp(-8/T), for a site with all neighbours along, stored as one XOR none.
        field: exp(-2 |h| / T), for a site along the field; None without field.
        up: shape (), all bits set if the field points up; None without field.
    """

    one: Threshold
    none: Threshold
    field: Threshold | None = None
    up: NDArray[np.uint32] | None = None


def rates(temperature: NDArray[np.float64], field: float = 0.0) -> Rates:
    """Acceptance thresholds of replicas.

    Args:
        temperature: T, shape (replicas,), J/k_B, replicas a multiple of 32.
        field: h, in units of J; default 0.
    """
    one, none = (_threshold(np.exp(-energy / temperature)) for energy in (4, 8))
    difference = Threshold(one.planes ^ none.planes, one.dither ^ none.dither)
    if field == 0:
        return Rates(one, difference)
    up = np.array(0xFFFFFFFF if field > 0 else 0, np.uint32)
    return Rates(one, difference, _threshold(np.exp(-2 * abs(field) / temperature)), up)


def _threshold(probability: NDArray[np.float64]) -> Threshold:
    scaled = np.rint(probability * (DITHER << RANDOM_BITS)).astype(np.int64)
    whole, rest = np.divmod(np.minimum(scaled, (DITHER << RANDOM_BITS) - 1), DITHER)
    order = 13 * np.arange(DITHER)[:, None] % DITHER
    return Threshold(
        _words(whole >> np.arange(RANDOM_BITS)[:, None] & 1),
        _words(rest > order),
    )


def _words(bits: NDArray[np.integer | np.bool_]) -> NDArray[np.uint32]:
    """Bits of shape (n, replicas) to words of shape (n, words)."""
    octets = np.packbits(bits.astype(bool), axis=1, bitorder="little")
    return octets.view("<u4").astype(np.uint32, copy=False)


@jax.jit
def sweeps(
    packed: Packed, rates: Rates, key: NDArray[np.uint32], first: int, count: int
) -> tuple[jax.Array, jax.Array]:
    """Sweep lattices `count` times.

    Args:
        packed: (black, white), each (L, L/2, words) uint32.
        rates: thresholds for the same words.
        key: shape (2,) uint32, of the whole run.
        first: number of sweeps done before under this key.
        count: number of sweeps to do.

    Returns:
        (black, white) after the sweeps. Bits depend on (key, number of the sweep, site) only, so
        10 sweeps are the same as 4 and then 6 with `first` = 4.
    """

    def sweep(number: jax.Array, state: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        black, white = state
        half = partial(_half_sweep, rates=rates, number=number, key=key)
        black = half(black, white, colour=0)
        return black, half(white, black, colour=1)

    start = jnp.asarray(first, jnp.uint32)
    black, white = (jnp.asarray(sublattice) for sublattice in packed)
    stop = start + jnp.asarray(count, jnp.uint32)
    result: tuple[jax.Array, jax.Array] = jax.lax.fori_loop(start, stop, sweep, (black, white))
    return result


@jax.jit
def flip(packed: Packed, mask: NDArray[np.uint32]) -> tuple[jax.Array, jax.Array]:
    """Flip all spins of the replicas in `mask`, shape (words,)."""
    return jnp.bitwise_xor(packed[0], mask), jnp.bitwise_xor(packed[1], mask)


def _half_sweep(
    own: jax.Array,
    other: jax.Array,
    *,
    rates: Rates,
    number: jax.Array,
    key: NDArray[np.uint32],
    colour: int,
) -> jax.Array:
    """Update one sublattice."""
    rows = own.shape[0]
    keys = step_keys(key, 2 * number + jnp.uint32(colour))
    random = words(keys, jnp.arange(own.size, dtype=jnp.uint32).reshape(own.shape))
    odd_row = jnp.arange(rows, dtype=jnp.uint32)[:, None, None] & 1
    beside = jnp.where(odd_row == colour, jnp.roll(other, 1, 1), jnp.roll(other, -1, 1))
    neighbours = (other, beside, jnp.roll(other, 1, 0), jnp.roll(other, -1, 0))
    a, b, c, d = (own ^ neighbour for neighbour in neighbours)
    free = (a & b) | (c & d) | ((a | b) & (c | d))
    none = ~(a | b | c | d)
    one, change = _planes(rates.one, number), _planes(rates.none, number)
    accept = free | _bernoulli(random, [p ^ (none & q) for p, q in zip(one, change, strict=True)])
    if rates.field is not None and rates.up is not None:
        accept &= (own ^ rates.up) | _bernoulli(random, _planes(rates.field, number))
    return own ^ accept


def _planes(threshold: Threshold, number: jax.Array) -> list[jax.Array]:
    """The dither bit of sweep `number` and the 16 bit planes, from the least significant."""
    dither, planes = jnp.asarray(threshold.dither), jnp.asarray(threshold.planes)
    return [dither[number % DITHER], *planes]


def _bernoulli(random: Iterator[jax.Array], planes: list[jax.Array]) -> jax.Array:
    """Bits set with the probability that `planes` spell.

    A fair coin decides at every plane whether the result takes that plane's bit or keeps
    what it has, so the plane k from the top decides with chance 2^-k.
    """
    result, *rest = planes
    for plane in rest:
        result = result ^ (next(random) & (result ^ plane))
    return result
