"""What no detector or lattice can have measured is refused where data come in, and by `verify`."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from physgan.comparison import compare
from physgan.data import Axis, Condition, DatasetInfo, Field, write_dataset
from physgan.domains import verify
from physgan.errors import InputError, VerificationError
from physgan.methods import train

COUNT = 40
AXES = ("layer", "row", "column")
ENERGY = Condition("energy_mev", "MeV", 1.0, 1e4, "log")
SHOWERS = DatasetInfo(
    domain="showers",
    fields=(Field("deposits", "MeV", AXES, "energy", "float32"),),
    conditions=(ENERGY,),
    grid=tuple(Axis(name, "1", (0.0, 1.0)) for name in AXES),
)
SPLITS = {"train": np.arange(30), "validation": np.arange(30, 40)}

Content = tuple[dict[str, np.ndarray], dict[str, np.ndarray], DatasetInfo]
Change = Callable[[dict[str, np.ndarray], dict[str, np.ndarray], DatasetInfo], Any]


def written(path: Path, change: Change | None = None, seed: int = 0) -> Path:
    """A dataset of 40 showers, changed before it is written; `change` may return another info."""
    rng = np.random.default_rng(seed)
    samples = {"deposits": rng.exponential(size=(COUNT, 2, 2, 2)).astype(np.float32)}
    conditions = {"energy_mev": np.geomspace(1, 1e4, COUNT)}
    info = (change and change(samples, conditions, SHOWERS)) or SHOWERS
    write_dataset(path, samples, conditions, info, SPLITS)
    return path


def deposit(value: float) -> Change:
    return lambda samples, conditions, info: samples["deposits"].__setitem__((7, 1, 1, 1), value)


def energy(value: float, **more: Any) -> Change:
    def change(samples: Any, conditions: Any, info: DatasetInfo) -> DatasetInfo:
        conditions["energy_mev"][7] = value
        return replace(info, conditions=(replace(ENERGY, **more),))

    return change


def field(**more: Any) -> Change:
    return lambda s, c, info: replace(info, fields=(replace(info.fields[0], **more),))


def condition(**more: Any) -> Change:
    return lambda samples, conditions, info: replace(info, conditions=(replace(ENERGY, **more),))


BAD: dict[str, tuple[Change, str]] = {
    "negative deposit": (deposit(-3.0), r"expected deposits of 0 or more; got -3 in row 7"),
    "huge deposit": (deposit(3e38), r"expected deposits of at most 1e\+18; got 3e\+38 in row 7"),
    "no energy": (
        energy(0.0, minimum=0.0, scale="linear"),
        r"expected positive values of energy_mev up to 1e\+18; got 0 in row 7",
    ),
    "negative energy": (
        energy(-1.0, minimum=-1.0, scale="linear"),
        r"expected positive values of energy_mev up to 1e\+18; got -1 in row 7",
    ),
    "huge energy": (energy(1e300, maximum=1e301), r"positive values of energy_mev .*; got 1e\+300"),
    "range from 0": (condition(minimum=0.0), r"expected a positive range of energy_mev, whose"),
    "deposits in GeV": (field(unit="GeV"), r"expected deposits in MeV; got 'GeV'; physgan import"),
    "deposits in bananas": (field(unit="bananas"), r"expected deposits in MeV; got 'bananas'"),
    "energy in GeV": (condition(unit="GeV"), r"expected energy_mev in MeV, as its name says; got"),
    "energy in bananas": (condition(unit="bananas"), r"energy_mev in MeV, .*; got 'bananas'"),
    "spelling": (condition(unit="MEV"), r"expected the unit MeV of energy_mev as it is written"),
    "domain": (
        lambda s, c, info: replace(info, domain="shower"),
        r"expected a domain \(.*\); got 'shower'; did you mean showers\?",
    ),
    "another domain": (lambda s, c, info: replace(info, domain="points"), "points"),
}


@pytest.mark.parametrize("name", BAD)
def test_verify_finds_what_cannot_be(tmp_path: Path, name: str) -> None:
    change, message = BAD[name]
    with pytest.raises(VerificationError, match=message):
        verify(written(tmp_path / "x.h5", change))


@pytest.mark.parametrize("name", BAD)
def test_training_refuses_what_cannot_be(tmp_path: Path, name: str) -> None:
    change, message = BAD[name]
    with pytest.raises(InputError, match=message):
        train(written(tmp_path / "x.h5", change), tmp_path / "run", method="copula")
    assert not (tmp_path / "run").exists()


def test_comparison_refuses_what_cannot_be(tmp_path: Path) -> None:
    good = written(tmp_path / "good.h5")
    for name, (change, _) in BAD.items():
        bad = written(tmp_path / f"{name}.h5", change, seed=1)
        with pytest.raises(InputError, match=r"^expected .*; got "):
            compare(good, bad)


def test_what_can_be_passes(tmp_path: Path) -> None:
    def some_are_empty(samples: Any, conditions: Any, info: DatasetInfo) -> None:
        samples["deposits"][::3] = 0

    assert verify(written(tmp_path / "x.h5", some_are_empty))["samples"] == COUNT


def test_energies_in_another_unit_are_not_compared(tmp_path: Path) -> None:
    """One dataset names its condition `energy`, without a unit, in MeV and the other in GeV."""
    paths = []
    for unit in ("MeV", "GeV"):
        energies = {"energy": np.geomspace(1, 1e4, COUNT)}
        info = replace(SHOWERS, conditions=(replace(ENERGY, name="energy", unit=unit),))
        samples = {"deposits": np.ones((COUNT, 2, 2, 2), np.float32)}
        paths.append(tmp_path / f"{unit}.h5")
        write_dataset(paths[-1], samples, energies, info)
    with pytest.raises(InputError, match=r"expected conditions energy \(MeV\) .*; got energy \(G"):
        compare(*paths)


def test_spins_are_signs(tmp_path: Path) -> None:
    info = DatasetInfo(
        domain="spins",
        fields=(Field("spins", "1", ("row", "column"), "spin", "int8"),),
        conditions=(Condition("temperature", "J/k_B", 1.0, 4.0),),
    )
    spins = np.ones((5, 4, 4), np.int8)
    spins[3, 2, 1] = 0
    write_dataset(tmp_path / "x.h5", {"spins": spins}, {"temperature": np.full(5, 2.0)}, info)
    with pytest.raises(VerificationError, match=r"expected spins of \+1 and -1; got 0 in row 3"):
        verify(tmp_path / "x.h5")
