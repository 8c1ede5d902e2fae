"""The energy grid of all tables: equal steps within each octave.

A node's number is then in the first bits of a floating-point energy, so that a look-up needs no
logarithm and no search.
"""

import numpy as np
from numba import njit

FIRST_OCTAVE = -10  # 2^-10 MeV, just under 1 keV
OCTAVES = 30  # to 2^20 MeV, just over 1 TeV

CHARGED_BITS = 4  # 16 nodes an octave
PHOTON_BITS = 6
SPECTRUM_BITS = 2


def nodes(bits: int) -> np.ndarray:
    """Energies in MeV of a grid with 2^bits nodes an octave."""
    steps = 1 + np.arange(2**bits) / 2**bits
    octaves = 2.0 ** np.arange(FIRST_OCTAVE, FIRST_OCTAVE + OCTAVES)
    return np.append((octaves[:, None] * steps).ravel(), 2.0 ** (FIRST_OCTAVE + OCTAVES))


@njit(cache=True)
def locate(energy, bits):
    """(number of the node below, fraction of the way to the next)."""
    word = np.float64(energy).view(np.int64)
    shift = 52 - bits
    index = (word >> shift) - ((1023 + FIRST_OCTAVE) << bits)
    fraction = (word & ((1 << shift) - 1)) * (1.0 / (1 << shift))
    last = (OCTAVES << bits) - 1
    if index < 0:
        return 0, 0.0
    if index > last:
        return last, 1.0
    return index, fraction
