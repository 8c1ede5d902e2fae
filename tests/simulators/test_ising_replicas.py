"""Replicas must not know of each other: the 32 bits of a word, and words among words."""

import jax.numpy as jnp
import numpy as np
import pytest

from simulators.ising import exact, metropolis
from simulators.ising.lattice import magnetisation, pack, pack_mask, unpack
from simulators.ising.metropolis import rates, sweeps
from simulators.ising.random_bits import new_key

SIZE, TIMES = 8, 150


def energies(replicas, energy):
    """Energies of replicas that all start in one state, shape (TIMES, replicas)."""
    key, chances = new_key(31), rates(np.full(replicas, exact.critical_temperature))
    packed, series = pack(np.ones((replicas, SIZE, SIZE), np.int8)), []
    for step in range(TIMES):
        packed = sweeps(packed, chances, key, 10 * step, 10)
        series.append(energy(unpack(tuple(map(np.asarray, packed)))))
    return np.array(series[10:])


def spread_of_the_mean(series):
    """Variance of the mean over replicas, over its value for independent replicas.

    Its standard error is at most 2 sqrt(2 tau / n) = 0.24 for independent replicas.
    """
    torus = exact.kaufman(SIZE, exact.critical_temperature)
    return ((series.mean(1) - torus.energy) ** 2).mean() * series.shape[1] / series.var()


def test_replicas_are_independent(energy):
    series = energies(256, energy)
    assert spread_of_the_mean(series) < 2
    correlation = np.corrcoef(series.T)[np.triu_indices(256, 1)]
    assert abs(correlation.mean()) < 5 / np.sqrt(len(correlation) * len(series) / 2)
    assert np.abs(correlation).max() < 7.0 / np.sqrt(len(series) / 2)


def test_shared_random_bits_would_be_noticed(energy, monkeypatch):
    """With one coin for all replicas they fall into step: this is what the test guards."""

    def shared(keys, position):
        original = _words(keys, position)
        while True:
            yield -(next(original) & jnp.uint32(1))

    _words = metropolis.words
    metropolis.sweeps.clear_cache()
    monkeypatch.setattr(metropolis, "words", shared)
    try:
        assert spread_of_the_mean(energies(64, energy)) > 30
    finally:
        metropolis.sweeps.clear_cache()


def test_a_replica_does_not_depend_on_its_neighbours_temperatures():
    """The same bits at replica 0 whatever replicas 1 to 31 do."""
    spins = np.ones((32, SIZE, SIZE), np.int8)
    temperature = np.full(32, 2.3)
    alike = sweeps(pack(spins), rates(temperature), new_key(1), 0, 50)
    temperature[1:], spins[1:] = 5.0, -1
    mixed = sweeps(pack(spins), rates(temperature), new_key(1), 0, 50)
    for one, other in zip(alike, mixed, strict=True):
        assert np.array_equal(np.asarray(one) & 1, np.asarray(other) & 1)


def test_sweeps_can_be_done_in_parts():
    spins, chances = pack(np.ones((32, SIZE, SIZE), np.int8)), rates(np.full(32, 2.3))
    whole = sweeps(spins, chances, new_key(2), 0, 7)
    parts = sweeps(sweeps(spins, chances, new_key(2), 0, 3), chances, new_key(2), 3, 4)
    assert all(map(np.array_equal, whole, parts))


@pytest.mark.parametrize("probability", [1e-6, 0.0292, 0.1716, 0.5, 0.999])
def test_thresholds_spell_probabilities(probability):
    """Bits and dither together are right to 2^-22 on average over 32 sweeps."""
    temperature = -4 / np.log(probability)
    one = rates(np.full(32, temperature)).one
    weights = 2.0 ** np.arange(-16, 0)
    bits = (one.planes[:, 0] & 1) @ weights + (one.dither[:, 0] & 1).mean() * 2.0**-16
    assert bits == pytest.approx(probability, abs=2.0**-22)


def test_packing(rng):
    spins = np.where(rng.random((64, 6, 6)) < 0.5, -1, 1).astype(np.int8)
    assert np.array_equal(unpack(pack(spins)), spins)
    mask = rng.random(64) < 0.5
    words = pack_mask(mask)
    flipped = unpack(tuple(sublattice ^ words for sublattice in pack(spins)))
    assert np.array_equal(flipped, np.where(mask[:, None, None], -spins, spins))
    assert np.array_equal(magnetisation(spins), spins.sum((1, 2)))
