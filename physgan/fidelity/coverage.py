"""Precision, recall, density and coverage: do samples lie where the others lie?"""

from dataclasses import dataclass

import numpy as np

__all__ = ["COVERAGE_IDEALS", "Coverage", "coverage"]

COVERAGE_IDEALS = {"precision": None, "recall": None, "density": 1.0, "coverage": 1 - 2.0**-5}
"""What equal distributions give with five neighbours (M. Naeem et al., lemmas 1 and 2); precision
and recall have no value of their own, only that of truth against truth."""

_GROUPS = 10
_ROWS = 1024


@dataclass(frozen=True)
class Coverage:
    """Figures with their standard errors.

    Args:
        precision: share of fake samples within the reach of a real one.
        recall: share of real samples within the reach of a fake one.
        density: real balls that a fake sample lies in, over k; 1 for equal distributions.
        coverage: share of real samples that have a fake one within their reach.
    """

    precision: tuple[float, float]
    recall: tuple[float, float]
    density: tuple[float, float]
    coverage: tuple[float, float]


def coverage(
    real: np.ndarray,
    fake: np.ndarray,
    *,
    neighbours: int = 5,
    largest: int = 10_000,
    rows: int = _ROWS,
) -> Coverage:
    """Precision and recall, density and coverage.

    The reach of a sample is the distance to its k-th neighbour of its own kind.
    T. Kynkäänniemi et al., arXiv:1904.06991, eq. 1 to 3; M. Naeem et al., arXiv:2002.09797,
    eq. 3 and 4. Distances are Euclidean, by matrix products of `rows` rows at a time; a tree
    would look at every sample in so many dimensions. The errors are by jackknife over ten groups
    of both kinds, with every sample's reach kept.

    Args:
        real: shape (n, d), at least `neighbours` + 1 samples; those beyond `largest` are left out.
        fake: shape (m, d).
        neighbours: k.
        largest: samples a side.
        rows: of the distance matrix held at once.
    """
    real, fake = (np.asarray(side[:largest], np.float32) for side in (real, fake))
    centre = real.mean(0)
    real, fake = real - centre, fake - centre
    counts = _Counts(real, fake, neighbours, rows)
    whole = counts.figures(None, neighbours)
    without = np.array([counts.figures(group, neighbours) for group in range(_GROUPS)])
    errors = np.sqrt((_GROUPS - 1) * without.var(0))
    pairs = [(float(v), float(e)) for v, e in zip(whole, errors, strict=True)]
    return Coverage(*pairs)


class _Counts:
    """How many samples of each group of one kind reach, or are reached by, one of the other."""

    def __init__(self, real: np.ndarray, fake: np.ndarray, neighbours: int, rows: int) -> None:
        reach_real, reach_fake = (_reach(side, neighbours, rows) for side in (real, fake))
        self.groups = [np.arange(len(side)) % _GROUPS for side in (real, fake)]
        member_real, member_fake = (
            (groups[:, None] == np.arange(_GROUPS)).astype(np.float32) for groups in self.groups
        )
        self.real_around_fake = np.zeros((len(fake), _GROUPS), np.float32)
        self.fake_around_real = np.zeros((len(real), _GROUPS), np.float32)
        self.fake_within_real = np.zeros((len(real), _GROUPS), np.float32)
        for start in range(0, len(real), rows):
            part = slice(start, start + rows)
            squares = _squares(real[part], fake)
            inside = (squares <= reach_real[part, None]).astype(np.float32)
            self.real_around_fake += inside.T @ member_real[part]
            self.fake_within_real[part] = inside @ member_fake
            within = (squares <= reach_fake).astype(np.float32)
            self.fake_around_real[part] = within @ member_fake

    def figures(self, left_out: int | None, neighbours: int) -> list[float]:
        """Precision, recall, density and coverage without one group of each kind."""
        kept = np.arange(_GROUPS) != left_out
        real, fake = (kept[groups] for groups in self.groups)
        around_fake = self.real_around_fake[fake][:, kept].sum(1)
        around_real = self.fake_around_real[real][:, kept].sum(1)
        within_real = self.fake_within_real[real][:, kept].sum(1)
        scale = neighbours * float(real.mean())  # fewer balls cover less, in proportion
        return [
            float((around_fake > 0).mean()),
            float((around_real > 0).mean()),
            float(around_fake.mean()) / scale,
            float((within_real > 0).mean()),
        ]


def _reach(side: np.ndarray, neighbours: int, rows: int) -> np.ndarray:
    """Squared distance to the k-th neighbour of one's own kind, shape (n,)."""
    reach = np.empty(len(side), np.float32)
    for start in range(0, len(side), rows):
        squares = _squares(side[start : start + rows], side)
        inner = np.arange(len(squares))
        squares[inner, start + inner] = np.inf
        nearest = np.partition(squares, neighbours - 1, axis=1)
        reach[start : start + rows] = nearest[:, neighbours - 1]
    return reach


def _squares(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Squared distances, shape (n, m)."""
    squares = (first**2).sum(1)[:, None] + (second**2).sum(1) - 2 * (first @ second.T)
    return np.maximum(squares, 0)
