"""Every distance between two sets of samples, beside the same of truth against truth."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import ks_2samp

from physgan.comparison.results import ComparisonReport, ComparisonSettings, MetricResult
from physgan.domains.base import Conditions, Domain, Samples
from physgan.errors import InputError
from physgan.fidelity import (
    COVERAGE_IDEALS,
    FeatureSet,
    LargestAuc,
    Procedure,
    TwoSampleResult,
    View,
    correlation_difference,
    count_spectra,
    coverage,
    features_of,
    frechet_physics_distance,
    kernel_physics_distance,
    separation_of_spectra,
    separations,
    spectrum_edges,
    two_sample_tests,
    vector_view,
)
from physgan.progress import Steps

__all__ = ["compare_samples"]

_FEWEST = 100
_HIGH = "high-level"

SampleSet = FeatureSet | tuple[Samples, Conditions]
Progress = Callable[[int, int, str], None]


def compare_samples(
    domain: Domain,
    real: SampleSet,
    fake: SampleSet,
    floor: SampleSet | None = None,
    *,
    seed: int = 0,
    settings: ComparisonSettings | None = None,
    progress: Progress | None = None,
) -> ComparisonReport:
    """Compare fake samples with real ones.

    The largest AUC of the CaloChallenge's classifier and boosted trees over every view;
    separation power of every observable and every spectrum; Fréchet and kernel distances of the
    high-level features; precision, recall, density and coverage where the domain has points;
    correlations of every vector observable.
    Each comes with an error and with the same for two real sets of the same sizes.

    Args:
        domain: of the samples.
        real: features, from `gather` or `features_of`, or (samples, conditions).
        fake: the same of the samples under test.
        floor: a second, independent real set. None: the real set is split at random, one half
            is the floor's, and as many fake samples are compared with the other.
        seed: of everything random.
        settings: how much work is put in.
        progress: called with (steps done, steps in total, what comes next).

    Raises:
        InputError: for fewer than 100 samples in any set (200 real ones without a floor).
    """
    chosen = settings or ComparisonSettings()
    sets = [_features(domain, source) for source in (real, fake, floor) if source is not None]
    first, second, third = _same_sizes(sets, np.random.default_rng([seed, 1]))
    if min(len(first), len(second)) < _FEWEST:
        raise InputError(
            f"expected {_FEWEST} samples or more in every set; "
            f"got {len(first)} real and {len(second)} fake ones; without a floor half the real "
            "samples are set aside"
        )
    tasks = list(_tasks(domain, seed, chosen, first.points is not None))
    tell = Steps(len(tasks) + 3, progress)
    metrics: list[MetricResult] = []
    for stage, task in tasks:
        tell(stage)
        metrics += _beside(task(first, second), task(first, third))
    views = [_views(first, other) for other in (second, third)]
    tests: list[list[TwoSampleResult]] = []
    for name, side in zip(("fake", "floor"), views, strict=True):
        tell(f"classifiers: {name}")
        tests.append(two_sample_tests(side, chosen.classifiers, seed))
    metrics += _beside(_classified(tests[0]), _classified(tests[1]))
    tell("strongest classifier on fewer samples")
    return ComparisonReport(
        domain.name,
        {"real": len(first), "fake": len(second), "floor": len(third)},
        "halves of the real set" if floor is None else "a second real set",
        seed,
        chosen,
        _condition_distances(first, second),
        LargestAuc.of(views, tests, seed),
        tuple(metrics),
    )


@dataclass(frozen=True)
class _Value:
    """A metric of two sets, before the floor is beside it; see `MetricResult`."""

    metric: str
    of: str
    value: tuple[float, float]
    ideal: float | None
    components: np.ndarray | None = None
    procedure: Procedure | None = None


Task = Callable[[FeatureSet, FeatureSet], list[_Value]]


def _features(domain: Domain, source: SampleSet) -> FeatureSet:
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
    domain: Domain, seed: int, settings: ComparisonSettings, points: bool
) -> Iterator[tuple[str, Task]]:
    """What is measured: its name, and a function of two sets."""
    yield "histograms", lambda a, b: _separations(domain, a, b, seed, settings)
    yield "spectra", lambda a, b: _spectra(domain, a, b, seed, settings)
    yield "correlations", lambda a, b: _correlations(a, b, seed, settings)
    yield "distances of features", lambda a, b: _distances(domain, a, b, seed, settings)
    if points:
        yield "neighbours", _neighbours


def _separations(
    domain: Domain, real: FeatureSet, fake: FeatureSet, seed: int, settings: ComparisonSettings
) -> list[_Value]:
    values = []
    for name in (o.name for o in domain.observables):
        result = separations(
            real.observables[name], fake.observables[name], None, seed, settings.bootstraps
        )
        parts = result.values if len(result.values) > 1 else None
        values.append(_Value("separation power", name, result.mean, 0.0, parts))
    return values


def _spectra(
    domain: Domain, real: FeatureSet, fake: FeatureSet, seed: int, settings: ComparisonSettings
) -> list[_Value]:
    columns = [side.views[domain.physical_view] for side in (real, fake)]
    edges, values = spectrum_edges(domain, columns[0]), []
    counts = [count_spectra(domain, view, edges) for view in columns]
    for name in edges:
        result = separation_of_spectra(counts[0][name], counts[1][name], seed, settings.bootstraps)
        parts = result.values if len(result.values) > 1 else None
        values.append(_Value("separation power", name, result.mean, 0.0, parts))
    return values


def _correlations(
    real: FeatureSet, fake: FeatureSet, seed: int, settings: ComparisonSettings
) -> list[_Value]:
    return [
        _Value(
            "largest correlation difference",
            name,
            correlation_difference(values, fake.observables[name], seed, settings.bootstraps),
            0.0,
        )
        for name, values in real.observables.items()
        if values.shape[1] > 1
    ]


def _distances(
    domain: Domain, real: FeatureSet, fake: FeatureSet, seed: int, settings: ComparisonSettings
) -> list[_Value]:
    labels = len(domain.conditions)
    one, other = (side.views[_HIGH][:, labels:] for side in (real, fake))
    frechet = frechet_physics_distance(one, other, seed, draws=settings.draws)
    kernel = kernel_physics_distance(one, other, seed)
    return [
        _Value("Fréchet distance", _HIGH, frechet, 0.0),
        _Value("kernel distance", _HIGH, kernel, 0.0),
    ]


def _neighbours(real: FeatureSet, fake: FeatureSet) -> list[_Value]:
    if real.points is None or fake.points is None:
        return []
    size = min(len(real.points), len(fake.points))
    result = coverage(real.points[:size], fake.points[:size])
    return [_Value(k, "points", getattr(result, k), v) for k, v in COVERAGE_IDEALS.items()]


def _views(real: FeatureSet, fake: FeatureSet) -> list[View[np.ndarray]]:
    return [vector_view(name, rows, fake.views[name]) for name, rows in real.views.items()]


def _classified(tests: Sequence[TwoSampleResult]) -> list[_Value]:
    """AUC, and divergence where there is one, of every classifier on every view."""
    values = []
    for result in tests:
        metrics = (("AUC", result.auc, 0.5), ("JSD", result.jsd, 0.0))
        values += [
            _Value(
                f"{result.procedure.settings.name} {kind}", result.view, figure, ideal,
                procedure=result.procedure,
            )
            for kind, figure, ideal in metrics
            if figure is not None
        ]  # fmt: skip
    return values


def _beside(values: list[_Value], floors: list[_Value]) -> list[MetricResult]:
    return [
        MetricResult(v.metric, v.of, v.value, f.value, v.ideal, _components(v, f), v.procedure)
        for v, f in zip(values, floors, strict=True)
    ]


def _components(value: _Value, floor: _Value) -> dict[str, list[float]] | None:
    if value.components is None or floor.components is None:
        return None
    return {"value": value.components.tolist(), "floor": floor.components.tolist()}


def _condition_distances(real: FeatureSet, fake: FeatureSet) -> dict[str, tuple[float, float]]:
    distances = {}
    for name, values in real.conditions.items():
        result = ks_2samp(values, fake.conditions[name])
        distances[name] = (float(result.statistic), float(result.pvalue))
    return distances
