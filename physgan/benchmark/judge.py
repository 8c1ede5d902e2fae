"""Every target of every source at every condition: the verdict."""

from collections.abc import Sequence

from physgan.benchmark.results import Results, Verdict
from physgan.benchmark.sources import DrawnSet
from physgan.benchmark.targets import (
    TargetResult,
    beside_truth,
    critical_errors,
    entries_of,
    evaluate,
    evaluate_auc,
    evaluate_share,
)
from physgan.domains.base import Target

__all__ = ["judge"]

Row = Sequence[TargetResult | None]


def judge(results: Results) -> None:
    """Evaluate `results.targets`: sets `verdicts` and `critical`."""
    results.critical = critical_errors(sum(_entries(results, t) for t in results.targets))
    (truth,) = results.of_role("truth")
    for target in results.targets:
        rows = {source.name: _row(results, target, source) for source in results.sources}
        floor = rows.pop(truth.name)
        judged = {name: _beside(target, row, floor) for name, row in rows.items()}
        results.verdicts.append(Verdict(target, {truth.name: floor, **judged}))


def _entries(results: Results, target: Target) -> int:
    """Numbers that are compared for one source."""
    name = results.surrogate.name
    if target.measure == "auc":
        return len(results.classifiers[name])
    if target.measure == "copies":
        return len(results.copies[name])
    if target.measure == "repeats":
        return sum(len(shares) for shares in results.repeats[name])
    return sum(entries_of(target, own) for own in results.comparisons[name])


def _row(results: Results, target: Target, source: DrawnSet) -> Row:
    """One source's results at each condition, or one of all together."""
    name, critical = source.name, results.critical
    if target.measure == "auc":
        return [evaluate_auc(target, results.classifiers[name], critical)]
    if target.measure == "copies":
        return [evaluate_share(target, results.copies[name], critical)]
    if target.measure == "repeats":
        return [evaluate_share(target, shares, critical) for shares in results.repeats[name]]
    own = results.comparisons[name]
    baselines = [results.comparisons[each.name] for each in results.of_role("baseline")]
    others = [found for found in baselines if found is not own]
    return [
        evaluate(target, own[n], [other[n] for other in others], critical) for n in range(len(own))
    ]


def _beside(target: Target, row: Row, floor: Row) -> Row:
    return [
        own if own is None or least is None else beside_truth(target, own, least)
        for own, least in zip(row, floor, strict=True)
    ]
