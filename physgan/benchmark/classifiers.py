"""Can a classifier tell a source's samples from the simulator's?"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from physgan.benchmark.sources import DrawnSet, Plan, subseed
from physgan.fidelity import (
    BoostedTrees,
    ConvolutionalNetwork,
    DenseNetwork,
    LargestAuc,
    TwoSampleResult,
    View,
    sample_view,
    two_sample_tests,
    vector_view,
    views_of,
)

__all__ = ["Classified", "classify"]

_MOST = 6_000


class Classified(NamedTuple):
    """Two-sample tests of all sources.

    Attributes:
        tests: source name -> every classifier on every view, the same ones in the same order.
        largest: source name -> the largest AUC beside that of the truth; none for the truth.
    """

    tests: dict[str, list[TwoSampleResult]]
    largest: dict[str, LargestAuc]


def classify(
    plan: Plan,
    reference: DrawnSet,
    sources: Sequence[DrawnSet],
    convolutional: ConvolutionalNetwork | None = None,
    tell: Callable[[str], None] = lambda stage: None,
) -> Classified:
    """Every classifier on what it can see of the samples, all conditions together.

    Trees and the dense network see every view of the domain, of 6,000 samples a side at most.

    Args:
        plan: of the benchmark.
        reference: a set of the simulator.
        sources: what is compared with it; one of them is the simulator again.
        convolutional: classifier of the samples themselves; None to leave it out.
        tell: called with what comes next.
    """
    each, seed = min(plan.count, _MOST // len(plan.conditions)), subseed(plan.seed, 96)
    groups = np.tile(np.repeat(np.arange(len(plan.conditions)), each), 2)
    real = _tables(plan, reference, each)
    found, floor = Classified({}, {}), []
    for source in sorted(sources, key=lambda source: source.role != "truth"):
        tell(f"classifiers: {source.name}")
        fake = _tables(plan, source, each)
        views: list[View[Any]] = [vector_view(n, real[n], fake[n], groups) for n in real]
        tests = two_sample_tests(views, [BoostedTrees(), DenseNetwork()], seed)
        if convolutional is not None:
            views.append(_sample_view(plan, reference, source))
            tests += two_sample_tests(views[-1:], [convolutional], seed)
        found.tests[source.name] = tests
        if source.role == "truth":
            floor = views
        else:
            truth = next(s.name for s in sources if s.role == "truth")
            both = [tests, found.tests[truth]]
            found.largest[source.name] = LargestAuc.of([views, floor], both, seed)
    return found


def _tables(plan: Plan, drawn: DrawnSet, each: int) -> dict[str, np.ndarray]:
    """The domain's views of the first samples at each condition, by name."""
    parts = [
        views_of(plan.domain, {name: values[:each] for name, values in samples.items()}, condition)
        for samples, condition in zip(drawn.samples, plan.conditions, strict=True)
    ]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _sample_view(plan: Plan, reference: DrawnSet, source: DrawnSet) -> View[Any]:
    groups = np.tile(np.repeat(np.arange(len(plan.conditions)), plan.count), 2)
    columns = {
        name: np.array([condition[name] for condition in plan.conditions])[groups]
        for name in plan.conditions[0]
    }
    return sample_view(plan.domain, _joined(reference), _joined(source), columns, groups)


def _joined(drawn: DrawnSet) -> dict[str, np.ndarray]:
    return {name: np.concatenate([s[name] for s in drawn.samples]) for name in drawn.samples[0]}
