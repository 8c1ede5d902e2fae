"""Training of the convolutional classifier on the samples themselves."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from physgan.domains.base import Domain, Samples
from physgan.fidelity.auc import auc
from physgan.fidelity.convnet import Network, Parameters, initialise, trainer

__all__ = ["Labelled", "image_scores"]

_BATCH = 256
_LOOKS = 4


@dataclass(frozen=True)
class Labelled:
    """Samples of two sources in one set of arrays.

    Args:
        samples: field name -> (n, ...).
        conditions: standardised condition values, float32 (n, k).
        labels: 1 for real, 0 for fake, float32 (n,).
    """

    samples: Samples
    conditions: np.ndarray
    labels: np.ndarray

    def rows(self, chosen: np.ndarray) -> "Labelled":
        """Those samples alone."""
        fields = {name: values[chosen] for name, values in self.samples.items()}
        return Labelled(fields, self.conditions[chosen], self.labels[chosen])


def image_scores(
    domain: Domain,
    data: Labelled,
    train: np.ndarray,
    validation: np.ndarray,
    test: np.ndarray,
    *,
    budget: int = 60_000,
    seed: int = 0,
) -> np.ndarray:
    """Train on the rows `train`, return scores of the rows `test`: high for real.

    Adam with a cosine schedule on images turned by the domain's symmetries. Of a few looks
    at the validation rows on the way, the weights with the highest AUC are kept.

    Args:
        domain: gives images and symmetries.
        data: both sources.
        train: row numbers, shape (n,).
        validation: row numbers.
        test: row numbers, shape (m,).
        budget: images shown in training, all told.
        seed: of weights, order and symmetries.

    Returns:
        Log-odds, shape (m,).
    """
    network = Network(periodic=domain.periodic)
    steps = max(_LOOKS, budget // _BATCH)
    looks = {round(steps * (look + 1) / _LOOKS) for look in range(_LOOKS)}
    inputs = domain.images(data.rows(train[:1]).samples).shape[-1]
    parameters = initialise(network, seed, inputs, data.conditions.shape[1])
    init, step, score = trainer(network, steps)
    state = init(parameters)
    best, kept = -1.0, parameters
    batches = _batches(domain, data, train, seed)
    for number in range(1, steps + 1):
        parameters, state = step(parameters, state, *next(batches))
        if number in looks:
            quality = _quality(
                data, validation, _score(domain, score, parameters, data, validation)
            )
            if quality > best:
                best, kept = quality, jax.tree.map(np.array, parameters)
    return _score(domain, score, kept, data, test)


def _quality(data: Labelled, rows: np.ndarray, scores: np.ndarray) -> float:
    real = data.labels[rows] == 1
    return auc(scores[real], scores[~real])[0]


def _batches(
    domain: Domain, data: Labelled, rows: np.ndarray, seed: int
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Shuffled passes over `rows`, without end, in batches of one size."""
    rng = np.random.default_rng(seed)
    waiting = np.empty(0, rows.dtype)
    while True:
        while len(waiting) < _BATCH:
            waiting = np.concatenate([waiting, rng.permutation(rows)])
        batch, waiting = data.rows(waiting[:_BATCH]), waiting[_BATCH:]
        images = domain.augment(domain.images(batch.samples), rng)
        yield images, batch.conditions, batch.labels


def _score(
    domain: Domain, score: Any, parameters: Parameters, data: Labelled, rows: np.ndarray
) -> np.ndarray:
    """Scores of `rows`, in chunks of one size, the last one padded by repetition."""
    chunk = 4 * _BATCH
    scores = []
    for start in range(0, len(rows), chunk):
        batch = data.rows(np.resize(rows[start : start + chunk], chunk))
        scores.append(score(parameters, domain.images(batch.samples), batch.conditions))
    return np.concatenate([np.asarray(s) for s in scores])[: len(rows)]
