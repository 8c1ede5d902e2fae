"""The benchmark end to end on the 4 x 4 torus, where the truth can be drawn exactly."""

import itertools
import json
import re
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from physgan.benchmark import benchmark
from physgan.benchmark.report.json_report import as_json, dumps
from physgan.benchmark.report.side_by_side import side_by_side, side_by_side_figure
from physgan.cli import run_command
from physgan.comparison import ComparisonSettings
from physgan.domains.spins.observables import energy
from physgan.errors import InputError
from physgan.fidelity import BoostedTrees, DenseNetwork
from simulators import Condition, Field

STATES = np.array(list(itertools.product((-1, 1), repeat=16)), np.int8).reshape(-1, 4, 4)
ENERGIES = 16 * energy(STATES)
WARM = "<b>warm</b>"
STEPS: list[tuple[int, int, str]] = []
CONDITIONS = [{"temperature": t} for t in (2.0, 3.0)]
pytestmark = pytest.mark.usefixtures("optimised")


class Exact:
    """Draws from the Boltzmann distribution of the 4 x 4 torus by its full table."""

    version, domain, parameters, block_size, grid = "1", "spins", {"size": 4}, 1, ()
    independence = "one draw from the table"
    conditions = (Condition("temperature", "J/k_B", 0.1, 10.0),)
    fields = (Field("spins", "1", ("row", "column"), "spin", "int8"),)

    def __init__(self, name: str = "exact", warmer: float = 1.0) -> None:
        self.name, self.warmer = name, warmer

    def sample(self, conditions, count, seed, *, first_event=0, progress=None):
        weights = np.exp(-(ENERGIES - ENERGIES.min()) / (self.warmer * conditions["temperature"]))
        table = np.cumsum(weights) / weights.sum()
        return {"spins": STATES[np.searchsorted(table, np.random.default_rng(seed).random(count))]}

    def seconds_per_independent_sample(self, conditions) -> float:
        return 1e-6 * conditions["temperature"]

    def relax(self, samples, conditions, sweeps, seed):
        """Forgets everything in two sweeps."""
        count = len(samples["spins"])
        return self.sample(conditions, count, seed) if sweeps > 1 else dict(samples)


def run(out: Path, surrogate, **kwargs):
    arguments = {
        "conditions": CONDITIONS,
        "count": 2000,
        "seed": 3,
        "out": out,
        "baselines": [Exact("far too warm", 1.5)],
        "relax_sweeps": (0, 1, 3),
        "classifier_budget": 4_000,
        "batches": (1, 10),
    }
    return benchmark(surrogate, Exact(), **{**arguments, **kwargs})


@pytest.fixture(scope="module")
def wrong(tmp_path_factory) -> tuple[dict, Path]:
    """A surrogate 10 % too warm, with a name that a page has to escape."""
    folder = tmp_path_factory.mktemp("wrong")
    metrics, out = folder / "metrics.jsonl", folder / "new" / "folder"
    lines = [json.dumps({"samples_seen": n, "loss": 1 / (n + 1), "ok": True}) for n in range(5)]
    metrics.write_text("\n".join(lines) + '\n{"samples_se')
    training = {"metrics": metrics, "seen": {"temperature": [2.0]}, "parameters": 12345}
    variants = [Exact("cured")]
    return run(out, Exact(WARM, 1.1), variants=variants, training=training), out


@pytest.fixture(scope="module")
def right(tmp_path_factory) -> dict:
    """The truth under another name, with less training; the page is left out."""
    classifiers, out = [BoostedTrees(), DenseNetwork(epochs=10)], tmp_path_factory.mktemp("right")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("physgan.benchmark.run.write_report", lambda results, out: as_json(results))
        return run(out, Exact("perfect"), progress=record, classifiers=classifiers)


def record(*step) -> None:
    STEPS.append(step)


def source(report: dict, name: str) -> dict:
    return next(s for s in report["sources"] if s["name"] == name)


def test_report_is_what_was_returned(wrong) -> None:
    report, out = wrong
    assert json.loads((out / "report.json").read_text()) == json.loads(json.dumps(report))
    assert report["seed"] == 3
    assert report["count"] == 2000
    assert report["environment"]["packages"]["numpy"]
    assert [c["training"] for c in report["conditions"]] == ["seen", "held out"]


def test_truth_passes(right) -> None:
    """Every AUC, overlap and pull of the truth against itself; allowed 4.5 standard errors
    each, one false alarm in 5,000 runs."""
    rows = {row["label"]: row["cells"]["perfect"] for row in right["targets"]["rows"]}
    for label in ("energy histogram", "signed magnetisation histogram"):
        assert all(cell["passed"] for cell in rows[label])
    for name in ("perfect", "simulator again"):
        tested = source(right, name)
        for result in tested["classifiers"]:
            assert abs(result["auc"] - 0.5) < 4.5 * result["error"]
        for condition in tested["conditions"]:
            for histogram in condition["histograms"].values():
                share = histogram["share_of_truth_against_truth"]
                assert abs(share["value"] - 1) < 4.5 * share["error"]
            for observable in condition["observables"].values():
                assert np.max(np.abs(observable["pull"])) < 4.5


def test_every_observable_has_a_row_of_the_verdict(wrong) -> None:
    """The surrogate that is 10 % too warm, beside the truth and the baseline."""
    report, out = wrong
    rows = report["observables"]
    assert {row["condition"] for row in rows} == {0, 1}
    energy = next(r for r in rows if r["condition"] == 0 and r["targets"] and "entry" not in r)
    (own, error), (truth, exact) = energy["surrogate"], energy["reference"]
    assert exact == 0
    assert energy["standard_errors"] == pytest.approx((own - truth) / error)
    assert energy["per_cent"] == pytest.approx(100 * (own - truth) / abs(truth))
    assert energy["baselines"]["far too warm"][0] > own > truth
    for row in rows:
        errors = max(row["surrogate"][1], row["reference"][1])
        known = abs(row["reference"][0]) > 2 * errors
        assert (row["per_cent"] is not None) == known, "no per cent of what may be zero"
    assert energy["targets"] == [{"measure": "relative", "tolerance": 0.01, "verdict": "missed"}]
    assert f"{energy['standard_errors']:+.1f} σ" in (out / "report.html").read_text()


def test_wrong_surrogate_is_caught(wrong) -> None:
    report, _ = wrong
    assert not report["verdict"]["passed"]
    assert any("mean energy" in words for words in report["verdict"]["missed"])
    warm = source(report, WARM)
    for result in warm["classifiers"]:
        if result["view"] != "low-level":  # 16 spins hide their sum from trees
            assert result["auc"] > 0.5 + 3 * result["error"]
    for condition in warm["conditions"]:
        assert condition["observables"]["energy"]["pull"] > 5
        assert condition["histograms"]["energy"]["share_of_truth_against_truth"]["value"] < 0.97


def test_variant_is_held_to_the_targets_beside_the_surrogate(wrong) -> None:
    """Every overlap and pull within 4.5 standard errors of the truth: drawn from it."""
    report, out = wrong
    assert [variant["name"] for variant in report["verdict"]["variants"]] == ["cured"]
    assert report["verdict"]["variants"][0]["reached"] > report["verdict"]["reached"]
    for condition in source(report, "cured")["conditions"]:
        assert abs(condition["observables"]["energy"]["pull"]) < 4.5
    assert "<em>cured</em>" in (out / "report.html").read_text()


def test_baseline_is_worse_than_the_surrogate(wrong) -> None:
    report, _ = wrong
    row = next(r for r in report["targets"]["rows"] if r["measure"] == "baseline")
    assert all(cell["passed"] for cell in row["cells"][WARM])
    assert row["cells"]["far too warm"] == [None, None]


def test_what_a_classifier_sees_through_misses_a_target(wrong, right) -> None:
    """Here lattices half as warm again; the truth does not miss it, by four errors."""
    for report in (wrong[0], right):
        row = next(r for r in report["targets"]["rows"] if r["measure"] == "auc")
        assert row["cells"]["far too warm"][0]["verdict"] == "missed"
    assert row["cells"]["perfect"][0]["verdict"] == "reached"


def test_energy_is_held_against_the_exact_value(wrong) -> None:
    report, _ = wrong
    weights = np.exp(-ENERGIES / 3.0)
    exact = np.average(ENERGIES / 16, weights=weights)
    truth = report["truth"][1]["observables"]["energy"]
    assert truth["exact"] == pytest.approx(exact, rel=1e-9)
    assert abs(truth["value"] - exact) < 4.5 * truth["error"]


def test_relaxation_heals(wrong) -> None:
    report, _ = wrong
    assert report["relaxation"]["sweeps"] == [0, 1, 3]
    for row in report["relaxation"]["sources"][WARM]:
        shares = [c["histograms"]["energy"]["share_of_truth_against_truth"] for c in row]
        assert shares[0]["value"] == shares[1]["value"] < 0.97
        assert abs(shares[2]["value"] - 1) < 4.5 * shares[2]["error"]


def test_classifiers_are_those_of_compare_and_say_how_they_were_trained(wrong) -> None:
    """One kind of boosted trees, with the samples a side, wherever their AUC stands."""
    report, out = wrong
    page = (out / "report.html").read_text()
    tests = source(report, WARM)["classifiers"]
    pairs = [(test["classifier"], test["view"]) for test in tests]
    views = ("low-level", "high-level")
    vectors = [(name, view) for name in ("trees", "network") for view in views]
    assert pairs == [*vectors, ("convnet", "samples")]
    settings = ComparisonSettings()
    for test, own in zip(tests[::2], (settings.trees, settings.network), strict=False):
        assert test["settings"] == asdict(own)
    assert tests[0]["train_counts"] == [3200, 3200]
    assert tests[0]["test_counts"] == [800, 800]
    for words in (
        "at most 100 rounds, trained on 80 % (3,200 a side), tested on 800 a side, 2 repeats",
        "at most 50 epochs, trained on 60 % (2,400 a side), tested on 800 a side, 2 repeats",
        "4,000 samples shown, trained on 60 % (2,400 a side), tested on 800 a side, 1 repeat",
    ):
        assert words in page


def test_the_largest_auc_leads(wrong) -> None:
    """Over all views and classifiers, beside the truth's own; its curve ends with it."""
    report, out = wrong
    warm, again = (source(report, name) for name in (WARM, "simulator again"))
    largest = warm["largest_auc"]
    for side, tests in (("value", warm["classifiers"]), ("floor", again["classifiers"])):
        assert largest[side]["auc"] == max(test["auc"] for test in tests)
    assert again["largest_auc"] is None
    assert largest["curve"][-1]["count"] == largest["value"]["train_counts"][0]
    assert largest["curve"][-1]["value"][0] == largest["value"]["auc"]
    words = f"The largest AUC, {largest['value']['auc']:.3f}"
    assert report["verdict"]["largest_auc"].startswith(words)
    head = (out / "report.html").read_text().split("<main>")[0]
    assert words in head
    assert "times faster than simulation" in head or "times slower than simulation" in head


def test_page_needs_nothing_else(wrong) -> None:
    _, out = wrong
    page = (out / "report.html").read_text()
    assert set(re.findall(r'src="([^"]{5})', page)) == {"data:"}
    outside_figures = re.sub(r'"data:[^"]*"', '""', page)
    assert not re.search(r"https?:|<script|<link|@import|url\(", outside_figures)
    assert page.count("<img") >= 8
    assert "12345" in page
    assert "<b>warm" not in page
    assert "&lt;b&gt;warm" in page
    assert "independent sample: one draw from the table." in page
    assert "autocorrelation" not in page
    assert not [p for p in out.iterdir() if p.name not in ("report.html", "report.json")]


def test_a_notebook_shows_the_verdict_and_no_markup_of_names(wrong) -> None:
    html = wrong[0]._repr_html_()
    assert wrong[0]["verdict"]["sentence"] in html
    assert "exact 1" in html
    assert "&lt;b&gt;warm" in html
    assert WARM not in html


def test_figures_are_drawn_by_their_names(wrong, right) -> None:
    report, _ = wrong
    for name in ("samples", "observables", "classifiers", "relaxation", "training", "correlation"):
        assert name in report.figures
        assert report.plot(name).axes, name
    assert "training" not in right.figures
    histogram, _, ratio, _ = report.plot("energy").axes
    assert ratio.get_xlabel().startswith("$u$")
    assert len(histogram.patches) == 4  # the truth, its rivals and one baseline
    assert [axes.get_title() for axes in report.plot("binder").axes[::2]] == ["Binder cumulant"]
    with pytest.raises(InputError, match=r"a figure of the report .*; got 'enery'; did you mean"):
        report.plot("enery")


def test_reports_lie_side_by_side(wrong, right, tmp_path: Path, capsys) -> None:
    """Both verdicts, and the rows of both at each condition; names escaped."""
    (tmp_path / "report.json").write_text(dumps(right))
    out = tmp_path / "page.html"
    assert run_command(["report", str(wrong[1]), str(tmp_path), "--out", str(out), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    names = [report["name"] for report in found["reports"]]
    assert names == [WARM, "perfect"]
    for number, report in enumerate((wrong[0], right)):
        assert found["reports"][number]["verdict"] == report["verdict"]
        rows = [row["found"][number] for row in found["observables"]]
        own = [{k: v for k, v in row.items() if k != "condition"} for row in report["observables"]]
        assert rows == json.loads(json.dumps(own))
    page = out.read_text()
    assert page.count("<img") == len(right["vectors"]) > 0
    assert "<b>warm" not in page
    assert "temperature 2 J/k_B" in page
    assert re.search(r'class="n fail">[^<]*<small>[^<]* σ', page)


def test_curves_lie_over_each_other(wrong, right) -> None:
    """At each condition one truth, and a set of points for each surrogate."""
    figure = side_by_side_figure(["a", "b"], [wrong[0], right], "correlation")
    for number, axes in enumerate(figure.axes[: len(CONDITIONS)]):
        truth, *points = axes.get_lines()
        assert [len(axes.containers), len(points)] == [2, 2]
        for line, report in zip(points, (wrong[0], right), strict=True):
            own = report["sources"][0]["conditions"][number]["observables"]["correlation"]
            assert list(line.get_ydata()) == own["value"]
        assert len(truth.get_ydata()) == len(own["reference"])


def test_reports_that_do_not_fit_are_refused_in_one_line(wrong, right, tmp_path: Path) -> None:
    own, out = str(wrong[1]), tmp_path / "page.html"
    for name, change in (("a", {"domain": "showers"}), ("b", {"vectors": {}})):
        (tmp_path / name).mkdir()
        (tmp_path / name / "report.json").write_text(dumps({**right, **change}))
    for folders, message in (
        ([own], "expected two reports or more; got 1"),
        ([own, tmp_path / "none"], "expected report.json of a benchmark by this version in"),
        ([own, tmp_path / "a"], f"expected reports of one domain; got spins in {own} and showers"),
        ([own, tmp_path / "b"], "expected samples of one size; got observables of other entries"),
    ):
        with pytest.raises(InputError, match=re.escape(message)) as caught:
            side_by_side(folders, out)
        assert "\n" not in str(caught.value)
    assert not out.exists()


def test_progress_counts_up_to_the_end(right) -> None:
    assert [done for done, _, _ in STEPS] == list(range(len(STEPS)))
    assert STEPS[-1][0] == STEPS[-1][1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"conditions": []}, "expected conditions of equal names; got []"),
        ({"count": 99}, "expected count of at least 100; got 99"),
        ({"references": 1}, "expected references of at least 2; got 1"),
        ({"targets": "moon"}, "expected targets in ['long', 'quickstart']; got 'moon'"),
        ({"baselines": [Exact("perfect")]}, "expected sources of different names"),
    ],
)
def test_bad_input_is_refused_in_one_line(tmp_path: Path, change: dict, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)) as caught:
        run(tmp_path, Exact("perfect"), **change)
    assert "\n" not in str(caught.value)
    assert not any(tmp_path.iterdir())
