"""Comparison by classes: is every sample of some class for sure, and is every class there?

A classifier is trained on real samples of the domain at hand, where others take a network trained
on photographs: T. Salimans et al., arXiv:1606.03498, section 4; M. Heusel et al.,
arXiv:1706.08500.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.stats import chi2_contingency

from physgan.domains.base import Conditions, Domain, Samples
from physgan.errors import InputError
from physgan.fidelity.classifier import train_classifier
from physgan.fidelity.estimates import measure
from physgan.fidelity.frechet import frechet_physics_distance
from physgan.precision import products_in

__all__ = ["ClassReport", "class_score", "compare_classes"]

_BINS = 10
_FEWEST = 200
_INPUTS = ("images", "observables")

Figure = tuple[float, float]


@dataclass(frozen=True)
class ClassReport:
    """Fake samples as a classifier of real ones sees them; figures with standard errors.

    Args:
        classes: in words.
        accuracy: of the classifier on real samples that it never saw.
        frechet: squared Fréchet distance of its penultimate features, fake against real.
        frechet_truth: the same of truth against truth, at the same sizes.
        score: exp of the mean information on the class, see `class_score`; of fake samples.
        score_truth: of as many real ones.
        counts: fake samples that it sorts into each class.
        counts_truth: unseen real samples in each.
        chi_squared: of the two rows of counts being of one distribution.
        chance: of a larger chi-squared.
    """

    classes: tuple[str, ...]
    accuracy: Figure
    frechet: Figure
    frechet_truth: Figure
    score: Figure
    score_truth: Figure
    counts: tuple[int, ...]
    counts_truth: tuple[int, ...]
    chi_squared: float
    chance: float

    @property
    def missing(self) -> tuple[str, ...]:
        """Classes that no fake sample belongs to, though real ones do."""
        rows = zip(self.classes, self.counts, self.counts_truth, strict=True)
        return tuple(name for name, fake, real in rows if real and not fake)

    def to_json(self) -> dict[str, Any]:
        """JSON values only."""
        return {**asdict(self), "missing": self.missing}


def class_score(probabilities: np.ndarray) -> Figure:
    """Exp E KL(p(y|x) || p(y)), with its standard error: the inception score.

    1 if samples say nothing of their class, the number of classes if they say all and the classes
    are equally frequent. The mean probability p(y) adds no error to first order, as the average of
    its relative changes, weighted with itself, is zero; it biases the exponent by about
    -(classes - 1) / 2n at most, which is why truth's own score at the same n is quoted beside it.

    Args:
        probabilities: p(y|x), shape (n, classes).
    """
    mean = probabilities.mean(0)
    small = np.finfo(np.float64).tiny
    ratio = np.log(np.maximum(probabilities, small)) - np.log(np.maximum(mean, small))
    each = (probabilities * ratio).sum(1)
    value = float(np.exp(each.mean()))
    return value, float(value * each.std(ddof=1) / np.sqrt(len(each)))


@products_in("float32")
def compare_classes(
    domain: Domain,
    real: tuple[Samples, Conditions],
    fake: tuple[Samples, Conditions],
    label: str,
    *,
    inputs: str = "images",
    budget: int = 40_000,
    seed: int = 0,
) -> ClassReport:
    """Compare fake samples with real ones by a classifier of the real ones' classes.

    Half of the real samples train it. A quarter is what fake samples are compared with. The last
    quarter replaces the fake samples for truth against truth; equally many fake ones are used.

    Args:
        domain: of the samples.
        real: samples and conditions.
        fake: the same of the samples under test; their labels, if any, are not used.
        label: condition whose values are the classes; ten ranges of it, equally filled, if it has
            more than 20 values.
        inputs: "images" or "observables": what the classifier sees.
        budget: samples shown in training.
        seed: of split, weights and order.

    Raises:
        InputError: for an unknown label or inputs, or too few samples.
    """
    if inputs not in _INPUTS:
        raise InputError(f"expected inputs to be one of {', '.join(_INPUTS)}; got {inputs!r}")
    if label not in real[1]:
        raise InputError(f"expected a condition ({', '.join(real[1])}) as classes; got {label!r}")
    real_rows, fake_rows = (_rows(domain, *side, inputs) for side in (real, fake))
    if min(len(real_rows) // 4, len(fake_rows)) < _FEWEST:
        raise InputError(
            f"expected {4 * _FEWEST} real and {_FEWEST} fake samples or more; got {len(real_rows)} "
            f"and {len(fake_rows)}"
        )
    labels, names = _classes(np.broadcast_to(np.asarray(real[1][label]), len(real_rows)))
    order = np.random.default_rng(seed).permutation(len(real_rows))
    train, truth, again = np.split(order, [len(order) // 2, len(order) * 3 // 4])
    size = min(len(again), len(fake_rows))
    classifier = train_classifier(
        real_rows[train],
        labels[train],
        len(names),
        periodic=domain.periodic,
        budget=budget,
        seed=seed,
    )
    sides = real_rows[truth], fake_rows[:size], real_rows[again[:size]]
    features = [classifier.features(side) for side in sides]
    shares = [classifier.probabilities(side) for side in sides]
    right = shares[0].argmax(1) == labels[truth]
    counts = [np.bincount(share.argmax(1), minlength=len(names)) for share in shares]
    unseen = counts[0] + counts[2]
    chi_squared, chance = _homogeneous(counts[1], unseen)
    return ClassReport(
        names,
        (float(right.mean()), float(right.std() / np.sqrt(len(right)))),
        frechet_physics_distance(features[0], features[1], seed),
        frechet_physics_distance(features[0], features[2], seed),
        class_score(shares[1]),
        class_score(shares[2]),
        tuple(map(int, counts[1])),
        tuple(map(int, unseen)),
        chi_squared,
        chance,
    )


def _rows(
    domain: Domain, samples: Samples, conditions: Mapping[str, Any], inputs: str
) -> np.ndarray:
    """What the classifier sees of the samples."""
    if inputs == "images":
        return domain.images(samples)
    values = measure(domain, samples, {**conditions, **domain.geometry(samples)})
    columns = [values[name] for name in domain.features]
    return np.concatenate([c.reshape(len(c), -1) for c in columns], 1)


def _classes(values: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    """Number of each sample's class, and the classes' names."""
    levels, labels = np.unique(values, return_inverse=True)
    if len(levels) <= 2 * _BINS:
        return labels, tuple(f"{value:g}" for value in levels)
    edges = np.quantile(values, np.arange(_BINS + 1) / _BINS)
    names = tuple(f"{a:.4g} to {b:.4g}" for a, b in pairwise(edges))
    return np.searchsorted(edges[1:-1], values, "right"), names


def _homogeneous(first: np.ndarray, second: np.ndarray) -> tuple[float, float]:
    """Chi-squared of two rows of counts having one distribution, and the chance of a larger one."""
    table = np.stack([first, second])
    table = table[:, table.sum(0) > 0]
    if table.shape[1] < 2:
        return 0.0, 1.0
    test = chi2_contingency(table)
    return float(test.statistic), float(test.pvalue)
