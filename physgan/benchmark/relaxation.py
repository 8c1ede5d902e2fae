"""How good samples become after a few updates of the reference dynamics."""

from collections.abc import Callable, Sequence

from physgan.benchmark.compare import Comparison, compare
from physgan.benchmark.reference import Reference
from physgan.benchmark.sources import DrawnSet, Plan, subseed
from physgan.fidelity import measure
from simulators.protocol import Relaxing

__all__ = ["relaxation"]


def relaxation(
    plan: Plan,
    reference: Reference,
    simulator: Relaxing,
    source: DrawnSet,
    sweeps: Sequence[int],
    step: Callable[[], None] = lambda: None,
) -> list[list[Comparison]]:
    """Compare `source` with the truth after each number of `sweeps`.

    Args:
        plan: of the benchmark.
        reference: the truth.
        simulator: offers `relax`.
        source: samples to start from.
        sweeps: increasing numbers of updates.
        step: called after each condition.

    Returns:
        Comparisons, [condition][sweeps].
    """
    results = []
    for condition_index, condition in enumerate(plan.conditions):
        samples, context = dict(source.samples[condition_index]), source.contexts[condition_index]
        row, done = [], 0
        for total in sweeps:
            if total > done:
                seed = subseed(plan.seed, 93, condition_index, total)
                samples = simulator.relax(samples, dict(condition), total - done, seed)
                done = total
            values = measure(plan.domain, samples, context)
            row.append(compare(plan, reference, condition_index, values, context, quick=True))
        results.append(row)
        step()
    return results
