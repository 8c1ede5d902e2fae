"""Classifier two-sample tests on vectors: the CaloChallenge's network, and boosted trees."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from physgan.fidelity.auc import auc
from physgan.fidelity.trees import tree_scores

__all__ = ["NetworkSettings", "VectorResult", "divergence", "network_test", "tree_test"]

_TRAIN, _SELECT = 0.6, 0.2
_LARGE = 20_000


@dataclass(frozen=True)
class NetworkSettings:
    """Of the classifier network; the defaults are the CaloChallenge's, scaled to small sets.

    Args:
        width: of the hidden layers. None: 2048 as in the Challenge from 20,000 samples a class,
            and 256 below, where wider networks take ten times as long and find no more.
        layers: hidden layers.
        epochs: passes over the training split.
        batch: None: 1000, or fewer where an epoch would have less than 24 steps, since the
            Challenge's 100,000 samples a class give a training 6,000 steps, and small sets with
            batches of 1000 would end before the network has moved.
        rate: of Adam.
        standardise: centre every column and divide it by its spread plus the mean spread of
            all, by the training split. The Challenge does not; without it, columns of a
            ten-thousandth are hardly seen on small sets (an AUC of 0.55 where 0.92 is right),
            columns of a thousandth are.
    """

    width: int | None = None
    layers: int = 3
    epochs: int = 50
    batch: int | None = None
    rate: float = 2e-4
    standardise: bool = True


@dataclass(frozen=True)
class VectorResult:
    """What a classifier reaches on samples it never saw.

    Args:
        auc: 0.5 for equal laws, 1 for laws that it always tells apart, with its error.
        jsd: Jensen-Shannon divergence that the calibrated scores show, bits, a lower bound of
            the laws' own, with its error; None for trees.
        repeats: trainings, each with a split and a seed of its own.
        trained_on: samples of both classes.
        tested_on: samples of both classes, in each repeat.
    """

    auc: tuple[float, float]
    jsd: tuple[float, float] | None
    repeats: int
    trained_on: int
    tested_on: int


def network_test(
    real: np.ndarray,
    fake: np.ndarray,
    settings: NetworkSettings | None = None,
    seed: int = 0,
    repeats: int = 2,
) -> VectorResult:
    """The classifier of C. Krause et al., arXiv:2410.21611, section 4, in JAX.

    A dense network with the binary cross-entropy; each class is split 60/20/20 into rows that
    train it, rows that choose the epoch by accuracy and calibrate the scores (isotonic
    regression), and rows that are judged.

    Args:
        real: shape (n, k), with the conditions among the columns; at least 10 rows.
        fake: shape (m, k).
        settings: of the network.
        seed: of splits, weights and orders.
        repeats: trainings to average. The error joins DeLong's to the scatter over trainings.
    """
    chosen = settings or NetworkSettings()

    def score(parts: list[np.ndarray], table: np.ndarray, labels: np.ndarray, number: int) -> tuple:
        return _network_scores(chosen, parts, table, labels, number)

    return _repeated(score, real, fake, seed, repeats)


def tree_test(
    real: np.ndarray, fake: np.ndarray, seed: int = 0, repeats: int = 2, rounds: int = 100
) -> VectorResult:
    """Gradient-boosted trees with the same splits; those that choose an epoch train, too.

    Args:
        real: shape (n, k).
        fake: shape (m, k).
        seed: of splits and early stopping.
        repeats: trainings to average.
        rounds: most trees.
    """

    def score(parts: list[np.ndarray], table: np.ndarray, labels: np.ndarray, number: int) -> tuple:
        rows = np.concatenate(parts[:2])
        return None, tree_scores(table[rows], labels[rows], table[parts[2]], number, rounds)

    return _repeated(score, real, fake, seed, repeats)


def divergence(
    selection: tuple[np.ndarray, np.ndarray], judged: tuple[np.ndarray, np.ndarray]
) -> tuple[float, float]:
    """Jensen-Shannon divergence that scores show, bits, and its standard error.

    JSD >= 1 + (E_real[log2 C] + E_fake[log2(1 - C)]) / 2 for any chance C of being real (C.
    Krause and D. Shih, arXiv:2106.05285), here the isotonic fit to the selection split. C stays
    half a sample away from 0 and 1: a plateau of n samples cannot vouch for less.

    Args:
        selection: scores of real and of fake samples that calibrate.
        judged: scores of real and of fake samples.
    """
    from sklearn.isotonic import IsotonicRegression

    labels = np.concatenate([np.ones(len(selection[0])), np.zeros(len(selection[1]))])
    weights = np.where(labels == 1, 0.5 / len(selection[0]), 0.5 / len(selection[1]))
    margin = 1 / (len(labels) + 2)
    fit = IsotonicRegression(y_min=margin, y_max=1 - margin, out_of_bounds="clip")
    fit.fit(np.concatenate(selection), labels, weights)
    real, fake = (fit.predict(side) for side in judged)
    terms = np.log2(real), np.log2(1 - fake)
    error = 0.5 * np.sqrt(sum(t.var(ddof=1) / len(t) for t in terms))
    return float(1 + 0.5 * sum(t.mean() for t in terms)), float(error)


Score = Callable[[list[np.ndarray], np.ndarray, np.ndarray, int], tuple]


def _repeated(
    score: Score, real: np.ndarray, fake: np.ndarray, seed: int, repeats: int
) -> VectorResult:
    table = np.concatenate([real, fake])
    labels = np.repeat(np.array([1, 0], np.float32), [len(real), len(fake)])
    areas, divergences = [], []
    for number in range(repeats):
        rng = np.random.default_rng([seed, number])
        parts = _split(len(real), len(fake), rng)
        selected, judged = score(parts, table, labels, int(rng.integers(2**31)))
        areas.append(auc(*_sides(judged, labels[parts[2]])))
        if selected is not None:
            chosen = _sides(selected, labels[parts[1]])
            divergences.append(divergence(chosen, _sides(judged, labels[parts[2]])))
    return VectorResult(
        _joined(areas),
        _joined(divergences) if divergences else None,
        repeats,
        len(parts[0]) if divergences else len(parts[0]) + len(parts[1]),
        len(parts[2]),
    )


def _split(real: int, fake: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Row numbers of the three splits, with the same shares of both classes."""
    parts: list[list[np.ndarray]] = [[], [], []]
    for start, count in ((0, real), (real, fake)):
        cuts = [round(_TRAIN * count), round((_TRAIN + _SELECT) * count)]
        for part, rows in zip(parts, np.split(start + rng.permutation(count), cuts), strict=True):
            part.append(rows)
    return [np.concatenate(part) for part in parts]


def _sides(scores: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return scores[labels == 1], scores[labels == 0]


def _joined(figures: list[tuple[float, float]]) -> tuple[float, float]:
    """Mean over repeats; its error as of one, since all draw on the same samples."""
    values, errors = np.array(figures).T
    scatter = values.std(ddof=1) / np.sqrt(len(values)) if len(values) > 1 else 0.0
    return float(values.mean()), float(np.hypot(errors.mean(), scatter))


def _network_scores(
    settings: NetworkSettings,
    parts: list[np.ndarray],
    table: np.ndarray,
    labels: np.ndarray,
    seed: int,
) -> tuple[np.ndarray, np.ndarray]:
    from physgan.fidelity.dense_net import Split, scores_of, train

    large = len(table) >= 2 * _LARGE
    count = len(parts[0])
    centre, spread = _standard(table[parts[0]]) if settings.standardise else (0.0, 1.0)
    training, selection, judged = (
        Split(((table[rows] - centre) / spread).astype(np.float32), labels[rows]) for rows in parts
    )
    parameters = train(
        training,
        selection,
        width=settings.width or (2048 if large else 256),
        layers=settings.layers,
        epochs=settings.epochs,
        batch=min(count, settings.batch or min(1000, max(32, count // 24))),
        rate=settings.rate,
        seed=seed,
    )
    return scores_of(parameters, selection.rows), scores_of(parameters, judged.rows)


def _standard(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What to subtract and what to divide by, shape (k,) each."""
    spread = rows.std(0)
    return rows.mean(0), spread + max(float(spread.mean()), 1e-30)
