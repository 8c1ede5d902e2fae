"""physgan compare: two files of one domain in, a table, pictures and JSON out."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import physgan
from physgan.cli import run_command
from physgan.comparison import ComparisonReport, ComparisonSettings, compare, compare_samples, table
from physgan.comparison.reading import copies
from physgan.data import Axis, Condition, DatasetInfo, Field, open_dataset, write_dataset
from physgan.errors import InputError, PhysganError
from physgan.fidelity import BoostedTrees, DenseNetwork

QUICK = ComparisonSettings(
    BoostedTrees(rounds=5, repeats=1), DenseNetwork(width=8, epochs=2, repeats=1), draws=2
)
COUNT = 240
RINGS = (0.0, 5.0, 20.0)


def showers(path: Path, seed: int, scale: float = 1.0, rings=RINGS, name: str = "energy_mev"):
    """Cylinders of independent exponential deposits, a third of them empty."""
    rng = np.random.default_rng(seed)
    energy = rng.uniform(100, 200, COUNT)
    shape = (COUNT, 3, 4, len(rings) - 1)
    deposits = rng.exponential(size=shape) * (rng.random(shape) > 1 / 3)
    deposits[:, 1] *= scale
    info = DatasetInfo(
        domain="showers",
        fields=(Field("deposits", "MeV", ("layer", "alpha", "r"), "energy", "float32"),),
        conditions=(Condition(name, "MeV", 100.0, 200.0),),
        grid=(
            Axis("layer", "1", (0.0, 1.0, 2.0)),
            Axis("alpha", "rad", tuple(np.linspace(-np.pi, np.pi, 5).tolist())),
            Axis("r", "mm", rings),
        ),
    )
    write_dataset(path, {"deposits": deposits.astype(np.float32)}, {name: energy}, info)
    return path


def spins(path: Path, seed: int, size: int = 4) -> Path:
    arguments = ["--size", size, "--temperature", "2:3", "--count", COUNT, "--seed", seed]
    words = ["simulate", "ising", *arguments, "--out", path]
    assert run_command([str(word) for word in words]) == 0
    return path


@pytest.fixture(scope="module")
def beside_floor(tmp_path_factory) -> tuple[ComparisonReport, Path]:
    """Showers of which the second layer is three times too bright, and what was written."""
    folder = tmp_path_factory.mktemp("floor")
    files = [showers(folder / f"{n}.h5", n, s) for n, s in enumerate((1.0, 3.0, 1.0))]
    report = compare(*files[:2], floor=files[2], out=folder / "out", settings=QUICK)
    return report, folder / "out"


@pytest.mark.filterwarnings("ignore:Error writing persistent compilation cache")
def test_a_full_disk_is_one_line(beside_floor, tmp_path: Path, largest_file) -> None:
    files = [beside_floor[1].parent / f"{n}.h5" for n in range(2)]
    with (
        largest_file(2_000),
        pytest.raises(PhysganError, match=r"^expected room on the disk for .*/spectrum-.*again$"),
    ):
        compare(*files, floor=files[0], out=tmp_path, settings=QUICK)
    assert not list(tmp_path.iterdir())


def test_showers_with_a_floor(beside_floor) -> None:
    report, out = beside_floor
    assert report.counts == {"real": COUNT, "fake": COUNT, "floor": COUNT}
    assert report.floor == "a second real set"
    energy = report.find("separation power", "layer_energy")
    assert energy.components is not None
    assert int(np.argmax(energy.components["value"])) == 1
    assert energy.pull > 4
    assert report.find("Fréchet distance", "high-level").value[0] > 0
    names = {m.metric for m in report.metrics}
    assert {"precision", "recall", "density", "coverage", "kernel distance"} <= names
    stored = json.loads((out / "compare.json").read_text())
    assert stored["seed"] == 0
    assert stored["settings"]["network"]["width"] == 8
    assert len(stored["metrics"]) == len(report.metrics)
    pictures = {p.name for p in out.glob("*.png")}
    assert pictures == set(stored["pictures"])
    wanted = "profile-layer_energy histogram-response profile-ring_energy profile-sparsity samples"
    wanted += " spectrum-cell_energy spectrum-cell_energy_by_depth spectrum-voxel_energy auc"
    assert {f"{name}.png" for name in wanted.split()} <= pictures
    assert "correlations-layer_energy.png" in pictures
    text = table(report)
    assert len(text.splitlines()) == len(report.metrics) + 6
    assert "a second real set" in text


def test_the_spectrum_shows_which_layer_is_too_bright(beside_floor) -> None:
    report, _ = beside_floor
    by_depth = report.find("separation power", "cell_energy_by_depth")
    assert by_depth.components is not None
    assert int(np.argmax(by_depth.components["value"])) == 1
    assert report.find("separation power", "cell_energy").pull > 4


def test_the_largest_auc_comes_first(beside_floor) -> None:
    """Over all views and both classifiers; the floor is its own largest."""
    report, out = beside_floor
    aucs = [m for m in report.metrics if m.metric.endswith("AUC")]
    assert len(aucs) == 2 * len({m.of for m in aucs}) == 10
    largest = report.largest_auc
    assert largest.value.auc[0] == max(m.value[0] for m in aucs)
    assert largest.floor.auc[0] == max(m.floor[0] for m in aucs)
    first = table(report).splitlines()[0]
    counted = largest.value.procedure.train_counts[0]
    assert first.startswith(f"largest AUC {largest.value.auc[0]:.3g}")
    assert largest.value.view in first
    assert f"{counted} a side" in first
    stored = json.loads((out / "compare.json").read_text())["largest_auc"]
    assert stored["value"]["auc"] == largest.value.auc[0]
    assert stored["floor"]["view"] == largest.floor.view
    assert [point["count"] for point in stored["curve"]] == [counted]


def test_the_curve_is_of_the_strongest_pair(tmp_path: Path, monkeypatch) -> None:
    """On fewer samples it sees less; its last point is the headline."""
    monkeypatch.setattr("physgan.fidelity.headline._CURVE", (20, 60, 5000))
    files = [showers(tmp_path / f"{n}.h5", n, s) for n, s in enumerate((1.0, 1.7, 1.0))]
    largest = compare(*files[:2], floor=files[2], settings=QUICK).largest_auc
    counted = largest.value.procedure.train_counts[0]
    assert [point.count for point in largest.curve] == [20, 60, counted]
    assert largest.curve[-1].value == largest.value.auc
    assert largest.curve[0].value[0] < largest.curve[-1].value[0]
    assert all(abs(point.floor[0] - 0.5) <= 4 * point.floor[1] for point in largest.curve)


def test_other_fields_need_not_be_alike(tmp_path: Path) -> None:
    """A simulator writes leakage, a surrogate does not."""
    first, second = showers(tmp_path / "a.h5", 0), tmp_path / "b.h5"
    dataset = physgan.open_dataset(first)
    samples, conditions = dataset.read()
    leakage = Field("leakage", "MeV", ("layer",), "energy", "float32")
    info = replace(dataset.info, fields=(*dataset.info.fields, leakage))
    write_dataset(second, {**samples, "leakage": np.ones((COUNT, 3), np.float32)}, conditions, info)
    assert compare(first, second, settings=QUICK).counts["fake"] == COUNT // 2


def test_aucs_say_how_they_were_obtained(beside_floor) -> None:
    """In the table and in compare.json: settings, and samples that trained and tested."""
    report, out = beside_floor
    text = table(report)
    half, fifth = 6 * COUNT // 10, COUNT // 5
    assert (
        f"trees: boosted trees, at most 5 rounds, trained on 80 % ({8 * COUNT // 10} a side), "
        f"tested on {fifth} a side, 1 repeat"
    ) in text.splitlines()
    assert f"network: dense network, at most 2 epochs, trained on 60 % ({half} a side)" in text
    stored = json.loads((out / "compare.json").read_text())
    for metric in stored["metrics"]:
        classified = metric["metric"].endswith(("AUC", "JSD"))
        assert (metric["procedure"] is not None) == classified
        if classified:
            assert metric["procedure"]["settings"]["repeats"] == 1
            assert metric["procedure"]["test_counts"] == [fifth, fifth]


def test_spins_are_split_in_halves_and_have_no_neighbours(tmp_path: Path, capsys) -> None:
    first, second = spins(tmp_path / "a.h5", 1), spins(tmp_path / "b.h5", 2)
    report = physgan.compare(first, second, out=tmp_path / "out", settings=QUICK)
    assert report.counts == {"real": COUNT // 2, "fake": COUNT // 2, "floor": COUNT // 2}
    assert report.floor == "halves of the real set"
    metrics = {m.metric for m in report.metrics}
    assert "precision" not in metrics
    views = {m.of for m in report.metrics if m.metric == "network AUC"}
    assert views == {"low-level", "high-level"}
    assert (tmp_path / "out" / "profile-correlation.png").is_file()
    assert not (tmp_path / "out" / "profile-ring_energy.png").exists()


def test_same_seed_same_report_and_count_caps(tmp_path: Path) -> None:
    files = [showers(tmp_path / f"{n}.h5", n) for n in range(2)]
    first, second = (compare(*files, count=200, seed=4, settings=QUICK) for _ in range(2))
    assert first == second
    assert first.counts["real"] == 100


def test_unequal_conditions_are_pointed_out(tmp_path: Path) -> None:
    from physgan.data import open_dataset
    from physgan.domains import domain_of

    dataset = open_dataset(showers(tmp_path / "a.h5", 0))
    samples, conditions = dataset.read()
    other = {"energy_mev": 0.8 * conditions["energy_mev"]}
    report = compare_samples(
        domain_of(dataset.info),
        (samples, conditions), (samples, other), (samples, conditions), settings=QUICK,
    )  # fmt: skip
    assert "energy_mev is not distributed alike" in table(report)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: spins(path, 1), "expected domain showers in .*; got spins"),
        (lambda path: showers(path, 1, rings=(0.0, 5.0)), "expected deposits of shape"),
        (lambda path: showers(path, 1, rings=(0.0, 5.0, 21.0)), "expected the axis r of"),
        (
            lambda path: showers(path, 1, name="energy_gev"),
            r"expected conditions energy_mev \(MeV\) in",
        ),
    ],
)
def test_what_cannot_be_compared_is_refused(tmp_path: Path, make, message: str) -> None:
    first = showers(tmp_path / "a.h5", 0)
    with pytest.raises(InputError, match=message) as caught:
        compare(first, make(tmp_path / "b.h5"), settings=QUICK)
    assert "\n" not in str(caught.value)


def test_few_samples_are_refused(tmp_path: Path) -> None:
    first = showers(tmp_path / "a.h5", 0)
    with pytest.raises(InputError, match="expected 100 samples or more"):
        compare(first, first, count=100, settings=QUICK)


def test_command_line_reports_what_differs(tmp_path: Path, capsys) -> None:
    first, second = showers(tmp_path / "a.h5", 0), spins(tmp_path / "b.h5", 1)
    capsys.readouterr()
    assert run_command(["compare", str(first), str(second)]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: expected domain showers")
    assert len(captured.err.splitlines()) == 1


def test_classes_are_compared_if_asked_for(tmp_path: Path) -> None:
    files = []
    for number, least in enumerate((1.5, 2.5)):
        path = tmp_path / f"{number}.h5"
        words = f"simulate ising --size 4 --temperature {least}:3.5 --count 820 --seed {number}"
        assert run_command([*words.split(), "--out", str(path)]) == 0
        files.append(path)
    report = compare(
        *files, classes="temperature", class_inputs="observables", settings=QUICK, count=820
    )
    assert report.classes is not None
    assert len(report.classes.counts) == 10
    assert report.classes.chance < 1e-6
    assert "class score" in table(report)
    assert report.to_json()["classes"]["missing"] == list(report.classes.missing)


def test_copies_are_called_copies(tmp_path: Path, capsys) -> None:
    """Of the training set beside a test split, whose figures look good."""
    real = showers(tmp_path / "real.h5", 0)
    dataset = open_dataset(real)
    samples, conditions = dataset.read()
    rows = np.random.default_rng(1).permutation(COUNT)
    splits = {"train": np.arange(120), "test": np.arange(120, COUNT)}
    write_dataset(real, samples, conditions, dataset.info, splits)
    train = {k: v[rows[rows < 120]] for k, v in samples.items()}
    energies = {k: v[rows[rows < 120]] for k, v in conditions.items()}
    write_dataset(tmp_path / "copy.h5", train, energies, dataset.info)
    report = compare(f"{real}:test", tmp_path / "copy.h5", floor=real, settings=QUICK)
    assert report.copies == (1.0, 0.0)
    assert report.to_json()["copies"] == [1.0, 0.0]
    assert table(report).startswith("warning: 100 % of the samples under test are copies of ")


def test_equal_states_of_a_small_system_are_no_copies(tmp_path: Path, beside_floor) -> None:
    """Of 2^16 states of the 4 x 4 torus two are the ground states."""
    report, _ = beside_floor
    sets = [open_dataset(spins(tmp_path / f"{n}.h5", n)) for n in range(2)]
    found = copies(sets[0], sets[1], COUNT, 0, "")
    assert min(found) > 0.3
    assert not replace(report, copies=found).copied
    itself = copies(sets[0], sets[0], COUNT, 0, "")
    assert itself[0] == 1
    assert replace(report, copies=itself).copied


def test_an_output_that_cannot_be_written_is_refused_first(tmp_path: Path) -> None:
    files, steps = [showers(tmp_path / f"{n}.h5", n) for n in range(2)], []
    with pytest.raises(NotADirectoryError):
        compare(*files, out=files[0] / "out", progress=lambda *step: steps.append(step))
    assert not steps
