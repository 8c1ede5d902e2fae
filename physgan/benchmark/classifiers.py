"""Can a classifier tell a source's samples from the simulator's?"""

import numpy as np

from physgan.benchmark.sources import DrawnSet, Plan
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
    source: DrawnSet,
    convolutional: ConvolutionalNetwork | None,
    seed: int,
) -> list[TwoSampleResult]:
    """Every classifier on what it can see of the samples, all conditions together.

    Args:
        plan: of the benchmark.
        reference: a set of the simulator.
        source: what is compared with it.
        convolutional: classifier of the samples themselves; None to leave it out.
        seed: of splits and trainings.
    """
    groups = np.tile(np.repeat(np.arange(len(plan.conditions)), plan.count), 2)
    views = [
        vector_view(name, _table(plan, reference, name), _table(plan, source, name), groups)
        for name in _VIEWS
    ]
    results = two_sample_tests(views, [BoostedTrees()], seed)
    if convolutional is not None:
        columns = {
            name: np.array([condition[name] for condition in plan.conditions])[groups]
            for name in plan.conditions[0]
        }
        view = sample_view(plan.domain, _joined(reference), _joined(source), columns, groups)
        results += two_sample_tests([view], [convolutional], seed)
    return results


def _table(plan: Plan, drawn: DrawnSet, name: str) -> np.ndarray:
    """One of the domain's views of the samples at all conditions."""
    pairs = zip(drawn.samples, plan.conditions, strict=True)
    return np.concatenate([view_of(plan.domain, *pair, name) for pair in pairs])


def _joined(drawn: DrawnSet) -> dict[str, np.ndarray]:
    return {name: np.concatenate([s[name] for s in drawn.samples]) for name in drawn.samples[0]}
