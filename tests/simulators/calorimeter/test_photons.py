"""Photon cross sections against XCOM, samplers against closed forms."""

import numpy as np
import pytest

from simulators.calorimeter import MATERIALS, grid, tables
from simulators.calorimeter.annihilation import annihilation_cross_section, sample_annihilation
from simulators.calorimeter.compton import compton_barn, sample_compton
from simulators.calorimeter.constants import BARN, CLASSICAL_RADIUS
from simulators.calorimeter.constants import ELECTRON_MASS as M
from simulators.calorimeter.pair_production import pair_barn, sample_pair, screening_row
from simulators.calorimeter.photoelectric import sample_photoelectron_cosine
from simulators.calorimeter.rng import seed_stream

# NIST mass attenuation coefficients (J. H. Hubbell and S. M. Seltzer), cm^2/g, coherent scattering
# included, which is below 3 percent here.
NIST = {
    ("Pb", 1.0): 0.07102,
    ("Pb", 2.0): 0.04606,
    ("Pb", 5.0): 0.04272,
    ("Pb", 10.0): 0.04972,
    ("Pb", 20.0): 0.06206,
    ("Cu", 1.0): 0.05901,
    ("Cu", 10.0): 0.03103,
    ("water", 0.1): 0.1707,
    ("water", 1.0): 0.07072,
    ("water", 10.0): 0.02219,
}


@pytest.fixture(scope="module")
def attenuation():
    energies = grid.nodes(grid.PHOTON_BITS)

    def value(name, energy):
        table = tables._photon_tables(MATERIALS[name])["photon"][:, tables.TOTAL]
        return np.interp(energy, energies, table) * 10 / MATERIALS[name].density

    return value


@pytest.mark.parametrize(("name", "energy"), NIST)
def test_attenuation_coefficients_of_nist(attenuation, name, energy):
    assert attenuation(name, energy) == pytest.approx(NIST[name, energy], rel=0.04)


def stream(seed=1):
    state = np.zeros(4, np.uint64)
    seed_stream(state, seed, 0)
    return state


def klein_nishina(energy, cosine):
    ratio = 1 / (1 + energy / M * (1 - cosine))
    return ratio**2 * (ratio + 1 / ratio - 1 + cosine**2), ratio


def test_compton_cross_section_is_klein_nishina_times_z():
    cosine = np.linspace(-1, 1, 20001)
    for energy in (0.2, 1.0, 20.0):
        total = np.trapezoid(klein_nishina(energy, cosine)[0], cosine)
        expected = np.pi * CLASSICAL_RADIUS**2 * total / BARN
        for z in (6, 29, 82):
            assert compton_barn(z, np.array(energy)) / z == pytest.approx(expected, rel=0.08)


@pytest.mark.parametrize("energy", [0.05, 1.0, 50.0])
def test_compton_photons_follow_klein_nishina(energy):
    """Mean energy of 4,000 photons within 4 standard errors."""
    cosine = 1 - np.geomspace(1e-9, 2, 200001)[::-1]
    density, ratio = klein_nishina(energy, cosine)
    mean = energy * np.trapezoid(density * ratio, cosine) / np.trapezoid(density, cosine)
    state = stream()
    drawn = np.array([sample_compton(state, energy) for _ in range(4000)])
    assert abs(drawn[:, 0].mean() - mean) < 4 * drawn[:, 0].std() / np.sqrt(4000)
    kinematics = energy / (1 + energy / M * (1 - drawn[:, 1]))
    assert drawn[:, 0] == pytest.approx(kinematics)


def test_pair_production_approaches_seven_ninths_of_a_radiation_length():
    lead = MATERIALS["Pb"]
    z, atoms = lead.atoms[0]
    rate = atoms * BARN * pair_barn(z, np.array([5e4]), lead)[0]
    assert rate * lead.radiation_length == pytest.approx(7 / 9, rel=0.03)


def test_pair_production_starts_at_its_threshold_and_falls_by_the_lpm_effect():
    lead = MATERIALS["Pb"]
    assert np.all(pair_barn(82, np.array([0.5, 1.0]), lead) == 0)
    high = pair_barn(82, np.array([8e4, 1.2e5, 1e6, 3e7]), lead)  # E_LPM of lead: 4.3 TeV
    assert high[1] == pytest.approx(high[0], rel=0.02)
    assert 0.97 < high[2] / high[0] <= 1.0
    assert 0.8 < high[3] / high[0] < 0.95


def test_pairs_share_the_energy_as_in_complete_screening():
    """<eps(1 - eps)> of 1 - 4/3 eps(1 - eps), up to the small Coulomb and electron terms."""
    eps = np.linspace(0, 1, 10001)
    weight = 1 - 4 / 3 * eps * (1 - eps)
    expected = np.trapezoid(weight * eps * (1 - eps), eps) / np.trapezoid(weight, eps)
    state = stream()
    drawn = np.array([sample_pair(state, 5e4, screening_row(82)) for _ in range(4000)])
    assert np.all((drawn > 0) & (drawn <= 0.5))
    product = drawn * (1 - drawn)
    assert product.mean() == pytest.approx(expected, abs=4 * product.std() / 63 + 0.002)


def test_annihilation_cross_section_at_both_ends():
    slow = annihilation_cross_section(np.array(1e-3))
    beta = np.sqrt(1 - 1 / (1 + 1e-3 / M) ** 2)
    assert slow == pytest.approx(np.pi * CLASSICAL_RADIUS**2 / beta, rel=0.01)
    gamma = 1e4 / M + 1
    limit = np.pi * CLASSICAL_RADIUS**2 / gamma * (np.log(2 * gamma) - 1)
    assert annihilation_cross_section(np.array(1e4)) == pytest.approx(limit, rel=0.01)


def test_annihilation_conserves_energy_and_momentum():
    state = stream()
    for energy in (0.01, 1.0, 100.0):
        momentum = np.sqrt(energy * (energy + 2 * M))
        for _ in range(50):
            first, cosine = sample_annihilation(state, energy)
            second = energy + 2 * M - first
            left = momentum**2 + first**2 - 2 * momentum * first * cosine
            assert np.sqrt(left) == pytest.approx(second, rel=1e-6)


def test_photoelectrons_go_forward_the_faster_they_are():
    state = stream()
    means = [
        np.mean([sample_photoelectron_cosine(state, e) for _ in range(1000)])
        for e in (0.005, 0.1, 1.0, 10.0)
    ]
    assert means == sorted(means)
    assert means[0] < 0.3
    assert means[-1] > 0.9
