"""The calorimeter as a simulator: conservation, reproducibility, geometry, refusals."""

import re

import numpy as np
import pytest

from physgan.data import build_simulator, load_recipe
from simulators import SIMULATORS, Calorimeter, Simulator
from simulators.calorimeter import Material, Slab, alternating, block
from simulators.calorimeter.constants import ELECTRON_MASS as M

SMALL = ({"layers": 6, "absorber": "W", "absorber_mm": 3.5, "gap": "Si", "gap_mm": 1.0},)
CYLINDER = {"r_mm": [0, 5, 20, 100], "alpha": 4}


@pytest.fixture(scope="module")
def small():
    return Calorimeter(SMALL, CYLINDER, 100.0, vary=("particle", "x_mm", "y_mm", "theta", "phi"))


def at(energy, particle=11, **other):
    rest = {"x_mm": 0.0, "y_mm": 0.0, "theta": 0.0, "phi": 0.0}
    return {"energy_mev": energy, "particle": particle, **rest, **other}


def total(samples):
    return sum(v.reshape(len(v), -1).sum(1, dtype=np.float64) for v in samples.values())


def test_follows_the_protocol(small):
    assert isinstance(small, Simulator)
    assert SIMULATORS[small.name] is Calorimeter
    again = Calorimeter(**small.parameters)
    assert again.parameters == small.parameters
    samples = small.sample(at(30.0), 3, 0)
    axes = {axis.name: len(axis.values) - (axis.name in {"alpha", "r"}) for axis in small.grid}
    for field in small.fields:
        assert samples[field.name].shape == (3, *(axes[name] for name in field.axes))
        assert samples[field.name].dtype == field.dtype
        assert np.all(samples[field.name] >= 0)


@pytest.mark.parametrize("particle", [11, -11, 22])
@pytest.mark.parametrize("energy", [0.05, 5.0, 500.0])
def test_energy_is_conserved(small, particle, energy):
    samples = small.sample(at(energy, particle, theta=0.4, x_mm=45.0), 20, 7)
    expected = energy + (2 * M if particle == -11 else 0.0)
    assert total(samples) == pytest.approx(expected, rel=1e-6)


def test_energy_is_conserved_in_every_kind_of_stack():
    stacks = [
        ({"layers": 3, "medium": "PbWO4", "depth_mm": 60.0},),
        (Slab("Cu", 3.0, -1), Slab("LAr", 20.0, 0, True), Slab("Fe", 5.0), Slab("air", 9.0)),
        (*alternating(2, "Pb", 5.0, "polystyrene", 4.0), *block(1, "water", 30.0)),
    ]  # fmt: skip
    for stack in stacks:
        cells = {"x_mm": [-20, 0, 20], "y_mm": [-20, -10, 10, 20]}
        samples = Calorimeter(stack, cells, 60.0).sample({"energy_mev": 100.0}, 10, 3)
        assert total(samples) == pytest.approx(100.0, rel=1e-6)


def test_an_event_is_a_function_of_seed_and_number(small):
    energies = np.geomspace(5.0, 500.0, 30)
    whole = small.sample(at(energies), 30, 9)
    parts = [small.sample(at(energies[s]), 10, 9, first_event=s.start) for s in
             (slice(0, 10), slice(10, 20), slice(20, 30))]  # fmt: skip
    for name, values in whole.items():
        assert np.array_equal(values, np.concatenate([part[name] for part in parts]))
    other = small.sample(at(energies), 30, 10)
    assert not np.array_equal(whole["deposits"], other["deposits"])


def test_showers_shift_and_turn_with_the_particle(small):
    """Centre of gravity at the impact point; later layers move along the direction."""
    samples = Calorimeter(SMALL, {"x_mm": np.arange(-50, 51, 2.0), "y_mm": [-50, 50]}, 100.0,
                          vary=("x_mm", "theta")).sample(
        {"energy_mev": 500.0, "x_mm": 10.0, "theta": 0.3}, 150, 4)  # fmt: skip
    x = np.arange(-49, 50, 2.0)
    profile = samples["deposits"].sum((0, 3))
    centre = profile @ x / profile.sum(1)
    depth = np.arange(6) * 4.5 + 4.0
    expected = 10.0 + np.tan(0.3) * depth
    assert centre[:5] == pytest.approx(expected[:5], abs=1.0)


def test_no_direction_is_preferred(small):
    """Four sectors share the energy of 300 showers: chi-squared below its 1e-4 quantile."""
    energy = small.sample(at(200.0), 300, 2)["deposits"].sum((1, 3), dtype=np.float64)
    seen = energy[energy.sum(1) > 0]  # a photon may take all of it through
    shares = seen / seen.sum(1, keepdims=True) - 0.25
    deviation = shares.mean(0) / (shares.std(0) / np.sqrt(len(seen)))
    assert np.sum(deviation**2) * 0.75 < 21.1


def test_thresholds_move_energy_to_the_unread(small):
    cut = Calorimeter(SMALL, CYLINDER, 100.0, threshold_mev=0.5)
    free = Calorimeter(SMALL, CYLINDER, 100.0)
    a, b = (c.sample({"energy_mev": 300.0}, 10, 5) for c in (cut, free))
    assert np.all((a["deposits"] == 0) | (a["deposits"] >= 0.5))
    assert np.array_equal(a["deposits"], np.where(b["deposits"] < 0.5, 0, b["deposits"]))
    assert total(a) == pytest.approx(300.0, rel=1e-6)


def test_rounding_leaves_no_deposit_below_zero():
    """Two electrons of 65,536: a cell got a step of -1e-16 MeV alone, which no training takes."""
    recipe = load_recipe("calo-pbwo4-lar")
    cut = build_simulator(recipe.simulator, recipe.parameters)
    free = build_simulator(recipe.simulator, {**recipe.parameters, "threshold_mev": 0.0})
    for number, energy in ((19354, 2284.9106343582766), (53042, 6230.505909275782)):
        for simulator in (cut, free):
            shower = simulator.sample({"energy_mev": energy}, 1, 0, first_event=number)
            assert shower["deposits"].min() == 0
            assert total(shower) == pytest.approx(energy, rel=1e-6)


def test_photons_attenuate_by_their_cross_section():
    """2 MeV photons through 20 mm of lead: exp(-mu x), mu = 0.04606 cm^2/g (NIST), 4 sigma."""
    foil = Calorimeter((Slab("Pb", 20.0, 0, True),), {"r_mm": [0, 1e4]}, 1e4, particle="gamma")
    back = foil.sample({"energy_mev": 2.0}, 4000, 1)["leakage"][:, 1]
    share = np.mean(back == np.float32(2.0))
    expected = np.exp(-0.04606 * 11.35 * 2.0)
    assert abs(share - expected) < 4 * np.sqrt(expected / 4000) + 0.02 * expected


def test_electrons_stop_at_their_range():
    """1 MeV electrons: 99 percent of the energy within ESTAR's range in water, 4.37 mm."""
    water = Calorimeter(
        (Slab("water", 4.37, 0, True), Slab("water", 50.0, 1, True)), {"r_mm": [0, 1e3]}, 1e3
    )
    deposits = water.sample({"energy_mev": 1.0}, 400, 2)["deposits"][:, :, 0, 0].mean(0)
    assert deposits[1] < 0.01
    assert deposits[0] > 0.93


def test_electrons_in_a_thin_gap_lose_what_bethe_says():
    """Most probable loss of 500 MeV electrons in 1 mm of silicon: 0.30 MeV (Landau; PDG)."""
    silicon = Calorimeter((Slab("Si", 1.0, 0, True),), {"r_mm": [0, 1e4]}, 1e4)
    loss = silicon.sample({"energy_mev": 500.0}, 4000, 3)["deposits"].ravel()
    counts, edges = np.histogram(loss, np.linspace(0.15, 0.6, 46))
    peak = edges[np.argmax(np.convolve(counts, np.ones(5), "same"))] + 0.005
    assert peak == pytest.approx(0.30, abs=0.02)


def test_own_mixtures():
    mixture = {"density": 7.13, "fractions": {"Bi": 0.671, "Ge": 0.175, "O": 0.154}}
    bgo = Calorimeter(
        ({"layers": 2, "medium": "BGO", "depth_mm": 100.0},), CYLINDER, materials={"BGO": mixture}
    )
    assert bgo.materials[0].radiation_length == pytest.approx(11.2, rel=0.02)
    same = Calorimeter((Slab(Material("BGO", **mixture), 100.0, 0, True),), CYLINDER)
    assert same.materials[0].radiation_length == bgo.materials[0].radiation_length


BAD = {
    "material": (
        {"slabs": ({"layers": 2, "medium": "kryptonite", "depth_mm": 10},)},
        "expected a material among Pb, W, Cu,",
    ),
    "thickness": (
        {"slabs": ({"material": "Pb", "thickness": -1.0},)},
        "expected a slab thickness > 0 mm; got -1 of Pb",
    ),
    "no slabs": ({"slabs": ()}, "expected at least one slab; got none"),
    "layers": (
        {"slabs": ({"layers": 0, "medium": "Pb", "depth_mm": 10},)},
        "expected layers to be a whole number >= 1; got 0",
    ),
    "two thousand million layers": (
        {
            "slabs": (
                {
                    "layers": 2 * 10**9,
                    "absorber": "Pb",
                    "absorber_mm": 1,
                    "gap": "LAr",
                    "gap_mm": 1,
                },
            )
        },
        "expected layers of at most 10000; got 2000000000",
    ),
    "as many in a block": (
        {"slabs": ({"layers": 2 * 10**9, "medium": "Pb", "depth_mm": 10},)},
        "expected layers of at most 10000; got 2000000000",
    ),
    "a far layer": (
        {"slabs": ({"material": "Pb", "thickness": 1.0, "layer": 2 * 10**9},)},
        "expected a layer number from 0 to 9999, or -1 for dead matter; got 2000000000",
    ),
    "sectors": ({"cells": {"r_mm": [0, 5], "alpha": 10**9}}, "expected alpha of at most 4096; got"),
    "cells in all": (
        {"cells": {"r_mm": list(range(2000)), "alpha": 4096}},
        "expected at most 16777216 cells; got 50 layers of 8187904",
    ),
    "key": (
        {"slabs": ({"material": "Pb", "depth": 1},)},
        "expected a slab, a stack or a block; got",
    ),
    "cell": (
        {"cells": {"r_mm": [0, 5, 5]}},
        "expected increasing edges, cells wider than 0, in r_mm; got",
    ),
    "one edge": ({"cells": {"x_mm": [0], "y_mm": [0, 1]}}, "expected two or more edges in x_mm;"),
    "cells": ({"cells": {"eta": [0, 1]}}, "expected cells with r_mm and alpha, or with x_mm and"),
    "width": ({"width_mm": 0}, "expected a width > 0 mm; got 0"),
    "particle": ({"particle": "mu-"}, "expected particle e-, e+ or gamma; got 'mu-'"),
    "range cut": ({"range_cut_mm": 0}, "expected range_cut_mm >= 0.001; got 0"),
    "threshold": ({"threshold_mev": -1}, "expected threshold_mev >= 0; got -1"),
    "vary": ({"vary": ("colour",)}, "expected vary among particle, x_mm, y_mm, theta, phi; got"),
}


@pytest.mark.parametrize("case", BAD)
def test_refuses_bad_stacks(case):
    arguments, message = BAD[case]
    with pytest.raises(ValueError, match="^" + re.escape(message)) as caught:
        Calorimeter(**arguments)
    assert "\n" not in str(caught.value)


BAD_CONDITIONS = {
    "too soft": (at(1e-4), "expected energy_mev in [0.001, 1e+06] MeV; got 0.0001"),
    "too hard": (at(1e7), "expected energy_mev in [0.001, 1e+06] MeV; got 1e+07"),
    "code": (at(10.0, 13), "expected particle 11, -11 or 22 (PDG code); got 13"),
    "outside": (at(10.0, x_mm=60.0), "expected x_mm within the front face, below 50 mm; got 60"),
    "missing": ({"energy_mev": 1.0}, "expected conditions energy_mev, particle,"),
}


@pytest.mark.parametrize("case", BAD_CONDITIONS)
def test_refuses_bad_conditions(small, case):
    conditions, message = BAD_CONDITIONS[case]
    with pytest.raises(ValueError, match="^" + re.escape(message)):
        small.sample(conditions, 2, 1)
