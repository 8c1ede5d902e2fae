"""`physgan import --dry-run`: what it counts, what it proposes, and that it writes nothing."""

import json
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pyarrow.csv
import pytest

from physgan.data import open_dataset
from physgan.importing import inspect_arrays
from physgan.importing.statistics import SampleStatistics

COUNT = 400


def statistics(values: np.ndarray) -> SampleStatistics:
    result = SampleStatistics()
    for part in np.array_split(values, 3):
        result.add(part)
    return result


@pytest.fixture
def showers(rng: np.random.Generator) -> np.ndarray:
    """Deposits in one layer of 4 x 4 cells over a dozen decades."""
    values = np.exp(rng.normal(0, 4, (COUNT, 4, 4)))
    return np.where(rng.random(values.shape) < 0.3, 0, values)


def test_numbers_are_those_of_the_whole(showers: np.ndarray) -> None:
    showers[[3, 7]] = 0
    showers[[20, 300]] = showers[100]
    counted = statistics(showers).summary()
    assert counted["count"] == COUNT
    assert counted["empty"] == (showers == 0).all((1, 2)).sum() == 2
    assert counted["repeated"] == 2
    assert counted["largest"] == showers.max()
    assert counted["smallest_positive"] == showers[showers > 0].min()
    assert counted["share_of_zeros"] == (showers == 0).mean()


def test_values_that_pile_up_are_found_and_no_others(rng: np.random.Generator) -> None:
    """Saturation and a stuck value, in continuous values and in counts; smooth spectra have none.

    By chance one of 60 levels exceeds five times its neighbours' median by six standard deviations
    with a probability below 1e-8.
    """
    smooth = rng.exponential(size=(COUNT, 64))
    counts = rng.poisson(rng.exponential(12, (COUNT, 64)))
    assert statistics(smooth).pile_ups() == {}
    assert statistics(counts).pile_ups() == {}
    clipped = np.minimum(smooth, 3.0)
    assert list(statistics(clipped).pile_ups()) == [3.0]
    assert statistics(clipped).pile_ups()[3.0] == {"times": (smooth >= 3).sum(), "saturation": True}
    stuck = np.where(rng.random(counts.shape) < 0.1, 33, np.minimum(counts, 50))
    found = statistics(stuck).pile_ups()
    assert set(found) == {33, 50}
    assert "saturation" not in found[33]
    assert found[50]["saturation"]


def test_the_threshold_loses_what_it_says(showers: np.ndarray) -> None:
    counted = statistics(showers)
    threshold = counted.sensible_threshold()
    lost = showers[showers < threshold].sum() / showers.sum()
    assert 1e-6 < lost < 1e-4
    values, total = counted.share_below(threshold)
    assert total == pytest.approx(lost, rel=0.2)
    assert values == pytest.approx((showers[showers > 0] < threshold).mean(), abs=0.02)


def test_everything_is_guessed_and_the_command_works(
    tmp_path: Path, showers: np.ndarray, rng: np.random.Generator, call: Any
) -> None:
    np.savez(
        tmp_path / "a b.npz",
        deposits=showers,
        energy=np.exp(rng.uniform(0, 5, COUNT)),
        angle_deg=rng.uniform(-30, 30, COUNT),
        event=np.arange(COUNT) + 17,
        run=np.full(COUNT, 5),
        particle=np.array(["electron"] * COUNT),
    )
    code, out, err = call("import", tmp_path / "a b.npz", "--dry-run", "--json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert [p.name for p in tmp_path.iterdir()] == ["a b.npz"]
    assert found["left_out"] == {"event": "a running number", "run": "always 5"}
    assert found["conditions"]["angle_deg"]["distinct"] == COUNT
    assert set(found["guesses"]) >= {"samples", "domain", "shape", "unit", "threshold"}
    assert "none, all is kept" in found["guesses"]["threshold"]
    assert "--threshold" not in found["command"]  # nothing is cut without being asked for
    line = shlex.split(found["command"].replace("x.h5", str(tmp_path / "x.h5")))
    assert line[0] == "physgan"
    code, out, err = call(*line[1:], "--json")
    assert (code, err) == (0, "")
    dataset = open_dataset(tmp_path / "x.h5")
    assert dataset.info.domain == "showers"
    assert dataset.shapes == {"deposits": (1, 4, 4)}
    units = {condition.name: condition.unit for condition in dataset.info.conditions}
    assert units == {"energy_mev": "MeV", "angle_deg": "deg"}
    assert {c.name: c.scale for c in dataset.info.conditions}["energy_mev"] == "log"


def test_what_is_given_is_not_guessed(tmp_path: Path, showers: np.ndarray) -> None:
    np.savez(tmp_path / "a.npz", deposits=showers, other=showers, energy=np.arange(1.0, COUNT + 1))
    found = inspect_arrays(
        tmp_path / "a.npz",
        samples="other",
        domain="showers",
        conditions={"energy_mev": "energy:GeV"},
        shape=[2, 8],
        unit="keV",
        threshold=0.1,
    )
    assert found["guesses"] == {}
    assert found["settings"]["samples"] == "other"
    assert found["settings"]["threshold"] == 0.1
    expected = {"minimum": 1000, "maximum": 1000 * COUNT, "distinct": COUNT}
    assert found["conditions"] == {"energy_mev": expected}


def test_columns_are_put_together_by_their_indices(
    tmp_path: Path, rng: np.random.Generator, call: Any
) -> None:
    """Also where the file has them in another order."""
    counts = rng.poisson(3, (COUNT, 3, 12))
    columns = {f"energy_{i}_{j}": counts[:, i, j] for j in range(12) for i in range(3)}
    table = {"energy_gev": rng.uniform(1, 2, COUNT), **columns}
    pyarrow.csv.write_csv(pyarrow.table(table), tmp_path / "x.csv")
    found = inspect_arrays(tmp_path / "x.csv", domain="showers")
    assert found["settings"]["samples"] == "energy_*_*"
    assert found["settings"]["shape"] == [1, 3, 12]
    code, _, err = call("import", tmp_path / "x.csv", "--dry-run", "--domain", "showers")
    assert (code, err) == (0, "")
    from physgan.importing import import_arrays

    import_arrays(tmp_path / "x.csv", tmp_path / "x.h5", **_arguments(found["settings"]))
    stored = open_dataset(tmp_path / "x.h5").read()[0]["deposits"]
    np.testing.assert_array_equal(stored[:, 0], counts)


def _arguments(settings: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in settings.items() if name != "data"}


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"a": [1.0, 2.0], "b": [1.0, 3.0]}, "expected an array with several values per sample"),
        ({f"cell_{i}": [1.0, np.nan] for i in range(4)}, "finite deposits; got nan in row 1"),
    ],
)
def test_what_cannot_be_imported_is_refused_as_by_the_import(
    tmp_path: Path, columns: dict[str, Any], message: str, call: Any
) -> None:
    table = pyarrow.table({**columns, "energy": [1.0, 2.0]})
    pyarrow.csv.write_csv(table, tmp_path / "x.csv")
    code, out, err = call("import", tmp_path / "x.csv", "--dry-run", "--domain", "showers")
    assert (code, out) == (1, "")
    assert message in err
    assert err.count("\n") == 1


def test_no_out_is_refused_without_dry_run(tmp_path: Path, call: Any) -> None:
    np.save(tmp_path / "x.npy", np.ones((3, 3)))
    code, _, err = call("import", tmp_path / "x.npy", "--domain", "points")
    assert code == 2
    assert "expected --out" in err
