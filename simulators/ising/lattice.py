"""Multi-spin coding: 32 replicas in a word, and the two sublattices of the checkerboard.

A packed lattice is two arrays (black, white) of shape (L, L/2, words): bit b of word w is
the spin of replica 32 w + b, set for +1. Black site (i, j) lies at column 2 j + (i mod 2),
white site (i, j) at the other column of that pair.
"""

import numpy as np
from numpy.typing import NDArray

__all__ = ["BITS", "Packed", "magnetisation", "pack", "pack_mask", "unpack"]

BITS = 32

Words = NDArray[np.uint32]
Packed = tuple[Words, Words]


def pack(spins: NDArray[np.int8]) -> Packed:
    """Pack configurations of shape (replicas, L, L), replicas a multiple of 32."""
    replicas, size, _ = spins.shape
    octets = np.packbits(spins.reshape(replicas, -1) > 0, axis=0, bitorder="little")
    sites = np.ascontiguousarray(octets.T).view("<u4").astype(np.uint32, copy=False)
    sublattices = (sites[flat].reshape(size, size // 2, -1) for flat in _sites(size))
    black, white = sublattices
    return black, white


def unpack(packed: Packed) -> NDArray[np.int8]:
    """Configurations of shape (replicas, L, L), values -1 and +1."""
    size, _, words = packed[0].shape
    octets = np.empty((size * size, 4 * words), np.uint8)
    for flat, sublattice in zip(_sites(size), packed, strict=True):
        octets[flat] = np.ascontiguousarray(sublattice, "<u4").reshape(-1, words).view(np.uint8)
    bits = np.unpackbits(np.ascontiguousarray(octets.T), axis=0, bitorder="little")
    return (2 * bits.view(np.int8) - 1).reshape(BITS * words, size, size)


def pack_mask(mask: NDArray[np.bool_]) -> Words:
    """One bit per replica, shape (replicas,) -> (words,)."""
    return np.packbits(mask, bitorder="little").view("<u4").astype(np.uint32, copy=False)


def magnetisation(spins: NDArray[np.int8]) -> NDArray[np.int64]:
    """Sum of the spins, shape (replicas, L, L) -> (replicas,)."""
    return spins.sum(axis=(1, 2), dtype=np.int64)


def _sites(size: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Flat indices of the black and of the white sites, in packed order."""
    row, pair = np.divmod(np.arange(size * size // 2), size // 2)
    first = row * size + 2 * pair
    return first + row % 2, first + 1 - row % 2
