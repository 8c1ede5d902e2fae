"""What a comparison of two sets of samples consists of: settings, metrics and the report."""

from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

import numpy as np

from physgan.fidelity import BoostedTrees, ClassReport, DenseNetwork, LargestAuc, Procedure

__all__ = ["ComparisonReport", "ComparisonSettings", "MetricResult"]


@dataclass(frozen=True)
class ComparisonSettings:
    """How much work is put in.

    Args:
        trees: boosted trees, trained on every view.
        network: dense network, trained on every view.
        draws: subsets of each size for the Fréchet distance.
        bootstraps: repeats for the errors of histograms and correlations.
    """

    trees: BoostedTrees = field(default_factory=BoostedTrees)
    network: DenseNetwork = field(default_factory=DenseNetwork)
    draws: int = 20
    bootstraps: int = 40

    @property
    def classifiers(self) -> tuple[BoostedTrees, DenseNetwork]:
        """All classifiers of vectors."""
        return self.trees, self.network


@dataclass(frozen=True)
class MetricResult:
    """One metric of fake against real, beside the same of truth against truth.

    Args:
        metric: such as "separation power".
        of: the observable or view that it looks at.
        value: fake against real, with its standard error.
        floor: truth against truth, same sizes and same procedure, with its error.
        ideal: what equal distributions and infinitely many samples give; None where that depends
            on the distribution.
        components: for an observable with components, value and floor of each.
        procedure: for a classifier two-sample test, how it was made.
    """

    metric: str
    of: str
    value: tuple[float, float]
    floor: tuple[float, float]
    ideal: float | None
    components: dict[str, list[float]] | None = None
    procedure: Procedure | None = None

    @property
    def pull(self) -> float:
        """Difference of value and floor in standard errors; 0 where both are exact."""
        error = float(np.hypot(self.value[1], self.floor[1]))
        return (self.value[0] - self.floor[0]) / error if error else 0.0

    def to_json(self) -> dict[str, Any]:
        """JSON values only."""
        procedure = self.procedure and self.procedure.to_json()
        return {**asdict(replace(self, procedure=None)), "procedure": procedure, "pull": self.pull}


@dataclass(frozen=True)
class ComparisonReport:
    """All metrics, with what they were made from.

    Args:
        domain: kind of sample.
        counts: samples of "real", "fake" and "floor".
        floor: "a second real set" or "halves of the real set".
        seed: of splits, trainings, subsets and bootstraps.
        settings: see `ComparisonSettings`.
        conditions: for each condition the Kolmogorov-Smirnov distance of its values in real and
            fake, and the chance of a larger one; unequal conditions tell samples apart, too.
        largest_auc: over all views and classifiers.
        metrics: one result each.
        classes: comparison by classes, if it was asked for.
        copies: share of fake samples that are in the real dataset bit for bit, and of real ones
            that are there twice.
    """

    domain: str
    counts: dict[str, int]
    floor: str
    seed: int
    settings: ComparisonSettings
    conditions: dict[str, tuple[float, float]]
    largest_auc: LargestAuc
    metrics: tuple[MetricResult, ...]
    classes: ClassReport | None = None
    copies: tuple[float, float] = (0.0, 0.0)

    @property
    def copied(self) -> bool:
        """Whether more fake samples are copies of real ones than real samples are of each other.

        By five standard errors of a share; at least by five samples.
        """
        share, usual = self.copies
        number = self.counts["fake"]
        return (share - usual) * number > 5 * max(1.0, (usual * number) ** 0.5)

    def find(self, metric: str, of: str) -> MetricResult:
        """The result of that metric for that observable or view."""
        return next(m for m in self.metrics if (m.metric, m.of) == (metric, of))

    @property
    def procedures(self) -> dict[str, str]:
        """How each classifier was trained and tested: its name -> one line."""
        procedures = [m.procedure for m in self.metrics if m.procedure is not None]
        return {procedure.settings.name: str(procedure) for procedure in procedures}

    def to_json(self) -> dict[str, Any]:
        """JSON values only."""
        values = {
            **{f.name: getattr(self, f.name) for f in fields(self)},
            "settings": asdict(self.settings),
            "largest_auc": self.largest_auc.to_json(),
            "metrics": [metric.to_json() for metric in self.metrics],
            "classes": self.classes and self.classes.to_json(),
        }
        return dict(_json_value(values))


def _json_value(value: Any) -> Any:
    """Lists for tuples, and None for numbers that JSON has not."""
    if isinstance(value, dict):
        return {key: _json_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_json_value(item) for item in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value
