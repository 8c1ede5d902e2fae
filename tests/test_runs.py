"""What a benchmark takes from the run and its recipe."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from physgan import runs
from physgan.benchmark.seen_in_training import seen_in_training
from physgan.data import load_recipe
from physgan.data.schema import fingerprint
from physgan.data.simulation import definition_of
from physgan.errors import InputError

PARAMETERS = {"size": 16, "field": 0.0, "algorithm": "auto"}


@pytest.fixture
def asked(monkeypatch) -> dict:
    """Arguments that reach the benchmark, for a surrogate of Ising at L = 16."""
    seen: dict = {}
    about = SimpleNamespace(simulator="ising", parameters=PARAMETERS, domain="spins")
    loaded = SimpleNamespace(description=about, name="gan")
    monkeypatch.setattr(runs, "load", lambda path: loaded)
    monkeypatch.setattr(runs, "benchmark", lambda *given, **named: seen.update(named) or {})
    return seen


@pytest.mark.parametrize("seed", [0, 5])
def test_what_was_seen_in_training(tmp_path: Path, asked: dict, seed: int) -> None:
    dataset = fingerprint(definition_of(replace(load_recipe("ising-16"), seed=seed)))
    (tmp_path / "run.json").write_text(json.dumps({"dataset": dataset, "seed": seed}))
    runs.benchmark_run(tmp_path, tmp_path / "report")
    flags = [seen_in_training(c, asked["training"]) for c in asked["conditions"]]
    assert flags == ["seen", "held out", "seen", "held out", "seen"]


def test_the_recipe_asks_for_proposals(tmp_path: Path, asked: dict) -> None:
    runs.benchmark_run(tmp_path, tmp_path / "report")
    assert [(v.name, v.options) for v in asked["variants"]] == [
        ("gan, 4 proposals", {"proposals": 4})
    ]


def test_imported_samples_are_held_against_the_recipes_simulator(
    tmp_path: Path, asked: dict, monkeypatch
) -> None:
    built = []
    monkeypatch.setattr(runs, "build_simulator", lambda *given: built.append(given))
    runs.load("").description.simulator = ""
    runs.benchmark_run(tmp_path, tmp_path / "report", recipe="ising-16")
    assert built == [("ising", {"size": 16})]


def test_unknown_data_are_not_called_seen(tmp_path: Path, asked: dict) -> None:
    (tmp_path / "run.json").write_text(json.dumps({"dataset": "0" * 64, "seed": 0}))
    runs.benchmark_run(tmp_path, tmp_path / "report", count=500, seed=9)
    assert (asked["training"], asked["count"], asked["seed"]) == ({}, 500, 9)


def test_recipes_that_do_not_fit(tmp_path: Path, asked: dict, monkeypatch) -> None:
    monkeypatch.setitem(PARAMETERS, "size", 6)
    with pytest.raises(InputError, match=r"a recipe for ising with .*'size': 6.*; pass --recipe"):
        runs.benchmark_run(tmp_path, tmp_path / "report")
    (tmp_path / "r.toml").write_text(
        '[simulator]\nname = "ising"\n[events]\ncount = 1\n[conditions]\n[benchmark]\nsed = 1\n'
        "conditions = [{ temperature = 2.0 }]\n"
    )
    with pytest.raises(InputError, match=r"expected no sed in \[benchmark\] of r"):
        runs.benchmark_run(tmp_path, tmp_path / "report", recipe=str(tmp_path / "r.toml"))
