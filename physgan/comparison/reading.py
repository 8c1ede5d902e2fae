"""Datasets as features, a chunk of samples at a time, and whether two of them are alike."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from physgan.data import Condition, Dataset
from physgan.domains import Domain, Samples, check_samples, domain_of, domain_type
from physgan.errors import InputError
from physgan.fidelity import FeatureSet, gather

__all__ = ["Side", "check_alike", "read_samples", "read_side"]

_CHUNK_BYTES = 1 << 25

Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class Side:
    """What is kept of a dataset.

    Args:
        name: for legends.
        features: see `FeatureSet`.
        pictured: the first few samples.
        conditions: of the dataset.
    """

    name: str
    features: FeatureSet
    pictured: Samples
    conditions: tuple[Condition, ...]


def check_alike(first: Dataset, other: Dataset) -> None:
    """Refuse datasets that cannot be compared.

    Raises:
        InputError: if domains, shapes or units of the domain's field, grids, or names or units of
            conditions differ; a dataset without conditions is like any other of a domain that can
            do without.
    """
    one, two = first.info, other.info
    field = domain_type(one.domain).field
    pairs = [
        ("domain", one.domain, two.domain),
        (f"{field} of shape", first.shapes.get(field), other.shapes.get(field)),
        (
            f"{field} in the unit",
            *({f.name: f.unit for f in i.fields}.get(field) for i in (one, two)),
        ),
    ]
    if (one.conditions and two.conditions) or domain_of(one).needs_conditions:
        names = [
            ", ".join(sorted(f"{c.name} ({c.unit})" for c in info.conditions))
            for info in (one, two)
        ]
        pairs.append(("conditions", names[0], names[1]))
    for what, expected, got in pairs:
        if expected != got:
            raise InputError(
                f"expected {what} {expected} in {other.path}, as in {first.path}; got {got}"
            )
    grids = [{axis.name: np.asarray(axis.values) for axis in i.grid} for i in (one, two)]
    for name, values in grids[0].items():
        others = grids[1].get(name)
        if others is None or others.shape != values.shape or not np.allclose(others, values):
            raise InputError(
                f"expected the axis {name} of {other.path} to be that of {first.path}; "
                "got another; only samples on one grid can be compared"
            )


def read_side(
    domain: Domain,
    dataset: Dataset,
    name: str,
    count: int,
    seed: int,
    split: str = "",
    pictured: int = 64,
) -> Side:
    """Read `count` samples of a dataset, drawn at random if it has more, in chunks.

    Args:
        domain: of the samples.
        dataset: to read.
        name: for legends.
        count: most samples.
        seed: of the choice; datasets of one length lose the same rows.
        split: the only one that is read; "" for all samples.
        pictured: samples kept for pictures.
    """
    kept: list[Arrays] = []

    def chunks() -> Iterator[tuple[Arrays, Arrays]]:
        for samples, conditions in _chosen(dataset, count, seed, split):
            missing = pictured - sum(len(next(iter(part.values()))) for part in kept)
            if missing > 0:
                kept.append({k: v[:missing].copy() for k, v in samples.items()})
            yield samples, conditions

    features = gather(domain, chunks())
    first = {k: np.concatenate([part[k] for part in kept]) for k in kept[0]}
    return Side(name, features, first, dataset.info.conditions)


def read_samples(dataset: Dataset, count: int, seed: int, split: str = "") -> tuple[Arrays, Arrays]:
    """The samples and conditions that `read_side` sees, all in memory."""
    samples, conditions = zip(*_chosen(dataset, count, seed, split), strict=True)
    joined = [
        {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        for parts in (samples, conditions)
    ]
    return joined[0], joined[1]


def _chosen(dataset: Dataset, count: int, seed: int, split: str) -> Iterator[tuple[Arrays, Arrays]]:
    rows = dataset.splits[split] if split else np.arange(len(dataset))
    if count < len(rows):
        rows = np.sort(rows[np.random.default_rng(seed).permutation(len(rows))[:count]])
    step = max(1, _CHUNK_BYTES // max(1, dataset.row_bytes))
    for start in range(0, len(dataset), step):
        inside = rows[(rows >= start) & (rows < start + step)] - start
        if len(inside):
            samples, conditions = dataset.read(start=start, stop=start + step)
            check_samples(dataset.info, samples, conditions, start)
            yield (
                {k: v[inside] for k, v in samples.items()},
                {k: v[inside] for k, v in conditions.items()},
            )
