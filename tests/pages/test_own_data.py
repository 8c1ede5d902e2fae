"""docs/own-data.md, line by line, with few events."""

import re
from pathlib import Path

import h5py
import numpy as np
import pytest
import uproot
from following import COUNT, ROOT, commands, follow

from physgan.data import open_dataset

pytestmark = pytest.mark.documentation

PAGE = ROOT / "docs" / "own-data.md"
EVENTS = 500
SMALL = {
    "import": ["--split", "train=0.2,validation=0.2,test=0.6"],
    "train": [
        *("--batch-size", "32", "--generator-width", "8", "--embedding", "4"),
        *("--likelihood-samples", "640", "--rejection-samples", "0"),
        *("--checkpoint-samples", "320", "--validation-samples", str(COUNT)),
    ],
    "benchmark": ["--count", str(COUNT)],
}
"""Further options of a command that make it quick."""
FITTED = {**SMALL, "train": ["--method", "copula"]}
"""The same with a baseline, which is fitted at once."""
COARSE = {**FITTED, "simulate": ["--mesh", "32", "--steps", "1", "--count", str(EVENTS)]}
"""The same with simulations on a coarse mesh."""


def follow_section(title: str, more: dict[str, list[str]], folder: Path) -> None:
    """A section of the page, in `folder`."""
    sections = re.split(r"^## ", PAGE.read_text(), flags=re.MULTILINE)
    section = next(part for part in sections if part.startswith(title))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        follow(commands(section), more, events=EVENTS, count=COUNT)


@pytest.fixture(scope="module")
def calorimeter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("calorimeter")
    follow_section("A calorimeter", SMALL, folder)
    return folder


@pytest.fixture(scope="module")
def chamber(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("chamber")
    follow_section("A drift chamber", FITTED, folder)
    return folder


@pytest.fixture(scope="module")
def maps(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("maps")
    follow_section("Maps", COARSE, folder)
    return folder


def test_the_calorimeter_is_followed_to_the_end(calorimeter: Path) -> None:
    data = open_dataset(calorimeter / "calorimeter.h5")
    assert (len(data), data.shapes["deposits"]) == (EVENTS, (1, 12, 12))
    assert {axis.name: len(axis.values) for axis in data.info.grid}["x"] == 13
    made = open_dataset(calorimeter / "made.h5")
    for name, values in data.read("test")[1].items():
        np.testing.assert_array_equal(made.read()[1][name], values)
    assert (calorimeter / "report" / "report.html").stat().st_size > 10_000
    with uproot.open(calorimeter / "photons.root") as file:
        stored = file["events"].arrays(library="np")
    assert stored["deposits"].shape == (COUNT, 1, 12, 12)
    assert set(stored["particle"]) == {22}
    assert (stored["energy_mev"] >= 1000).all()


def test_the_chamber_is_followed_to_the_end(chamber: Path) -> None:
    data = open_dataset(chamber / "chamber.h5")
    assert (len(data), data.shapes["values"]) == (2 * EVENTS, (8, 16))
    assert data.info.fields[0].unit == "ADC"
    assert {c.name: c.unit for c in data.info.conditions}["charge"] == "electrons"
    with np.load(chamber / "test.npz") as file:
        np.testing.assert_array_equal(file["values"], data.read("test")[0]["values"])
        assert "charge_electrons" in file
    with h5py.File(chamber / "made-here.h5") as file:
        assert set(file["conditions/drift_cm"]) == {50.0}


def test_the_maps_are_followed_to_the_end(maps: Path) -> None:
    data = open_dataset(maps / "maps.h5")
    assert (len(data), data.shapes["values"]) == (EVENTS, (32, 32))
    assert {axis.name: axis.values[0] for axis in data.info.grid} == {"y": 3.125, "x": 3.125}
    assert data.info.parameters["scale"] > 0
    with np.load(maps / "maps.npz") as file:
        np.testing.assert_array_equal(file["values"], data.read()[0]["values"])
    report = (maps / "report" / "report.html").read_text()
    assert "power spectrum" in report
