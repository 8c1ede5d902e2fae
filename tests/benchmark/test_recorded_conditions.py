"""A surrogate of recorded events at two continuous conditions, judged without a simulator."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from physgan.benchmark import Recorded, benchmark
from physgan.comparison import ComparisonSettings, compare, table
from physgan.data import open_dataset, open_split
from physgan.errors import InputError
from physgan.fidelity import BoostedTrees, DenseNetwork
from physgan.importing import import_arrays
from physgan.methods import train
from physgan.training import dataset_of

COUNT = 1200
SMALL = ComparisonSettings(
    BoostedTrees(rounds=5, repeats=1), DenseNetwork(width=8, epochs=2, repeats=1), draws=2
)
CONDITIONS = {"energy_mev": "energy:GeV:log", "theta": "angle:rad"}


def deposits_at(energy: np.ndarray, angle: np.ndarray, seed: int) -> np.ndarray:
    """A tenth of the energy, GeV, in 2 x 3 x 3 cells; more of it behind the steeper the angle."""
    rng = np.random.default_rng(seed)
    parts = rng.gamma(1.0, size=(len(energy), 2, 3, 3))
    parts[:, 1] *= 1 + angle[:, None, None]
    parts /= parts.sum((1, 2, 3), keepdims=True)
    total = 0.1 * energy * (1 + 0.1 * rng.normal(size=len(energy)))
    values = total[:, None, None, None] * parts
    return np.where(values > 1e-4, values, 0).astype(np.float32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Imported events, nine in ten of them for the test, and a copula of the others."""
    folder, rng = tmp_path_factory.mktemp("recorded"), np.random.default_rng(1)
    energy, angle = np.exp(rng.uniform(0, 3, COUNT)), rng.uniform(0, 1, COUNT)
    deposits = deposits_at(energy, angle, 1)
    np.savez(folder / "own.npz", deposits=deposits, energy=energy, angle=angle)
    import_arrays(
        folder / "own.npz",
        folder / "own.h5",
        domain="showers",
        conditions=CONDITIONS,
        samples="deposits",
        unit="GeV",
        splits={"train": 0.1, "test": 0.9},
    )
    train(folder / "own.h5", folder / "run", method="copula")
    return folder


class Generated:
    """The truth itself, or with too much energy behind."""

    def __init__(self, name: str, more: float = 0.0) -> None:
        self.name, self.more = name, more
        self.asked: list[dict] = []

    def sample(self, conditions, count, seed):
        self.asked.append(conditions)
        energy, angle = (np.broadcast_to(conditions[n], count) for n in ("energy_mev", "theta"))
        return {"deposits": 1e3 * deposits_at(energy / 1e3, angle + self.more, seed + 7)}


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small classifiers."""
    classifiers = BoostedTrees(rounds=10), DenseNetwork(width=8, epochs=2, repeats=1)
    monkeypatch.setattr("physgan.benchmark.run.CLASSIFIERS", classifiers)
    monkeypatch.setattr("physgan.benchmark.run.ConvolutionalNetwork", lambda samples: None)


def test_bins_of_each_condition_in_turn(folder: Path, tmp_path: Path, quick: None) -> None:
    """Wrong angles are seen by a classifier and the truth is not, to 4 errors."""
    dataset = open_dataset(folder / "own.h5")
    truth = Recorded(dataset, dataset.info.conditions, ["deposits"], seed=1)
    right, wrong = Generated("right"), Generated("wrong", 2.0)
    report = benchmark(
        right,
        truth,
        conditions=truth.bins(360),
        count=360,
        seed=1,
        out=tmp_path,
        baselines=[wrong],
        classifier_budget=0,
        references=2,
        batches=(1,),
    )
    bins = [condition["bin"] for condition in report["conditions"]]
    assert [each["condition"] for each in bins] == ["energy_mev"] * 3 + ["theta"] * 3
    assert bins[0]["high"] == bins[1]["low"]
    first = truth.sets(360, 3)[0].conditions
    assert right.asked[0].keys() == {"energy_mev", "theta"}
    np.testing.assert_array_equal(right.asked[0]["theta"], first["theta"])
    own, other, floor = (
        next(source for source in report["sources"] if source["name"] == name)
        for name in ("right", "wrong", "other recorded events")
    )
    for source in (own, floor):
        for test in source["classifiers"]:
            assert abs(test["auc"] - 0.5) < 4 * test["error"]
            assert len(test["per_condition"]) == 6
        for condition in source["conditions"]:
            assert abs(condition["observables"]["mean_response"]["pull"]) < 4
    assert other["largest_auc"]["value"]["auc"] > 0.5 + 8 * other["largest_auc"]["value"]["error"]
    rows = {row["label"]: row["cells"] for row in report["targets"]["rows"]}
    assert rows["largest AUC"]["wrong"][0]["verdict"] == "missed"
    page = (tmp_path / "report.html").read_text()
    assert "<th>target</th>" in page
    assert "energy 1" in page
    for word in ("simulator", "simulation", "exact", "times faster"):
        assert word not in page.split("<main>")[1].lower().replace("exactly", ""), word


@pytest.mark.usefixtures("quick")
def test_a_run_is_judged_on_its_own_test_split(
    folder: Path, tmp_path: Path, call: Callable
) -> None:
    code, out, _ = call("benchmark", folder / "run", "--out", tmp_path, "--count", 200)
    assert code == 0
    assert "truth: the test split of own.h5, the dataset that copula learnt from" in out
    assert json.loads((tmp_path / "report.json").read_text())["count"] == 200


@pytest.mark.parametrize(("missed", "code"), [([], 0), (["largest AUC"], 3)])
def test_a_missed_target_is_an_exit_code_if_asked(
    missed: list[str], code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: Callable
) -> None:
    verdict = {"sentence": "", "largest_auc": "", "missed": missed}
    report = {"verdict": verdict, "simulator": {"name": "x", "recorded": None}}
    monkeypatch.setattr("physgan.benchmark.benchmark_run", lambda *given, **named: report)
    assert call("benchmark", "run", "--out", tmp_path, "--check")[0] == code
    assert call("benchmark", "run", "--out", tmp_path)[0] == 0


def test_a_run_knows_its_dataset_where_it_is(folder: Path, tmp_path: Path) -> None:
    """By its place relative to the run, which is not part of what the run is."""
    known = dataset_of(folder / "run")
    assert known is not None
    assert known.path.resolve() == (folder / "own.h5").resolve()
    shutil.copytree(folder / "run", tmp_path / "elsewhere" / "run")
    assert dataset_of(tmp_path / "elsewhere" / "run") is None
    shutil.copy(folder / "own.h5", tmp_path / "own.h5")
    shutil.copy(folder / "own.h5.json", tmp_path / "own.h5.json")
    train(tmp_path / "own.h5", tmp_path / "elsewhere" / "run", method="copula")


def test_a_split_may_be_named_behind_the_file(folder: Path) -> None:
    dataset, split = open_split(f"{folder / 'own.h5'}:train", "test")
    assert (split, len(dataset.splits[split])) == ("train", COUNT // 10)
    assert open_split(folder / "own.h5", "test")[1] == "test"
    with pytest.raises(InputError, match=r"expected a split of .* \(train, test\); got 'best'"):
        open_split(f"{folder / 'own.h5'}:best")


def test_samples_at_the_conditions_of_a_split(folder: Path, tmp_path: Path, call: Callable) -> None:
    """One each, in the order of the events, so that the two can be compared event by event."""
    like, out = f"{folder / 'own.h5'}:test", tmp_path / "made.h5"
    assert call("sample", folder / "run", "--like", like, "--out", out)[0] == 0
    _, recorded = open_dataset(folder / "own.h5").read("test")
    _, made = open_dataset(out).read()
    for name, values in recorded.items():
        np.testing.assert_array_equal(made[name], values)
    report = compare(folder / "own.h5", out, split="test", settings=SMALL)
    assert report.counts["fake"] == len(made["theta"]) // 2
    assert max(distance for distance, _ in report.conditions.values()) < 0.1
    assert not table(report).startswith("warning")
    few = tmp_path / "few.h5"
    assert call("sample", folder / "run", "--like", like, "--count", 150, "--out", few)[0] == 0
    np.testing.assert_array_equal(open_dataset(few).read()[1]["theta"], recorded["theta"][:150])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--theta", 0.5), "expected no --theta with --like; got both"),
        (("--count", 5000), "events in"),
        ((), ""),
    ],
)
def test_a_file_or_conditions(folder, tmp_path, call, arguments, message) -> None:
    like = f"{folder / 'own.h5'}:{'test' if arguments else 'no'}"
    words = "sample", folder / "run", "--like", like, "--out", tmp_path / "x.h5", *arguments
    code, _, error = call(*words)
    assert code > 0
    assert message in error
    assert not list(tmp_path.iterdir())


def test_conditions_distributed_otherwise_are_the_first_thing_that_is_said(
    folder: Path, tmp_path: Path, call: Callable
) -> None:
    out = tmp_path / "made.h5"
    words = "--energy-gev", 5, "--theta", 0.5, "--count", 250
    assert call("sample", folder / "run", *words, "--out", out)[0] == 0
    lines = table(compare(f"{folder / 'own.h5'}:test", out, settings=SMALL)).splitlines()
    assert lines[0].startswith("warning: energy_mev is not distributed alike")
    assert lines[1].startswith("warning: theta")
    assert lines[2].startswith("largest AUC")


def test_events_outside_the_trained_range_are_left_out(folder: Path) -> None:
    dataset = open_dataset(folder / "own.h5")
    energy, theta = dataset.info.conditions
    narrow = energy.__class__("energy_mev", "MeV", 2e3, 8e3, "log")
    truth = Recorded(dataset, (narrow, theta), ["deposits"])
    values = truth.labelled[1]["energy_mev"]
    assert 2e3 <= values.min() < values.max() <= 8e3
    assert "events outside the trained range" in truth.what
