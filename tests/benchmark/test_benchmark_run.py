"""What a benchmark takes from a run and from its recipe, on a run that was really trained."""

import json
import shutil
from pathlib import Path

import pytest

from physgan import benchmark_run, load, simulate, train
from physgan.errors import InputError

RECIPE = """
[simulator]
name = "ising"
size = 4

[events]
count = 640

[conditions.temperature]
distribution = "uniform"
minimum = 2.0
maximum = 3.0
held_out = [[2.4, 2.6]]

[splits]
train = 0.8
validation = 0.2

[train]
method = "likelihood"
batch_size = 32
generator_width = 2
embedding = 4
likelihood_samples = 64

[benchmark]
classifier_budget = 0
relax_sweeps = []
references = 2
batches = [1]
count = 100
proposals = 2
conditions = [{ temperature = 2.2 }, { temperature = 2.5 }]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recipe, its dataset, a run of two batches and the report about it."""
    folder = tmp_path_factory.mktemp("benchmarked")
    (folder / "tiny.toml").write_text(RECIPE)
    simulate(str(folder / "tiny.toml"), folder / "tiny.h5")
    train(folder / "tiny.h5", folder / "run")
    benchmark_run(folder / "run", folder / "report", recipe=str(folder / "tiny.toml"))
    return folder


@pytest.fixture(scope="module")
def report(folder: Path) -> dict:
    return json.loads((folder / "report" / "report.json").read_text())


def test_what_was_seen_in_training_is_what_the_surrogate_recorded(
    folder: Path, report: dict
) -> None:
    assert load(folder / "run").description.seen == {"temperature": [[2.0, 2.4], [2.6, 3.0]]}
    assert [c["training"] for c in report["conditions"]] == ["seen", "held out"]


def test_the_report_calls_the_surrogate_by_the_stage_that_was_kept(
    folder: Path, report: dict
) -> None:
    page = (folder / "report" / "report.html").read_text()
    assert "<title>likelihood against ising</title>" in page
    assert "training of likelihood: likelihood (64 samples); kept: likelihood after" in page
    assert report["training"]["dataset"] == "tiny"


def test_the_recipe_asks_for_proposals_where_the_weight_is_known(report: dict) -> None:
    assert "likelihood, 2 proposals" in json.dumps(report["targets"])


def test_recipes_that_do_not_fit(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a recipe for ising with .*'size': 4.*; pass --recipe"):
        benchmark_run(folder / "run", tmp_path / "report")
    (tmp_path / "r.toml").write_text(RECIPE.replace("proposals", "sed"))
    with pytest.raises(InputError, match=r"expected no sed in \[benchmark\] of r"):
        benchmark_run(folder / "run", tmp_path / "report", recipe=str(tmp_path / "r.toml"))
    assert not (tmp_path / "report").exists()


def test_runs_of_one_method_can_be_held_against_each_other(
    folder: Path, tmp_path: Path, monkeypatch
) -> None:
    """Where names would be equal, the folder is part of them."""
    given = {}
    monkeypatch.setattr(
        "physgan.benchmark.trained_run.benchmark", lambda *a, **more: given.update(more)
    )
    other = shutil.copytree(folder / "run", tmp_path / "other")
    benchmark_run(folder / "run", tmp_path / "report", baselines=[str(other)])
    (baseline,) = given["baselines"]
    assert baseline.name == f"{load(other).name}, {other}"
    drawn = baseline.sample({"temperature": 2.5}, 3, 1)["spins"]
    assert drawn.shape[0] == 3
