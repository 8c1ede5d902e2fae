"""Random numbers inside compiled code: xoshiro256++, one stream an event.

D. Blackman and S. Vigna, ACM Trans. Math. Softw. 47, 36 (2021); seeded by SplitMix64 from
(seed, event), so an event's numbers depend on nothing else.
"""

import math

import numpy as np
from numba import njit, uint64

_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_MIX1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX2 = np.uint64(0x94D049BB133111EB)
_SCALE = 1.0 / (1 << 53)


@njit(cache=True)
def _mix(value):
    value = (value ^ (value >> uint64(30))) * _MIX1
    value = (value ^ (value >> uint64(27))) * _MIX2
    return value ^ (value >> uint64(31))


@njit(cache=True)
def seed_stream(state, seed, event):
    """Set `state`, shape (4,) uint64, to the stream of (seed, event)."""
    value = _mix(uint64(seed) + _MULTIPLIER) ^ _mix(uint64(event) * _MULTIPLIER + _MIX2)
    for i in range(4):
        value = value + _MULTIPLIER
        state[i] = _mix(value)


@njit(cache=True)
def uniform(state):
    """One number in (0, 1), never 0 or 1."""
    s0 = state[0]
    s1 = state[1]
    s2 = state[2]
    s3 = state[3]
    total = s0 + s3
    result = ((total << uint64(23)) | (total >> uint64(41))) + s0
    t = s1 << uint64(17)
    s2 ^= s0
    s3 ^= s1
    state[0] = s0 ^ s3
    state[1] = s1 ^ s2
    state[2] = s2 ^ t
    state[3] = (s3 << uint64(45)) | (s3 >> uint64(19))
    return (np.float64(result >> uint64(11)) + 0.5) * _SCALE


@njit(cache=True)
def gauss(state, mean, sigma):
    """One normal number (polar method)."""
    while True:
        x = 2.0 * uniform(state) - 1.0
        y = 2.0 * uniform(state) - 1.0
        r = x * x + y * y
        if 0.0 < r < 1.0:
            return mean + sigma * x * math.sqrt(-2.0 * math.log(r) / r)


@njit(cache=True)
def poisson(state, mean):
    """One Poisson number by multiplication, for means up to some tens."""
    if mean <= 0.0:
        return 0
    limit = math.exp(-mean)
    count = 0
    product = uniform(state)
    while product > limit:
        count += 1
        product *= uniform(state)
    return count
