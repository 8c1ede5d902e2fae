"""What goes wrong in the game, seen in a run's metrics: pure functions with stated error rates.

Every detector fires by mistake with a chance of at most `CHANCE` a look, if its model of the noise
holds: binomial for shares of pairs, normal for means, coloured noise of one memory time for losses.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.stats import binom

from physgan.fidelity.collapse import CHANCE

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
_WATCHED = ("generator_loss", "discriminator_loss", "validation_distance", "score_fake")

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Finding:
    """Something that went wrong.

    Args:
        kind: "blind discriminator", "all-winning discriminator", "overfitting discriminator",
            "mode collapse" or "oscillation".
        samples: when it was first seen, in samples.
        last: when it was last seen.
        stands: whether the latest look still shows it; what passed was a difficulty of its time.
        evidence: in words, with numbers, of when it was first seen.
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
    """Whether scores carry no information though there is something to see.

    The share of pairs in which the real sample scores above the fake one is within four standard
    errors of 1/2, where any pairing loss is that of guessing (ln 2 for the relativistic one), while
    the mean of some observable is off by more than eight of its own standard errors: a
    discriminator that used nothing else would be right in 0.5 + 8 / sqrt(2 pi pairs) of the pairs
    (normal law), six standard errors above 1/2. Blindness to equal laws is no fault.

    Args:
        accuracy: of held-out real samples against fake ones at the same conditions.
        pairs: their number.
        pull: largest difference of an observable's mean, real against fake, in standard errors.
    """
    return abs(accuracy - 0.5) < _ERRORS * 0.5 / np.sqrt(pairs) and pull > _MATERIAL * _ERRORS


def all_winning(accuracy: float, pairs: int, gradient: float | None = None) -> bool:
    """Whether the discriminator is right in almost all pairs and the generator learns no more.

    So few pairs are judged wrongly that even one in a hundred is out of the question, and the
    generator's gradient, if it is known, is below half of what it was.

    Args:
        accuracy: see `blind`.
        pairs: their number.
        gradient: norm of the generator's gradient over that at the beginning of the game.
    """
    wrong = round((1 - accuracy) * pairs)
    vanishing = gradient is None or gradient < 1 / _MATERIAL
    return bool(binom.cdf(wrong, pairs, _RARE) < CHANCE) and vanishing


def overfitting(train: float, held_out: float, pairs: int) -> bool:
    """Whether the discriminator knows the training samples by heart.

    Args:
        train: accuracy (see `blind`) on training samples.
        held_out: accuracy on real samples that it never saw.
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
        share: of the whitened series' power (periods above a third of the window aside).
        chance: of such a share in noise.
        trend: change over the window in standard deviations of what is left without it.
    """

    period: float
    share: float
    chance: float
    trend: float


def oscillation(series: np.ndarray) -> Oscillation:
    """Look for a period in an evenly spaced series.

    The straight line through it is taken off and what is left is whitened, v_t = u_t - a u_(t-1)
    with a its first autocorrelation, as the losses of a quiet game have a memory, too. Then
    Fisher's test: the largest of m ordinates of the periodogram has a share g of their sum, which
    noise exceeds with a chance of at most m (1 - g)^(m - 1) (R. Fisher, Proc. R. Soc. A 125, 54,
    1929). Only three periods or more in the window count, so a bend is no oscillation.

    Args:
        series: shape (n,), n of at least 32.
    """
    time = np.arange(len(series)) - (len(series) - 1) / 2
    slope = (time @ series) / (time @ time)
    rest = series - series.mean() - slope * time
    power = float(rest @ rest)
    if power <= 1e-12 * float(series @ series):
        return Oscillation(float("inf"), 0.0, 1.0, 0.0)
    memory = float(rest[1:] @ rest[:-1]) / power
    white = rest[1:] - memory * rest[:-1]
    ordinates = np.abs(np.fft.rfft(white)[_FEWEST_PERIODS:]) ** 2
    place = int(ordinates.argmax())
    share = float(ordinates[place] / ordinates.sum())
    chance = min(1.0, len(ordinates) * (1 - share) ** (len(ordinates) - 1))
    trend = float(slope * len(series) / np.sqrt(power / len(series)))
    return Oscillation(len(white) / (place + _FEWEST_PERIODS), share, chance, trend)


def findings(rows: Sequence[Row]) -> list[Finding]:
    """All that a run's metrics show to have gone wrong, each kind when it was first seen.

    What checkpoints show counts when two in a row show it: the players have to begin somewhere.

    Args:
        rows: the lines of metrics.jsonl, in order.
    """
    rows = [row for row in rows if "samples" in row]
    looks = [row for row in rows if "accuracy_held_out" in row]
    detectors: dict[str, Callable[[Row], tuple[str, str] | None]] = {
        "blind discriminator": _blind,
        "all-winning discriminator": lambda look: _all_winning(look, rows),
        "overfitting discriminator": _overfitting,
        "mode collapse": _collapse,
    }
    found = [_lasting(kind, looks, detector) for kind, detector in detectors.items()]
    return [finding for finding in [*found, _oscillation(rows)] if finding is not None]


def _lasting(
    kind: str, looks: Sequence[Row], detector: Callable[[Row], tuple[str, str] | None]
) -> Finding | None:
    """What two looks in a row show: from the first such pair to the last."""
    shown = [(look["samples"], detector(look)) for look in looks]
    seen = [(samples, now) for (_, before), (samples, now) in pairwise(shown) if before and now]
    if not seen:
        return None
    (samples, words), last = seen[0], seen[-1][0]
    return Finding(kind, samples, last, last == shown[-1][0], *words)


def _blind(look: Row) -> tuple[str, str] | None:
    if not blind(look["accuracy_held_out"], look["pairs"], look["observable_pull"]):
        return None
    return (
        f"it is right in {look['accuracy_held_out']:.1%} of held-out pairs, while the mean of an "
        f"observable is off by {look['observable_pull']:.0f} standard errors",
        "raise discriminator_rate or head_start, or lower gamma",
    )


def _all_winning(look: Row, rows: Sequence[Row]) -> tuple[str, str] | None:
    gradient = _gradient_left(rows, look["samples"])
    if not all_winning(look["accuracy_held_out"], look["pairs"], gradient):
        return None
    left = "" if gradient is None else f", and the generator's gradient fell to {gradient:.1%}"
    return (
        f"it is right in {look['accuracy_held_out']:.1%} of held-out pairs{left}",
        "raise gamma or lower discriminator_rate",
    )


def _gradient_left(rows: Sequence[Row], samples: int) -> float | None:
    """Median norm of the generator's gradient in the latest tenth of the game, over the first's."""
    norms = [
        row["generator_gradient"]
        for row in rows
        if "generator_gradient" in row and row["samples"] <= samples
    ]
    tenth = len(norms) // 10
    if not tenth:
        return None
    return float(np.median(norms[-tenth:]) / max(float(np.median(norms[:tenth])), 1e-30))


def _overfitting(look: Row) -> tuple[str, str] | None:
    train, held_out = look["accuracy_train"], look["accuracy_held_out"]
    if not overfitting(train, held_out, look["pairs"]):
        return None
    return (
        f"it is right in {train:.1%} of pairs with training samples and in {held_out:.1%} with "
        "held-out ones",
        "raise gamma, lower discriminator_width, or train on more samples",
    )


def _collapse(look: Row) -> tuple[str, str] | None:
    signs = []
    if look["modes_lost"]:
        signs.append(f"{look['modes_lost']} of {look['modes']} clusters are lost")
    if look["narrow"]:
        signs.append(f"the spread of an observable fell to {look['spread']:.0%} of the truth's")
    if look["repeats"]:
        signs.append(f"samples repeat each other {look['duplicates']:.0f} times too often")
    if not signs:
        return None
    return (
        " and ".join(signs),
        "raise gamma or lower generator_rate; of the losses the relativistic one keeps modes best",
    )


def _oscillation(rows: Sequence[Row]) -> Finding | None:
    seen: list[tuple[int, str]] = []
    stands = False
    for name in _WATCHED:
        series = np.array([(r["samples"], r[name]) for r in rows if name in r], np.float64)
        ends = range(_WINDOW, len(series) + 1, _WINDOW // 2) or [len(series)]
        for end in ends:
            if end < _SHORTEST:
                continue
            clock, values = series[max(0, end - _WINDOW) : end].T
            found = oscillation(values)
            if found.chance < CHANCE:
                period = found.period * float(np.median(np.diff(clock)))
                words = f"{name.replace('_', ' ')} swings with a period of {period:.0f} samples"
                seen.append((int(clock[-1]), words))
                stands |= end == ends[-1]
    if not seen:
        return None
    samples, words = min(seen)
    cure = "lower generator_rate and discriminator_rate, or raise gamma"
    return Finding("oscillation", samples, max(seen)[0], stands, words, cure)
