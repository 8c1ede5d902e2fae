"""Can a classifier tell a source's samples from the simulator's?"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from physgan.benchmark.sources import DrawnSet, Plan, subseed, together
from physgan.fidelity import (
    ConvolutionalNetwork,
    LargestAuc,
    TwoSampleClassifier,
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
    classifiers: Sequence[TwoSampleClassifier[np.ndarray]],
    convolutional: ConvolutionalNetwork | None = None,
    tell: Callable[[str], None] = lambda stage: None,
) -> Classified:
    """Every classifier on what it can see of the samples, all conditions together.

    Those of vectors see every view of the domain, of 6,000 samples a side at most. Trees take
    longest where they tell samples apart, so a baseline is met once, without repeats.

    Args:
        plan: of the benchmark.
        reference: a set of the simulator.
        sources: what is compared with it; one of them is the simulator again.
        classifiers: of vectors, at least one.
        convolutional: classifier of the samples themselves; None to leave it out.
        tell: called with what comes next.
    """
    seed, floor = subseed(plan.seed, 96), []
    real, places = _tables(plan, reference)
    found = Classified({}, {})
    for source in sorted(sources, key=lambda source: source.role != "truth"):
        tell(f"classifiers: {source.name}")
        fake, others = _tables(plan, source)
        groups = np.concatenate([places, others])
        views: list[View[Any]] = [vector_view(n, real[n], fake[n], groups) for n in real]
        chosen = _without_repeats(classifiers) if source.role == "baseline" else classifiers
        tests = two_sample_tests(views, chosen, seed)
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


def _without_repeats(
    classifiers: Sequence[TwoSampleClassifier[np.ndarray]],
) -> list[TwoSampleClassifier[np.ndarray]]:
    chosen: Any = classifiers
    return [replace(classifier, repeats=1) for classifier in chosen]


def _tables(plan: Plan, drawn: DrawnSet) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """The domain's views of the samples, by name, and the numbers of their conditions."""
    samples, conditions, numbers = together(plan, drawn, _MOST)
    return views_of(plan.domain, samples, conditions), numbers


def _sample_view(plan: Plan, reference: DrawnSet, source: DrawnSet) -> View[Any]:
    real, conditions, places = together(plan, reference)
    fake, others, other_places = together(plan, source)
    columns = {name: np.concatenate([conditions[name], others[name]]) for name in conditions}
    groups = np.concatenate([places, other_places])
    return sample_view(plan.domain, real, fake, columns, groups)
