"""Import of CSV, Parquet and ROOT, of several files, of many columns; and what is refused."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pyarrow
import pyarrow.csv
import pyarrow.parquet
import pytest
import uproot

from physgan.cli.options import UsageError, edges_of, shape_of
from physgan.data import open_dataset
from physgan.errors import InputError
from physgan.importing import import_arrays

COUNT = 24
CELLS = 12  # two digits: cell_10 comes before cell_2 in the order of the alphabet


@pytest.fixture
def deposits(rng: np.random.Generator) -> np.ndarray:
    """Values that float32 holds exactly, so that every format gives them back."""
    values = rng.exponential(size=(COUNT, CELLS)).astype(np.float32)
    return np.where(values < 0.2, 0, values).astype(np.float64)


@pytest.fixture
def energy(rng: np.random.Generator) -> np.ndarray:
    return rng.uniform(1, 20, COUNT)


def columns(deposits: np.ndarray, energy: np.ndarray) -> dict[str, np.ndarray]:
    return {"energy": energy, **{f"cell_{i}": deposits[:, i] for i in range(deposits.shape[1])}}


def write_csv(path: Path, deposits: np.ndarray, energy: np.ndarray) -> None:
    pyarrow.csv.write_csv(pyarrow.table(columns(deposits, energy)), path)


def write_parquet(path: Path, deposits: np.ndarray, energy: np.ndarray) -> None:
    table = pyarrow.table(columns(deposits, energy))
    pyarrow.parquet.write_table(table, path, row_group_size=7)


def write_lists(path: Path, deposits: np.ndarray, energy: np.ndarray) -> None:
    lists = pyarrow.array(list(deposits))
    pyarrow.parquet.write_table(
        pyarrow.table({"energy": energy, "cells": lists}), path, row_group_size=7
    )


def write_tree(path: Path, deposits: np.ndarray, energy: np.ndarray) -> None:
    with uproot.recreate(path) as file:
        file.mktree("events", {"energy": "f8", "cells": ("f8", (CELLS,))})
        for part in (slice(0, 10), slice(10, None)):
            file["events"].extend({"energy": energy[part], "cells": deposits[part]})


def write_hdf5(path: Path, deposits: np.ndarray, energy: np.ndarray) -> None:
    with h5py.File(path, "w") as file:
        for name, values in columns(deposits, energy).items():
            file[name] = values


def write_npz(path: Path, deposits: np.ndarray, energy: np.ndarray) -> None:
    np.savez(path, cells=deposits, energy=energy)


WRITERS: dict[str, tuple[str, str, Callable[..., None]]] = {
    "csv": ("x.csv", "cell_*", write_csv),
    "parquet": ("x.parquet", "cell_0:cell_11", write_parquet),
    "parquet lists": ("x.parquet", "cells", write_lists),
    "root": ("x.root", "cells", write_tree),
    "hdf5 columns": ("x.h5", "cell_*", write_hdf5),
    "npz": ("x.npz", "cells", write_npz),
}


def imported(data: Any, out: Path, **changed: Any) -> tuple[np.ndarray, np.ndarray]:
    settings: dict[str, Any] = {
        "domain": "showers",
        "samples": "cell_*",
        "unit": "MeV",
        "shape": (1, 3, 4),
        "conditions": {"energy_mev": "energy:GeV:log"},
    }
    import_arrays(data, out, **{**settings, **changed})
    samples, conditions = open_dataset(out).read()
    return samples["deposits"], conditions["energy_mev"]


@pytest.mark.parametrize("kind", WRITERS)
def test_every_format_gives_the_same_numbers(
    tmp_path: Path, deposits: np.ndarray, energy: np.ndarray, kind: str
) -> None:
    """Also where it is divided: the second file goes on after the first."""
    name, samples, write = WRITERS[kind]
    write(tmp_path / name, deposits, energy)
    parts = [tmp_path / f"{i}-{name}" for i in range(2)]
    for path, part in zip(parts, (slice(0, 9), slice(9, None)), strict=True):
        write(path, deposits[part], energy[part])
    whole = imported(tmp_path / name, tmp_path / "whole.h5x", samples=samples)
    joined = imported(parts, tmp_path / "joined.h5x", samples=samples)
    for stored, gev in (whole, joined):
        np.testing.assert_array_equal(stored, deposits.reshape(-1, 1, 3, 4))
        np.testing.assert_allclose(gev, 1000 * energy, rtol=1e-15)


@pytest.mark.parametrize(
    ("delimiter", "header", "key", "samples"),
    [
        (" ", "", "column_0", "column_1:column_12"),
        ("\t", "", "column_0", "column_1:column_12"),
        (";", "energy;" + ";".join("abcdefghijkl"), "energy", "a:l"),
        (" ", "# run 7\n# energy " + " ".join("abcdefghijkl"), "energy", "a:l"),
        (",", ",".join(map(str, range(13))), "0", "1:12"),  # of a table without names, in pandas
        (",", "," + ",".join(map(str, range(12))), "column_0", "0:11"),  # and with its index
    ],
)
def test_csv_of_many_kinds(
    tmp_path: Path,
    deposits: np.ndarray,
    energy: np.ndarray,
    delimiter: str,
    header: str,
    key: str,
    samples: str,
) -> None:
    table = np.column_stack([energy, deposits])
    np.savetxt(tmp_path / "x.csv", table, "%.17g", delimiter, header=header, comments="")
    stored, mev = imported(
        tmp_path / "x.csv",
        tmp_path / "out",
        samples=samples,
        conditions={"energy_mev": f"{key}:GeV"},
    )
    np.testing.assert_array_equal(stored.reshape(COUNT, -1), deposits)
    np.testing.assert_allclose(mev, 1000 * energy)


def test_two_trees_are_told_apart(tmp_path: Path) -> None:
    with uproot.recreate(tmp_path / "x.root") as file:
        for tree in ("electrons", "photons"):
            file.mktree(tree, {"cells": ("f8", (2,)), "energy": "f8"})
            rows = {"cells": np.arange(8.0).reshape(4, 2), "energy": np.full(4, len(tree))}
            file[tree].extend(rows)
    _, energy = imported(
        tmp_path / "x.root",
        tmp_path / "x.h5",
        samples="photons/cells",
        shape=(1, 2),
        conditions={"energy_mev": "photons/energy:MeV"},
    )
    assert set(energy) == {7.0}
    with pytest.raises(InputError, match="electrons/cells, electrons/energy, photons/cells"):
        imported(tmp_path / "x.root", tmp_path / "y.h5", samples="cells")


def text(*lines: str) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        (folder / "x.csv").write_text("\n".join(lines) + "\n" if lines else "")
        return folder / "x.csv"

    return write


def jagged(folder: Path) -> Path:
    import awkward

    with uproot.recreate(folder / "x.root") as file:
        file.mktree("events", {"cells": "var * float64", "energy": "f8"})
        file["events"].extend({"cells": awkward.Array([[1.0], [1.0, 2.0]]), "energy": [1.0, 2.0]})
    return folder / "x.root"


def uneven_lists(folder: Path) -> Path:
    table = pyarrow.table({"cells": [[1.0, 2.0], [1.0, 2.0], [3.0]], "energy": [1.0, 2.0, 3.0]})
    pyarrow.parquet.write_table(table, folder / "x.parquet")
    return folder / "x.parquet"


def broken(suffix: str) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        (folder / f"x{suffix}").write_bytes(b"neither one nor the other\n" * 9)
        return folder / f"x{suffix}"

    return write


HEADER = "energy,cell_0,cell_1"
BAD: dict[str, tuple[Callable[[Path], Path], dict[str, Any], str]] = {
    "text": (text(HEADER, "1,2,3", "1,2,low"), {}, "numbers in cell_1 of .*; got 'low' in row 1"),
    "ragged": (text(HEADER, "1,2,3", "1,2"), {}, "expected 3 columns; got 2 in line 3 in .*x.csv"),
    "missing value": (text(HEADER, "1,2,3", "1,,3"), {}, "finite deposits; got nan in row 1"),
    "missing condition": (
        text(HEADER, "1,2,3", ",1,3"),
        {},
        "finite values in energy; got NaN or infinity in row 1",
    ),
    "empty": (text(), {}, "x.csv is empty"),
    "no rows": (text(HEADER), {}, "expected rows of numbers in .*; got names of columns only"),
    "two names": (
        text("energy,a,a", "1,2,3"),
        {},
        "another name for each column of .*; got 'a' twice",
    ),
    "all equal": (text(HEADER, "1,2,3", "2,2,3"), {}, "samples that differ in .*; got 2, the same"),
    "all zero": (text(HEADER, "1,0,0", "2,0,0"), {}, "got 2, zeros only"),
    "nearest": (
        text(HEADER, "1,2,3", "2,3,4"),
        {"conditions": {"energy_mev": "enrgy:GeV"}},
        r"\(energy, cell_0, cell_1\); got 'enrgy'; did you mean energy\?",
    ),
    "no such columns": (text(HEADER, "1,2,3"), {"samples": "pad_*"}, "none like pad_"),
    "missing column": (
        text("energy,cell_0,cell_2", "1,2,3"),
        {"samples": "cell_0:cell_2"},
        "expected 3 columns cell_0 ... cell_2; got 2, without number 1",
    ),
    "reversed": (text(HEADER, "1,2,3"), {"samples": "cell_1:cell_0"}, "cell_1 before cell_0"),
    "shape": (
        text(HEADER, "1,2,3", "2,3,4"),
        {"shape": (1, 3)},
        r"shape of 2 entries for cell_0 ... cell_1, \(2,\) per sample; got 1, 3: 3 entries",
    ),
    "unit": (
        text(HEADER, "1,2,3", "2,3,4"),
        {"unit": "Mev"},
        r"unit of the deposits \(eV, keV, MeV, GeV, TeV\); got Mev; did you mean MeV",
    ),
    "condition's unit": (
        text(HEADER, "1,2,3", "2,3,4"),
        {"conditions": {"energy_mev": "energy:Gev"}},
        r"unit \(eV, keV, MeV, GeV, TeV\) for energy_mev; got Gev",
    ),
    "spelling": (
        text(HEADER, "1,2,3", "2,3,4"),
        {"conditions": {"energy": "energy:GEV"}},
        "the unit GeV of energy as it is written; got GEV",
    ),
    "threshold": (text(HEADER, "1,2,3", "2,3,4"), {"threshold": -1.0}, "of 0 or more; got -1"),
    "jagged": (jagged, {"samples": "cells"}, "as many numbers in every entry of cells of"),
    "uneven": (uneven_lists, {"samples": "cells"}, "2 values in every row of cells .*1 in row 2"),
    "no tree": (broken(".root"), {}, "expected a whole ROOT file"),
    "no parquet": (broken(".parquet"), {}, "expected a whole Parquet file"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_line_and_writes_nothing(tmp_path: Path, case: str) -> None:
    write, settings, message = BAD[case]
    path = write(tmp_path)
    with pytest.raises(InputError, match=message) as caught:
        imported(path, tmp_path / "out.h5", **{"shape": (1, 2), **settings})
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == [path]


def test_files_that_do_not_fit_are_named(
    tmp_path: Path, deposits: np.ndarray, energy: np.ndarray
) -> None:
    good, bad = tmp_path / "a.npz", tmp_path / "b.npz"
    np.savez(good, cells=deposits, energy=energy)
    settings = {"samples": "cells", "out": tmp_path / "x.h5"}
    np.savez(bad, cells=deposits[:, :5], energy=energy)
    with pytest.raises(InputError, match=r"\(12,\) after the first .*got \(5,\) in cells of .*b"):
        imported([good, bad], **settings)
    np.savez(bad, cells=deposits)
    with pytest.raises(InputError, match=r"expected an array of .*b.npz \(cells\); got 'energy'"):
        imported([good, bad], **settings)
    deposits[3, 2] = np.nan
    np.savez(bad, cells=deposits, energy=energy)
    with pytest.raises(InputError, match=r"finite deposits; got nan in row 3 of .*b.npz"):
        imported([good, bad], **settings)


def test_a_missing_library_is_named_with_its_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, module, extra in (
        ("x.csv", "pyarrow.csv", "tables"),
        ("x.parquet", "pyarrow.parquet", "tables"),
        ("x.root", "uproot", "root"),
    ):
        (tmp_path / name).write_text("a,b\n1,2\n")
        monkeypatch.setitem(sys.modules, module, None)
        with pytest.raises(InputError, match=rf"give: pip install 'physgan\[{extra}\]'"):
            imported(tmp_path / name, tmp_path / "x.h5")


def test_several_files_edges_and_shape_on_the_command_line(
    tmp_path: Path, deposits: np.ndarray, energy: np.ndarray, call: Any
) -> None:
    names = [tmp_path / f"{i}.csv" for i in range(2)]
    for name in names:
        write_csv(name, deposits, energy)
    code, out, err = call(
        "import", *names, "--out", tmp_path / "x.h5", "--domain", "showers", "--unit", "keV",
        "--samples", "cell_*", "--shape", "1,3,4", "--axes", "layer,x,y",
        "--edges", "x=-1.5:1:3", "--edges", "y=-0.2:0.1:4", "--json",
        "--condition", "energy_mev=energy:GeV",
    )  # fmt: skip
    assert (code, err) == (0, "")
    assert json.loads(out)["events"] == 2 * COUNT
    grid = {axis.name: axis.values for axis in open_dataset(tmp_path / "x.h5").info.grid}
    assert grid["x"] == (-1.5, -0.5, 0.5, 1.5)
    assert grid["y"] == (-0.2, -0.1, 0.0, 0.1, 0.2)


@pytest.mark.parametrize("words", ["0:1", "0:1:x", "0:1:0", "0:1:2.5", "a"])
def test_edges_that_are_none(words: str) -> None:
    with pytest.raises(UsageError, match="expected"):
        edges_of(words)


@pytest.mark.parametrize("words", ["12,", "0,3", "2.5,2", "x"])
def test_shapes_that_are_none(words: str) -> None:
    with pytest.raises(UsageError, match="expected"):
        shape_of(words)
