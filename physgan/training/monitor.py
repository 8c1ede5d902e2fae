"""Monitoring of adversarial training: both networks evaluated on training and held-out samples."""

import sys
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from physgan.fidelity.collapse import (
    cluster_modes,
    conditional_spread,
    duplicates,
    mode_coverage,
)
from physgan.training.diagnostics import Finding, Row, findings
from physgan.training.model import Model
from physgan.training.standardise import CONSTANT
from physgan.training.state import TrainingState

__all__ = ["Announcer", "Split", "make_monitor"]

_PAIRS = 2048
_CHUNK = 512

Split = tuple[np.ndarray, np.ndarray]
"""Samples in network space, shape (n, ...), and conditions, shape (n, c)."""


def make_monitor(
    model: Model, train: Split, held_out: Split, seed: int
) -> Callable[[TrainingState], dict[str, Any]]:
    """A function that evaluates both networks on the first 2048 samples of each split.

    Args:
        model: generates and scores.
        train: real samples that the discriminator is trained on.
        held_out: real samples that it is not trained on.
        seed: of noise and symmetries, the same at every call.

    Returns:
        state -> metrics for `diagnostics.findings`: accuracies (share of pairs at equal conditions
        in which the real sample scores higher); mean scores of training, held-out and generated
        samples; clusters of held-out features that the generator lost; the smallest ratio of a
        feature's spread to that of real samples; the ratio of duplicates to those among real
        samples; and the largest difference of a feature's mean in standard errors. Features are
        named; those that are constant but for rounding have no spread to lose and no difference.
    """
    count = min(_PAIRS, len(train[0]), len(held_out[0]))
    chunk = min(_CHUNK, count)
    count = count // chunk * chunk
    names = model.domain.feature_names(train[0].shape[1:])

    @jax.jit
    def scores_and_features(
        state: TrainingState, key: jax.Array, samples: jax.Array, conditions: jax.Array
    ) -> tuple[jax.Array, ...]:
        keys = jax.random.split(key)
        real = model.transform(keys[0], samples.astype(jnp.float32))
        fake = model.generate(state.generator, keys[1], conditions)
        inputs = [model.discriminator_inputs(x, conditions) for x in (real, fake)]
        scores = [model.score(state.discriminator, x, conditions) for x in inputs]
        return scores[0], scores[1], inputs[0][1], inputs[1][1]

    def evaluated(state: TrainingState, split: Split, number: int) -> list[np.ndarray]:
        parts = []
        for start in range(0, count, chunk):
            key = jax.random.fold_in(jax.random.key(seed), number * _PAIRS + start)
            rows = slice(start, start + chunk)
            parts.append(scores_and_features(state, key, split[0][rows], split[1][rows]))
        return [np.concatenate([np.asarray(p[i], np.float64) for p in parts]) for i in range(4)]

    modes: list[tuple[np.ndarray, np.ndarray]] = []

    def monitor(state: TrainingState) -> dict[str, Any]:
        train_scores = evaluated(state, train, 0)
        real, fake, real_features, fake_features = evaluated(state, held_out, 1)
        if not modes:
            modes.append(cluster_modes(real_features))
        return {
            "pairs": count,
            "accuracy_train": _accuracy(train_scores[0], train_scores[1]),
            "accuracy_held_out": _accuracy(real, fake),
            "score_train": float(train_scores[0].mean()),
            "score_held_out": float(real.mean()),
            "score_fake": float(fake.mean()),
            **_collapse(real_features, fake_features, held_out[1][:count], modes[0], names),
            **_largest_pull(real_features, fake_features, names),
        }

    return monitor


class Announcer:
    """Prints one line on stderr when a failure is detected, and one when it has passed.

    Args:
        rows: metrics of the run so far; failures that they show are not printed again.
    """

    def __init__(self, rows: Sequence[Row]) -> None:
        self._standing = _standing(findings(rows))

    def __call__(self, rows: Sequence[Row]) -> None:
        """Print what has changed."""
        current = findings(rows)
        now = _standing(current)
        for finding in current:
            if finding.kind in now - self._standing:
                print(f"warning: {finding}", file=sys.stderr, flush=True)
        for kind in sorted(self._standing - now):
            line = f"note: no {kind} any more after {rows[-1]['samples']} samples"
            print(line, file=sys.stderr, flush=True)
        self._standing = now


def _standing(every: Sequence[Finding]) -> set[str]:
    return {finding.kind for finding in every if finding.stands}


def _accuracy(real: np.ndarray, fake: np.ndarray) -> float:
    """Share of pairs in which the real sample scores higher; ties count one half."""
    return float((real > fake).mean() + (real == fake).mean() / 2)


def _collapse(
    real: np.ndarray,
    fake: np.ndarray,
    conditions: np.ndarray,
    modes: tuple[np.ndarray, np.ndarray],
    names: Sequence[str],
) -> dict[str, Any]:
    lost = mode_coverage(fake, *modes).lost
    spread = conditional_spread(real, fake, conditions, conditions, CONSTANT)
    some = spread.narrow if spread.narrow.any() else np.ones_like(spread.narrow)
    narrowest = int(np.where(some, spread.smallest, np.inf).argmin())
    repeated = duplicates(real, fake)
    return {
        "modes": len(lost),
        "modes_lost": int(lost.sum()),
        "spread": float(spread.smallest[narrowest]),
        "narrow": int(spread.narrow.sum()),
        "narrowest": names[narrowest],
        "duplicates": repeated.rate / repeated.real_rate,
        "repeats": int(repeated.collapsed),
    }


def _largest_pull(real: np.ndarray, fake: np.ndarray, names: Sequence[str]) -> dict[str, Any]:
    variance = np.maximum(real.var(0) + fake.var(0), 2 * CONSTANT**2) / len(real)
    pulls = np.abs(real.mean(0) - fake.mean(0)) / np.sqrt(variance)
    return {"observable_pull": float(pulls.max()), "pulled": names[int(pulls.argmax())]}
