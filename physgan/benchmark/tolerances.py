"""Tolerances that a recipe or a user sets: targets over those of the domain."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from physgan.benchmark.targets import COPIES, REPEATS
from physgan.domains.base import Domain, Target
from physgan.errors import InputError, nearest

__all__ = ["targets_of"]

_RANGES = {
    "overlap": (0.0, 1.0, "a share of truth's own overlap in (0, 1)"),
    "separation": (1.0, float("inf"), "a multiple of truth's own above 1"),
    "auc": (0.5, 1.0, "an AUC in (0.5, 1)"),
    "repeats": (0.0, 1.0, "a share in (0, 1)"),
    "copies": (0.0, 1.0, "a share in (0, 1)"),
    "relative": (0.0, float("inf"), "a relative deviation above 0, such as 0.01"),
    "absolute": (0.0, float("inf"), "a deviation above 0, in the observable's unit"),
}
"""Measure -> lowest and highest limit, both excluded, and what a limit is."""


def targets_of(
    domain: Domain, profile: str, tolerances: Mapping[str, float], copies: bool
) -> tuple[Target, ...]:
    """The targets of a benchmark.

    Args:
        domain: the kind of sample.
        profile: name of a set of its targets.
        tolerances: name -> limit over the profile's; a name is that of an observable, a histogram
            or a spectrum, "auc", "repeats" or "copies". "energy:overlap" says which measure is
            meant where an observable has several; by default that of the profile's target.
        copies: whether the training samples are there, to look for copies of them.

    Raises:
        InputError: for a name that is none of these, or a limit out of range.
    """
    common = (REPEATS, COPIES) if copies else (REPEATS,)
    targets = {(_key(t), t.measure): t for t in (*domain.targets[profile], *common)}
    known = _known(domain, targets, (Target("largest AUC", "", "auc", 0.0), *common))
    for name, limit in tolerances.items():
        target = _named(name, known, targets)
        low, high, words = _RANGES[target.measure]
        if isinstance(limit, bool) or not isinstance(limit, int | float) or not low < limit < high:
            raise InputError(f"expected a tolerance of {name} as {words}; got {limit!r}")
        targets[_key(target), target.measure] = replace(target, limit=float(limit))
    return tuple(targets.values())


def _key(target: Target) -> str:
    return target.observable or target.measure


def _known(
    domain: Domain, targets: Mapping[tuple[str, str], Target], common: Sequence[Target]
) -> dict[str, list[Target]]:
    """All that can have a tolerance: name -> targets by each measure that it allows."""
    long = {o.name: o.long_name for o in domain.observables}
    found: dict[str, list[Target]] = {}
    for observable in domain.ensemble:
        for measure in ("relative", "absolute"):
            target = Target(observable.long_name, observable.name, measure, 0.0)
            found.setdefault(observable.name, []).append(target)
    for name in domain.histograms:
        found.setdefault(name, []).append(Target(f"{long[name]} histogram", name, "overlap", 0.0))
    for spectrum in domain.spectra:
        target = Target(spectrum.long_name, spectrum.name, "separation", 0.0)
        found.setdefault(spectrum.name, []).append(target)
    for target in common:
        found[target.measure] = [target]
    return {
        name: [targets.get((name, target.measure), target) for target in row]
        for name, row in found.items()
    }


def _named(
    name: str, known: Mapping[str, Sequence[Target]], targets: Mapping[tuple[str, str], Target]
) -> Target:
    """The target that a tolerance means."""
    key, _, measure = name.partition(":")
    if key not in known:
        raise InputError(
            f"expected a tolerance of {', '.join(known)}; got {name!r}{nearest(key, known)}"
        )
    measures = [target.measure for target in known[key]]
    if measure:
        if measure not in measures:
            raise InputError(
                f"expected {' or '.join(f'{key}:{each}' for each in measures)}; got {name!r}"
            )
        return known[key][measures.index(measure)]
    asked = [target for target in known[key] if (key, target.measure) in targets]
    if len(asked) > 1 or (not asked and "overlap" in measures and len(measures) > 1):
        raise InputError(
            f"expected {' or '.join(f'{key}:{each}' for each in measures)}; got {name!r}"
        )
    return asked[0] if asked else known[key][0]
