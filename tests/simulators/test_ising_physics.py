"""Configurations against exact thermodynamics. Seeds are fixed.

Every assertion at `SIGMAS` standard errors would fail for about one seed in 15,000.
"""

import numpy as np
import pytest
from scipy import stats

from simulators import Ising
from simulators.ising import exact

TC = exact.critical_temperature
SIGMAS = 4.0


def z_score(values, expected):
    return (values.mean() - expected) / (values.std() / np.sqrt(len(values)))


def assert_boltzmann(spins, temperature, field, four_by_four, energy):
    """Counts of every (E, M) of the 4 x 4 torus against all 65,536 states, chi-squared."""
    energies, magnetisations = four_by_four
    weight = np.exp(-(energies - field * magnetisations) / temperature)
    cell = (energies + 32) // 4 * 17 + (magnetisations + 16) // 2
    chances = np.bincount(cell, weight, minlength=17 * 17) / weight.sum()
    measured = (16 * energy(spins)).astype(int), spins.sum((1, 2), dtype=int)
    counts = np.bincount((measured[0] + 32) // 4 * 17 + (measured[1] + 16) // 2, minlength=17 * 17)
    assert not counts[chances == 0].any()
    rare = chances * len(spins) < 10
    counts = np.append(counts[~rare], counts[rare].sum())
    chances = np.append(chances[~rare], chances[rare].sum())
    assert stats.chisquare(counts, len(spins) * chances).pvalue > 1e-4


@pytest.mark.parametrize("temperature", [1.2, TC, 3.5, 9.0])
def test_boltzmann_distribution(temperature, four_by_four, energy):
    spins = Ising(4).sample({"temperature": temperature}, 32768, seed=11)["spins"]
    assert_boltzmann(spins, temperature, 0.0, four_by_four, energy)


@pytest.mark.parametrize("field", [-0.3, 0.02, 1.1])
@pytest.mark.parametrize("temperature", [1.5, 2.5])
def test_boltzmann_distribution_in_a_field(temperature, field, four_by_four, energy):
    spins = Ising(4, field).sample({"temperature": temperature}, 32768, seed=12)["spins"]
    assert_boltzmann(spins, temperature, field, four_by_four, energy)


@pytest.mark.parametrize("temperature", [1.2, TC, 3.5])
def test_boltzmann_distribution_by_clusters(temperature, four_by_four, energy):
    wolff = Ising(4, algorithm="wolff")
    spins = wolff.sample({"temperature": temperature}, 32768, seed=13)["spins"]
    assert_boltzmann(spins, temperature, 0.0, four_by_four, energy)


@pytest.mark.parametrize("algorithm", ["metropolis", "wolff"])
@pytest.mark.parametrize("temperature", [2.0, TC, 2.5, 3.0])
def test_energy_and_specific_heat(algorithm, temperature, energy):
    count = 8192 if algorithm == "metropolis" else 2048
    ising = Ising(16, algorithm=algorithm)
    values = energy(ising.sample({"temperature": temperature}, count, seed=7)["spins"])
    torus = exact.kaufman(16, temperature)
    heat = 256 * (values - torus.energy) ** 2 / temperature**2
    assert abs(z_score(values, torus.energy)) < SIGMAS
    assert abs(z_score(heat, torus.specific_heat)) < SIGMAS


def test_every_temperature_of_a_mixed_run(energy):
    """Temperatures mixed event by event: each against its own exact energy."""
    values = np.linspace(1.5, 3.5, 16)
    temperature = np.tile(values, 512)
    energies = energy(Ising(16).sample({"temperature": temperature}, 8192, seed=3)["spins"])
    z = [z_score(energies[temperature == t], exact.kaufman(16, t).energy) for t in values]
    assert stats.chi2.sf(np.square(z).sum(), len(z)) > 1e-4


def test_continuous_temperatures(energy):
    """Every event at a temperature of its own."""
    temperature = np.random.default_rng(5).uniform(1.5, 3.5, 2048)
    energies = energy(Ising(8).sample({"temperature": temperature}, 2048, seed=4)["spins"])
    torus = [exact.kaufman(8, t) for t in temperature]
    scatter = np.array(
        [t * np.sqrt(x.specific_heat) / 8 for t, x in zip(temperature, torus, strict=True)]
    )
    z = (energies - np.array([x.energy for x in torus])) / scatter
    assert abs(z.mean()) < SIGMAS / np.sqrt(len(z))


def test_critical_binder_cumulant():
    """U4 at T_c is 0.6114 at L = 16 (extrapolating to 0.61069)."""
    m = Ising(16).sample({"temperature": TC}, 32768, seed=9)["spins"].mean((1, 2))
    blocks = (m**2).reshape(64, -1).mean(1), (m**4).reshape(64, -1).mean(1)
    cumulant = 1 - blocks[1] / (3 * (m**2).mean() ** 2)
    bias = 2 * (m**4).mean() / (3 * (m**2).mean() ** 3) * (blocks[0] - (m**2).mean())
    error = (cumulant + bias).std() / 8
    assert abs(cumulant.mean() - 0.6114) < SIGMAS * error
    assert error < 0.002


@pytest.mark.parametrize("algorithm", ["metropolis", "wolff"])
def test_symmetries(algorithm):
    """Sign, translations and the exchange of the axes."""
    sampled = Ising(8, algorithm=algorithm).sample({"temperature": 2.2}, 4096, seed=21)
    spins = sampled["spins"].astype(float)
    assert set(np.unique(spins)) == {-1, 1}
    assert abs(z_score(spins.mean((1, 2)), 0)) < SIGMAS
    sign = np.sign(spins.mean((1, 2)))[:, None, None]
    deviation = (spins * sign - (spins * sign).mean((1, 2), keepdims=True)).reshape(4096, -1)
    z = deviation.mean(0) / (deviation.std(0) / 64)
    assert np.abs(z).max() < 5
    rows, columns = ((spins * np.roll(spins, 1, axis)).mean((1, 2)) for axis in (1, 2))
    assert abs(z_score(rows - columns, 0)) < SIGMAS


def test_successive_snapshots_of_a_chain_are_nearly_independent(energy):
    """Events 1,024 apart share a chain at one temperature; so do their |m|."""
    spins = Ising(16).sample({"temperature": TC}, 8192, seed=8)["spins"]
    for values in (energy(spins), np.abs(spins.mean((1, 2)))):
        chains = values.reshape(8, 1024)
        centred = chains - values.mean()
        correlation = (centred[1:] * centred[:-1]).mean() / values.var()
        assert abs(correlation) < 0.02 + SIGMAS / np.sqrt(7 * 1024)
