"""Classifier two-sample tests: can a trained classifier tell two sources apart?

An AUC of 0.5 says that it cannot, 1 that it always can. Both sources are shown at equal
conditions, which the classifier sees too, so only a difference at a given condition counts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from physgan.domains.base import Domain, Samples
from physgan.fidelity.auc import auc
from physgan.fidelity.trees import tree_scores

__all__ = ["ClassifierResult", "Pair", "image_test", "observable_test"]

_TRAIN, _VALIDATION = 0.5, 0.1


@dataclass(frozen=True)
class Pair:
    """Equally many samples of two sources at one condition, and their observables."""

    condition: Mapping[str, float]
    real: Samples
    fake: Samples
    real_values: Mapping[str, np.ndarray]
    fake_values: Mapping[str, np.ndarray]


@dataclass(frozen=True)
class ClassifierResult:
    """AUC on samples that the classifier never saw.

    Args:
        auc: over all conditions together, with its standard error (DeLong).
        per_condition: the same at each condition.
        trained_on: samples of both sources it was trained on.
        tested_on: samples of both sources it was tested on.
    """

    auc: tuple[float, float]
    per_condition: list[tuple[float, float]]
    trained_on: int
    tested_on: int


def observable_test(domain: Domain, pairs: Sequence[Pair], seed: int = 0) -> ClassifierResult:
    """Gradient-boosted trees on the domain's feature observables and the conditions.

    Trained on 60 % of each source (a tenth of which stops the training), tested on 40 %.
    """
    rows = _Rows(pairs, seed)
    real = [_features(domain, pair.real_values) for pair in pairs]
    fake = [_features(domain, pair.fake_values) for pair in pairs]
    table = np.concatenate([*real, *fake])
    table = np.concatenate([table, rows.conditions], axis=1)
    train = np.concatenate([rows.train, rows.validation])
    scores = tree_scores(table[train], rows.labels[train], table[rows.test], seed)
    return rows.result(scores, len(train))


def image_test(
    domain: Domain, pairs: Sequence[Pair], budget: int = 60_000, seed: int = 0
) -> ClassifierResult:
    """A small convolutional network on the samples themselves and the conditions.

    Trained on half of each source, its best moment chosen on a tenth, tested on the rest.

    Args:
        domain: gives images and symmetries.
        pairs: the two sources at each condition.
        budget: images shown in training, all told.
        seed: of split, weights and order.
    """
    from physgan.fidelity.images import Labelled, image_scores

    rows = _Rows(pairs, seed)
    sides = [pair.real for pair in pairs] + [pair.fake for pair in pairs]
    samples = {name: np.concatenate([side[name] for side in sides]) for name in sides[0]}
    data = Labelled(samples, rows.conditions, rows.labels)
    scores = image_scores(
        domain, data, rows.train, rows.validation, rows.test, budget=budget, seed=seed
    )
    return rows.result(scores, len(rows.train))


class _Rows:
    """Which row is which, when all pairs' real and then all pairs' fake samples are stacked."""

    def __init__(self, pairs: Sequence[Pair], seed: int) -> None:
        counts = [[len(next(iter(side.values()))) for side in (p.real, p.fake)] for p in pairs]
        sizes = np.array(counts).T.ravel()
        self.groups = np.repeat(np.arange(len(sizes)), sizes)
        self.pairs = len(pairs)
        self.labels = (self.groups < self.pairs).astype(np.float32)
        table = np.array([[p.condition[name] for name in sorted(p.condition)] for p in pairs])
        spread = np.where(table.std(0) > 0, table.std(0), 1.0)
        table = ((table - table.mean(0)) / spread).astype(np.float32)
        self.conditions = table[self.groups % self.pairs]
        self._split(sizes, np.random.default_rng(seed))

    def _split(self, sizes: np.ndarray, rng: np.random.Generator) -> None:
        parts: list[list[np.ndarray]] = [[], [], []]
        start = 0
        for size in sizes:
            rows = start + rng.permutation(size)
            cuts = [int(_TRAIN * size), int((_TRAIN + _VALIDATION) * size)]
            for part, chosen in zip(parts, np.split(rows, cuts), strict=True):
                part.append(chosen)
            start += size
        self.train, self.validation, self.test = (np.concatenate(part) for part in parts)

    def result(self, scores: np.ndarray, trained_on: int) -> ClassifierResult:
        """Sum up the scores of the test rows."""
        groups = self.groups[self.test]
        real = groups < self.pairs
        each = [
            auc(scores[groups == number], scores[groups == number + self.pairs])
            for number in range(self.pairs)
        ]
        return ClassifierResult(auc(scores[real], scores[~real]), each, trained_on, len(self.test))


def _features(domain: Domain, values: Mapping[str, np.ndarray]) -> np.ndarray:
    count = len(values[domain.features[0]])
    return np.concatenate([values[name].reshape(count, -1) for name in domain.features], axis=1)
