"""benchmarks/: a row is made once whatever happens, and tables come from the stored rows alone."""

import importlib
import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from physgan.data import Axis, Condition, DatasetInfo, Field, write_dataset
from physgan.domains.showers.calochallenge import export_calochallenge
from physgan.errors import InputError
from physgan.fidelity import BoostedTrees, two_sample_test, vector_view

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
RESULTS = BENCHMARKS / "results"
SCRIPTS = {path.stem: path.read_text() for path in sorted(BENCHMARKS.glob("*.py"))}
EXPERIMENTS = [name for name, text in SCRIPTS.items() if "EXPERIMENT = Experiment(" in text]


@pytest.fixture(scope="module", autouse=True)
def path() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(BENCHMARKS)
        yield


class Squares:
    """An experiment that squares numbers, and is interrupted at one of them."""

    def __init__(self, stop_at: int = 0) -> None:
        self.stop_at, self.made = stop_at, list[int]()
        self.experiment = importlib.import_module("lib.experiment").Experiment(
            "squares",
            "Squares of numbers.",
            self.configurations,
            self.table,
            only=("2", "3", "4"),
            head=lambda options: {"power": options.power},
            options={"power": 2},
        )

    def configurations(self, options: Any) -> Iterator[Any]:
        for name in options.only:
            yield ("rows", name), partial(self.square, int(name))

    def square(self, number: int) -> dict[str, float]:
        self.made.append(number)
        if number == self.stop_at:
            raise KeyboardInterrupt
        return {"square": number**2}

    def table(self, content: dict[str, Any]) -> str:
        lines = [[name, str(row["square"])] for name, row in content["rows"].items()]
        return str(importlib.import_module("lib.table").markdown(["number", "square"], lines))


def test_an_interrupted_experiment_goes_on_and_makes_no_row_twice(tmp_path: Path) -> None:
    arguments = [str(tmp_path / "work"), "--out", str(tmp_path)]
    interrupted = Squares(stop_at=3)
    with pytest.raises(KeyboardInterrupt):
        interrupted.experiment.main(arguments)
    assert interrupted.made == [2, 3]
    assert json.loads((tmp_path / "squares.json").read_text())["rows"] == {"2": {"square": 4}}

    resumed = Squares()
    resumed.experiment.main(arguments)
    assert resumed.made == [3, 4]
    again = Squares()
    again.experiment.main(arguments)
    assert again.made == []
    expected = "| number | square |\n|---|---|\n| 2 | 4 |\n| 3 | 9 |\n| 4 | 16 |\n"
    assert (tmp_path / "squares.md").read_text() == expected


def test_only_runs_what_is_asked_for(tmp_path: Path) -> None:
    squares = Squares()
    squares.experiment.main([str(tmp_path), "--out", str(tmp_path), "--only", "4", "2"])
    assert squares.made == [4, 2]


def test_a_table_is_made_from_the_store_alone(tmp_path: Path) -> None:
    squares = Squares()
    squares.experiment.main([str(tmp_path), "--out", str(tmp_path)])
    store = tmp_path / "squares.json"
    store.write_text(store.read_text().replace("16", "17"))
    before = store.read_bytes()
    squares.experiment.main(["--out", str(tmp_path)])
    assert squares.made == [2, 3, 4]
    assert "| 4 | 17 |" in (tmp_path / "squares.md").read_text()
    assert store.read_bytes() == before


def test_a_trial_leaves_the_results_alone(tmp_path: Path) -> None:
    Squares().experiment.main([str(tmp_path), "--shorter", "10"])
    assert (tmp_path / "squares.json").exists()
    assert not (RESULTS / "squares.json").exists()


def test_rows_of_other_settings_are_not_mixed(tmp_path: Path) -> None:
    arguments = [str(tmp_path), "--out", str(tmp_path)]
    Squares().experiment.main(arguments)
    with pytest.raises(SystemExit, match=r"expected power 2, .*; got 3; pass --out") as failure:
        Squares().experiment.main([*arguments, "--power", "3"])
    assert "\n" not in str(failure.value)


def test_a_store_says_on_what_it_was_made_and_holds_no_infinities(tmp_path: Path) -> None:
    write_json = importlib.import_module("lib.table").write_json
    found = {"limit": float("inf"), "counts": np.arange(3), "share": np.float32(0.5)}
    write_json(tmp_path / "store.json", found)
    content = json.loads((tmp_path / "store.json").read_text())
    assert content["environment"]["packages"]["jax"]
    assert content["environment"]["cores"] >= 1
    assert (content["limit"], content["counts"], content["share"]) == (None, [0, 1, 2], 0.5)


def test_a_published_table_replaces_the_one_of_its_script_alone(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    marks = [f"<!-- {at} of the table of benchmarks/squares.py -->" for at in ("begin", "end")]
    page.write_text(f"before\n{marks[0]}\nold\n{marks[1]}\nafter\n")
    importlib.import_module("lib.table").publish("squares", "new\n", page)
    assert page.read_text() == f"before\n{marks[0]}\nnew\n{marks[1]}\nafter\n"


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_committed_tables_follow_from_the_committed_stores(name: str) -> None:
    store = RESULTS / f"{name}.json"
    if not store.exists():
        pytest.skip("not yet run")
    experiment = importlib.import_module(name).EXPERIMENT
    assert experiment.name == name
    table = experiment.table(json.loads(store.read_text()))
    assert table == (RESULTS / f"{name}.md").read_text()


@pytest.mark.parametrize("name", ["amplification_calo-small", "amplification_ising-8"])
def test_committed_amplifications_follow_from_their_stores(name: str) -> None:
    content = json.loads((RESULTS / f"{name}.json").read_text())
    table = importlib.import_module("amplification").table(content)
    assert table == (RESULTS / f"{name}.md").read_text()


@pytest.mark.parametrize("path", sorted(RESULTS.glob("fields_*.json")), ids=lambda path: path.stem)
def test_committed_figures_of_fields_follow_from_their_stores(path: Path) -> None:
    table = importlib.import_module("fields").table(json.loads(path.read_text()))
    assert table == path.with_suffix(".md").read_text()


@pytest.mark.parametrize("size", [32, 64])
def test_committed_ising_observables_follow_from_their_stores(size: int) -> None:
    path = RESULTS / f"ising_observables_{size}.json"
    table = importlib.import_module("ising_observables").table
    assert table(json.loads(path.read_text())["rows"]) == path.with_suffix(".md").read_text()


def test_committed_shower_targets_follow_from_their_stores() -> None:
    names = ("shower_surrogate", "shower_speed")
    stores = [json.loads((RESULTS / f"{name}.json").read_text()) for name in names]
    table = importlib.import_module("shower_targets").table(*stores)
    assert table == (RESULTS / "shower_targets.md").read_text()


@pytest.mark.parametrize("path", sorted(RESULTS.glob("*")), ids=lambda path: path.name)
def test_every_result_is_named_by_the_script_that_makes_it(path: Path) -> None:
    makers = [
        name
        for name, text in SCRIPTS.items()
        if path.stem.startswith(name)
        and f"benchmarks/results/{name}" in text
        and path.suffix in text
    ]
    assert len(makers) == 1


def test_the_readme_names_every_script_and_no_other() -> None:
    table = (BENCHMARKS / "README.md").read_text().split("\n## ")[0]
    named = {line.split("`")[1] for line in table.splitlines() if line.startswith("| `")}
    assert named == {f"{name}.py" for name in SCRIPTS}


@pytest.mark.parametrize("name", ["shower_surrogate", "textbook_gans"])
def test_a_reference_that_is_absent_is_one_line(name: str, tmp_path: Path) -> None:
    experiment = importlib.import_module(name).EXPERIMENT
    absent = str(tmp_path / "absent")
    with pytest.raises(SystemExit, match=r"expected .* in a folder; got .*; pass --ref") as failure:
        experiment.main([str(tmp_path), "--out", str(tmp_path), "--reference", absent])
    assert "\n" not in str(failure.value)


@pytest.fixture
def few_showers(tmp_path: Path) -> Path:
    """A reference of 600 showers to learn from and 200 others, in cylinders of 24 cells."""
    layout = {
        "layer": range(3),
        "alpha": np.linspace(-np.pi, np.pi, 5).tolist(),
        "r": (0.0, 5.0, 20.0),
    }
    rng = np.random.default_rng(1)
    for name, count in (("train", 600), ("test", 200)):
        energy = np.exp(rng.uniform(np.log(1e3), np.log(2e4), count))
        shape = (count, 3, 4, 2)
        deposits = rng.exponential(size=shape) * (rng.random(shape) < 2 / 3)
        deposits *= 1e-3 * energy[:, None, None, None]
        info = DatasetInfo(
            "showers",
            (Field("deposits", "MeV", tuple(layout), "energy", "float32"),),
            (Condition("energy_mev", "MeV", 1e3, 2e4),),
            tuple(Axis(axis, "1", tuple(map(float, values))) for axis, values in layout.items()),
        )
        samples = {"deposits": deposits.astype(np.float32)}
        write_dataset(tmp_path / f"{name}.h5", samples, {"energy_mev": energy}, info)
        file = tmp_path / f"electrons_{name}.h5"
        export_calochallenge(tmp_path / f"{name}.h5", file)
    (tmp_path / "electrons_test.xml").rename(tmp_path / "electrons_binning.xml")
    return tmp_path


def test_showers_are_judged_by_absolute_energies(few_showers: Path, tmp_path: Path) -> None:
    """The largest AUC, of as many unseen showers as there are, and the spectrum are targets."""
    script = importlib.import_module("shower_surrogate")
    out = tmp_path / "out"
    words = f"{tmp_path} --reference {few_showers} --out {out} --only copula --repeats 1"
    script.EXPERIMENT.main(words.split())
    found = json.loads((out / "shower_surrogate.json").read_text())["copula"]
    assert found["showers"] == 200 + 100
    aucs = {figure: values for figure, values in found.items() if " AUC, " in figure}
    largest = aucs.pop(script.LARGEST)
    assert {name.split(", ", 1)[1] for name in aucs} >= {"cells, MeV", "cell spectrum"}
    assert largest[0] == max(values[0] for values in aucs.values())
    assert largest[2] == max(values[2] for values in aucs.values())
    assert "| largest AUC, all views |" in (out / "shower_surrogate.md").read_text()

    names = ("shower_surrogate", "shower_speed")
    stored, timed = (json.loads((RESULTS / f"{name}.json").read_text()) for name in names)
    judged = {**stored, "surrogate": found, "copula": found}
    lines = importlib.import_module("shower_targets").table(judged, timed).splitlines()[2:]
    assert lines[0].startswith("| largest AUC over all views at most 0.58, 300 showers a side |")
    assert "reached" in lines[0] if largest[0] <= 0.58 else "missed" in lines[0]
    assert lines[2].startswith("| separation power of cell energies within 3 times truth's own")


def test_no_script_reads_outside_the_repository() -> None:
    for name, text in SCRIPTS.items():
        assert "parents[2]" not in text, name
        assert "shared" not in text, name


def test_the_trees_train_on_the_share_that_the_docstring_says() -> None:
    quality = importlib.import_module("lib.measure").quality
    sides = np.random.default_rng(1).normal(size=(2, 100, 3)).astype(np.float32)
    trees = BoostedTrees(rounds=2, repeats=1)
    procedure = two_sample_test(vector_view("numbers", *sides), trees).procedure
    trained, tested = sum(procedure.train_counts), sum(procedure.test_counts)
    share = trained / (trained + tested)
    assert f"train on {100 * share:.0f} %" in quality.__doc__


def test_the_docstring_of_the_sizes_agrees_with_the_training() -> None:
    script = importlib.import_module("size_against_fidelity")
    assert script.SETTINGS["adversarial_samples"] == 0
    assert "without an adversarial one" in script.__doc__


def test_contenders_take_turns() -> None:
    in_turns = importlib.import_module("lib.measure").in_turns
    order: list[str] = []

    def measure(name: str) -> float:
        order.append(name)
        return float(len(order))

    found = in_turns({name: partial(measure, name) for name in ("a", "b")}, 2)
    assert order == ["a", "b", "a", "b"]
    assert found["a"].tolist() == [1, 3]
    assert found["b"].tolist() == [2, 4]


def test_a_training_that_diverges_is_a_row_and_a_mistake_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measure = importlib.import_module("lib.measure")
    systems = importlib.import_module("lib.systems")
    data = systems.Data(tmp_path / "train.h5")

    def fail(error: Exception) -> None:
        raise error

    diverged = measure.PhysganError("expected finite losses; got nan")
    monkeypatch.setattr(measure, "train", lambda *args, **named: fail(diverged))
    row = measure.judged_at_end(data, tmp_path, {}, 1, None)
    assert (row["stopped"], row["figures"]) == ("expected finite losses", {})
    monkeypatch.setattr(measure, "train", lambda *args, **named: fail(InputError("no such loss")))
    with pytest.raises(InputError):
        measure.judged_at_end(data, tmp_path, {}, 1, None)
