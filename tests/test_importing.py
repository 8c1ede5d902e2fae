"""Arrays from elsewhere: into a dataset that trains, or refused in one line."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from physgan.cli import run_command
from physgan.data import open_dataset, verify
from physgan.errors import InputError
from physgan.importing import import_arrays
from physgan.methods import train

COUNT = 40
SHAPE = (3, 4, 2)


@pytest.fixture
def deposits(rng: np.random.Generator) -> np.ndarray:
    values = rng.exponential(size=(COUNT, *SHAPE))
    return np.where(values < 0.3, 0, values)


@pytest.fixture
def energy(rng: np.random.Generator) -> np.ndarray:
    return np.exp(rng.uniform(0, 3, COUNT))


def imported(path: Path, out: Path, **changed: Any) -> tuple[dict, dict]:
    settings: dict[str, Any] = {
        "domain": "showers",
        "samples": "" if path.suffix == ".npy" else "showers",
        "unit": "MeV",
        "conditions": {"energy_mev": "energy:GeV:log"},
    }
    import_arrays(path, out, **{**settings, **changed})
    return open_dataset(out).read()


def test_every_kind_of_file_gives_the_same(
    tmp_path: Path, deposits: np.ndarray, energy: np.ndarray
) -> None:
    np.savez(tmp_path / "a.npz", showers=deposits, energy=energy)
    np.savez_compressed(tmp_path / "b.npz", showers=deposits, energy=energy[:, None])
    with h5py.File(tmp_path / "c.h5", "w") as file:
        file.create_dataset("run/showers", data=deposits, compression="gzip")
        file["energy"] = np.stack([np.zeros(COUNT), energy], 1)
    np.save(tmp_path / "d.npy", deposits)
    np.save(tmp_path / "e.npy", energy)
    results = [
        imported(tmp_path / "a.npz", tmp_path / "1.h5"),
        imported(tmp_path / "b.npz", tmp_path / "2.h5"),
        imported(
            tmp_path / "c.h5",
            tmp_path / "3.h5",
            samples="run/showers",
            conditions={"energy_mev": "energy[1]:GeV:log"},
        ),
        imported(tmp_path / "d.npy", tmp_path / "4.h5", conditions={"energy_mev": "e.npy:GeV:log"}),
    ]
    for samples, conditions in results:
        np.testing.assert_array_equal(samples["deposits"], deposits.astype(np.float32))
        np.testing.assert_allclose(conditions["energy_mev"], 1000 * energy)
    assert verify(tmp_path / "4.h5")
    splits = open_dataset(tmp_path / "1.h5").splits
    assert [len(s) for s in splits.values()] == [32, 4, 4]


def test_units_thresholds_axes_and_splits(
    tmp_path: Path, deposits: np.ndarray, energy: np.ndarray
) -> None:
    np.savez(tmp_path / "a.npz", showers=deposits, energy=energy)
    samples, conditions = imported(
        tmp_path / "a.npz",
        tmp_path / "folder",
        unit="GeV",
        conditions={"energy_mev": "energy:MeV"},
        axes=("layer", "alpha", "r"),
        edges={"r": [0, 5, 20]},
        threshold=0.5,
        splits={"train": 0.5, "validation": 0.5},
    )
    expected = 1000 * np.where(deposits < 0.5, 0, deposits)
    np.testing.assert_allclose(samples["deposits"], expected, rtol=1e-6)
    np.testing.assert_allclose(conditions["energy_mev"], energy)
    dataset = open_dataset(tmp_path / "folder")
    grid = {axis.name: axis.values for axis in dataset.info.grid}
    assert grid["r"] == (0, 5, 20)
    assert grid["alpha"] == pytest.approx(np.linspace(-np.pi, np.pi, 5))
    assert dataset.info.conditions[0].scale == "linear"
    assert {name: len(s) for name, s in dataset.splits.items()} == {"train": 20, "validation": 20}


def test_the_smallest_value_is_the_threshold_and_a_cut_is_counted(
    tmp_path: Path, deposits: np.ndarray, energy: np.ndarray, call: Callable[..., Any]
) -> None:
    """Without a threshold nothing is cut; `physgan info` shows in MeV what the data's is."""
    deposits[0, 0, 0, 0] = 1e-9
    np.savez(tmp_path / "a.npz", showers=deposits, energy=energy)
    line = ["import", tmp_path / "a.npz", "--domain", "showers", "--samples", "showers"]
    line += ["--unit", "GeV", "--condition", "energy_mev=energy:GeV", "--json"]
    code, out, err = call(*line, "--out", tmp_path / "1.h5")
    assert (code, err) == (0, "")
    whole = json.loads(out)
    assert "cut" not in whole
    assert whole["threshold"]["smallest"] == pytest.approx(1e-6)
    assert whole["threshold"]["decades"] == round(np.log10(deposits.max() / 1e-9), 1)
    assert "values span 9" in whole["note"]
    info = json.loads(call("info", tmp_path / "1.h5", "--json")[1])
    assert info["parameters"] == {"threshold": pytest.approx(1e-6)}
    cut = json.loads(call(*line, "--threshold", 0.5, "--out", tmp_path / "2.h5")[1])
    low = (deposits > 0) & (deposits < 0.5)
    assert cut["cut"]["values"] == low.sum()
    assert cut["cut"]["share_of_values"] == pytest.approx(low.sum() / (deposits > 0).sum())
    assert cut["cut"]["share_of_total"] == pytest.approx(deposits[low].sum() / deposits.sum())
    info = json.loads(call("info", tmp_path / "2.h5", "--json")[1])
    smallest = 1000 * deposits[deposits >= 0.5].min()
    assert info["parameters"] == {"threshold": pytest.approx(smallest)}


def test_spins(tmp_path: Path, rng: np.random.Generator) -> None:
    spins = rng.choice([-1.0, 1.0], size=(10, 4, 4))
    np.savez(tmp_path / "a.npz", s=spins, t=np.linspace(1, 3, 10))
    settings: dict[str, Any] = {"domain": "spins", "samples": "s"}
    conditions = {"temperature": "t:J/k_B"}
    import_arrays(tmp_path / "a.npz", tmp_path / "x.h5", conditions=conditions, **settings)
    read = open_dataset(tmp_path / "x.h5").read()[0]["spins"]
    assert read.dtype == np.int8
    np.testing.assert_array_equal(read, spins)
    np.savez(tmp_path / "b.npz", s=np.where(spins > 0, 1, 0), t=np.ones(10))
    with pytest.raises(InputError, match=r"expected spins of \+1 and -1; got 0 in row 0"):
        import_arrays(tmp_path / "b.npz", tmp_path / "y.h5", conditions=conditions, **settings)


@pytest.mark.parametrize("whole", [True, False])
def test_cells_of_any_unit(tmp_path: Path, rng: np.random.Generator, whole: bool) -> None:
    """Whole numbers are stored as such, whatever their type; conditions may be none."""
    values = np.floor(rng.exponential(3, (10, 3, 4))) + (0 if whole else 0.25)
    np.savez(tmp_path / "a.npz", adc=values)
    import_arrays(
        tmp_path / "a.npz", tmp_path / "x.h5", domain="cells", samples="adc", unit="ADC",
        conditions={}, axes=["pad", "time"], edges={"time": [0, 1, 2, 4, 8]},
    )  # fmt: skip
    dataset = open_dataset(tmp_path / "x.h5")
    np.testing.assert_array_equal(dataset.read()[0]["values"], values)
    field = dataset.info.fields[0]
    assert (field.unit, field.dtype) == ("ADC", "int32" if whole else "float32")
    assert field.axes == ("pad", "time")
    assert {axis.name: axis.values for axis in dataset.info.grid}["time"] == (0.5, 1.5, 3, 6)
    assert dataset.info.parameters == {
        "threshold": values[values > 0].min(), "largest": values.max()
    }  # fmt: skip


Change = Callable[[dict[str, np.ndarray]], Any]


def _set(name: str, row: int, value: float) -> Change:
    def change(arrays: dict[str, np.ndarray]) -> None:
        arrays[name].reshape(COUNT, -1)[row, 0] = value

    return change


def _replace(name: str, make: Callable[[np.ndarray], np.ndarray]) -> Change:
    return lambda arrays: arrays.update({name: make(arrays[name])})


def _nothing(arrays: dict[str, np.ndarray]) -> None:
    pass


BAD: dict[str, tuple[Change, dict[str, Any], str]] = {
    "no such key": (_nothing, {"samples": "x"}, r"expected an array of .* \(showers, energy\)"),
    "no key": (_nothing, {"samples": ""}, "got no key"),
    "no such condition": (
        _nothing,
        {"conditions": {"energy_mev": "e:MeV"}},
        r"expected an array of .*; got 'e'",
    ),
    "no unit": (_nothing, {"conditions": {"energy_mev": "energy"}}, "expected energy_mev as key:u"),
    "no conditions": (_nothing, {"conditions": {}}, "expected a condition"),
    "another unit": (_nothing, {"conditions": {"energy_mev": "energy:m"}}, "for energy_mev; got m"),
    "counts": (_replace("energy", lambda a: a[1:]), {}, r"expected 40 values in energy.*\(39,\)"),
    "NaN": (_set("showers", 7, np.nan), {}, "expected finite deposits; got nan in row 7"),
    "infinity": (_set("showers", 39, np.inf), {}, "finite deposits; got inf in row 39"),
    "too large": (_set("showers", 3, 1e300), {}, r"finite deposits; got 1e\+300 in row 3"),
    "negative": (_set("showers", 2, -0.5), {"threshold": 1.0}, "0 or more; got -0.5 in row 2"),
    "bad condition": (_set("energy", 5, np.nan), {}, "in energy; got NaN or infinity in row 5"),
    "zero energy": (_set("energy", 5, 0), {}, "positive values in energy; got 0 in row 5"),
    "axes": (
        _replace("showers", lambda a: a.reshape(COUNT, -1)),
        {},
        r"2 or 3 axes per sample.*24",
    ),
    "objects": (_replace("showers", lambda a: a.astype(object)), {}, "nothing is unpickled"),
    "text": (_replace("showers", lambda a: a.astype("S8")), {}, "expected numbers in showers"),
    "domain": (
        _nothing,
        {"domain": "quarks"},
        r"expected a domain \(cells, fields, images, points, showers, spins\)",
    ),
    "samples' unit": (_nothing, {"unit": ""}, "expected the unit of the deposits .* got none"),
    "names": (_nothing, {"axes": ["layer", "r"]}, "expected 3 names of axes"),
    "no edges": (_nothing, {"axes": ["layer", "alpha", "r"]}, "expected 3 edges of r, mm"),
    "edges": (
        _nothing,
        {"axes": ["layer", "alpha", "r"], "edges": {"r": [0, 2, 1]}},
        "expected 3 rising edges of r",
    ),
    "threshold": (
        _nothing,
        {"domain": "spins", "threshold": 0.5},
        "expected no threshold of spins",
    ),
    "shares": (_nothing, {"splits": {"train": 1.1}}, "shares that add up to at most 1"),
    "not square": (_nothing, {"domain": "spins"}, "expected spins with 2 axes per sample"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_refused(
    tmp_path: Path, deposits: np.ndarray, energy: np.ndarray, case: str
) -> None:
    change, settings, message = BAD[case]
    arrays = {"showers": deposits, "energy": energy}
    change(arrays)
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(InputError, match=message) as caught:
        imported(tmp_path / "a.npz", tmp_path / "x.h5", **settings)
    assert "\n" not in str(caught.value)
    assert not [p for p in tmp_path.iterdir() if p.name != "a.npz"]


@pytest.mark.parametrize("name", ["a.npz", "a.npy", "a.h5", "a.txt"])
def test_other_files_are_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"not arrays")
    with pytest.raises(InputError, match="expected a"):
        imported(tmp_path / name, tmp_path / "x.h5")
    with pytest.raises(InputError, match="does not exist"):
        imported(tmp_path / f"no-{name}", tmp_path / "x.h5")


def test_objects_are_not_unpickled_from_npy(tmp_path: Path, deposits: np.ndarray) -> None:
    np.save(tmp_path / "a.npy", deposits.astype(object))
    with pytest.raises(InputError, match="nothing is unpickled"):
        imported(tmp_path / "a.npy", tmp_path / "x.h5")


def test_a_recipe_and_options_from_the_shell(
    tmp_path: Path, deposits: np.ndarray, energy: np.ndarray, capsys: pytest.CaptureFixture
) -> None:
    np.savez(tmp_path / "a.npz", showers=deposits, energy=energy)
    (tmp_path / "my.toml").write_text(
        'data = "a.npz"\ndomain = "showers"\nsamples = "showers"\nunit = "MeV"\n'
        'axes = ["layer", "x", "y"]\n[conditions]\nenergy_mev = "energy:GeV:log"\n'
        "[edges]\nx = [-2, -1, 0, 1, 2]\ny = [-1, 0, 1]\n"
    )
    line = ["import", "--recipe", str(tmp_path / "my.toml"), "--json"]
    assert run_command([*line, "--out", str(tmp_path / "1.h5")]) == 0
    split = ["--split", "train=0.75,validation=0.25"]
    assert run_command([*line, "--out", str(tmp_path / "2.h5"), "--edges", "y=0,1,9", *split]) == 0
    first, second = (open_dataset(tmp_path / f"{i}.h5") for i in (1, 2))
    assert first.info.grid[2].values == (-1, 0, 1)
    assert second.info.grid[2].values == (0, 1, 9)
    assert len(second.splits["validation"]) == 10
    capsys.readouterr()
    assert run_command(["import", "--out", str(tmp_path / "3.h5")]) == 2
    assert "expected a file on the line or data in a recipe" in capsys.readouterr().err


def test_what_is_imported_trains(tmp_path: Path, deposits: np.ndarray, energy: np.ndarray) -> None:
    np.savez(tmp_path / "a.npz", showers=deposits.reshape(COUNT, 3, 8), energy=energy)
    imported(tmp_path / "a.npz", tmp_path / "x.h5")
    assert train(tmp_path / "x.h5", tmp_path / "run", method="copula")["samples"] == 32
