"""The convolutional classifier of the samples themselves, and its training."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import jax
import numpy as np

from physgan.domains.base import Conditions, Domain, Samples
from physgan.fidelity.auc import auc
from physgan.fidelity.convnet import Network, Parameters, initialise, trainer
from physgan.fidelity.two_sample import Scores, Split, View

__all__ = ["ConvolutionalNetwork", "SampleRows", "sample_view"]


@dataclass(frozen=True)
class SampleRows:
    """Samples as images, made when they are asked for, with their conditions beside.

    Args:
        domain: gives images and symmetries.
        samples: field name -> (n, ...).
        conditions: standardised condition values, float32 (n, k).
    """

    domain: Domain
    samples: Samples
    conditions: np.ndarray

    def __getitem__(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        chosen = {name: values[rows] for name, values in self.samples.items()}
        return self.domain.images(chosen), self.conditions[rows]


@dataclass(frozen=True)
class ConvolutionalNetwork:
    """Settings of a small convolutional network; a `TwoSampleClassifier` of `SampleRows`.

    Args:
        samples: shown in training, all told, turned by the domain's symmetries.
        batch: samples in a step.
        rate: of Adam, at the start of a cosine schedule.
        checks: times in training that the AUC of the selection rows is taken; the weights of
            the highest one are kept.
        repeats: see `TwoSampleClassifier`.
    """

    samples: int = 50_000
    batch: int = 256
    rate: float = 3e-3
    checks: int = 4
    repeats: int = 1

    name: ClassVar[str] = "convnet"
    label: ClassVar[str] = "convolutional network"
    selects: ClassVar[bool] = True

    @property
    def effort(self) -> str:
        """See `TwoSampleClassifier`."""
        return f"{self.samples:,} samples shown"

    def scores(self, rows: SampleRows, labels: np.ndarray, split: Split, seed: int) -> Scores:
        """See `TwoSampleClassifier`."""
        network = Network(periodic=rows.domain.periodic)
        steps = max(self.checks, self.samples // self.batch)
        check_steps = {round(steps * (n + 1) / self.checks) for n in range(self.checks)}
        channels = rows[split.train[:1]][0].shape[-1]
        parameters = initialise(network, seed, channels, rows.conditions.shape[1])
        init, step, score = trainer(network, steps, self.rate)
        state = init(parameters)
        real = labels[split.select] == 1
        best, kept, kept_scores = -1.0, parameters, np.empty(0)
        batches = self._batches(rows, labels, split.train, seed)
        for number in range(1, steps + 1):
            parameters, state = step(parameters, state, *next(batches))
            if number in check_steps:
                selection_scores = self._scores(score, parameters, rows, split.select)
                area, _ = auc(selection_scores[real], selection_scores[~real])
                if area > best:
                    best, kept_scores = area, selection_scores
                    kept = jax.tree.map(np.array, parameters)
        return Scores(kept_scores, self._scores(score, kept, rows, split.test))

    def _batches(
        self, rows: SampleRows, labels: np.ndarray, train: np.ndarray, seed: int
    ) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Shuffled passes over the training rows, without end, in batches of one size."""
        rng = np.random.default_rng(seed)
        waiting = np.empty(0, train.dtype)
        while True:
            while len(waiting) < self.batch:
                waiting = np.concatenate([waiting, rng.permutation(train)])
            chosen, waiting = waiting[: self.batch], waiting[self.batch :]
            images, conditions = rows[chosen]
            yield rows.domain.augment(images, rng), conditions, labels[chosen]

    def _scores(
        self, score: Any, parameters: Parameters, rows: SampleRows, chosen: np.ndarray
    ) -> np.ndarray:
        """Scores of some rows, in chunks of one size, the last one padded by repetition."""
        chunk = 4 * self.batch
        parts = []
        for start in range(0, len(chosen), chunk):
            batch = rows[np.resize(chosen[start : start + chunk], chunk)]
            parts.append(np.asarray(score(parameters, *batch)))
        return np.concatenate(parts)[: len(chosen)]


def sample_view(
    domain: Domain, real: Samples, fake: Samples, conditions: Conditions, groups: np.ndarray
) -> View[SampleRows]:
    """The samples themselves as a view, for convolutional networks.

    Args:
        domain: gives images and symmetries.
        real: field name -> (n, ...).
        fake: the same of the samples under test, m of them.
        conditions: name -> values of all samples, real ones first, shape (n + m,).
        groups: number of the condition of every sample, shape (n + m,).
    """
    counts = [len(next(iter(side.values()))) for side in (real, fake)]
    labels = np.repeat(np.array([1, 0], np.float32), counts)
    table = np.zeros((len(labels), len(conditions)), np.float32)
    for column, name in enumerate(sorted(conditions)):
        values = np.asarray(conditions[name], np.float64)
        table[:, column] = (values - values.mean()) / (values.std() or 1.0)
    samples = {name: np.concatenate([real[name], fake[name]]) for name in real}
    return View("samples", SampleRows(domain, samples, table), labels, groups)
