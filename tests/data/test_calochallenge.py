"""The CaloChallenge's pair of files: there and back without loss."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from physgan.data import (
    Axis,
    Condition,
    DatasetInfo,
    Field,
    export_calochallenge,
    import_calochallenge,
    open_dataset,
    write_dataset,
)
from physgan.errors import InputError

RINGS = (0.0, 4.65, 9.3, 20.0)
RAGGED = """<Bins>
  <Bin pid="22" name="photon">
    <Layer id="0" r_edges="0,5,10" n_bin_alpha="1"/>
    <Layer id="1" r_edges="0,2" n_bin_alpha="10"/>
    <Layer id="2" r_edges="0" n_bin_alpha="1"/>
  </Bin>
</Bins>
"""


@pytest.fixture
def showers(tmp_path: Path, rng: np.random.Generator) -> Path:
    deposits = rng.exponential(size=(20, 5, 4, 3)).astype(np.float32)
    angles = tuple(np.linspace(-np.pi, np.pi, 5).tolist())
    info = DatasetInfo(
        domain="showers",
        fields=(Field("deposits", "MeV", ("layer", "alpha", "r"), "energy", "float32"),),
        conditions=(Condition("energy_mev", "MeV", 1.0, 1e4, "log"),),
        grid=(
            Axis("layer", "1", (0.0, 1.0, 2.0, 3.0, 4.0)),
            Axis("alpha", "rad", angles),
            Axis("r", "mm", RINGS),
        ),
        parameters={"particle": "gamma"},
    )
    path = tmp_path / "showers.h5"
    write_dataset(path, {"deposits": deposits}, {"energy_mev": np.geomspace(1, 1e4, 20)}, info)
    return path


def test_there_and_back(showers: Path, tmp_path: Path) -> None:
    result = export_calochallenge(showers, tmp_path / "challenge.hdf5")
    assert result["cells"] == 60
    with h5py.File(tmp_path / "challenge.hdf5") as file:
        assert file["incident_energies"].shape == (20, 1)
        assert file["showers"].shape == (20, 60)
    xml = (tmp_path / "challenge.xml").read_text()
    assert xml.count("<Layer ") == 5
    assert 'pid="22" name="photon"' in xml
    assert 'r_edges="0,4.65,9.3,20" n_bin_alpha="4"' in xml
    import_calochallenge(tmp_path / "challenge.hdf5", tmp_path / "challenge.xml", tmp_path / "b.h5")
    first, second = open_dataset(showers), open_dataset(tmp_path / "b.h5")
    assert np.array_equal(first.read()[0]["deposits"], second.read()[0]["deposits"])
    assert second.read()[1]["energy_mev"] == pytest.approx(first.read()[1]["energy_mev"], rel=1e-6)
    grids = [{axis.name: axis.values for axis in d.info.grid} for d in (first, second)]
    assert grids[0]["r"] == grids[1]["r"]


def test_layers_that_differ_become_one_axis(tmp_path: Path, rng: np.random.Generator) -> None:
    (tmp_path / "b.xml").write_text(RAGGED)
    values = rng.exponential(size=(6, 12))
    with h5py.File(tmp_path / "a.hdf5", "w") as file:
        file["incident_energies"] = np.full((6, 1), 256.0)
        file["showers"] = values
    import_calochallenge(tmp_path / "a.hdf5", tmp_path / "b.xml", tmp_path / "c.h5")
    dataset = open_dataset(tmp_path / "c.h5")
    assert dataset.read()[0]["deposits"] == pytest.approx(values, rel=1e-6)
    export_calochallenge(tmp_path / "c.h5", tmp_path / "d.hdf5")
    assert (tmp_path / "d.xml").read_text() == RAGGED


BAD = {
    "no XML": ("{}", 12, "expected a CaloChallenge binning; got "),
    "entity": ("<!DOCTYPE x>" + RAGGED, 12, "expected a binning in plain XML"),
    "cells": (RAGGED, 13, r"expected showers of shape \(N, 12\)"),
    "particles": (RAGGED.replace("Bin ", "Layers "), 12, "one particle in the binning; got none"),
}


@pytest.mark.parametrize("case", BAD)
def test_files_that_do_not_fit(tmp_path: Path, case: str) -> None:
    text, cells, message = BAD[case]
    (tmp_path / "b.xml").write_text(
        text.replace("</Bin>", "</Layers>") if "Layers" in text else text
    )
    with h5py.File(tmp_path / "a.hdf5", "w") as file:
        file["incident_energies"] = np.ones((3, 1))
        file["showers"] = np.ones((3, cells))
    with pytest.raises(InputError, match=message) as caught:
        import_calochallenge(tmp_path / "a.hdf5", tmp_path / "b.xml", tmp_path / "c.h5")
    assert "\n" not in str(caught.value)
