"""Observables, written out independently of physgan."""

import numpy as np
import pytest


def _energy(spins):
    """Energy per site in zero field, shape (n,)."""
    s = spins.astype(np.int64)
    bonds = s * (np.roll(s, 1, 1) + np.roll(s, 1, 2))
    return -bonds.mean((1, 2))


@pytest.fixture(scope="session")
def energy():
    return _energy


@pytest.fixture(scope="session")
def four_by_four():
    """Energy and magnetisation of all 2^16 states of the 4 x 4 torus."""
    bits = np.arange(1 << 16, dtype=np.uint16)[:, None] >> np.arange(16, dtype=np.uint16) & 1
    spins = (2 * bits.astype(np.int8) - 1).reshape(-1, 4, 4)
    return (16 * _energy(spins)).astype(int), spins.sum((1, 2), dtype=int)
