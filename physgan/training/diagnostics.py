"""Failures of adversarial training, detected in a run's metrics: functions with stated error rates.

The false positive rate of every detector is at most `CHANCE` per checkpoint, if its model of the
noise holds: binomial for shares of pairs, normal for means, first-order autoregressive for losses.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.stats import binom

from physgan.fidelity.collapse import CHANCE
from physgan.training.impossible import listed

__all__ = [
    "Finding",
    "Oscillation",
    "all_winning",
    "blind",
    "findings",
    "oscillation",
    "overfitting",
]

_ERRORS = 4.0
_MATERIAL = 2.0
_RARE = 0.01
_WINDOW = 128
_SHORTEST = 32
_FEWEST_PERIODS = 3
_MONITORED = ("generator_loss", "discriminator_loss", "validation_distance", "score_fake")

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Finding:
    """A failure that a detector found.

    Args:
        kind: "impossible events", "blind discriminator", "all-winning discriminator", "overfitting
            discriminator", "mode collapse" or "oscillation".
        samples: samples seen in training when it was first detected.
        last: samples seen in training when it was last detected.
        stands: whether the latest checkpoint still shows it; otherwise it was temporary.
        evidence: description with numbers, at the first detection.
        cure: the settings that usually help.
    """

    kind: str
    samples: int
    last: int
    stands: bool
    evidence: str
    cure: str

    def __str__(self) -> str:
        return f"{self.kind} after {self.samples} samples: {self.evidence}; {self.cure}"


def blind(accuracy: float, pairs: int, pull: float) -> bool:
    """Whether scores carry no information although real and generated samples differ.

    Two things are required. The share of pairs in which the real sample scores above the generated
    one is within four standard errors of 1/2, the value of guessing. And the mean of some
    observable is off by more than eight of its own standard errors. For a normal distribution, a
    discriminator that used only this mean would be right in 0.5 + 8 / sqrt(2 pi pairs) of the
    pairs, six standard errors above 1/2. For equal distributions, no information is not a fault.

    Args:
        accuracy: of held-out real samples against fake ones at the same conditions.
        pairs: their number.
        pull: largest difference of an observable's mean, real against fake, in standard errors.
    """
    return abs(accuracy - 0.5) < _ERRORS * 0.5 / np.sqrt(pairs) and pull > _MATERIAL * _ERRORS


def all_winning(accuracy: float, pairs: int, gradient: float | None = None) -> bool:
    """Whether the discriminator is right in almost all pairs and the generator's gradient vanishes.

    The number of wrong pairs excludes an error rate of one in a hundred. The generator's gradient,
    if it is known, is below half of its initial value.

    Args:
        accuracy: see `blind`.
        pairs: their number.
        gradient: norm of the generator's gradient over that at the start of adversarial training.
    """
    wrong = round((1 - accuracy) * pairs)
    vanishing = gradient is None or gradient < 1 / _MATERIAL
    return bool(binom.cdf(wrong, pairs, _RARE) < CHANCE) and vanishing


def overfitting(train: float, held_out: float, pairs: int) -> bool:
    """Whether the discriminator has memorised the training samples.

    Args:
        train: accuracy (see `blind`) on training samples.
        held_out: accuracy on real samples that it was not trained on.
        pairs: number of pairs in each.

    Returns:
        True where the gap exceeds four standard errors.
    """
    variance = (train * (1 - train) + held_out * (1 - held_out)) / pairs
    return train - held_out > _ERRORS * np.sqrt(variance)


@dataclass(frozen=True)
class Oscillation:
    """The strongest period in a series.

    Args:
        period: in steps of the series.
        share: share of the whitened series' power, without periods above a third of the window.
        chance: upper bound of the probability of such a share in noise.
        trend: change over the window in standard deviations of the residuals.
    """

    period: float
    share: float
    chance: float
    trend: float


def oscillation(series: np.ndarray) -> Oscillation:
    """Find the strongest period in an evenly spaced series.

    A straight line is subtracted. The residuals u are whitened, v_t = u_t - a u_(t-1) with a their
    first autocorrelation, because losses are correlated in time even without an oscillation. Then
    Fisher's test follows: the largest of m ordinates of the periodogram has a share g of their sum,
    which noise exceeds with a probability of at most m (1 - g)^(m - 1) (R. Fisher, Proc. R. Soc. A
    125, 54, 1929). Only periods that fit three times into the window are considered, so that a
    curvature does not count as an oscillation.

    Args:
        series: shape (n,), n of at least 32.
    """
    time = np.arange(len(series)) - (len(series) - 1) / 2
    slope = (time @ series) / (time @ time)
    residuals = series - series.mean() - slope * time
    power = float(residuals @ residuals)
    if power <= 1e-12 * float(series @ series):
        return Oscillation(float("inf"), 0.0, 1.0, 0.0)
    autocorrelation = float(residuals[1:] @ residuals[:-1]) / power
    white = residuals[1:] - autocorrelation * residuals[:-1]
    ordinates = np.abs(np.fft.rfft(white)[_FEWEST_PERIODS:]) ** 2
    strongest = int(ordinates.argmax())
    share = float(ordinates[strongest] / ordinates.sum())
    chance = min(1.0, len(ordinates) * (1 - share) ** (len(ordinates) - 1))
    trend = float(slope * len(series) / np.sqrt(power / len(series)))
    return Oscillation(len(white) / (strongest + _FEWEST_PERIODS), share, chance, trend)


def findings(rows: Sequence[Row]) -> list[Finding]:
    """All failures that a run's metrics show, one per kind, at the first detection.

    A failure counts when two checkpoints in a row show it, because single ones are common early.
    Impossible events count at once: they are no matter of chance.

    Args:
        rows: the lines of metrics.jsonl, in order.
    """
    rows = [row for row in rows if "samples" in row]
    checks = [row for row in rows if "accuracy_held_out" in row]
    detectors: dict[str, Callable[[Row], tuple[str, str] | None]] = {
        "blind discriminator": _blind,
        "all-winning discriminator": lambda check: _all_winning(check, rows),
        "overfitting discriminator": _overfitting,
        "mode collapse": _collapse,
    }
    lasting = [_lasting(kind, checks, detector) for kind, detector in detectors.items()]
    every = [_impossible(rows), *lasting, _oscillation(rows)]
    return [finding for finding in every if finding is not None]


def _impossible(rows: Sequence[Row]) -> Finding | None:
    """Events that steps left out, because their density was zero or not finite."""
    bad = [row for row in rows if row.get("impossible_events")]
    if not bad:
        return None
    times = sum(row["impossible_events"] for row in bad)
    events = sorted({event for row in bad for event in row["impossible_rows"]})
    return Finding(
        "impossible events",
        bad[0]["samples"],
        bad[-1]["samples"],
        True,
        f"the density of {listed(events)} of the dataset was zero or not finite, and they were "
        f"left out, {times} times",
        "drop them, or cut entries at a threshold at import",
    )


def _lasting(
    kind: str, checks: Sequence[Row], detector: Callable[[Row], tuple[str, str] | None]
) -> Finding | None:
    """A failure that two checkpoints in a row show, from the first such pair to the last."""
    results = [(check["samples"], detector(check)) for check in checks]
    lasting = [
        (samples, result)
        for (_, before), (samples, result) in pairwise(results)
        if before and result
    ]
    if not lasting:
        return None
    (samples, description), last = lasting[0], lasting[-1][0]
    return Finding(kind, samples, last, last == results[-1][0], *description)


def _blind(check: Row) -> tuple[str, str] | None:
    if not blind(check["accuracy_held_out"], check["pairs"], check["observable_pull"]):
        return None
    return (
        f"it is right in {check['accuracy_held_out']:.1%} of held-out pairs, while the mean of "
        f"{check.get('pulled', 'an observable')} is off by {check['observable_pull']:.0f} standard "
        "errors",
        "raise discriminator_rate or head_start, or lower gamma",
    )


def _all_winning(check: Row, rows: Sequence[Row]) -> tuple[str, str] | None:
    gradient = _gradient_left(rows, check["samples"])
    if not all_winning(check["accuracy_held_out"], check["pairs"], gradient):
        return None
    left = "" if gradient is None else f", and the generator's gradient fell to {gradient:.1%}"
    return (
        f"it is right in {check['accuracy_held_out']:.1%} of held-out pairs{left}",
        "raise gamma or lower discriminator_rate",
    )


def _gradient_left(rows: Sequence[Row], samples: int) -> float | None:
    """Median norm of the generator's gradient in the latest tenth of the rows, over the first's."""
    norms = [
        row["generator_gradient"]
        for row in rows
        if "generator_gradient" in row and row["samples"] <= samples
    ]
    tenth = len(norms) // 10
    if not tenth:
        return None
    return float(np.median(norms[-tenth:]) / max(float(np.median(norms[:tenth])), 1e-30))


def _overfitting(check: Row) -> tuple[str, str] | None:
    train, held_out = check["accuracy_train"], check["accuracy_held_out"]
    if not overfitting(train, held_out, check["pairs"]):
        return None
    return (
        f"it is right in {train:.1%} of pairs with training samples and in {held_out:.1%} with "
        "held-out ones",
        "raise gamma, lower discriminator_width, or train on more samples",
    )


def _collapse(check: Row) -> tuple[str, str] | None:
    signs = []
    if check["modes_lost"]:
        signs.append(f"{check['modes_lost']} of {check['modes']} clusters are lost")
    if check["narrow"]:
        name = check.get("narrowest", "an observable")
        more = f" (too narrow: {check['narrow']} observables)" if check["narrow"] > 1 else ""
        signs.append(f"the spread of {name} fell to {check['spread']:.0%} of the truth's{more}")
    if check["repeats"]:
        signs.append(f"samples repeat each other {check['duplicates']:.0f} times too often")
    if not signs:
        return None
    return (
        " and ".join(signs),
        "raise gamma or lower generator_rate; of the losses the relativistic one keeps modes best",
    )


def _oscillation(rows: Sequence[Row]) -> Finding | None:
    detections: list[tuple[int, str]] = []
    stands = False
    for name in _MONITORED:
        series = np.array([(r["samples"], r[name]) for r in rows if name in r], np.float64)
        ends = range(_WINDOW, len(series) + 1, _WINDOW // 2) or [len(series)]
        for end in ends:
            if end < _SHORTEST:
                continue
            clock, values = series[max(0, end - _WINDOW) : end].T
            strongest = oscillation(values)
            if strongest.chance < CHANCE:
                period = strongest.period * float(np.median(np.diff(clock)))
                evidence = f"{name.replace('_', ' ')} swings with a period of {period:.0f} samples"
                detections.append((int(clock[-1]), evidence))
                stands |= end == ends[-1]
    if not detections:
        return None
    samples, evidence = min(detections)
    cure = "lower generator_rate and discriminator_rate, or raise gamma"
    return Finding("oscillation", samples, max(detections)[0], stands, evidence, cure)
