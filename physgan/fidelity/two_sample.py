"""Classifier two-sample tests: can a trained classifier tell two sets of samples apart?

An AUC of 0.5 says that it cannot, 1 that it always can. It grows with the number of samples that
the classifier is trained on, so every result carries how it was obtained. The classifiers are in
`trees`, `dense_net` and `images`.
"""

import itertools
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

import numpy as np

from physgan.fidelity.auc import auc
from physgan.precision import products_in

__all__ = [
    "Procedure",
    "Scores",
    "Split",
    "TwoSampleClassifier",
    "TwoSampleResult",
    "View",
    "divergence",
    "largest_auc",
    "two_sample_test",
    "two_sample_tests",
    "vector_view",
]

_TRAIN, _SELECT = 0.6, 0.2
_FOLDS, _FEW = 5, 2_000

Figure = tuple[float, float]
Rows = TypeVar("Rows")
RowsSeen = TypeVar("RowsSeen", contravariant=True)


class Split(NamedTuple):
    """Numbers of the rows that train a classifier, that select among its states, that test it."""

    train: np.ndarray
    select: np.ndarray
    test: np.ndarray


class Scores(NamedTuple):
    """Log-odds of being real, of the selection rows (None if there are none) and the test rows."""

    select: np.ndarray | None
    test: np.ndarray


class TwoSampleClassifier(Protocol[RowsSeen]):
    """Settings of a classifier, which can be trained by them."""

    @property
    def name(self) -> str:
        """Key in JSON and in tables of metrics."""
        ...

    @property
    def label(self) -> str:
        """What kind of classifier it is, in words."""
        ...

    @property
    def effort(self) -> str:
        """How long it is trained, in words."""
        ...

    @property
    def selects(self) -> bool:
        """Whether it sets selection rows aside; otherwise they train it, too."""
        ...

    @property
    def repeats(self) -> int:
        """Trainings that are averaged, each with a split and a seed of its own."""
        ...

    def scores(self, rows: RowsSeen, labels: np.ndarray, split: Split, seed: int) -> Scores:
        """Train on some rows and score others: high for label 1, which is real."""
        ...


@dataclass(frozen=True)
class View(Generic[Rows]):
    """What a classifier sees of two sets of samples, the conditions included.

    Args:
        name: such as "high-level".
        rows: of all samples, real ones first: a float32 table (n, k), or what else a classifier
            takes.
        labels: 1 for real, 0 for fake, float32, shape (n,).
        groups: number of the condition of every sample, shape (n,); all 0 if they are not apart.
            Where the conditions are binned in turn, a column for each: (n, c), numbered throughout.
    """

    name: str
    rows: Rows
    labels: np.ndarray
    groups: np.ndarray


@dataclass(frozen=True)
class Procedure:
    """How a classifier two-sample test was made.

    Args:
        settings: of the classifier.
        train_share: share of the samples that trained it.
        train_counts: real and fake samples that trained it.
        test_counts: real and fake samples that it was tested on, in each repeat.
        folds: parts of the samples, each tested by a classifier trained on others, in place of
            repeats; 0 for repeats.
    """

    settings: TwoSampleClassifier
    train_share: float
    train_counts: tuple[int, int]
    test_counts: tuple[int, int]
    folds: int = 0

    @property
    def samples(self) -> str:
        """The number trained on, in words: "4,800 a side"."""
        return _counted(self.train_counts)

    @property
    def tested(self) -> str:
        """The number tested on in each repeat, or in all folds, in words."""
        real, fake = self.test_counts
        return _counted((real * max(self.folds, 1), fake * max(self.folds, 1)))

    def __str__(self) -> str:
        """One line for tables and reports."""
        repeats = self.settings.repeats
        rounds = f"{self.folds} folds" if self.folds else f"{repeats} repeat{'s' * (repeats > 1)}"
        return (
            f"{self.settings.label}, {self.settings.effort}, trained on "
            f"{100 * self.train_share:.0f} % ({self.samples}), tested on {self.tested}, {rounds}"
        )

    def to_json(self) -> dict[str, Any]:
        """JSON values only."""
        settings: Any = self.settings
        return {
            "classifier": self.settings.name,
            "settings": asdict(settings),
            "train_share": self.train_share,
            "train_counts": list(self.train_counts),
            "test_counts": list(self.test_counts),
            "folds": self.folds,
        }


@dataclass(frozen=True)
class TwoSampleResult:
    """What a classifier reaches on samples that it never saw.

    Args:
        view: name of what it saw.
        auc: over all conditions together: 0.5 for equal distributions, 1 for distributions that it
            always tells apart, with its standard error.
        per_condition: the same at each condition.
        jsd: Jensen-Shannon divergence that the calibrated scores show, bits, a lower bound of
            the distributions' own, with its error; None for a classifier without selection rows.
        procedure: how it was obtained.
    """

    view: str
    auc: Figure
    per_condition: tuple[Figure, ...]
    jsd: Figure | None
    procedure: Procedure

    def to_json(self) -> dict[str, Any]:
        """JSON values only."""
        return {
            "view": self.view,
            "auc": self.auc[0],
            "error": self.auc[1],
            "per_condition": [{"auc": area, "error": error} for area, error in self.per_condition],
            "jsd": self.jsd and {"value": self.jsd[0], "error": self.jsd[1]},
            **self.procedure.to_json(),
        }


def vector_view(
    name: str, real: np.ndarray, fake: np.ndarray, groups: np.ndarray | None = None
) -> View[np.ndarray]:
    """A view of vectors.

    Args:
        name: of the view.
        real: shape (n, k), with the conditions among the columns; at least 10 rows.
        fake: shape (m, k).
        groups: number of the condition of every sample, shape (n + m,); None: all alike.
    """
    labels = np.repeat(np.array([1, 0], np.float32), [len(real), len(fake)])
    zeros = np.zeros(len(labels), int)
    return View(name, np.concatenate([real, fake]), labels, zeros if groups is None else groups)


def two_sample_tests(
    views: Sequence[View[Rows]], classifiers: Sequence[TwoSampleClassifier[Rows]], seed: int = 0
) -> list[TwoSampleResult]:
    """Every classifier on every view, as many at a time as there are classifiers.

    See `two_sample_test`.
    """
    number = len(classifiers)

    def tested(pair: tuple[View[Rows], TwoSampleClassifier[Rows]]) -> TwoSampleResult:
        return two_sample_test(*pair, seed=seed)

    with ThreadPoolExecutor(number) as pool:  # they release the interpreter's lock
        results = list(pool.map(tested, itertools.product(views, classifiers)))
    return [result for first in range(number) for result in results[first::number]]


def largest_auc(results: Sequence[TwoSampleResult]) -> TwoSampleResult:
    """The result of the view and classifier that tell the samples apart best.

    The largest of several AUCs is biased upwards: quote it beside the largest of truth against
    truth by the same tests.
    """
    return max(results, key=lambda result: result.auc[0])


@products_in("float32")
def two_sample_test(
    view: View[Rows],
    classifier: TwoSampleClassifier[Rows],
    seed: int = 0,
    most: int | None = None,
) -> TwoSampleResult:
    """Train a classifier to tell real samples from fake ones, and test it on others.

    D. Lopez-Paz and M. Oquab, arXiv:1610.06545. Real and fake samples of each condition are split
    60/20/20 into rows that train, rows that select among states of the training and calibrate the
    scores (isotonic regression), and rows that test; a classifier that does not select trains on
    80 %. The error of the AUC joins DeLong's to the scatter over repeats.

    With fewer than 2,000 samples a side, repeats become five folds, so that each sample is tested
    once. Their AUCs are of different samples: the error of the mean is that of one over sqrt(5), by
    DeLong or by their scatter, whichever is larger.

    Args:
        view: real and fake samples at equal conditions, which the classifier sees too, so that
            only a difference at a given condition counts.
        classifier: settings of the classifier.
        seed: of splits, weights and orders.
        most: real and fake samples that train at most, each; None for all that may.
    """
    areas: list[list[Figure]] = []
    divergences: list[Figure] = []
    few = min(_counts(view.labels)) < _FEW and classifier.repeats > 1
    folds = _FOLDS if few else 0
    for number in range(folds or classifier.repeats):
        rng = np.random.default_rng([seed, number])
        if folds:
            split = _split(view, np.random.default_rng(seed), classifier.selects, number)
        else:
            split = _split(view, rng, classifier.selects)
        if most is not None:
            split = split._replace(train=_some(split.train, view.labels, most, rng))
        scores = classifier.scores(view.rows, view.labels, split, int(rng.integers(2**31)))
        areas.append(_areas(view, split.test, scores.test))
        if scores.select is not None:
            calibration = _sides(scores.select, view.labels[split.select])
            test = _sides(scores.test, view.labels[split.test])
            divergences.append(divergence(calibration, test))
    joined = _joined_folds if folds else _joined
    total, *per_condition = (joined(list(column)) for column in zip(*areas, strict=True))
    share = len(split.train) / len(view.labels)
    trained, tested = (_counts(view.labels[rows]) for rows in (split.train, split.test))
    return TwoSampleResult(
        view.name,
        total,
        tuple(per_condition),
        joined(divergences) if divergences else None,
        Procedure(classifier, share, trained, tested, folds),
    )


def divergence(
    calibration: tuple[np.ndarray, np.ndarray], test: tuple[np.ndarray, np.ndarray]
) -> Figure:
    """Jensen-Shannon divergence that scores show, bits, and its standard error.

    JSD >= 1 + (E_real[log2 C] + E_fake[log2(1 - C)]) / 2 for any chance C of being real (C.
    Krause and D. Shih, arXiv:2106.05285), here the isotonic fit to other samples' scores. C stays
    half a sample away from 0 and 1: a plateau of n samples cannot vouch for less.

    Args:
        calibration: scores of real and of fake samples that calibrate.
        test: scores of real and of fake samples.
    """
    from sklearn.isotonic import IsotonicRegression

    labels = np.concatenate([np.ones(len(calibration[0])), np.zeros(len(calibration[1]))])
    weights = np.where(labels == 1, 0.5 / len(calibration[0]), 0.5 / len(calibration[1]))
    margin = 1 / (len(labels) + 2)
    fit = IsotonicRegression(y_min=margin, y_max=1 - margin, out_of_bounds="clip")
    fit.fit(np.concatenate(calibration), labels, weights)
    real, fake = (fit.predict(side) for side in test)
    terms = np.log2(real), np.log2(1 - fake)
    error = 0.5 * np.sqrt(sum(t.var(ddof=1) / len(t) for t in terms))
    return float(1 + 0.5 * sum(t.mean() for t in terms)), float(error)


def _split(view: View, rng: np.random.Generator, selects: bool, fold: int = -1) -> Split:
    """Rows of the three parts, with the same shares of real and fake samples and conditions.

    Where there are as many fake samples as real ones, the n-th of both are in one part. They may be
    at equal conditions: a classifier that trained on one of such a pair would call the other by the
    wrong name, and its AUC would be too small.

    A fold is a part of the same permutation, which tests, and what follows it trains.
    """
    parts: list[list[np.ndarray]] = [[], [], []]
    first = view.groups.reshape(len(view.labels), -1)[:, 0]
    for group in np.unique(first):
        places = rng.permutation(np.count_nonzero(first == group))
        for label in (1, 0):
            rows = np.flatnonzero((view.labels == label) & (first == group))
            cuts = [round(_TRAIN * len(rows)), round((_TRAIN + _SELECT) * len(rows))]
            order = rows[np.argsort(places[: len(rows)])]
            if fold >= 0:
                order = np.roll(order, -round((fold + 1) * len(rows) / _FOLDS))
                tested = round((fold + 1) * len(rows) / _FOLDS) - round(fold * len(rows) / _FOLDS)
                cuts[1] = len(rows) - tested
            for part, chosen in zip(parts, np.split(order, cuts), strict=True):
                part.append(chosen)
    train, select, test = (np.concatenate(part) for part in parts)
    if selects:
        return Split(train, select, test)
    return Split(np.concatenate([train, select]), select[:0], test)


def _some(rows: np.ndarray, labels: np.ndarray, most: int, rng: np.random.Generator) -> np.ndarray:
    """At most so many of the rows of each label, at random."""
    rows = rng.permutation(rows)
    return np.concatenate([rows[labels[rows] == label][:most] for label in (1, 0)])


def _areas(view: View, rows: np.ndarray, scores: np.ndarray) -> list[Figure]:
    """AUC of all rows, then of each condition's."""
    labels, groups = view.labels[rows], view.groups[rows].reshape(len(rows), -1)
    chosen = [slice(None), *((groups == group).any(1) for group in np.unique(view.groups))]
    sides = [_sides(scores[some], labels[some]) for some in chosen]
    unknown = float("nan"), float("nan")
    return [auc(*side) if min(map(len, side)) > 1 else unknown for side in sides]


def _sides(scores: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return scores[labels == 1], scores[labels == 0]


def _joined(figures: Sequence[Figure]) -> Figure:
    """Mean over repeats; its error as of one, since all draw on the same samples."""
    values, errors = np.array(figures).T
    scatter = values.std(ddof=1) / np.sqrt(len(values)) if len(values) > 1 else 0.0
    return float(values.mean()), float(np.hypot(errors.mean(), scatter))


def _joined_folds(figures: Sequence[Figure]) -> Figure:
    """Mean over folds, which test different samples; its error by theirs or by their scatter."""
    values, errors = np.array(figures).T
    values, errors = values[np.isfinite(values)], errors[np.isfinite(values)]
    if len(values) < _FOLDS:
        return float("nan"), float("nan")
    own, scatter = np.sqrt((errors**2).mean()), values.std(ddof=1)
    return float(values.mean()), float(np.nanmax([own, scatter]) / np.sqrt(len(values)))


def _counts(labels: np.ndarray) -> tuple[int, int]:
    real = int((labels == 1).sum())
    return real, len(labels) - real


def _counted(counts: tuple[int, int]) -> str:
    real, fake = counts
    return f"{real:,} a side" if real == fake else f"{real:,} real and {fake:,} fake"
