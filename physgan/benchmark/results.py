"""All results of a benchmark, in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from physgan.benchmark.compare import Comparison
from physgan.benchmark.copies import Nearest, Shares
from physgan.benchmark.recorded import Recorded
from physgan.benchmark.reference import Reference
from physgan.benchmark.sources import DrawnSet, Plan
from physgan.benchmark.speed import Speed
from physgan.benchmark.targets import TargetResult
from physgan.domains.base import Target
from physgan.fidelity import ClassReport, LargestAuc, TwoSampleResult
from simulators.protocol import Simulator

__all__ = ["Results", "Verdict"]


@dataclass(frozen=True)
class Verdict:
    """One target, for every source at every condition.

    Args:
        target: what to reach.
        results: source name -> one for each condition, or one for all of them together; None
            where it does not apply.
    """

    target: Target
    results: Mapping[str, Sequence[TargetResult | None]]

    @property
    def together(self) -> bool:
        """Whether there is one result for all conditions."""
        return self.target.measure in ("auc", "copies")


@dataclass
class Results:
    """What `report.json` and `report.html` are made from.

    Args:
        plan: domain, conditions, count, seed.
        simulator: the reference simulator, or recorded events in its place.
        reference: the truth.
        reference_set: the set of the simulator whose samples are kept.
        sources: surrogate, simulator again, variants, baselines, in this order.
        comparisons: source name -> one for each condition.
        classifiers: source name -> two-sample tests, the same ones in the same order for each.
        largest_auc: source name -> the largest over all of these, beside the truth's own; none
            for the truth.
        classes: source name -> comparison of its samples with real ones by classes.
        sweeps: updates of the reference dynamics, increasing.
        relaxed: source name -> [condition][sweeps].
        speed: timings.
        profile: name of the set of targets.
        targets: what sources have to reach.
        critical: standard errors from the truth beyond which a source is not the truth.
        repeats: source name -> at each condition, by view, the share of repeated samples.
        copies: source name -> by view, the share of samples that are copies of training samples.
        nearest: how near samples of the surrogate come to training samples, if these are there.
        verdicts: one for each target.
        seen_in_training: "seen", "edge", "held out" or "unknown" for each condition.
        training: what was passed in about the training.
        environment: versions and hardware.
        created: UTC, ISO 8601.
        command: what makes the report again; "" if that is not known.
        seconds: what the benchmark took, without writing the report.
    """

    plan: Plan
    simulator: Simulator | Recorded
    reference: Reference
    reference_set: DrawnSet
    sources: list[DrawnSet]
    comparisons: dict[str, list[Comparison]] = field(default_factory=dict)
    classifiers: dict[str, list[TwoSampleResult]] = field(default_factory=dict)
    largest_auc: dict[str, LargestAuc] = field(default_factory=dict)
    classes: dict[str, ClassReport] = field(default_factory=dict)
    sweeps: Sequence[int] = ()
    relaxed: dict[str, list[list[Comparison]]] = field(default_factory=dict)
    speed: Speed | None = None
    profile: str = ""
    targets: Sequence[Target] = ()
    critical: float = 2.0
    repeats: dict[str, list[Shares]] = field(default_factory=dict)
    copies: dict[str, Shares] = field(default_factory=dict)
    nearest: Nearest | None = None
    verdicts: list[Verdict] = field(default_factory=list)
    seen_in_training: list[str] = field(default_factory=list)
    training: Mapping[str, Any] = field(default_factory=dict)
    environment: dict[str, Any] = field(default_factory=dict)
    created: str = ""
    command: str = ""
    seconds: float = 0.0

    def of_role(self, role: str) -> list[DrawnSet]:
        """The sources that play `role`."""
        return [source for source in self.sources if source.role == role]

    @property
    def surrogate(self) -> DrawnSet:
        """The source on trial."""
        return self.of_role("surrogate")[0]

    def target_results(self, name: str) -> list[TargetResult]:
        """All of one source."""
        return [result for verdict in self.verdicts for result in verdict.results[name] if result]
