"""docs/own-data.md, line by line, with few events."""

import re
import runpy
import shlex
import sys
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import uproot

from physgan.benchmark import benchmark
from physgan.cli import run_command
from physgan.comparison import ComparisonSettings
from physgan.data import open_dataset
from physgan.fidelity import BoostedTrees, DenseNetwork

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "own-data.md"
EVENTS = 500
COUNT = 100
TREES, NETWORK = BoostedTrees(rounds=5, repeats=1), DenseNetwork(width=8, epochs=2, repeats=1)
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


def lines(title: str) -> list[list[str]]:
    """The commands in a section of the page, as words."""
    section = re.split(r"^## ", PAGE.read_text(), flags=re.MULTILINE)
    text = next(part for part in section if part.startswith(title))
    blocks = re.findall(r"```bash\n(.*?)```", text, re.DOTALL)
    joined = "".join(blocks).replace("\\\n", " ")
    return [shlex.split(line) for line in joined.splitlines() if line]


def run(
    words: list[str], more: dict[str, list[str]], folder: Path, patch: pytest.MonkeyPatch
) -> None:
    """One line of the page, in `folder`, with `more` options of its command."""
    patch.chdir(folder)
    words = [str(EVENTS) if before == "--events" else word for before, word in pairs(words)]
    words = [str(COUNT) if before == "--count" else word for before, word in pairs(words)]
    if words[0] == "python":
        patch.setattr(sys, "argv", words[1:])
        runpy.run_path(str(ROOT / words[1]), run_name="__main__")
        return
    assert words[0] == "physgan"
    assert run_command([*words[1:], *more.get(words[1], [])]) == 0, " ".join(words)


def pairs(words: list[str]) -> list[tuple[str, str]]:
    return list(zip(["", *words], words, strict=False))


def follow(title: str, more: dict[str, list[str]], folder: Path) -> None:
    """A section of the page, with small classifiers and one size of batches timed."""

    def quick(*sources: Any, **arguments: Any) -> dict[str, Any]:
        return benchmark(*sources, **arguments, classifier_budget=0, batches=(COUNT,))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("physgan.benchmark.trained_run.benchmark", quick)
        patch.setattr("physgan.benchmark.classifiers.BoostedTrees", lambda: TREES)
        patch.setattr("physgan.benchmark.classifiers.DenseNetwork", lambda: NETWORK)
        patch.setattr(
            "physgan.comparison.metrics.ComparisonSettings",
            lambda: ComparisonSettings(TREES, NETWORK, draws=2),
        )
        for words in lines(title):
            run(words, more, folder, patch)


@pytest.fixture(scope="module")
def calorimeter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("calorimeter")
    follow("A calorimeter", SMALL, folder)
    return folder


@pytest.fixture(scope="module")
def chamber(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("chamber")
    follow("A drift chamber", FITTED, folder)
    return folder


@pytest.fixture(scope="module")
def maps(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("maps")
    follow("Maps", COARSE, folder)
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
