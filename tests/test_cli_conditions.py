"""Conditions as options: in any unit of their kind, and one number where one is wanted."""

import math
from pathlib import Path

import numpy as np
import pytest

from physgan.cli import run_command
from physgan.cli.conditions import (
    condition_tables,
    drawn_conditions,
    one_condition,
    recipe_of_options,
    recipe_with_conditions,
)
from physgan.cli.options import UsageError
from physgan.data import open_dataset
from simulators import Condition

KNOWN = (
    Condition("energy_mev", "MeV", 1.0, 1e6, "log"),
    Condition("x_mm", "mm", -100.0, 100.0),
    Condition("theta", "rad", 0.0, 1.5),
    Condition("phi", "rad", -math.pi, math.pi),
    Condition("temperature", "J/k_B", 0.1, 10.0),
    Condition("label", "1", 0.0, 9.0),
)


def fixed(value: float) -> dict:
    return {"distribution": "fixed", "value": value}


@pytest.mark.parametrize(
    ("option", "text", "name", "table"),
    [
        ("energy_mev", "2.5", "energy_mev", fixed(2.5)),
        ("energy_gev", "2.01", "energy_mev", fixed(2010.0)),
        ("energy_kev", "7", "energy_mev", fixed(0.007)),
        (
            "energy_gev",
            "1:20",
            "energy_mev",
            {"distribution": "loguniform", "minimum": 1000.0, "maximum": 20000.0},
        ),
        ("energy_tev", "1,2", "energy_mev", {"distribution": "grid", "values": [1e6, 2e6]}),
        (
            "x_cm",
            "-1:1",
            "x_mm",
            {"distribution": "uniform", "minimum": -10.0, "maximum": 10.0},
        ),
        ("theta_deg", "90", "theta", fixed(math.pi / 2)),
        (
            "phi_deg",
            "-180:180",
            "phi",
            {"distribution": "uniform", "minimum": -math.pi, "maximum": math.pi},
        ),
        ("theta_rad", "0.5", "theta", fixed(0.5)),
        ("temperature", "1,2,3", "temperature", {"distribution": "grid", "values": [1, 2, 3]}),
        ("label", "3", "label", fixed(3)),
    ],
)
def test_any_unit_of_the_kind(option: str, text: str, name: str, table: dict) -> None:
    assert condition_tables({option: text}, KNOWN) == {name: table}


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ({"temperature_k": "3"}, r"a unit that converts to J/k_B; got K as the unit of temp"),
        ({"energy_gev": "1", "energy_mev": "1"}, "energy_mev once; got it again as --energy-mev"),
        ({"energy_mm": "1"}, "or options of the command; got --energy-mm; did you mean --energy-m"),
        ({"tehta_deg": "1"}, "got --tehta-deg; did you mean --theta-deg?"),
        ({"energy_gev": "hot"}, "expected energy_mev as a number, a range like .*; got 'hot'"),
        ({"x_cm": "1:2:3"}, "expected x_mm as a number, a range like .*; got '1:2:3'"),
    ],
)
def test_what_is_refused(texts: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        condition_tables(texts, KNOWN)


def test_a_simulator_without_a_recipe_takes_other_units() -> None:
    free = {"vary": '["theta", "x_mm"]', "energy_gev": "0.5", "theta_deg": "0:45", "x_cm": "1,2"}
    recipe = recipe_of_options("calorimeter", free, [], [], 10)
    assert recipe.parameters == {"vary": ["theta", "x_mm"]}
    assert recipe.conditions == {
        "energy_mev": fixed(500.0),
        "theta": {"distribution": "uniform", "minimum": 0.0, "maximum": math.pi / 4},
        "x_mm": {"distribution": "grid", "values": [10.0, 20.0]},
    }
    by_condition = recipe_of_options("calorimeter", {}, ["energy_gev=0.5"], [], 10)
    assert by_condition.conditions == {"energy_mev": fixed(500.0)}


def test_a_parameter_that_is_missing_is_named() -> None:
    with pytest.raises(UsageError, match="expected --size with ising; got --siz, --temperature"):
        recipe_of_options("ising", {"siz": "4", "temperature": "2"}, [], [], 10)


def test_a_recipe_draws_on_its_own_scale() -> None:
    recipe = recipe_with_conditions("calo-small", {"energy_gev": "0.3:1"})
    expected = {"distribution": "loguniform", "minimum": 300.0, "maximum": 1000.0}
    assert recipe.conditions == {"energy_mev": expected}


def test_drawn_conditions_are_in_the_surrogates_unit() -> None:
    one = drawn_conditions({"energy_gev": "0.5", "theta_deg": "0:45"}, KNOWN, 100, 1)
    assert one["energy_mev"] == 500.0
    np.testing.assert_array_equal(
        one["theta"], drawn_conditions({"theta": f"0:{math.pi / 4}"}, KNOWN, 100, 1)["theta"]
    )


@pytest.mark.parametrize("text", ["2.3,9.9", "2.3:9.9"])
def test_explain_refuses_more_than_one_number(text: str, tmp_path: Path, capsys) -> None:
    """A list was cut to its first number."""
    line = ["explain", "calo-small", "--energy-gev", text, "--out", str(tmp_path / "e")]
    assert run_command(line) == 2
    error = f"error: expected one number as --energy-gev; got '{text}'\n"
    assert capsys.readouterr() == ("", error)
    assert not list(tmp_path.iterdir())


def test_explain_takes_other_units() -> None:
    assert one_condition({"energy_gev": "2.3", "theta_deg": "90"}, KNOWN) == {
        "energy_mev": 2300.0,
        "theta": math.pi / 2,
    }


def test_imported_conditions_get_the_unit_in_their_names(tmp_path: Path) -> None:
    deposits = np.arange(60.0).reshape(10, 2, 3)
    columns = {name: np.linspace(1, 2, 10) for name in ("energy", "x", "t", "o")}
    np.savez(tmp_path / "a.npz", deposits=deposits, **columns)
    line = ["import", str(tmp_path / "a.npz"), "--domain", "showers", "--samples", "deposits"]
    conditions = ["energy_mev=energy:GeV", "x_mm=x:cm", "theta=t:deg", "omega_m=o:1"]
    options = [word for text in conditions for word in ("--condition", text)]
    out = tmp_path / "x.h5"
    assert run_command([*line, "--unit", "MeV", *options, "--out", str(out)]) == 0
    dataset = open_dataset(out)
    units = {c.name: c.unit for c in dataset.info.conditions}
    assert units == {"energy_mev": "MeV", "omega_m": "1", "theta": "deg", "x_mm": "mm"}
    read = dataset.read()[1]
    np.testing.assert_allclose(read["energy_mev"], 1000 * columns["energy"])
    np.testing.assert_allclose(read["x_mm"], 10 * columns["x"])
    np.testing.assert_allclose(read["theta"], columns["t"])


def test_imported_conditions_of_another_kind_are_refused(tmp_path: Path, capsys) -> None:
    np.savez(tmp_path / "a.npz", deposits=np.ones((4, 2, 3)), x=np.ones(4))
    line = ["import", str(tmp_path / "a.npz"), "--domain", "showers", "--samples", "deposits"]
    more = ["--unit", "MeV", "--condition", "x_mm=x:GeV", "--out", str(tmp_path / "x.h5")]
    assert run_command([*line, *more]) == 1
    assert "expected a unit (um, mm, cm, m) for x_mm; got GeV" in capsys.readouterr().err
