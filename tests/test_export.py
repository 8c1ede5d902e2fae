"""Export of any dataset, and import of what was exported: the same numbers, units and axes."""

import json
import shlex
import sys
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import uproot

from physgan.data import (
    Axis,
    Condition,
    Dataset,
    DatasetInfo,
    Field,
    Recipe,
    open_dataset,
    simulate,
    write_dataset,
)
from physgan.data.exporting import WRITERS, export_arrays
from physgan.errors import InputError

COUNT = 30
EDGES = {"x": (-1.5, -0.5, 0.5, 1.5), "y": (0.0, 0.1, 1 / 3, 2.0, 2.5)}


@pytest.fixture
def showers(tmp_path: Path, rng: np.random.Generator) -> Path:
    """Deposits of any float32 bits over 30 decades, and conditions of three kinds."""
    values = np.exp(rng.uniform(-60, 10, (COUNT, 2, 3, 4))).astype(np.float32)
    values[rng.random(values.shape) < 0.3] = 0
    conditions = {
        "energy_mev": np.exp(rng.uniform(0, 8, COUNT)),
        "theta": rng.uniform(-0.1, 0.1, COUNT),
        "particle": rng.choice([11.0, 22.0], COUNT),
    }
    info = DatasetInfo(
        domain="showers",
        fields=(
            Field("absorber", "MeV", ("layer",), "absorber", "float32"),
            Field("deposits", "MeV", ("layer", "x", "y"), "energy", "float32"),
        ),
        conditions=(
            Condition("energy_mev", "MeV", 1.0, 3000.0, "log"),
            Condition("theta", "rad", -0.1, 0.1),
            Condition("particle", "1", 11.0, 22.0),
        ),
        grid=(
            Axis("layer", "1", (0.0, 1.0)),
            *(Axis(name, "mm", edges) for name, edges in EDGES.items()),
        ),
    )
    splits = {"train": np.arange(20), "test": np.arange(20, COUNT)}
    samples = {"deposits": values, "absorber": values[:, :, 0, 0]}
    write_dataset(tmp_path / "showers.h5", samples, conditions, info, splits)
    return tmp_path / "showers.h5"


@pytest.fixture
def spins(tmp_path: Path) -> Path:
    recipe = {"temperature": {"distribution": "uniform", "minimum": 1.5, "maximum": 3.5}}
    simulate(Recipe("spins", "ising", {"size": 4}, recipe, COUNT), tmp_path / "spins")
    return tmp_path / "spins"


@pytest.fixture
def pictures(tmp_path: Path, rng: np.random.Generator) -> Path:
    info = DatasetInfo(
        domain="images",
        fields=(Field("intensities", "1", ("row", "column", "channel"), "", "float32"),),
        conditions=(Condition("label", "1", 0.0, 9.0),),
    )
    samples = {"intensities": rng.random((COUNT, 3, 12, 2)).astype(np.float32)}
    write_dataset(tmp_path / "p.h5", samples, {"label": rng.integers(0, 9, COUNT) * 1.0}, info)
    return tmp_path / "p.h5"


@pytest.fixture
def chamber(tmp_path: Path, rng: np.random.Generator) -> Path:
    """Counts with a unit of one's own, on axes with centres and without."""
    info = DatasetInfo(
        domain="cells",
        fields=(Field("values", "ADC", ("pad", "time_ns"), "value", "int32"),),
        conditions=(Condition("charge", "electrons", 0.0, 100.0),),
        grid=(
            Axis("pad", "1", (0.0, 1.0, 2.0)),
            Axis("time_ns", "1", (50.0, 150.0, 250.0, 350.0)),
        ),
    )
    samples = {"values": rng.poisson(2, (COUNT, 3, 4)).astype(np.int32)}
    write_dataset(tmp_path / "c.h5", samples, {"charge": rng.uniform(0, 100, COUNT)}, info)
    return tmp_path / "c.h5"


@pytest.mark.parametrize("ending", WRITERS)
@pytest.mark.parametrize("kind", ["showers", "spins", "pictures", "chamber"])
def test_import_gives_back_what_was_exported(
    tmp_path: Path, request: pytest.FixtureRequest, call: Any, kind: str, ending: str
) -> None:
    """By the command line that the export prints."""
    data = request.getfixturevalue(kind)
    code, out, err = call("export", data, "--out", tmp_path / f"out{ending}", "--json")
    assert (code, err) == (0, "")
    line = shlex.split(json.loads(out)["import"].replace("x.h5", str(tmp_path / "back")))
    code, _, err = call(*line[1:])
    assert (code, err) == (0, "")
    before, after = open_dataset(data), open_dataset(tmp_path / "back")
    same_as(before, after)


def same_as(before: Dataset, after: Dataset) -> None:
    field = after.info.fields[0]
    (samples, conditions), (back, conditions_back) = before.read(), after.read()
    np.testing.assert_array_equal(back[field.name], samples[field.name])
    assert back[field.name].dtype == samples[field.name].dtype
    assert set(conditions) == set(conditions_back)
    for name, values in conditions.items():
        np.testing.assert_array_equal(conditions_back[name], values)
    known = {each.name: each for each in before.info.fields}[field.name]
    assert (field.unit, field.axes) == (known.unit, known.axes)
    assert [(c.name, c.unit, c.scale) for c in after.info.conditions] == [
        (c.name, c.unit, c.scale) for c in before.info.conditions
    ]
    grid = {axis.name: axis.values for axis in before.info.grid}
    assert all(grid.get(axis.name, axis.values) == axis.values for axis in after.info.grid)


def test_names_state_units_and_indices(showers: Path, tmp_path: Path) -> None:
    result = export_arrays(showers, tmp_path / "x.csv")
    assert result["conditions"]["theta"] == "theta_rad:rad"
    assert result["fields"]["deposits"] == "deposits_*_*_*"
    names = (tmp_path / "x.csv").read_text().partition("\n")[0].split(",")
    assert names[:4] == ["energy_mev", "particle", "theta_rad", "absorber_0"]
    assert names[-1] == "deposits_1_2_3"
    assert len(names) == 3 + 2 + 24


def test_root_and_hdf5_keep_shapes_and_one_split_is_exported(showers: Path, tmp_path: Path) -> None:
    expected = open_dataset(showers).read("test")[0]["deposits"]
    export_arrays(showers, tmp_path / "x.root", split="test")
    with uproot.open(tmp_path / "x.root") as file:
        stored = file["events"]["deposits"].array(library="np")
    np.testing.assert_array_equal(stored, expected)
    assert stored.shape == (10, 2, 3, 4)
    export_arrays(showers, tmp_path / "x.hdf5", split="test")
    with h5py.File(tmp_path / "x.hdf5") as file:
        np.testing.assert_array_equal(file["deposits"], expected)
        assert file["theta_rad"].attrs["unit"] == "rad"


def test_pieces_follow_each_other(
    showers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = open_dataset(showers).read()[0]["deposits"]
    monkeypatch.setattr("physgan.data.exporting.PIECE_BYTES", 500)
    seen: list[tuple[int, int]] = []
    export_arrays(showers, tmp_path / "x.npz", progress=lambda *done: seen.append(done))
    with np.load(tmp_path / "x.npz") as file:
        np.testing.assert_array_equal(file["deposits"], expected)
    assert seen[-1] == (COUNT, COUNT)
    assert len(set(seen)) > 5


@pytest.mark.parametrize(
    ("name", "split", "message"),
    [
        ("x.txt", None, r"a name ending in .npz, .h5, .hdf5, .csv, .parquet, .root; got .*x.txt"),
        ("x.npz", "validation", r"a split of .* \(train, test\); got 'validation'"),
        ("showers.h5", None, "another file than the dataset"),
    ],
)
def test_what_is_refused_leaves_nothing(
    showers: Path, tmp_path: Path, name: str, split: str | None, message: str
) -> None:
    before = showers.read_bytes()
    with pytest.raises(InputError, match=message):
        export_arrays(showers, tmp_path / name, split=split)
    assert [path.name for path in tmp_path.iterdir()] == ["showers.h5"]
    assert showers.read_bytes() == before


def test_a_missing_library_leaves_nothing(
    showers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "uproot", None)
    with pytest.raises(InputError, match=r"uproot to write .*pip install 'physgan\[root\]'"):
        export_arrays(showers, tmp_path / "x.root")
    assert [path.name for path in tmp_path.iterdir()] == ["showers.h5"]
