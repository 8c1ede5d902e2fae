"""What a benchmark takes from a run and from its recipe, on a run that was really trained."""

import html
import json
import shlex
import shutil
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from physgan import CertificateWarning, benchmark_run, load, open_dataset, simulate, train
from physgan.benchmark.command import command_line
from physgan.benchmark.sources import subseed
from physgan.cli.evaluate import app
from physgan.data.files import sha256_of
from physgan.errors import InputError
from physgan.fidelity import BoostedTrees, DenseNetwork
from physgan.training import identity_of_data
from simulators import Ising

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

[benchmark.tolerances]
"energy:overlap" = 0.5
specific_heat = 0.2
"""

SMALL = (
    BoostedTrees(rounds=10, repeats=1),
    DenseNetwork(width=8, epochs=2, repeats=1),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recipe, its dataset, a run of two batches and the report about it."""
    folder = tmp_path_factory.mktemp("benchmarked")
    (folder / "tiny.toml").write_text(RECIPE)
    simulate(str(folder / "tiny.toml"), folder / "tiny.h5")
    train(folder / "tiny.h5", folder / "run")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("physgan.benchmark.run.CLASSIFIERS", SMALL)
        benchmark_run(folder / "run", folder / "report", recipe=str(folder / "tiny.toml"))
    return folder


@pytest.fixture(scope="module")
def report(folder: Path) -> dict:
    return json.loads((folder / "report" / "report.json").read_text())


def test_what_was_seen_in_training_is_what_the_surrogate_recorded(
    folder: Path, report: dict
) -> None:
    assert load(folder / "run").description.seen == {"temperature": [[2.0, 2.4], [2.6, 3.0]]}
    assert [c["training"] for c in report["conditions"]] == ["edge", "seen", "held out", "edge"]
    assert [c["values"]["temperature"] for c in report["conditions"]] == [2.0, 2.2, 2.5, 3.0]


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


def test_the_report_has_the_command_that_makes_it_again(folder: Path, report: dict) -> None:
    words = ["--out", folder / "report", "--recipe", folder / "tiny.toml", "--seed", 1]
    command = shlex.join(map(str, ["physgan", "benchmark", folder / "run", *words]))
    assert report["command"] == command
    page = (folder / "report" / "report.html").read_text()
    assert f"<dt>command</dt><dd><code>{html.escape(command)}</code></dd>" in page


def test_the_command_line_reads_the_command_as_the_same_arguments(monkeypatch) -> None:
    given: dict = {}

    def note(run, out, **arguments):
        given.update(arguments)
        verdict = {"sentence": "", "largest_auc": "", "missed": []}
        return {"verdict": verdict, "simulator": {"recorded": "events"}}

    monkeypatch.setattr("physgan.benchmark.benchmark_run", note)
    wanted = {
        "count": 300, "recipe": "a b.toml", "baseline": ["one", "two"], "data": "x.h5:test",
        "classes": "label", "tolerance": {"energy:overlap": 0.5, "auc": 0.7}, "cost": 0.0,
        "certificate": False, "seed": 0,
    }  # fmt: skip
    app(shlex.split(command_line("r u n", "out", wanted))[1:], standalone_mode=False)
    found = {**given, "baseline": given["baselines"], "tolerance": given["tolerances"]}
    assert {name: found[name] for name in wanted} == wanted


def test_tolerances_of_the_recipe_are_targets(report: dict) -> None:
    limits = {
        (row["observable"], row["measure"]): row["limit"] for row in report["targets"]["rows"]
    }
    assert limits["energy", "overlap"] == 0.5
    assert limits["specific_heat", "relative"] == 0.2
    assert ("", "copies") in limits


def test_distances_to_training_samples_are_shown(folder: Path, report: dict) -> None:
    """Some of the lattices of 16 spins are there twice, at temperatures that differ a little."""
    near = report["nearest_training_samples"]
    assert near["view"] == "low-level"
    for side in ("surrogate", "truth"):
        assert 0 <= near[side][0] < 0.1
        assert sorted(near[side]) == near[side]
    page = (folder / "report" / "report.html").read_text()
    assert "Are training samples repeated?" in page


def test_the_report_says_when_the_surrogate_pays(folder: Path, report: dict) -> None:
    """Its training set and training are known, and what a sample costs; both may be slow here."""
    costs = report["break_even"]
    assert costs["learnt"] == 640
    assert min(costs["simulating"], costs["training"], costs["sampling"]) > 0
    assert report["verdict"]["break_even"].startswith("It cost 640 simulated events")
    page = (folder / "report" / "report.html").read_text()
    assert "Seconds by number of events" in page
    assert f"of {report['environment']['cores']} that the process may use" in page


def test_the_truth_is_fresh(folder: Path) -> None:
    """Seeds of the truth are not the dataset's, which draws the same lattices again."""
    dataset = open_dataset(folder / "tiny.h5")
    samples, conditions = dataset.read()
    again = Ising(size=4).sample(conditions, len(dataset), dataset.info.seed)
    np.testing.assert_array_equal(again["spins"], samples["spins"])
    seeds = {subseed(1, index, place) for index in range(4) for place in range(4)}
    assert len(seeds) == 16
    assert dataset.info.seed not in seeds


def test_a_certificate_is_kept_with_the_weights(folder: Path, report: dict) -> None:
    certificate = load(folder / "run").certificate
    assert certificate is not None
    assert certificate.weights_sha256 == sha256_of(folder / "run" / "surrogate" / "weights.npz")
    assert certificate.data_sha256 == identity_of_data(folder / "run") != ""
    assert certificate.conditions == {"temperature": pytest.approx((2.0, 3.0))}
    assert certificate.sentence == report["verdict"]["sentence"]
    assert 0.2 in certificate.limits.values()
    assert [place.training for place in certificate.places][1:3] == ["seen", "held out"]
    missed = {label for place in certificate.places for label in place.missed}
    missed |= set(certificate.missed)
    assert missed == {words.split(" at temperature")[0] for words in report["verdict"]["missed"]}


def test_a_full_disk_is_one_line(
    folder: Path, tmp_path: Path, call, largest_file, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("physgan.benchmark.run.measure_speed", lambda *given: None)
    monkeypatch.setattr("physgan.benchmark.run.CLASSIFIERS", SMALL)
    words = ["benchmark", folder / "run", "--recipe", folder / "tiny.toml", "--out", tmp_path]
    with largest_file(2_000):
        code, out, err = call(*words)
    error = [line for line in err.splitlines() if not line.startswith("benchmark:")]
    assert (code, out, len(error)) == (1, "", 1)
    assert error[0].startswith(f"error: expected room on the disk for {tmp_path / 'report.json'};")
    assert not list(tmp_path.iterdir())


@pytest.fixture
def altered(folder: Path, tmp_path: Path) -> Callable[..., Path]:
    """A copy of the run whose certificate has other entries."""
    shutil.copytree(folder / "run", tmp_path / "run")
    path = tmp_path / "run" / "surrogate" / "certificate.json"

    def alter(**changes: object) -> Path:
        content = json.loads(path.read_text())
        for place in content["places"]:
            place["missed"] = []
        path.write_text(json.dumps({**content, "missed": [], **changes}))
        return tmp_path / "run"

    return alter


def place(temperature: float, *missed: str) -> dict:
    values = {"temperature": temperature}
    return {"values": values, "training": "seen", "bin": None, "missed": missed, "cannot_tell": []}


def test_samples_are_drawn_in_silence_where_nothing_was_missed(altered) -> None:
    surrogate = load(altered(places=[place(2.2), place(2.8, "mean energy")]))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        surrogate.sample({"temperature": 2.4}, 2, 1)


@pytest.mark.parametrize(
    ("changes", "temperature", "words"),
    [
        (
            {"places": [place(2.2), place(2.8, "mean energy")]},
            2.7,
            "mean energy at temperature 2.8",
        ),
        ({"missed": ["largest AUC"]}, 2.2, "likelihood: it missed largest AUC"),
        ({"conditions": {"temperature": [2.0, 2.5]}}, 2.7, "from 2 to 2.5 J/k_B, not at 2.7"),
        ({"weights_sha256": "0"}, 2.2, "its certificate is of other weights"),
    ],
)
def test_samples_come_with_what_is_known_against_them(
    altered, changes: dict, temperature: float, words: str, tmp_path: Path, call: Callable
) -> None:
    """As a warning from Python and as one line from the shell."""
    run = altered(**changes)
    with pytest.warns(CertificateWarning, match=words):
        load(run).sample({"temperature": temperature}, 2, 1)
    options = ("--temperature", temperature, "--count", 2, "--out", tmp_path / "x.h5")
    code, _, error = call("sample", run, *options)
    assert code == 0
    assert [line for line in error.splitlines() if line.startswith("warning:") and words in line]


def test_a_surrogate_without_a_certificate_says_so(
    folder: Path, altered, tmp_path: Path, call: Callable
) -> None:
    run = altered()
    assert "of: these weights" in call("info", run)[1]
    (run / "surrogate" / "certificate.json").write_text("{}")
    assert load(run).certificate is None
    assert "certificate: none" in call("info", run)[1]
    options = ("--temperature", 2.2, "--count", 2, "--out", tmp_path / "x.h5")
    assert "warning: likelihood has no certificate" in call("sample", run, *options)[2]


def test_training_events_are_no_truth(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"that training never saw; got train of .*:test"):
        benchmark_run(folder / "run", tmp_path, data=f"{folder / 'tiny.h5'}:train")


def test_runs_of_one_method_can_be_held_against_each_other(
    folder: Path, tmp_path: Path, monkeypatch
) -> None:
    """Where names would be equal, the folder is part of them."""
    given = {}
    monkeypatch.setattr(
        "physgan.benchmark.trained_run.benchmark", lambda *a, **more: given.update(more)
    )
    other = shutil.copytree(folder / "run", tmp_path / "other")
    recipe = str(folder / "tiny.toml")
    benchmark_run(
        folder / "run",
        tmp_path / "report",
        recipe=recipe,
        baselines=[str(other)],
        certificate=False,
    )
    (baseline,) = given["baselines"]
    assert baseline.name == f"{load(other).name}, {other}"
    drawn = baseline.sample({"temperature": 2.5}, 3, 1)["spins"]
    assert drawn.shape[0] == 3
