"""Materials against the PDG's tables of atomic and nuclear properties."""

import re

import numpy as np
import pytest

from simulators.calorimeter import MATERIALS, Material, cuts, ionisation

# Particle Data Group (2022): radiation length, g/cm^2; critical energy of electrons (Rossi, MeV);
# Moliere radius, g/cm^2.
PDG = {
    "Pb": (6.37, 7.43, 18.18),
    "W": (6.76, 7.97, 18.00),
    "Cu": (12.86, 19.42, 14.05),
    "Fe": (13.84, 21.68, 13.53),
    "LAr": (19.55, 32.84, 12.62),
    "Si": (21.82, 40.19, 11.51),
    "polystyrene": (43.79, 93.11, 9.97),
    "PbWO4": (7.39, 9.64, 16.26),
    "air": (36.62, 87.92, 8.83),
}


@pytest.mark.parametrize("name", PDG)
def test_lengths_and_energies_of_the_pdg(name):
    material = MATERIALS[name]
    x0, critical, moliere = PDG[name]
    per_area = material.density / 10
    assert material.radiation_length * per_area == pytest.approx(x0, rel=2e-3)
    assert ionisation.critical_energy(material) == pytest.approx(critical, rel=3e-3)
    assert ionisation.moliere_radius(material) * per_area == pytest.approx(moliere, rel=3e-3)


def test_mixtures_by_mass_fractions():
    by_hand = Material("PbWO4", 8.28, {"Pb": 0.45535, "W": 0.404013, "O": 0.140637})
    assert by_hand.radiation_length == pytest.approx(MATERIALS["PbWO4"].radiation_length)
    assert by_hand.electron_density == pytest.approx(
        8.28e-3 * 6.02214e23 * (82 + 74 + 4 * 8) / (207.2 + 183.84 + 4 * 15.999), rel=1e-3
    )


def test_plasma_energies_of_the_pdg():
    for name, expected in {"Pb": 61.07, "W": 80.32, "Cu": 58.27, "Si": 31.05}.items():
        assert MATERIALS[name].plasma_energy * 1e6 == pytest.approx(expected, rel=1e-3)


def test_density_effect_grows_and_levels_at_the_plasma_energy():
    lead = MATERIALS["Pb"]
    beta_gamma = np.geomspace(1, 1e6, 50)
    delta = lead.density_correction(beta_gamma)
    assert np.all(np.diff(delta) > 0)
    limit = 2 * np.log(lead.plasma_energy / lead.mean_excitation * beta_gamma[-1]) - 1
    assert delta[-1] == pytest.approx(limit, rel=1e-3)


# Production thresholds of Geant4 11 for 0.7 mm, MeV: photons, electrons.
GEANT4_CUTS = {"Pb": (0.0946, 1.004), "PbWO4": (0.075778, 0.84247)}


@pytest.mark.parametrize("name", GEANT4_CUTS)
def test_range_cuts_as_in_geant4(name):
    photon, electron = GEANT4_CUTS[name]
    assert cuts.photon_cut(MATERIALS[name], 0.7) == pytest.approx(photon, rel=5e-3)
    assert cuts.electron_cut(MATERIALS[name], 0.7) == pytest.approx(electron, rel=5e-3)


def test_longer_range_cuts_are_higher_energies():
    for material in MATERIALS.values():
        lengths = [0.05, 0.5, 5.0]
        for cut in (cuts.photon_cut, cuts.electron_cut):
            energies = [cut(material, length) for length in lengths]
            assert energies == sorted(energies)


BAD = {
    "density": (("x", 0.0, {"Pb": 1.0}), "expected density > 0 g/cm^3 for x; got 0"),
    "sum": (("x", 1.0, {"Pb": 0.5}), "expected positive mass fractions summing to 1 for x; got"),
    "negative": (("x", 1.0, {"Pb": 1.5, "H": -0.5}), "expected positive mass fractions"),
    "symbol": (("x", 1.0, {"Xy": 1.0}), "expected a chemical symbol from H to U; got 'Xy'"),
}


@pytest.mark.parametrize("case", BAD)
def test_refuses_what_is_no_matter(case):
    arguments, message = BAD[case]
    with pytest.raises(ValueError, match="^" + re.escape(message)) as caught:
        Material(*arguments)
    assert "\n" not in str(caught.value)
