"""Targets, flags, speeds and words on numbers known beforehand."""

import jax
import numpy as np
import pytest

from physgan.benchmark.break_even import BreakEven
from physgan.benchmark.compare import (
    Comparison,
    HistogramResult,
    ObservableResult,
    SpectrumResult,
    compare,
)
from physgan.benchmark.reference import make_reference
from physgan.benchmark.report.formatting import percent, seconds_text, with_error
from physgan.benchmark.seen_in_training import seen_in_training
from physgan.benchmark.sources import DrawnSet, Plan, subseed
from physgan.benchmark.speed import measure_speed
from physgan.benchmark.targets import (
    REPEATS,
    TargetResult,
    beside_truth,
    critical_errors,
    evaluate,
    evaluate_auc,
    evaluate_share,
)
from physgan.benchmark.usage import used
from physgan.domains import Spectrum, Target
from physgan.fidelity import BoostedTrees, Estimate, Procedure, SpectrumCounts, TwoSampleResult
from simulators import SIMULATORS


def found(value, reference, error=1e-6) -> ObservableResult:
    value, reference = np.asarray(value, float), np.asarray(reference, float)
    errors = np.broadcast_to(np.asarray(error, float), value.shape)
    deviation = Estimate(value - reference, errors)
    exact = Estimate(reference, np.zeros_like(reference))
    return ObservableResult(Estimate(value, errors), exact, deviation, np.zeros_like(value))


def comparison(observable: ObservableResult | None = None, overlap: float = 0.9) -> Comparison:
    histogram = HistogramResult((overlap, 0.01), (overlap / 0.95, 0.01), (0.1, 0.01))
    return Comparison({"x": observable} if observable else {}, {"x": histogram})


@pytest.mark.parametrize(
    ("measure", "limit", "value", "reference", "passed"),
    [
        ("relative", 0.05, 1.04, 1.0, True),
        ("relative", 0.05, -2.2, -2.0, False),
        ("absolute", 0.01, 0.605, 0.61, True),
        ("absolute", 0.01, 0.625, 0.61, False),
    ],
)
def test_deviations_are_evaluated(measure, limit, value, reference, passed) -> None:
    cell = evaluate(Target("x", "x", measure, limit), comparison(found(value, reference)))
    assert cell is not None
    assert cell.passed is passed


def test_unresolved_entries_of_a_vector_are_left_out() -> None:
    """At r = 2 the deviation is 50 %, but so is its error; r = 0 is 1 by definition."""
    values = found([1.0, 0.404, 0.015], [1.0, 0.4, 0.01], [0.0, 0.001, 0.005])
    cell = evaluate(Target("C", "x", "relative", 0.02), comparison(values))
    assert cell is not None
    assert cell.passed
    assert cell.value == pytest.approx(0.01)


def test_overlap_is_evaluated_as_a_share_of_truths_own() -> None:
    target = Target("E", "x", "overlap", 0.9)
    assert evaluate(target, comparison(overlap=0.86)).passed
    assert not evaluate(target, comparison(overlap=0.85)).passed


def test_surrogate_has_to_beat_the_best_baseline() -> None:
    target = Target("E", "x", "baseline", 0.0)
    rivals = [comparison(overlap=0.7), comparison(overlap=0.92)]
    assert evaluate(target, comparison(overlap=0.93), rivals).passed
    assert not evaluate(target, comparison(overlap=0.91), rivals).passed
    assert evaluate(target, comparison(overlap=0.91)) is None


def test_nothing_has_to_beat_a_baseline_that_is_as_good_as_truth() -> None:
    target = Target("E", "x", "baseline", 0.0)
    assert evaluate(target, comparison(overlap=0.93), [comparison(overlap=0.949)]) is None


@pytest.mark.parametrize(
    ("value", "error", "passed", "resolved"),
    [
        (2.9, 1.4, True, True),
        (3.1, 1.0, False, True),
        (3.1, 1.4, False, False),
        (1.2, 1.6, False, False),
        (4.1, 1.6, False, False),
        (30.0, 9.0, False, True),
    ],
)
def test_few_samples_neither_pass_nor_fail_a_spectrum(value, error, passed, resolved) -> None:
    """It has to be known to half the limit; beyond the limit, two errors from the truth's 1."""
    own = Comparison({}, {}, {"E": SpectrumResult((0.1, 0.1), np.array([0.1]), (value, error))})
    cell = evaluate(Target("E", "E", "separation", 3.0), own)
    assert cell is not None
    assert (cell.passed, cell.resolved) == (passed, resolved)


@pytest.mark.parametrize(
    ("measure", "limit", "value", "error", "verdict"),
    [
        ("relative", 0.01, 0.008, 0.004, "reached"),
        ("relative", 0.01, 0.012, 0.004, "missed"),
        ("relative", 0.01, 0.001, 0.02, "cannot tell"),
        ("relative", 0.01, 0.1, 0.02, "missed"),
        ("absolute", 0.01, 0.015, 0.02, "cannot tell"),
        ("absolute", 0.01, 0.015, 0.009, "cannot tell"),
    ],
)
def test_three_verdicts_of_deviations(measure, limit, value, error, verdict) -> None:
    """Known to the limit and within it, or beyond it and not the truth, or neither."""
    cell = evaluate(Target("x", "x", measure, limit), comparison(found(1 + value, 1.0, error)))
    assert cell is not None
    assert cell.verdict == verdict


def test_more_comparisons_ask_for_more_standard_errors() -> None:
    """Of 40 normal figures of the truth the largest is beyond them once in 20 sets at most.

    40,000 sets: a true rate of 5 % is seen above 5.5 % once in 200,000.
    """
    assert critical_errors(1) == pytest.approx(2.0, abs=0.01)
    sets = np.abs(np.random.default_rng(1).standard_normal((40_000, 40))).max(1)
    assert 0.02 < (sets > critical_errors(40)).mean() < 0.055


def test_the_worst_entry_is_one_that_is_not_chance() -> None:
    """6 % at two errors is chance among many; 5 % at ten errors is not."""
    values = found([1.06, 1.05], [1.0, 1.0], [0.019, 0.005])
    cell = evaluate(Target("C", "x", "relative", 0.04), comparison(values), critical=3.5)
    assert cell is not None
    assert cell.verdict == "missed"
    assert cell.value == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("shares", "verdict"),
    [
        ({"cells": (0.05, 0.01), "features": (0.01, 0.01)}, "missed"),
        ({"cells": (0.0, 0.01), "features": (0.05, 0.03)}, "reached"),
        ({"cells": (0.0, 0.03), "features": (0.05, 0.03)}, "cannot tell"),
        ({"cells": (0.03, 0.019), "features": (0.0, 0.0)}, "cannot tell"),
    ],
)
def test_one_view_is_enough_to_miss_a_share(shares: dict, verdict: str) -> None:
    """And one that knows it to the limit is enough to reach it."""
    assert evaluate_share(REPEATS, shares, critical=3.0).verdict == verdict


@pytest.mark.parametrize(
    ("own", "truth", "verdict"),
    [
        ((0.97, 0.02), (0.99, 0.02), "reached"),
        ((0.85, 0.02), (0.99, 0.02), "missed"),
        ((0.97, 0.02), (0.88, 0.02), "cannot tell"),
        ((0.86, 0.02), (0.88, 0.02), "cannot tell"),
        ((0.70, 0.02), (0.88, 0.02), "missed"),
    ],
)
def test_nothing_is_told_where_the_truth_misses_too(own, truth, verdict) -> None:
    """Unless a source is worse than the truth itself."""
    target = Target("E", "x", "overlap", 0.9)
    sides = [TargetResult(*side, side[0] >= 0.9) for side in (own, truth)]
    assert beside_truth(target, *sides).verdict == verdict


@pytest.mark.parametrize(
    ("auc", "error", "passed", "resolved"),
    [(0.57, 0.02, True, True), (0.59, 0.02, False, True), (0.55, 0.05, False, False)],
)
def test_the_largest_auc_counts(auc: float, error: float, passed: bool, resolved: bool) -> None:
    procedure = Procedure(BoostedTrees(), 0.8, (800, 800), (200, 200))
    tests = [
        TwoSampleResult("cells", value, (value,), None, procedure)
        for value in ((auc, error), (auc - 0.02, 0.1))
    ]
    cell = evaluate_auc(Target("AUC", "", "auc", 0.58), tests)
    assert (cell.passed, cell.resolved) == (passed, resolved)


def test_ratios_of_spectra_do_not_depend_on_the_number_of_samples() -> None:
    """Bins off by 10 % in turn, seen in 400 and in 4,000 samples; 20 repeats of each.

    Both agree within 4 standard errors, and the truth with 1: three false alarms in 20,000.
    """
    shares = np.random.default_rng(1).dirichlet(np.full(60, 4.0))
    wrong = shares * np.where(np.arange(60) % 2, 1.1, 0.9)
    ratios = {
        (count, name): np.array([ratio_of(count, shares, other, seed) for seed in range(20)])
        for count in (400, 4000)
        for name, other in (("truth", shares), ("wrong", wrong / wrong.sum()))
    }
    means = {key: (v.mean(), v.std(ddof=1) / len(v) ** 0.5) for key, v in ratios.items()}
    for count in (400, 4000):
        assert abs(means[count, "truth"][0] - 1) < 4 * means[count, "truth"][1]
    few, many = means[400, "wrong"], means[4000, "wrong"]
    assert many[0] > 5
    assert abs(few[0] - many[0]) < 4 * np.hypot(few[1], many[1])


def ratio_of(count: int, truth: np.ndarray, own: np.ndarray, seed: int) -> float:
    """Of a spectrum of 20 entries a sample, beside three sets of the truth."""
    rng = np.random.default_rng([seed, count])
    spectrum = Spectrum("E", "$E$", "MeV", "energy")
    edges = np.arange(len(truth) + 1.0)

    def drawn(shares: np.ndarray) -> DrawnSet:
        counts = rng.multinomial(20, shares, count)[:, None]
        return DrawnSet("x", "", [], [{}], [{}], [{"E": SpectrumCounts(spectrum, edges, counts)}])

    plan = Plan(NoObservables(), [{}], count, seed)
    reference = make_reference(plan, [drawn(truth), drawn(truth)], drawn(truth))
    found = compare(plan, reference, 0, {}, {}, drawn(own).spectra[0])
    return found.spectra["E"].ratio[0]


class NoObservables:
    """A domain that is measured by its spectra alone."""

    observables, ensemble, histograms = (), (), ()


@pytest.mark.parametrize(
    ("temperature", "expected"),
    [(1.8, "seen"), (2.5, "held out"), (3.0, "edge"), (1.5, "edge"), (9, "held out")],
)
def test_conditions_are_flagged(temperature: float, expected: str) -> None:
    training = {"seen": {"temperature": [[1.5, 2.4], 3.0]}}
    assert seen_in_training({"temperature": temperature}, training) == expected
    assert seen_in_training({"temperature": temperature}, {}) == "unknown"


def test_numbers_are_written_to_two_digits_of_their_error() -> None:
    assert with_error(-1.45306, 0.0012) == "-1.4531 ± 0.0012"
    assert with_error(123.4, 5.6) == "123.4 ± 5.6"
    assert with_error(float("nan"), 1.0) == "–"
    assert percent(0.912, 0.004) == "91.2 ± 0.4 %"
    assert seconds_text(2.1e-5) == "21 µs"


def test_seeds_differ_from_place_to_place() -> None:
    seeds = {subseed(1, place, number) for place in range(50) for number in range(50)}
    assert len(seeds) == 2500
    assert max(seeds) < 2**31


class Clock:
    """A source and simulator whose cost is known: `rate` seconds a sample."""

    name = "clock"

    def __init__(self, rate: float) -> None:
        self.rate = rate

    def sample(self, conditions, count, seed):
        import time

        time.sleep(self.rate * count)

    def seconds_per_independent_sample(self, conditions) -> float:
        return conditions["x"] * 1e-3


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("ising", "two integrated autocorrelation times"),
        ("calorimeter", "one shower"),
        ("gaussian-ring", "one point"),
    ],
)
def test_simulators_say_what_their_time_is_the_time_of(name: str, words: str) -> None:
    assert SIMULATORS[name].independence == words


def test_speed_is_seconds_a_sample() -> None:
    """Sleeping takes as long as asked or, on a busy machine, longer."""
    speed = measure_speed([Clock(2e-3)], Clock(0), [{"x": 1.0}, {"x": 4.0}], 0, batches=(1, 10))
    for seconds in speed.sources["clock"].values():
        assert 1.99e-3 <= min(seconds) < 0.1
    assert speed.timed_at == speed.hardest == 1
    assert speed.independence == ""
    assert speed.simulator == [[1e-3] * 3, [4e-3] * 3]
    assert set(speed.usage) == {"clock", ""}
    assert speed.usage["clock"].cores < 0.5


def test_calls_that_take_long_are_timed_once(monkeypatch) -> None:
    monkeypatch.setattr("physgan.benchmark.speed._LONG_SECONDS", 0.1)
    speed = measure_speed([Clock(1e-3)], Clock(0), [{"x": 1.0}], 0, batches=(1, 1000))
    assert {batch: len(found) for batch, found in speed.sources["clock"].items()} == {1: 3, 1000: 1}


def test_the_surrogate_is_timed_on_every_device() -> None:
    seen: list[object] = []

    class Noting(Clock):
        def sample(self, conditions, count, seed):
            seen.append(jax.numpy.zeros(1).device)

    first, second = jax.devices()
    speed = measure_speed([Noting(0)], Clock(0), [{"x": 1.0}], 0, (1,), 2, [first, second])
    assert [len(seconds) for seconds in speed.elsewhere[second.device_kind].values()] == [2]
    assert set(seen) == {first, second}


def test_memory_and_cores_of_a_call() -> None:
    """An array of 80 MB, filled by one core; other threads of the process may be busy, too."""
    usage = used(lambda: np.ones(10_000_000).sum())
    assert usage.cores > 0.01
    assert usage.memory is None or 70e6 < usage.memory < 200e6


def test_a_surrogate_pays_once_its_gain_is_what_it_cost() -> None:
    """100 events of 2 s and 50 s of training, then 1 s less an event: 250 events."""
    costs = BreakEven(100, 2.0, 50.0, 1.0)
    assert costs.events == 250
    assert costs.plain(np.array(250)) == costs.by_surrogate(np.array(250)) == 500
    assert BreakEven(100, 1.0, 50.0, 2.0).events == np.inf
