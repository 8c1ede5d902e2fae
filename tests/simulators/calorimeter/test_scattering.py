"""Multiple scattering against Highland's formula and Lewis's mean cosine."""

import numpy as np
import pytest

from simulators.calorimeter import MATERIALS
from simulators.calorimeter import multiple_scattering as msc
from simulators.calorimeter.constants import ELECTRON_MASS as M
from simulators.calorimeter.directions import rotate
from simulators.calorimeter.rng import seed_stream
from simulators.calorimeter.transport_cross_section import (
    transport_cross_section,
    transport_mean_free_path,
)


def sample(name, energy, path, count, positron=False):
    material = MATERIALS[name]
    parameters = msc.urban_parameters(material)
    mean_free_path = float(transport_mean_free_path(material, np.array(energy), positron=positron))
    minimum = msc.minimal_step(parameters, energy, mean_free_path, positron)
    state = np.zeros(4, np.uint64)
    seed_stream(state, 5, 0)
    drawn = [
        msc.sample_cosine(
            state, parameters, path, energy, mean_free_path, energy, mean_free_path, minimum,
            positron,
        )
        for _ in range(count)
    ]  # fmt: skip
    return np.array(drawn), path / mean_free_path


@pytest.mark.parametrize("name", ["Pb", "Cu", "LAr"])
@pytest.mark.parametrize("energy", [20.0, 1000.0])
def test_width_is_highlands(name, energy):
    """Core of the projected angle against 13.6 MeV/(beta p) sqrt(x/X0) (1 + 0.038 ln(x/X0)),
    which is itself good to 11 percent (PDG).
    """
    x = 0.05
    cosine, _ = sample(name, energy, x * MATERIALS[name].radiation_length, 6000)
    momentum = np.sqrt(energy * (energy + 2 * M))
    beta = momentum / (energy + M)
    theta0 = 13.6 / (beta * momentum) * np.sqrt(x) * (1 + 0.038 * np.log(x))
    core = np.quantile(np.arccos(cosine), 1 - np.exp(-0.5))  # one theta0 of a 2-d Gaussian
    assert core == pytest.approx(theta0, rel=0.11)


@pytest.mark.parametrize(("energy", "path"), [(1.0, 0.02), (0.2, 0.005), (10.0, 0.2)])
def test_mean_cosine_is_lewis(energy, path):
    """<cos> = exp(-path/lambda_1) within 5 standard errors and 3 percent."""
    cosine, tau = sample("Pb", energy, path, 6000)
    loss = (1 - cosine).mean()
    error = cosine.std() / np.sqrt(len(cosine))
    assert abs(loss - (1 - np.exp(-tau))) < 5 * error + 0.03 * loss


def test_transport_cross_sections_fall_with_energy_and_grow_with_z():
    energies = np.geomspace(1e-3, 1e4, 60)
    for positron in (False, True):
        lead = transport_cross_section(82, energies, positron=positron)
        carbon = transport_cross_section(6, energies, positron=positron)
        assert np.all(np.diff(lead) < 0)
        assert np.all(lead > 5 * carbon)
    electron, other = (
        transport_cross_section(82, np.array([0.05]), positron=p)[0] for p in (False, True)
    )
    assert 0.5 < other / electron < 0.8


def test_rotation_makes_the_angle_it_is_asked_for(rng):
    for _ in range(200):
        u = rng.normal(size=3)
        u /= np.linalg.norm(u)
        cosine, phi = rng.uniform(-1, 1), rng.uniform(0, 2 * np.pi)
        v = np.array(rotate(*u, cosine, np.cos(phi), np.sin(phi)))
        assert np.linalg.norm(v) == pytest.approx(1)
        assert u @ v == pytest.approx(cosine, abs=1e-9)
    assert rotate(0.0, 0.0, -1.0, 1.0, 1.0, 0.0)[2] == pytest.approx(-1)


def test_shift_stays_within_the_path():
    state = np.zeros(4, np.uint64)
    seed_stream(state, 1, 0)
    for straight in (0.1, 0.9, 0.999):
        r, angle = msc.lateral_shift(state, 1.0, straight)
        assert 0 <= r <= np.sqrt(1 - straight**2)
        assert abs(angle) <= np.pi
