"""Stopping powers and ranges against ESTAR, spectra against their own integrals."""

import numpy as np
import pytest
from scipy.integrate import quad

from simulators.calorimeter import MATERIALS, Material, ionisation
from simulators.calorimeter import bremsstrahlung as brems
from simulators.calorimeter.constants import ELECTRON_MASS as M
from simulators.calorimeter.fluctuations import sample_loss
from simulators.calorimeter.grid import SPECTRUM_BITS, locate, nodes
from simulators.calorimeter.rng import seed_stream

# NIST ESTAR, liquid water (I = 75 eV), MeV cm^2/g.
ESTAR_COLLISION = {0.01: 22.56, 0.1: 4.115, 1.0: 1.849, 10.0: 1.968}
ESTAR_RADIATIVE = {1.0: 0.01280, 10.0: 0.1832}
WATER = Material(
    "water",
    1.0,
    {"H": 0.111894, "O": 0.888106},
    75.0,
    MATERIALS["water"].density_effect,
)


def stream(seed=1):
    state = np.zeros(4, np.uint64)
    seed_stream(state, seed, 0)
    return state


@pytest.mark.parametrize("energy", ESTAR_COLLISION)
def test_collision_stopping_power_of_water(energy):
    loss = ionisation.collision_loss(np.array([energy]), energy, WATER, positron=False)[0]
    assert loss * 10 == pytest.approx(ESTAR_COLLISION[energy], rel=5e-3)


@pytest.mark.parametrize("energy", ESTAR_RADIATIVE)
def test_radiative_stopping_power_of_water(energy):
    loss = brems.radiative_loss(WATER, energy, energy, positron=False)
    assert loss * 10 == pytest.approx(ESTAR_RADIATIVE[energy], rel=1.5e-2)


def test_range_in_water():
    """ESTAR's continuous-slowing-down range of 1 MeV: 0.4367 g/cm^2; of 10 MeV: 4.975."""

    def inverse(energy):
        collision = ionisation.collision_loss(np.array([energy]), energy, WATER, positron=False)
        return 0.1 / (collision[0] + brems.radiative_loss(WATER, energy, energy, positron=False))

    start = quad(inverse, 0.01, 1.0, limit=60)[0]
    assert start + 2.5e-4 == pytest.approx(0.4367, rel=1e-2)
    assert start + quad(inverse, 1.0, 10.0, limit=60)[0] == pytest.approx(4.975, rel=1e-2)


# Restricted losses that Geant4 11 tabulates for cuts of 0.7 mm (MeV/mm).
GEANT4_LOSS = {
    "LAr": (0.27394, 5.2051e-3, {0.01: 2.0904, 0.1: 0.40741, 1: 0.18373, 1e3: 0.19412}),
    "PbWO4": (0.84247, 0.075778, {0.01: 8.450, 0.1: 1.8691, 1: 0.93099, 1e3: 1.02728}),
}


@pytest.mark.parametrize("name", GEANT4_LOSS)
def test_restricted_losses_of_geant4(name):
    electron_cut, photon_cut, table = GEANT4_LOSS[name]
    for energy, expected in table.items():
        loss = ionisation.collision_loss(
            np.array([float(energy)]), electron_cut, MATERIALS[name], positron=False
        )[0]
        loss += brems.radiative_loss(MATERIALS[name], energy, photon_cut, positron=False)
        assert loss == pytest.approx(expected, rel=5e-4)


def test_emission_rates_of_geant4():
    """Photons above 75.8 keV in PbWO4, Geant4 11, 1/mm."""
    table = {0.27593: 0.18218, 1.0048: 0.27702, 9.6442: 0.59902, 92.57: 0.97053, 11781: 1.22335}
    for energy, expected in table.items():
        rate = brems.cross_section(MATERIALS["PbWO4"], energy, 0.0757784, positron=False)
        assert rate == pytest.approx(expected, rel=3e-3)


@pytest.mark.parametrize("positron", [False, True], ids=["electron", "positron"])
def test_delta_rays_follow_their_cross_section(positron):
    """Mean transfer of 4,000 rays within 4 standard errors (one false alarm in 15,000)."""
    energy, cut = 20.0, 1.0
    grid = np.geomspace(cut, energy if positron else energy / 2, 4001)
    rate = ionisation.delta_ray_cross_section
    above = np.array([float(rate(np.array(energy), t, positron=positron)) for t in grid])
    if not positron:
        above[-1] = 0.0
    mean = np.trapezoid(above, grid) / above[0] + cut
    state = stream()
    drawn = [ionisation.sample_delta_ray(state, energy, cut, positron) for _ in range(4000)]
    assert abs(np.mean(drawn) - mean) < 4 * np.std(drawn) / np.sqrt(4000)
    assert min(drawn) >= cut
    assert max(drawn) <= grid[-1]


def test_delta_rays_conserve_momentum():
    energy, transfer = 10.0, 3.0
    p = [np.sqrt(t * (t + 2 * M)) for t in (energy, transfer, energy - transfer)]
    cosine = ionisation.delta_ray_cosine(energy, transfer)
    assert p[0] ** 2 + p[1] ** 2 - 2 * p[0] * p[1] * cosine == pytest.approx(p[2] ** 2)


@pytest.mark.parametrize("energy", [5.0, 3000.0])
def test_photons_follow_their_spectrum(energy):
    """Mean emitted energy of 4,000 photons within 4 standard errors."""
    lead, cut = MATERIALS["Pb"], 0.1
    kp = brems.dielectric_scale(lead, energy)

    k = energy * (1 - np.linspace((1 - cut / energy) ** (1 / 3), 0, 4001) ** 3)
    rate = brems.macroscopic(lead, energy, k) / (k * (1 + (kp / k) ** 2))
    mean = np.trapezoid(rate * k, k) / np.trapezoid(rate, k)
    grid = nodes(SPECTRUM_BITS)
    index, share = locate(energy, SPECTRUM_BITS)
    rows = np.stack([brems.spectrum_row(lead, grid[index + i], cut) for i in (0, 1)])
    migdal = (kp / (energy + M)) ** 2
    state = stream()
    drawn = [
        brems.sample_photon(state, rows, share, energy, cut, migdal, False, 82.0)
        for _ in range(4000)
    ]
    assert abs(np.mean(drawn) - mean) < 4 * np.std(drawn) / np.sqrt(4000)


def test_lpm_effect_suppresses_soft_photons_only():
    lead = MATERIALS["Pb"]
    k = np.array([1e2, 9e5])
    free = brems._screened(82, k / (1e6 + M), 1e6 + M) * brems.PREFACTOR
    suppressed = brems.bethe_heitler(82, 1e6, k, lead)
    assert suppressed[0] < 0.3 * free[0]
    assert suppressed[1] == pytest.approx(free[1], rel=0.02)


def test_positrons_radiate_less():
    lead = MATERIALS["Pb"]
    for energy, low, high in ((1.0, 0.6, 0.95), (100.0, 0.99, 1.0)):
        rates = [brems.cross_section(lead, energy, 0.1, positron=p) for p in (True, False)]
        assert low < rates[0] / rates[1] <= high


@pytest.mark.parametrize("mean", [1e-4, 3e-3, 0.1])
def test_fluctuations_keep_the_mean_loss(mean):
    """Within 4 standard errors and Urban's own bias of 2 percent."""
    state = stream()
    drawn = np.array([sample_loss(state, mean, 0.27, 188e-6) for _ in range(4000)])
    assert np.all(drawn >= 0)
    assert abs(drawn.mean() - mean) < 4 * drawn.std() / np.sqrt(4000) + 0.02 * mean
    assert drawn.std() > 0.02 * mean
