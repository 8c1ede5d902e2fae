"""The benchmark: draw, compare, classify, relax, time, evaluate targets, report."""

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from physgan.benchmark.classifiers import classify
from physgan.benchmark.compare import compare
from physgan.benchmark.copies import Learnt, look_for_copies
from physgan.benchmark.environment import environment
from physgan.benchmark.judge import judge
from physgan.benchmark.recorded import Recorded
from physgan.benchmark.reference import make_reference
from physgan.benchmark.relaxation import relaxation
from physgan.benchmark.report import Report, as_json, write_report
from physgan.benchmark.results import Results
from physgan.benchmark.seen_in_training import seen_in_training
from physgan.benchmark.sources import (
    Bin,
    ConditionValues,
    DrawnSet,
    Plan,
    Progress,
    Source,
    draw,
    draw_at,
    in_bins,
    together,
)
from physgan.benchmark.speed import BATCHES, measure_speed
from physgan.benchmark.tolerances import targets_of
from physgan.domains import domain_of
from physgan.domains.base import Conditions, Domain, Samples
from physgan.errors import InputError
from physgan.fidelity import (
    BoostedTrees,
    ConvolutionalNetwork,
    DenseNetwork,
    TwoSampleClassifier,
    compare_classes,
)
from physgan.progress import Steps
from simulators.protocol import Relaxing, Simulator

__all__ = ["benchmark"]

CLASSIFIERS = BoostedTrees(), DenseNetwork()
AGAIN, OTHERS = "simulator again", "other recorded events"

Labelled = tuple[Samples, Conditions, str]
"""Real samples, their conditions, and which of these is the class."""


def benchmark(
    surrogate: Source,
    simulator: Simulator | Recorded,
    *,
    conditions: Sequence[ConditionValues] | Sequence[Bin],
    count: int,
    seed: int,
    out: str | Path | None,
    domain: Domain | None = None,
    variants: Sequence[Source] = (),
    baselines: Sequence[Source] = (),
    relax_sweeps: Sequence[int] = (0, 1, 2, 5, 10),
    training: Mapping[str, Any] | None = None,
    targets: str = "quickstart",
    tolerances: Mapping[str, float] | None = None,
    learnt: Learnt | None = None,
    classifiers: Sequence[TwoSampleClassifier[np.ndarray]] | None = None,
    classifier_budget: int = 50_000,
    references: int = 3,
    batches: Sequence[int] = BATCHES,
    classes: Labelled | None = None,
    command: str = "",
    progress: Progress | None = None,
) -> Report:
    """Compare a surrogate and baselines with fresh simulation or recorded events: a report.

    Writes `report.json` and `report.html`, which needs no other file, to the folder `out`.

    Args:
        surrogate: what is compared with the simulator.
        simulator: the truth; if it offers `relax`, samples are also compared after updates
            of its dynamics.
        conditions: where to compare: at least one, each name -> value; for recorded events their
            bins, where sources are sampled at the conditions of the events themselves.
        count: samples of each source at each condition, or in all bins of a condition together,
            at least 100.
        seed: of all samples and all randomness here, >= 0.
        out: folder, made if missing; None to write nothing.
        domain: the kind of sample; by default the simulator's.
        variants: the surrogate sampled otherwise, held to the same targets; see `Variant`.
        baselines: further sources, shown beside the surrogate.
        relax_sweeps: increasing numbers of updates, 0 for none.
        training: about the training: "metrics" (path of a JSON-lines file, drawn as curves),
            "seen" (see `seen_in_training`); other numbers and strings are listed.
        targets: profile of the domain's targets, such as "quickstart" or "long".
        tolerances: name -> limit over that profile's; see `targets_of`.
        learnt: training samples and others, if copies of them are to be found.
        classifiers: of vectors, at least one; each sees every view of the domain. None for
            boosted trees and a dense network.
        classifier_budget: images shown to each convolutional classifier in training; 0
            leaves it out.
        references: independent sets of the truth that sources are compared with; one more is
            treated as a source.
        batches: batch sizes at which sources are timed; none for no timing.
        classes: real samples with classes, if sources are to be compared by a classifier of them.
        command: what makes the report again, for the report.
        progress: called with (steps done, steps in total, what comes next).

    Returns:
        What is in `report.json`, a dictionary that can draw its figures.

    Raises:
        InputError: for conditions, counts or names that cannot be used.
    """
    kind = domain_of(simulator) if domain is None else domain
    sources = [surrogate, *variants, *baselines]
    roles = ["surrogate", *["variant"] * len(variants), *["baseline"] * len(baselines)]
    bins = [place for place in conditions if isinstance(place, Bin)]
    places = [place.means if isinstance(place, Bin) else place for place in conditions]
    _check(kind, places, count, sources, targets, references)
    wanted = targets_of(kind, targets, tolerances or {}, learnt is not None)
    if len(bins) != len(places) * isinstance(simulator, Recorded):
        raise InputError("expected bins of conditions with recorded events, and values without")
    if out is not None:
        Path(out).mkdir(parents=True, exist_ok=True)  # fails now if it fails
    plan = Plan(kind, places, count, seed, simulator.parameters, bins)
    relaxing = isinstance(simulator, Relaxing) and len(relax_sweeps) > 0
    steps = 2 + relaxing + (classes is not None)
    steps_of_all = references + 4 + (len(batches) > 0) + (out is not None)
    tell = Steps(steps_of_all + len(sources) * steps, progress)
    start = time.perf_counter()

    results = _draw(plan, simulator, list(zip(sources, roles, strict=True)), references, tell)
    results.profile, results.targets, results.training = targets, wanted, training or {}
    results.command = command
    results.seen_in_training = [seen_in_training(c, results.training) for c in places]
    _compare(results, tell)
    network = ConvolutionalNetwork(samples=classifier_budget) if classifier_budget else None
    of_vectors = CLASSIFIERS if classifiers is None else classifiers
    given = plan, results.reference_set, results.sources, of_vectors, network
    classified = classify(*given, tell)
    results.classifiers, results.largest_auc = classified
    if classes is not None:
        _compare_classes(results, classes, tell)
    if relaxing:
        results.sweeps = sorted(relax_sweeps)
        _relax(results, tell)
    _find_copies(results, learnt, tell)
    judge(results)
    if batches:
        tell("timing")
        results.speed = measure_speed(sources, simulator, places, seed, batches)
    results.environment, results.created = environment(), _now()
    results.seconds = time.perf_counter() - start
    if out is None:
        report = as_json(results)
    else:
        tell("writing the report")
        report = write_report(results, Path(out))
    tell("done")
    return report


def _draw(
    plan: Plan,
    simulator: Simulator | Recorded,
    sources: Sequence[tuple[Source, str]],
    references: int,
    tell: Steps,
) -> Results:
    if isinstance(simulator, Recorded):
        *sets, again = _recorded(plan, simulator, references + 1, tell)
    else:
        *sets, again = _simulated(plan, simulator, references + 1, tell)
    found: list[DrawnSet] = []
    for number, (source, role) in enumerate(sources):
        tell(f"sampling {source.name}")
        given = plan, source.name, role, references + 1 + number
        if sets[0].whole is None:
            found.append(draw(source, *given, first=sets[0]))
        else:
            found.append(draw_at(source, *given, sets[0].whole[1], first=sets[0]))
    reference = make_reference(plan, sets, again)
    return Results(plan, simulator, reference, sets[0], [found[0], again, *found[1:]])


def _simulated(plan: Plan, simulator: Simulator, number: int, tell: Steps) -> list[DrawnSet]:
    """Independent sets from the simulator; the last is treated as a source."""
    sets: list[DrawnSet] = []
    for index in range(number):
        tell(f"simulating the truth, {index + 1} of {number}")
        last, first = index == number - 1, sets[0] if sets else None
        name, role = (AGAIN, "truth") if last else (simulator.name, "reference")
        keep = last or not sets
        sets.append(draw(simulator, plan, name, role, index, first=first, keep=keep))
    return sets


def _recorded(plan: Plan, recorded: Recorded, number: int, tell: Steps) -> list[DrawnSet]:
    """Disjoint sets of recorded events; the last is treated as a source."""
    sets: list[DrawnSet] = []
    for index, events in enumerate(recorded.sets(plan.count, number)):
        tell(f"reading the truth, {index + 1} of {number}")
        last, first = index == number - 1, sets[0] if sets else None
        name, role = (OTHERS, "truth") if last else (recorded.name, "reference")
        sets.append(in_bins(plan, name, role, *events, first=first, keep=last or not sets))
    return sets


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


def _find_copies(results: Results, learnt: Learnt | None, tell: Steps) -> None:
    tell("looking for repeats and copies")
    results.repeats, results.copies, results.nearest = look_for_copies(
        results.plan, results.reference_set, results.sources, learnt
    )


def _compare_classes(results: Results, labelled: Labelled, tell: Steps) -> None:
    domain, (samples, conditions, label) = results.plan.domain, labelled
    for source in results.sources:
        if source.role != "truth":
            tell(f"classes: {source.name}")
            fake, _, _ = together(results.plan, source)
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
    names = [source.name for source in sources] + [AGAIN, OTHERS]
    if len(set(names)) < len(names):
        raise InputError(f"expected sources of different names; got {names}; rename one")
    if targets not in domain.targets:
        raise InputError(
            f"expected targets in {sorted(domain.targets)}; got {targets!r}; pass one of these"
        )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
