"""The CaloChallenge's pair of files: there and back without loss."""

import itertools
from pathlib import Path

import h5py
import numpy as np
import pytest

from physgan.data import (
    Axis,
    Condition,
    DatasetInfo,
    Field,
    open_dataset,
    write_dataset,
)
from physgan.domains import domain_of
from physgan.domains.showers.calochallenge import (
    export_calochallenge,
    import_calochallenge,
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
        assert {array.dtype for array in file.values()} == {np.dtype(np.float64)}
    xml = (tmp_path / "challenge.xml").read_text()
    assert xml.count("<Layer ") == 5
    assert 'pid="22" name="photon"' in xml
    assert 'r_edges="0,4.65,9.3,20" n_bin_alpha="4"' in xml
    import_calochallenge(tmp_path / "challenge.hdf5", tmp_path / "challenge.xml", tmp_path / "b.h5")
    first, second = open_dataset(showers), open_dataset(tmp_path / "b.h5")
    assert np.array_equal(first.read()[0]["deposits"], second.read()[0]["deposits"])
    assert np.array_equal(first.read()[1]["energy_mev"], second.read()[1]["energy_mev"])
    grids = [{axis.name: axis.values for axis in d.info.grid} for d in (first, second)]
    assert grids[0]["r"] == grids[1]["r"]


@pytest.mark.parametrize(
    ("axes", "conditions", "message"),
    [
        (("layer", "x", "y"), ("energy_gev", "theta"), "got layer, x, y; the format has rings and"),
        (("layer", "alpha", "r"), ("theta",), "an incident energy among the conditions; got theta"),
        (("layer", "alpha", "r"), ("energy_gev", "theta"), ""),
    ],
)
def test_cells_and_conditions_that_the_format_has_no_place_for(
    tmp_path: Path,
    rng: np.random.Generator,
    axes: tuple[str, ...],
    conditions: tuple[str, ...],
    message: str,
) -> None:
    known = {
        "energy_gev": Condition("energy_gev", "GeV", 0.0, 10.0),
        "theta": Condition("theta", "rad", 0.0, 1.0),
    }
    info = DatasetInfo(
        domain="showers",
        fields=(Field("deposits", "MeV", axes, "energy", "float32"),),
        conditions=tuple(known[name] for name in conditions),
        grid=(
            Axis("layer", "1", (0.0,)),
            Axis(axes[1], "mm", (-1.0, 0.0, 1.0)),
            Axis(axes[2], "mm", (0.0, 1.0, 2.0)),
        ),
    )
    deposits = rng.exponential(size=(5, 1, 2, 2)).astype(np.float32)
    values = {name: np.linspace(0.1, 1, 5) for name in conditions}
    write_dataset(tmp_path / "a.h5", {"deposits": deposits}, values, info)
    if message:
        with pytest.raises(InputError, match=message):
            export_calochallenge(tmp_path / "a.h5", tmp_path / "b.hdf5")
        assert [path.name for path in tmp_path.iterdir()] == ["a.h5"]
        return
    result = export_calochallenge(tmp_path / "a.h5", tmp_path / "b.hdf5")
    assert result["left_out"] == ["theta"]
    with h5py.File(tmp_path / "b.hdf5") as file:
        np.testing.assert_allclose(file["incident_energies"][:, 0], 1000 * values["energy_gev"])


def test_files_of_either_precision_are_read(showers: Path, tmp_path: Path) -> None:
    """The Challenge's own are float64; other tools, and this one before, write float32."""
    double, single = tmp_path / "double.hdf5", tmp_path / "single.hdf5"
    export_calochallenge(showers, double)
    with h5py.File(double) as file, h5py.File(single, "w") as out:
        for name, array in file.items():
            out[name] = array[:].astype(np.float32)
    found = []
    for path in (double, single):
        import_calochallenge(path, tmp_path / "double.xml", path.with_suffix(".h5"))
        found.append(open_dataset(path.with_suffix(".h5")).read())
    np.testing.assert_array_equal(*(samples["deposits"] for samples, _ in found))
    np.testing.assert_allclose(*(conditions["energy_mev"] for _, conditions in found), rtol=1e-6)


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


DATA_SET_1 = """<Bins>
  <Bin pid="211" name="pion"><Layer id="0" r_edges="0,9" n_bin_alpha="1"/></Bin>
  <Bin pid="22" name="photon">
    <Layer id="0" r_edges="0,5,10,30,50,100,200,400,600" n_bin_alpha="1"/>
    <Layer id="1" r_edges="0,2,4,6,8,10,12,15,20" n_bin_alpha="10"/>
    <Layer id="2" r_edges="0,2,5,10,15" n_bin_alpha="10"/>
    <Layer id="3" r_edges="0,50,100" n_bin_alpha="1"/>
    <Layer id="4" r_edges="0" n_bin_alpha="1"/>
    <Layer id="12" r_edges="0,100,200,400,1000" n_bin_alpha="1"/>
  </Bin>
</Bins>
"""


def write_pair(folder: Path, xml: str, showers: np.ndarray, energies: np.ndarray) -> list[Path]:
    paths = [folder / "a.hdf5", folder / "b.xml", folder / "c.h5"]
    paths[1].write_text(xml)
    with h5py.File(paths[0], "w") as file:
        file["incident_energies"] = energies[:, None]
        file["showers"] = showers
    return paths


def test_the_cells_of_data_set_1_lie_on_one_grid(tmp_path: Path, rng: np.random.Generator) -> None:
    """8 rings; 8 x 10 and 4 x 10 cells; 2 and 4 rings: 134 cells in five layers that have any."""
    values = rng.exponential(size=(100, 134)).astype(np.float32)
    energies = np.repeat(256.0 * 2.0 ** np.arange(10), 10)
    paths = write_pair(tmp_path, DATA_SET_1, values, energies)
    with pytest.raises(InputError, match="expected one particle in the binning; got 211, 22"):
        import_calochallenge(*paths)
    import_calochallenge(*paths, pid=22)
    dataset = open_dataset(paths[2])
    assert [len(rows) for rows in dataset.splits.values()] == [80, 10, 10]
    domain = domain_of(dataset.info)
    samples, conditions = dataset.read()
    grid = domain.encode(samples)
    assert grid.shape == (100, 5, 10, 8)
    found = {o.name: o.compute(samples, conditions) for o in domain.observables}
    bounds = np.cumsum([0, 8, 80, 40, 2, 4])
    layers = np.stack([values[:, a:b].sum(1) for a, b in itertools.pairwise(bounds)], 1)
    np.testing.assert_allclose(found["layer_energy"], layers, rtol=1e-5)
    np.testing.assert_allclose(grid.sum((2, 3)), layers, rtol=1e-5)
    assert not found["centre_eta"][:, [0, 3, 4]].any()  # layers of whole rings
    np.testing.assert_array_equal(domain.decode(grid)["deposits"], values)


def test_splits_can_be_chosen(tmp_path: Path, rng: np.random.Generator) -> None:
    paths = write_pair(tmp_path, RAGGED, rng.exponential(size=(50, 12)), np.full(50, 9.0))
    import_calochallenge(*paths, splits={"train": 0.9, "validation": 0.1})
    splits = open_dataset(paths[2]).splits
    assert {name: len(rows) for name, rows in splits.items()} == {"train": 45, "validation": 5}


BROKEN = {
    "NaN": (RAGGED, np.nan, 9.0, "NaN or infinity in row 4"),
    "negative": (RAGGED, -1.0, 9.0, "expected deposits of 0 or more; got -1 in row 4 of"),
    "huge": (RAGGED, 3e38, 9.0, "expected deposits of at most 1e.18; got 3e.38 in row 4 of"),
    "no energy": (RAGGED, 1.0, 0.0, "expected positive incident_energies; got 0.0 in row 4"),
    "edges": (RAGGED.replace("0,5,10", "0,5,3"), 1.0, 9.0, "expected rising r_edges"),
    "sectors": (RAGGED.replace('"10"', '"0"'), 1.0, 9.0, "a sector or more in every layer"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_showers_that_are_none(tmp_path: Path, case: str) -> None:
    xml, deposit, energy, message = BROKEN[case]
    showers, energies = np.ones((6, 12)), np.full(6, 9.0)
    showers[4, 2], energies[4] = deposit, energy
    with pytest.raises(InputError, match=message) as caught:
        import_calochallenge(*write_pair(tmp_path, xml, showers, energies))
    assert "\n" not in str(caught.value)
