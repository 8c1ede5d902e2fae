"""Recorded samples as the truth, and classes that a surrogate may leave out."""

import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "domains"))

from idx_files import real_digits, write_idx

from physgan import compare, open_dataset
from physgan.benchmark import Recorded, benchmark, benchmark_run
from physgan.comparison import ComparisonSettings
from physgan.data import Dataset
from physgan.domains import domain_of
from physgan.domains.images.idx import import_idx
from physgan.errors import InputError
from physgan.fidelity import BoostedTrees, DenseNetwork

FIELD = "intensities"
RUN = "physgan.benchmark.trained_run"
pytestmark = pytest.mark.usefixtures("optimised")
STAGES: list[str] = []


@pytest.fixture(scope="module")
def digits(tmp_path_factory) -> Dataset:
    """Scikit-learn's 1,797 digits, nine in ten of them in the test split."""
    folder = tmp_path_factory.mktemp("digits")
    for name, values in zip(("images", "labels"), real_digits(8), strict=True):
        write_idx(folder / name, values)
    splits = {"train": 0.1, "test": 0.9}
    import_idx(folder / "images", folder / "d.h5", labels=folder / "labels", splits=splits)
    return open_dataset(folder / "d.h5")


class Chosen:
    """Draws with replacement from the digits that have certain labels."""

    def __init__(self, dataset: Dataset, name: str, labels: range) -> None:
        samples, conditions = dataset.read()
        self.name, self.images = name, samples[FIELD][np.isin(conditions["label"], labels)]

    def sample(self, conditions, count, seed):
        return {FIELD: np.random.default_rng(seed).choice(self.images, count)}


@pytest.fixture(scope="module")
def report(digits, tmp_path_factory) -> dict:
    truth = Recorded(digits, (), [FIELD], seed=1)
    samples, known = truth.labelled
    return benchmark(
        Chosen(digits, "all of them", range(10)),
        truth,
        conditions=truth.bins(400),
        count=400,
        seed=1,
        out=tmp_path_factory.mktemp("report"),
        domain=domain_of(truth),
        baselines=[Chosen(digits, "no nines", range(9))],
        classifier_budget=1_000,
        references=2,
        batches=(1, 10),
        classes=(samples, known, "label"),
        progress=lambda done, total, stage: STAGES.append(f"{done}/{total} {stage}"),
    )


def test_a_class_left_out_is_missed_and_only_that(report) -> None:
    """Equal shares pass at a false-alarm rate of 1e-4."""
    complete, lacking = report["classes"]["all of them"], report["classes"]["no nines"]
    assert complete["accuracy"][0] > 0.95
    assert complete["missing"] == []
    assert complete["chance"] > 1e-4
    assert lacking["counts"][9] <= 5
    assert lacking["chance"] < 1e-4
    assert complete["frechet"][0] < lacking["frechet"][0]
    assert STAGES[-1].split()[0].split("/")[0] == STAGES[-1].split()[0].split("/")[1]


def test_what_a_recording_cost_is_not_known(report) -> None:
    assert report["speed"]["simulator_seconds_per_independent_sample"] == [[None] * 3]
    assert report["verdict"]["speed"].endswith("a sample.")


def test_a_cost_may_be_said(digits) -> None:
    truth = Recorded(digits, (), [FIELD], cost=2.0)
    assert truth.seconds_per_independent_sample({}) == 2.0


def test_every_recorded_event_is_in_one_set(digits) -> None:
    truth = Recorded(digits, (), [FIELD], seed=3)
    assert len(truth) == 1617
    pixels, _ = digits.read("test")
    sets = truth.sets(539, 3)
    rows = np.concatenate([events.samples[FIELD] for events in sets]).reshape(1617, -1)
    both = [np.sort(values, axis=0) for values in (rows, pixels[FIELD].reshape(rows.shape))]
    np.testing.assert_array_equal(*both)
    with pytest.raises(InputError, match=r"expected 3 sets of 540 events .*; got 1617 .* 539"):
        truth.sets(540, 3)


def test_a_condition_of_few_values_has_a_bin_for_each(digits) -> None:
    """Every set has its share of each, to one event for each set."""
    truth = Recorded(digits, digits.info.conditions, [FIELD], seed=3)
    bins = truth.bins(500)
    assert [each.means for each in bins] == [{"label": float(n)} for n in range(10)]
    labels = truth.labelled[1]["label"]
    for events in truth.sets(539, 3):
        for each in bins:
            found = events.samples[FIELD][each.holds(events.conditions, 539)]
            there = {image.tobytes() for image in truth.labelled[0][FIELD][labels == each.low]}
            assert {image.tobytes() for image in found} <= there
            assert abs(len(found) - len(there) / 3) <= 3


def test_a_dataset_without_the_split_is_refused(digits, tmp_path: Path) -> None:
    source = digits.path.parent
    import_idx(source / "images", tmp_path / "d.h5", splits={"train": 1.0})
    with pytest.raises(InputError, match=r"expected a split test in .*; got none"):
        Recorded(open_dataset(tmp_path / "d.h5"), (), [FIELD])


def test_samples_without_labels_are_compared_with_labelled_ones(digits, tmp_path: Path) -> None:
    """The same images, imported again without their labels: no class is missing."""
    import_idx(digits.path.parent / "images", tmp_path / "d.h5", splits={"test": 1.0})
    trees, network = BoostedTrees(rounds=5, repeats=1), DenseNetwork(8, epochs=2, repeats=1)
    settings = ComparisonSettings(trees, network, draws=2)
    report = compare(digits.path, tmp_path / "d.h5", classes="label", settings=settings)
    assert report.conditions == {}
    assert report.classes is not None
    assert report.classes.missing == ()
    assert report.classes.chance > 1e-4


def test_a_run_is_held_against_the_test_split(digits, tmp_path: Path, monkeypatch) -> None:
    seen: dict = {}
    about = SimpleNamespace(
        conditions=digits.info.conditions,
        fields=digits.info.fields,
        simulator="",
        recipe="",
        seen={},
        provenance="",
    )
    surrogate = SimpleNamespace(description=about, name="gan")
    surrogate.without_certificate = lambda: surrogate
    monkeypatch.setattr(f"{RUN}.load", lambda path: surrogate)
    monkeypatch.setattr(f"{RUN}.benchmark", lambda *given, **named: seen.update(named) or {})
    benchmark_run(tmp_path, tmp_path / "out", data=digits.path, classes="label", certificate=False)
    assert [each.low for each in seen["conditions"]] == list(range(10))
    assert seen["count"] == 1617 // 3
    assert seen["classes"][2] == "label"
    with pytest.raises(InputError, match=r"as classes \(label\); got 'kind'"):
        benchmark_run(tmp_path, tmp_path / "out", data=digits.path, classes="kind")
    with pytest.raises(InputError, match=r"expected --data, since .* the dataset .* got none"):
        benchmark_run(tmp_path, tmp_path / "out")
    about.simulator = "ising"
    with pytest.raises(InputError, match="expected --data with --classes"):
        benchmark_run(tmp_path, tmp_path / "out", classes="label")
