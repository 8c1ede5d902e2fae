"""Can a classifier tell a source's samples from the simulator's?"""

from collections.abc import Callable, Sequence

import numpy as np

from physgan.benchmark.sources import DrawnSet, Plan, subseed
from physgan.fidelity import (
    BoostedTrees,
    ConvolutionalNetwork,
    TwoSampleResult,
    sample_view,
    two_sample_tests,
    vector_view,
    view_of,
)

__all__ = ["classify"]

_VIEWS = ("high-level",)


def classify(
    plan: Plan,
    reference: DrawnSet,
    sources: Sequence[DrawnSet],
    convolutional: ConvolutionalNetwork | None = None,
    tell: Callable[[str], None] = lambda stage: None,
) -> dict[str, list[TwoSampleResult]]:
    """Every classifier on what it can see of the samples, all conditions together.

    Args:
        plan: of the benchmark.
        reference: a set of the simulator.
        sources: what is compared with it, one at a time.
        convolutional: classifier of the samples themselves; None to leave it out.
        tell: called with what comes next.

    Returns:
        Name of each source -> two-sample tests, the same ones in the same order.
    """
    groups = np.tile(np.repeat(np.arange(len(plan.conditions)), plan.count), 2)
    real = _tables(plan, reference)
    results = {}
    for number, source in enumerate(sources):
        tell(f"classifiers: {source.name}")
        seed = subseed(plan.seed, 96, number)
        fake = _tables(plan, source)
        views = [vector_view(name, real[name], fake[name], groups) for name in _VIEWS]
        results[source.name] = two_sample_tests(views, [BoostedTrees()], seed)
        if convolutional is not None:
            columns = {
                name: np.array([condition[name] for condition in plan.conditions])[groups]
                for name in plan.conditions[0]
            }
            view = sample_view(plan.domain, _joined(reference), _joined(source), columns, groups)
            results[source.name] += two_sample_tests([view], [convolutional], seed)
    return results


def _tables(plan: Plan, drawn: DrawnSet) -> dict[str, np.ndarray]:
    """The domain's views of the samples at all conditions, by name."""
    pairs = list(zip(drawn.samples, plan.conditions, strict=True))
    return {
        name: np.concatenate([view_of(plan.domain, *pair, name) for pair in pairs])
        for name in _VIEWS
    }


def _joined(drawn: DrawnSet) -> dict[str, np.ndarray]:
    return {name: np.concatenate([s[name] for s in drawn.samples]) for name in drawn.samples[0]}
