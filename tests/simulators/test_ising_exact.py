"""Closed forms against enumeration, published values and each other."""

import numpy as np
import pytest

from simulators.ising import exact

TC = exact.critical_temperature
TABLE = [
    (16, TC, -1.4530648528, 1.4987049594),
    (32, TC, -1.4336584661, 1.8467675900),
    (64, TC, -1.4239383898, 2.1922113931),
    (128, TC, -1.4190762721, 2.5363313351),
    (32, 2.0, -1.745564527, 0.7248739782),
    (32, 2.5, -1.1072916610, 0.8858125011),
    (32, 3.0, -0.8173097389, 0.4013819475),
]


def test_critical_temperature():
    assert exact.critical_temperature == pytest.approx(2.269185314213022, abs=1e-15)


@pytest.mark.parametrize(("size", "temperature", "energy", "specific_heat"), TABLE)
def test_torus_against_published_values(size, temperature, energy, specific_heat):
    torus = exact.kaufman(size, temperature)
    assert torus.energy == pytest.approx(energy, abs=2e-10)
    assert torus.specific_heat == pytest.approx(specific_heat, abs=2e-10)


@pytest.mark.parametrize("temperature", [0.5, 1.5, TC, 2.5, 9.0])
def test_torus_against_enumeration(four_by_four, temperature):
    energy, _ = four_by_four
    weight = np.exp(-(energy + 32) / temperature)
    mean = (weight * energy).sum() / weight.sum()
    variance = (weight * (energy - mean) ** 2).sum() / weight.sum()
    torus = exact.kaufman(4, temperature)
    assert torus.energy == pytest.approx(mean / 16, abs=1e-12)
    assert torus.specific_heat == pytest.approx(variance / temperature**2 / 16, abs=1e-12)
    expected = np.log(weight.sum()) + 32 / temperature
    assert torus.log_partition == pytest.approx(expected, abs=1e-11)


@pytest.mark.parametrize("temperature", [0.1, 1.0, 2.2, TC, 2.3, 10.0])
@pytest.mark.parametrize("size", [4, 64, 256])
def test_specific_heat_is_the_slope_of_the_energy(size, temperature):
    step = 1e-5 * temperature
    hot, cold = (exact.kaufman(size, temperature + s).energy for s in (step, -step))
    slope = (hot - cold) / (2 * step)
    assert exact.kaufman(size, temperature).specific_heat == pytest.approx(slope, abs=1e-5)


@pytest.mark.parametrize("temperature", [1.0, 1.9, 3.0, 8.0])
def test_large_torus_is_the_infinite_lattice(temperature):
    torus = exact.kaufman(256, temperature)
    assert exact.onsager_energy(temperature) == pytest.approx(torus.energy, abs=1e-11)
    assert exact.onsager_specific_heat(temperature) == pytest.approx(torus.specific_heat, abs=1e-10)


def test_infinite_lattice_at_the_critical_point():
    assert exact.onsager_energy(TC) == pytest.approx(-np.sqrt(2), abs=1e-12)
    assert exact.onsager_specific_heat(TC) > 10
    assert np.all(np.isfinite(exact.onsager_energy(np.array([0.1, TC, 100.0]))))


def test_spontaneous_magnetisation():
    assert exact.yang_magnetisation(2.0) == pytest.approx(0.911319377877496, abs=1e-13)
    assert np.array_equal(exact.yang_magnetisation(np.array([TC + 1e-9, 5.0])), [0, 0])


@pytest.mark.parametrize("temperature", [0.0, -1.0, float("nan")])
def test_temperature_must_be_positive(temperature):
    with pytest.raises(ValueError, match=r"^expected temperature > 0 J/k_B; got .*; pass"):
        exact.kaufman(8, temperature)
