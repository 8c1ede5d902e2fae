"""Targets, flags, speeds and words on numbers known beforehand."""

import numpy as np
import pytest

from physgan.benchmark.compare import Comparison, HistogramResult, ObservableResult
from physgan.benchmark.report.formatting import percent, seconds_text, with_error
from physgan.benchmark.seen_in_training import seen_in_training
from physgan.benchmark.sources import subseed
from physgan.benchmark.speed import measure_speed
from physgan.benchmark.targets import evaluate
from physgan.domains import Target
from physgan.fidelity import Estimate
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
    ("temperature", "expected"), [(1.8, "seen"), (2.5, "held out"), (3.0, "seen"), (9, "held out")]
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
