"""The benchmark: draw, compare, classify, relax, time, evaluate targets, report."""

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from physgan.benchmark.classifiers import classify
from physgan.benchmark.compare import compare
from physgan.benchmark.environment import environment
from physgan.benchmark.reference import make_reference
from physgan.benchmark.relaxation import relaxation
from physgan.benchmark.report import write_report
from physgan.benchmark.results import Results, Verdict
from physgan.benchmark.seen_in_training import seen_in_training
from physgan.benchmark.sources import (
    ConditionValues,
    DrawnSet,
    Plan,
    Progress,
    Source,
    draw,
)
from physgan.benchmark.speed import BATCHES, measure_speed
from physgan.benchmark.targets import TargetResult, evaluate, evaluate_auc
from physgan.domains import domain_of
from physgan.domains.base import Conditions, Domain, Samples
from physgan.errors import InputError
from physgan.fidelity import ConvolutionalNetwork, compare_classes
from physgan.progress import Steps
from simulators.protocol import Relaxing, Simulator

__all__ = ["benchmark"]

AGAIN = "simulator again"

Labelled = tuple[Samples, Conditions, str]
"""Real samples, their conditions, and which of these is the class."""


def benchmark(
    surrogate: Source,
    simulator: Simulator,
    *,
    conditions: Sequence[ConditionValues],
    count: int,
    seed: int,
    out: str | Path,
    domain: Domain | None = None,
    variants: Sequence[Source] = (),
    baselines: Sequence[Source] = (),
    relax_sweeps: Sequence[int] = (0, 1, 2, 5, 10),
    training: Mapping[str, Any] | None = None,
    targets: str = "quickstart",
    classifier_budget: int = 50_000,
    references: int = 3,
    batches: Sequence[int] = BATCHES,
    classes: Labelled | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Compare a surrogate and baselines with fresh simulation, and write the report.

    Writes `report.json` and `report.html`, which needs no other file, to the folder `out`.

    Args:
        surrogate: what is compared with the simulator.
        simulator: the truth; if it offers `relax`, samples are also compared after updates
            of its dynamics.
        conditions: where to compare: at least one, each name -> value.
        count: samples of each source at each condition, at least 100.
        seed: of all samples and all randomness here, >= 0.
        out: folder, made if missing.
        domain: the kind of sample; by default the simulator's.
        variants: the surrogate sampled otherwise, held to the same targets; see `Variant`.
        baselines: further sources, shown beside the surrogate.
        relax_sweeps: increasing numbers of updates, 0 for none.
        training: about the training: "metrics" (path of a JSON-lines file, drawn as curves),
            "seen" (see `seen_in_training`); other numbers and strings are listed.
        targets: profile of the domain's targets, such as "quickstart" or "long".
        classifier_budget: images shown to each convolutional classifier in training; 0
            leaves it out.
        references: independent sets from the simulator that sources are compared with; one
            more is treated as a source.
        batches: batch sizes at which sources are timed.
        classes: real samples with classes, if sources are to be compared by a classifier of them.
        progress: called with (steps done, steps in total, what comes next).

    Returns:
        What is in `report.json`.

    Raises:
        InputError: for conditions, counts or names that cannot be used.
    """
    kind = domain_of(simulator) if domain is None else domain
    sources = [surrogate, *variants, *baselines]
    roles = ["surrogate", *["variant"] * len(variants), *["baseline"] * len(baselines)]
    _check(kind, conditions, count, sources, targets, references)
    plan = Plan(kind, conditions, count, seed, simulator.parameters)
    relaxing = isinstance(simulator, Relaxing) and len(relax_sweeps) > 0
    steps = 2 + relaxing + (classes is not None)
    tell = Steps(references + 5 + len(sources) * steps, progress)
    start = time.perf_counter()

    results = _draw(plan, simulator, list(zip(sources, roles, strict=True)), references, tell)
    results.profile, results.training = targets, training or {}
    results.seen_in_training = [seen_in_training(c, results.training) for c in conditions]
    _compare(results, tell)
    network = ConvolutionalNetwork(samples=classifier_budget) if classifier_budget else None
    classified = classify(plan, results.reference_set, results.sources, network, tell)
    results.classifiers, results.largest_auc = classified
    if classes is not None:
        _compare_classes(results, classes, tell)
    if relaxing:
        results.sweeps = sorted(relax_sweeps)
        _relax(results, tell)
    _evaluate(results)
    tell("timing")
    results.speed = measure_speed(sources, simulator, conditions, seed, batches)
    results.environment, results.created = environment(), _now()
    results.seconds = time.perf_counter() - start
    tell("writing the report")
    report = write_report(results, Path(out))
    tell("done")
    return report


def _draw(
    plan: Plan,
    simulator: Simulator,
    sources: Sequence[tuple[Source, str]],
    references: int,
    tell: Steps,
) -> Results:
    sets: list[DrawnSet] = []
    for number in range(references):
        tell(f"simulating the truth, {number + 1} of {references + 1}")
        first, keep = sets[0] if sets else None, not sets
        name, role = simulator.name, "reference"
        sets.append(draw(simulator, plan, name, role, number, first=first, keep=keep))
    tell(f"simulating the truth, {references + 1} of {references + 1}")
    again = draw(simulator, plan, AGAIN, "truth", references, first=sets[0])
    found: list[DrawnSet] = []
    for number, (source, role) in enumerate(sources):
        tell(f"sampling {source.name}")
        index = references + 1 + number
        found.append(draw(source, plan, source.name, role, index, first=sets[0]))
    reference = make_reference(plan, sets, again)
    return Results(plan, simulator, reference, sets[0], [found[0], again, *found[1:]])


def _compare(results: Results, tell: Steps) -> None:
    tell("comparing observables")
    for source in results.sources:
        results.comparisons[source.name] = [
            compare(
                results.plan,
                results.reference,
                n,
                source.values[n],
                source.contexts[n],
                source.spectra[n],
            )
            for n in range(len(results.plan.conditions))
        ]


def _compare_classes(results: Results, labelled: Labelled, tell: Steps) -> None:
    domain, (samples, conditions, label) = results.plan.domain, labelled
    for source in results.sources:
        if source.role != "truth":
            tell(f"classes: {source.name}")
            names = source.samples[0]
            fake = {name: np.concatenate([s[name] for s in source.samples]) for name in names}
            results.classes[source.name] = compare_classes(
                domain, (samples, conditions), (fake, {}), label, seed=results.plan.seed
            )


def _relax(results: Results, tell: Steps) -> None:
    assert isinstance(results.simulator, Relaxing)
    for source in results.sources:
        if source.role != "truth":
            tell(f"relaxing {source.name}")
            results.relaxed[source.name] = relaxation(
                results.plan, results.reference, results.simulator, source, results.sweeps
            )


def _evaluate(results: Results) -> None:
    baselines = [results.comparisons[source.name] for source in results.of_role("baseline")]
    for target in results.plan.domain.targets[results.profile]:
        target_results: dict[str, list[TargetResult | None]] = {}
        for source in results.sources:
            if target.measure == "auc":
                tests = results.classifiers[source.name]
                target_results[source.name] = [evaluate_auc(target, tests)]
                continue
            own = results.comparisons[source.name]
            others = [b for b in baselines if b is not own]
            target_results[source.name] = [
                evaluate(target, own[n], [b[n] for b in others]) for n in range(len(own))
            ]
        results.verdicts.append(Verdict(target, target_results))


def _check(
    domain: Domain,
    conditions: Sequence[ConditionValues],
    count: int,
    sources: Sequence[Source],
    targets: str,
    references: int,
) -> None:
    if not conditions or any(set(c) != set(conditions[0]) for c in conditions):
        raise InputError(
            f"expected conditions of equal names; got {list(conditions)}; give at least one"
        )
    if count < 100:
        raise InputError(f"expected count of at least 100; got {count}; draw more samples")
    if references < 2:
        raise InputError(f"expected references of at least 2; got {references}; pass 3")
    names = [source.name for source in sources] + [AGAIN]
    if len(set(names)) < len(names):
        raise InputError(f"expected sources of different names; got {names}; rename one")
    if targets not in domain.targets:
        raise InputError(
            f"expected targets in {sorted(domain.targets)}; got {targets!r}; pass one of these"
        )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
