"""The referee: every distance between two sets of samples, beside truth against truth."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from scipy.stats import ks_2samp

from physgan.domains.base import Conditions, Domain, Samples
from physgan.errors import InputError
from physgan.fidelity.classes import ClassReport
from physgan.fidelity.correlations import correlation_difference
from physgan.fidelity.coverage import COVERAGE_IDEALS, coverage
from physgan.fidelity.features import FeatureSet, features_of
from physgan.fidelity.frechet import frechet_physics_distance
from physgan.fidelity.kernel import kernel_physics_distance
from physgan.fidelity.separation import separations
from physgan.fidelity.vector_test import NetworkSettings, network_test, tree_test

__all__ = ["Judgement", "RefereeReport", "RefereeSettings", "judge"]

_FEWEST = 100
_HIGH = "high-level"

Source = FeatureSet | tuple[Samples, Conditions]
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class RefereeSettings:
    """How much work is put in.

    Args:
        network: of the classifier network.
        repeats: trainings of each classifier.
        rounds: most boosted trees.
        draws: subsets of each size for the Fréchet distance.
        bootstraps: repeats for the errors of histograms and correlations.
    """

    network: NetworkSettings = field(default_factory=NetworkSettings)
    repeats: int = 2
    rounds: int = 100
    draws: int = 20
    bootstraps: int = 40


@dataclass(frozen=True)
class Judgement:
    """One figure of fake against real, beside the same of truth against truth.

    Args:
        metric: such as "separation power".
        of: the observable or view that it looks at.
        value: fake against real, with its standard error.
        floor: truth against truth, same sizes and same procedure, with its error.
        ideal: what equal laws and infinitely many samples give; None where that depends on
            the law.
        components: for an observable with components, value and floor of each.
    """

    metric: str
    of: str
    value: tuple[float, float]
    floor: tuple[float, float]
    ideal: float | None
    components: dict[str, list[float]] | None = None

    @property
    def pull(self) -> float:
        """Difference of value and floor in standard errors; 0 where both are exact."""
        error = float(np.hypot(self.value[1], self.floor[1]))
        return (self.value[0] - self.floor[0]) / error if error else 0.0


@dataclass(frozen=True)
class RefereeReport:
    """All figures, with what they were made from.

    Args:
        domain: kind of sample.
        counts: samples of "real", "fake" and "floor".
        floor: "a second real set" or "halves of the real set".
        seed: of splits, trainings, subsets and bootstraps.
        settings: see `RefereeSettings`.
        conditions: for each condition the Kolmogorov-Smirnov distance of its values in real and
            fake, and the chance of a larger one; unequal conditions tell samples apart, too.
        judgements: the figures.
        classes: judgement by classes, if it was asked for.
    """

    domain: str
    counts: dict[str, int]
    floor: str
    seed: int
    settings: RefereeSettings
    conditions: dict[str, tuple[float, float]]
    judgements: tuple[Judgement, ...]
    classes: ClassReport | None = None

    def find(self, metric: str, of: str) -> Judgement:
        """The figure of that name."""
        return next(j for j in self.judgements if (j.metric, j.of) == (metric, of))

    def to_json(self) -> dict[str, Any]:
        """JSON values only."""
        found = asdict(self)
        for entry, judgement in zip(found["judgements"], self.judgements, strict=True):
            entry["pull"] = judgement.pull
        found["classes"] = self.classes and self.classes.to_json()
        return dict(_plain(found))


def judge(
    domain: Domain,
    real: Source,
    fake: Source,
    floor: Source | None = None,
    *,
    seed: int = 0,
    settings: RefereeSettings | None = None,
    progress: Progress | None = None,
) -> RefereeReport:
    """Judge fake samples by real ones.

    Separation power of every observable; the CaloChallenge's classifier and boosted trees on
    every view; Fréchet and kernel distances of the high-level features; precision, recall,
    density and coverage where the domain has points; correlations of every vector observable.
    Each comes with an error and with the same for two real sets of the same sizes.

    Args:
        domain: of the samples.
        real: features, from `gather` or `features_of`, or (samples, conditions).
        fake: the same of the samples under test.
        floor: a second, independent real set. None: the real set is split at random, one half
            is the floor's, and as many fake samples are judged by the other.
        seed: of everything random.
        settings: how much work is put in.
        progress: called with (steps done, steps in total, what comes next).

    Raises:
        InputError: for fewer than 100 samples in any set (200 real ones without a floor).
    """
    chosen = settings or RefereeSettings()
    sets = [_features(domain, source) for source in (real, fake, floor) if source is not None]
    first, second, third = _same_sizes(sets, np.random.default_rng([seed, 1]))
    if min(len(first), len(second)) < _FEWEST:
        raise InputError(
            f"expected {_FEWEST} samples or more in every set; "
            f"got {len(first)} real and {len(second)} fake ones; without a floor half the real "
            "samples are set aside"
        )
    tasks = list(_tasks(domain, seed, chosen, first.points is not None))
    judgements: list[Judgement] = []
    for number, (words, task) in enumerate(tasks):
        if progress:
            progress(number, len(tasks), words)
        judgements += _beside(task(first, second), task(first, third))
    return RefereeReport(
        domain.name,
        {"real": len(first), "fake": len(second), "floor": len(third)},
        "halves of the real set" if floor is None else "a second real set",
        seed,
        chosen,
        _condition_distances(first, second),
        tuple(judgements),
    )


@dataclass(frozen=True)
class _Figure:
    metric: str
    of: str
    value: tuple[float, float]
    ideal: float | None
    components: np.ndarray | None = None


Task = Callable[[FeatureSet, FeatureSet], list[_Figure]]


def _features(domain: Domain, source: Source) -> FeatureSet:
    return source if isinstance(source, FeatureSet) else features_of(domain, *source)


def _same_sizes(
    sets: list[FeatureSet], rng: np.random.Generator
) -> tuple[FeatureSet, FeatureSet, FeatureSet]:
    """Real, fake and floor, the latter two equally large."""
    if len(sets) == 2:
        order = rng.permutation(len(sets[0]))
        half = len(order) // 2
        real, floor = sets[0].rows(order[:half]), sets[0].rows(order[half : 2 * half])
        fake = sets[1]
    else:
        real, fake, floor = sets
    size = min(len(fake), len(floor))
    return real, _drawn(fake, size, rng), _drawn(floor, size, rng)


def _drawn(features: FeatureSet, size: int, rng: np.random.Generator) -> FeatureSet:
    if size == len(features):
        return features
    return features.rows(np.sort(rng.permutation(len(features))[:size]))


def _tasks(
    domain: Domain, seed: int, settings: RefereeSettings, points: bool
) -> Iterator[tuple[str, Task]]:
    """What is measured, in words and as functions of two sets."""
    yield "histograms", lambda a, b: _separations(domain, a, b, seed, settings)
    yield "correlations", lambda a, b: _correlations(a, b, seed, settings)
    yield "distances of features", lambda a, b: _distances(domain, a, b, seed, settings)
    if points:
        yield "neighbours", _neighbours
    yield "boosted trees", lambda a, b: _trees(a, b, seed, settings)
    yield "classifier networks", lambda a, b: _networks(a, b, seed, settings)


def _separations(
    domain: Domain, real: FeatureSet, fake: FeatureSet, seed: int, settings: RefereeSettings
) -> list[_Figure]:
    found = []
    for name in (o.name for o in domain.observables):
        result = separations(
            real.observables[name], fake.observables[name], None, seed, settings.bootstraps
        )
        parts = result.values if len(result.values) > 1 else None
        found.append(_Figure("separation power", name, result.mean, 0.0, parts))
    return found


def _correlations(
    real: FeatureSet, fake: FeatureSet, seed: int, settings: RefereeSettings
) -> list[_Figure]:
    return [
        _Figure(
            "largest correlation difference",
            name,
            correlation_difference(values, fake.observables[name], seed, settings.bootstraps),
            0.0,
        )
        for name, values in real.observables.items()
        if values.shape[1] > 1
    ]


def _distances(
    domain: Domain, real: FeatureSet, fake: FeatureSet, seed: int, settings: RefereeSettings
) -> list[_Figure]:
    labels = len(domain.conditions)
    one, other = (side.views[_HIGH][:, labels:] for side in (real, fake))
    frechet = frechet_physics_distance(one, other, seed, draws=settings.draws)
    kernel = kernel_physics_distance(one, other, seed)
    return [
        _Figure("Fréchet distance", _HIGH, frechet, 0.0),
        _Figure("kernel distance", _HIGH, kernel, 0.0),
    ]


def _neighbours(real: FeatureSet, fake: FeatureSet) -> list[_Figure]:
    if real.points is None or fake.points is None:
        return []
    size = min(len(real.points), len(fake.points))
    result = coverage(real.points[:size], fake.points[:size])
    return [_Figure(k, "points", getattr(result, k), v) for k, v in COVERAGE_IDEALS.items()]


def _trees(
    real: FeatureSet, fake: FeatureSet, seed: int, settings: RefereeSettings
) -> list[_Figure]:
    found = []
    for name, rows in real.views.items():
        result = tree_test(rows, fake.views[name], seed, settings.repeats, settings.rounds)
        found.append(_Figure("trees AUC", name, result.auc, 0.5))
    return found


def _networks(
    real: FeatureSet, fake: FeatureSet, seed: int, settings: RefereeSettings
) -> list[_Figure]:
    found = []
    for name, rows in real.views.items():
        result = network_test(rows, fake.views[name], settings.network, seed, settings.repeats)
        found.append(_Figure("network AUC", name, result.auc, 0.5))
        if result.jsd is not None:
            found.append(_Figure("network JSD", name, result.jsd, 0.0))
    return found


def _beside(values: list[_Figure], floors: list[_Figure]) -> list[Judgement]:
    return [
        Judgement(v.metric, v.of, v.value, f.value, v.ideal, _components(v, f))
        for v, f in zip(values, floors, strict=True)
    ]


def _components(value: _Figure, floor: _Figure) -> dict[str, list[float]] | None:
    if value.components is None or floor.components is None:
        return None
    return {"value": value.components.tolist(), "floor": floor.components.tolist()}


def _condition_distances(real: FeatureSet, fake: FeatureSet) -> dict[str, tuple[float, float]]:
    found = {}
    for name, values in real.conditions.items():
        result = ks_2samp(values, fake.conditions[name])
        found[name] = (float(result.statistic), float(result.pvalue))
    return found


def _plain(value: Any) -> Any:
    """Lists for tuples, and None for numbers that JSON has not."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value
