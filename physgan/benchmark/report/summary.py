"""The comparison in rows: what each observable is, should be, is off by and may be off by."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from physgan.benchmark.results import Results
from physgan.benchmark.targets import TargetResult
from physgan.domains.base import Target

__all__ = ["summary"]

Row = dict[str, Any]


def summary(results: Results) -> list[Row]:
    """A row for each observable, histogram and spectrum of the surrogate at each condition.

    Each has the surrogate's value, the truth's and every baseline's with standard errors, the
    difference from the truth in standard errors and per cent, and for each target on it the
    tolerance and the verdict. Of a vector it is the entry that is most standard errors off. Of a
    histogram the value is its overlap over the truth's own, which is 1 for the truth, as it is for
    the ratio of a spectrum.
    """
    return [row for n in range(len(results.plan.conditions)) for row in _rows(results, n)]


def _rows(results: Results, condition_index: int) -> Iterator[Row]:
    own = results.comparisons[results.surrogate.name][condition_index]
    others = {
        source.name: results.comparisons[source.name][condition_index]
        for source in results.of_role("baseline")
    }
    for observable in results.plan.domain.ensemble:
        name = observable.name
        found = own.observables[name]
        entry = int(np.nanargmax(np.abs(np.atleast_1d(found.pull))))
        baselines = {
            key: _pair(other.observables[name].value, entry) for key, other in others.items()
        }
        sides = _pair(found.value, entry), _pair(found.reference, entry), baselines
        row = _row(observable.long_name, *sides, float(np.atleast_1d(found.pull)[entry]))
        if observable.axis is not None:
            along = entry if observable.along is None else observable.along[entry]
            row["entry"] = {observable.axis[0]: along}
        yield _judged(results, row, name, ("relative", "absolute"), condition_index)
    for name, histogram in own.histograms.items():
        ratios = {key: list(other.histograms[name].ratio) for key, other in others.items()}
        row = _beside_one(f"{name} histogram", histogram.ratio, ratios)
        yield _judged(results, row, name, ("overlap", "baseline"), condition_index)
    for name, spectrum in own.spectra.items():
        ratios = {key: list(other.spectra[name].ratio) for key, other in others.items()}
        row = _beside_one(f"{name} spectrum", spectrum.ratio, ratios)
        yield _judged(results, row, name, ("separation",), condition_index)


def _pair(estimate: Any, entry: int) -> list[float]:
    """Value and standard error of one entry."""
    return [float(np.atleast_1d(side)[entry]) for side in (estimate.value, estimate.error)]


def _row(
    words: str, own: list[float], truth: list[float], baselines: dict[str, list[float]], pull: float
) -> Row:
    """Of a reference that may be zero, by two standard errors, there is no change in per cent."""
    known = abs(truth[0]) > 2 * max(truth[1], own[1])
    change = 100 * (own[0] - truth[0]) / abs(truth[0]) if known else float("nan")
    return {
        "observable": words,
        "surrogate": own,
        "reference": truth,
        "baselines": baselines,
        "standard_errors": pull,
        "per_cent": change,
    }


def _beside_one(words: str, ratio: tuple[float, float], baselines: dict[str, list[float]]) -> Row:
    pull = (ratio[0] - 1) / ratio[1] if ratio[1] else 0.0
    return _row(words, list(ratio), [1.0, 0.0], baselines, pull)


def _judged(
    results: Results, row: Row, name: str, measures: tuple[str, ...], condition_index: int
) -> Row:
    """The row with its condition, and the targets on it."""
    surrogate = results.surrogate.name
    found: list[tuple[Target, TargetResult | None]] = [
        (verdict.target, verdict.results[surrogate][condition_index])
        for verdict in results.verdicts
        if verdict.target.observable == name and verdict.target.measure in measures
    ]
    judged = [
        {"measure": target.measure, "tolerance": target.limit, "verdict": result.verdict}
        for target, result in found
        if result is not None
    ]
    return {"condition": condition_index, **row, "targets": judged}
