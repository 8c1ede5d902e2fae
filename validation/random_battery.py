"""Statistical tests of streams of 32-bit words; each gives a p-value, uniform if random.

References:
    L'Ecuyer, Simard, ACM Trans. Math. Softw. 33, 22 (2007): TestU01.
    Marsaglia, Tsay, Linear Algebra Appl. 67, 147 (1985): matrix ranks.
"""

from collections.abc import Iterator
from itertools import combinations

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray
from scipy import stats

Words = NDArray[np.uint32]
Results = Iterator[tuple[str, float]]


def battery(stream: Words) -> Results:
    """All tests of one stream, shape (n,), n a multiple of 4096."""
    yield "bits in every lane", _largest(_lane_z(stream))
    yield "number of bits in a word", _popcounts(stream)
    yield "pairs of lanes", _largest(_pair_z(stream))
    for lag in (1, 2, 3, 8, 16):
        yield f"lanes against lanes {lag} words on", _largest(_lane_z(stream[lag:] ^ stream[:-lag]))
        rolled = np.bitwise_xor(stream[lag:], _rotated(stream[:-lag], 5))
        yield f"lanes against other lanes {lag} words on", _largest(_lane_z(rolled))
    triples = stream[2:] ^ stream[1:-1] ^ stream[:-2]
    yield "triples of successive words", _largest(_lane_z(triples))
    yield "pairs of octets", _octet_pairs(stream)
    yield "words until a bit is set", _waiting(stream)
    yield "ranks of binary matrices", _ranks(stream)
    yield "repeated words", _repeats(stream)
    yield "differences of successive words", _uniform(stream[1:] - stream[:-1])
    yield "second differences", _uniform(stream[2:] - 2 * stream[1:-1] + stream[:-2])


def verdict(p_values: NDArray[np.float64]) -> float:
    """Chance that random bits would give so small, or so large, an extreme p-value."""
    extreme = min(p_values.min(), 1 - p_values.max())
    return float(min(1.0, 2 * len(p_values) * extreme))


def lanes_as_words(stream: Words) -> Words:
    """The 32 lanes one after another, each with 32 successive bits to a word."""
    bits = np.unpackbits(stream[:, None].view(np.uint8), axis=1, bitorder="little")
    packed = np.packbits(bits.T, axis=1, bitorder="little")
    return np.ascontiguousarray(packed).view(np.uint32).reshape(-1)


@jax.jit
def _ones(stream: jax.Array) -> jax.Array:
    """Set bits in every lane, shape (32,); n a multiple of 128."""
    shift = jnp.arange(8, dtype=jnp.uint32)[:, None, None]
    octets = stream.reshape(-1, 128) >> shift & jnp.uint32(0x01010101)
    sums = octets.sum(axis=2, dtype=jnp.uint32)
    lanes = sums >> jnp.array([0, 8, 16, 24], jnp.uint32)[:, None, None] & jnp.uint32(0xFF)
    return lanes.sum(axis=2, dtype=jnp.uint32).reshape(-1)


def _lane_z(stream: Words) -> NDArray[np.float64]:
    stream = stream[: len(stream) // 128 * 128]
    return (2 * np.asarray(_ones(stream), float) - len(stream)) / np.sqrt(len(stream))


def _pair_z(stream: Words) -> NDArray[np.float64]:
    lanes = lanes_as_words(stream).reshape(32, -1)
    pairs = combinations(range(32), 2)
    unequal = [np.bitwise_count(lanes[i] ^ lanes[j]).sum(dtype=np.int64) for i, j in pairs]
    return (2 * np.array(unequal) - len(stream)) / np.sqrt(len(stream))


def _rotated(stream: Words, by: int) -> Words:
    return stream << np.uint32(by) | stream >> np.uint32(32 - by)


def _largest(z: NDArray[np.float64]) -> float:
    """Chance of so large a largest |z| among so many."""
    return float(-np.expm1(len(z) * np.log1p(-2 * stats.norm.sf(np.abs(z).max()))))


def _chi2(counts: NDArray[np.int64], probability: NDArray[np.float64]) -> float:
    return float(stats.chisquare(counts, counts.sum() * probability).pvalue)


def _popcounts(stream: Words) -> float:
    counts = np.bincount(np.bitwise_count(stream), minlength=33)
    expected = stats.binom.pmf(np.arange(33), 32, 0.5)
    low = int(np.searchsorted(expected[:16] * len(stream), 10))
    high = 33 - low
    merged = [counts[: low + 1].sum(), *counts[low + 1 : high - 1], counts[high - 1 :].sum()]
    chances = [expected[: low + 1].sum(), *expected[low + 1 : high - 1], expected[high - 1 :].sum()]
    return _chi2(np.array(merged), np.array(chances))


def _octet_pairs(stream: Words) -> float:
    octets = stream.view(np.uint16).astype(np.int64)
    return _chi2(np.bincount(octets, minlength=65536), np.full(65536, 1 / 65536))


def _waiting(stream: Words) -> float:
    """In every lane, the number of words up to the first set bit, in groups of 16 words."""
    groups = stream[: len(stream) // 16 * 16].reshape(-1, 16)
    counts = np.zeros(17, np.int64)
    undecided = np.full(len(groups), 0xFFFFFFFF, np.uint32)
    for k in range(16):
        counts[k] = np.bitwise_count(undecided & groups[:, k]).sum(dtype=np.int64)
        undecided &= ~groups[:, k]
    counts[16] = np.bitwise_count(undecided).sum(dtype=np.int64)
    chances = np.append(0.5 ** np.arange(1, 17), 0.5**16)
    keep = min(16, int(np.searchsorted(-chances * counts.sum(), -20)))
    return _chi2(
        np.append(counts[:keep], counts[keep:].sum()),
        np.append(chances[:keep], chances[keep:].sum()),
    )


def _ranks(stream: Words) -> float:
    """Ranks over GF(2) of 32 x 32 matrices made of 32 successive words."""
    rows = stream[: min(len(stream), 1 << 21) // 32 * 32].reshape(-1, 32).copy()
    rank, count = np.zeros(len(rows), np.int64), np.arange(len(rows))
    for lane in range(32):
        bit = rows >> np.uint32(lane) & np.uint32(1)
        bit[np.arange(32) < rank[:, None]] = 0
        found, pivot = bit.any(axis=1), bit.argmax(axis=1)
        target = np.minimum(rank, 31)
        pivot = np.where(found, pivot, target)
        chosen = rows[count, pivot]
        rows[count, pivot] = rows[count, target]
        rows[count, target] = chosen
        clear = rows >> np.uint32(lane) & np.uint32(1)
        clear[count, target] = 0
        rows ^= np.where(found[:, None], clear * chosen[:, None], np.uint32(0))
        rank += found
    full = np.prod(1 - 0.5 ** np.arange(1, 33))
    chances = np.array([full, 2 * full * (1 - 0.5**32)])
    counts = np.array([(rank == 32).sum(), (rank == 31).sum(), (rank < 31).sum()])
    return _chi2(counts, np.append(chances, 1 - chances.sum()))


def _repeats(stream: Words) -> float:
    """Number of equal pairs among up to 2^20 words, Poisson with mean n^2 / 2^33."""
    _, counts = np.unique(stream[: 1 << 20], return_counts=True)
    pairs = (counts * (counts - 1) // 2).sum()
    mean = counts.sum() * (counts.sum() - 1) / 2**33
    return float(stats.poisson.sf(pairs - 1, mean) - 0.5 * stats.poisson.pmf(pairs, mean))


def _uniform(stream: Words) -> float:
    return _chi2(np.bincount(stream >> np.uint32(20), minlength=4096), np.full(4096, 1 / 4096))
