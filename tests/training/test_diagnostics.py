"""Detectors on metrics of training runs with a known state."""

from typing import Any

import numpy as np
import pytest

from physgan.training.diagnostics import (
    all_winning,
    blind,
    findings,
    oscillation,
    overfitting,
)
from physgan.training.monitor import Announcer

PAIRS = 2_000


def test_guessing_is_blind_only_if_there_is_something_to_see(rng: np.random.Generator) -> None:
    right = rng.binomial(PAIRS, 0.5, 1_000) / PAIRS
    assert not any(blind(share, PAIRS, pull=1.0) for share in right)
    assert all(blind(share, PAIRS, pull=20.0) for share in right)
    assert not blind(0.6, PAIRS, pull=20.0)


def test_a_discriminator_that_sees_one_observable_is_not_blind(rng: np.random.Generator) -> None:
    """The docstring's figure: a shift of eight standard errors shows in the pairs."""
    shift = 8 * np.sqrt(2 / PAIRS)
    expected = 0.5 + 8 / np.sqrt(2 * np.pi * PAIRS)
    shares = [(rng.normal(shift, 1, PAIRS) > rng.normal(size=PAIRS)).mean() for _ in range(400)]
    assert np.mean(shares) == pytest.approx(expected, abs=4 * 0.5 / np.sqrt(400 * PAIRS) + 1e-3)
    assert np.mean([blind(share, PAIRS, pull=8.1) for share in shares]) < 0.05


def test_winning_takes_nearly_all_pairs_and_a_vanishing_gradient() -> None:
    assert all_winning(1.0, PAIRS)
    assert not all_winning(0.99, PAIRS)
    assert not all_winning(1.0, 100)
    assert all_winning(1.0, PAIRS, gradient=0.01)
    assert not all_winning(1.0, PAIRS, gradient=0.8)


def test_overfitting_is_a_gap(rng: np.random.Generator) -> None:
    pairs = rng.binomial(PAIRS, 0.7, (1_000, 2)) / PAIRS
    assert not any(overfitting(train, held_out, PAIRS) for train, held_out in pairs)
    assert overfitting(0.8, 0.7, PAIRS)
    assert not overfitting(0.7, 0.8, PAIRS)


def noise_with_memory(rng: np.random.Generator, memory: float, count: int) -> np.ndarray:
    values = np.zeros(count + 200)
    for place, draw in enumerate(rng.normal(size=len(values) - 1), 1):
        values[place] = memory * values[place - 1] + draw
    return values[200:]


@pytest.mark.parametrize("memory", [0.0, 0.7, 0.97])
def test_noise_does_not_oscillate(rng: np.random.Generator, memory: float) -> None:
    """The chance is honest: below 1 % in about 1 % of series, with or without memory."""
    chances = [oscillation(noise_with_memory(rng, memory, 128)).chance for _ in range(600)]
    assert np.mean(np.array(chances) < 0.01) < 0.01 + 4 * np.sqrt(0.01 / 600)


def test_a_swing_is_found_with_its_period(rng: np.random.Generator) -> None:
    time = np.arange(128)
    series = 0.01 * time + np.sin(2 * np.pi * time / 16) + 0.5 * rng.normal(size=128)
    found = oscillation(series)
    assert found.chance < 3e-5
    assert found.period == pytest.approx(16, rel=0.1)


def test_decay_is_a_trend_and_no_oscillation(rng: np.random.Generator) -> None:
    found = oscillation(np.exp(-np.arange(128) / 40) + 0.01 * rng.normal(size=128))
    assert found.chance > 1e-3
    assert found.trend < -2
    assert oscillation(np.arange(64.0)).chance == 1


QUIET: dict[str, Any] = {
    "pairs": PAIRS, "accuracy_train": 0.56, "accuracy_held_out": 0.55, "observable_pull": 3.0,
    "modes": 20, "modes_lost": 0, "spread": 0.9, "narrow": 0, "duplicates": 1.1, "repeats": 0,
}  # fmt: skip


def metrics_of(*changes: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"samples": 1000 * n, **QUIET, **change} for n, change in enumerate(changes, 1)]


@pytest.mark.parametrize(
    ("change", "kind", "words"),
    [
        ({"accuracy_held_out": 0.5, "observable_pull": 30.0}, "blind discriminator", "lower gamma"),
        ({"accuracy_held_out": 1.0}, "all-winning discriminator", "raise gamma"),
        ({"accuracy_train": 0.9}, "overfitting discriminator", "more samples"),
        ({"modes_lost": 7}, "mode collapse", "7 of 20 clusters are lost"),
        ({"narrow": 2, "spread": 0.1}, "mode collapse", "10% of the truth's"),
        ({"repeats": 1, "duplicates": 12.0}, "mode collapse", "12 times too often"),
    ],
)  # fmt: skip
def test_findings_last_for_two_checkpoints(change: dict[str, Any], kind: str, words: str) -> None:
    assert findings(metrics_of({}, {}, {})) == []
    assert findings(metrics_of({}, change, {}, change)) == []
    (found,) = findings(metrics_of({}, change, change, {}, change))
    assert (found.kind, found.samples, found.last, found.stands) == (kind, 3000, 3000, False)
    assert words in str(found)
    (found,) = findings(metrics_of({}, change, change, {}, change, change))
    assert (found.samples, found.last, found.stands) == (3000, 6000, True)


def test_a_warning_is_given_once_and_taken_back(capsys: pytest.CaptureFixture[str]) -> None:
    """Also in a run that goes on: what was said before it stopped is not said again."""
    lost: dict[str, Any] = {"modes_lost": 7}
    rows = metrics_of({}, lost, lost, lost, {}, lost, lost, {})
    lines = []
    warn = Announcer(rows[:1])
    for count in range(2, len(rows) + 1):
        if count == 4:
            warn = Announcer(rows[:3])
        warn(rows[:count])
        lines.append(capsys.readouterr().err)
    assert [line.split(":")[0] for line in lines] == [
        "",
        "warning",
        "",
        "note",
        "",
        "warning",
        "note",
    ]
    assert lines[3] == "note: no mode collapse any more after 5000 samples\n"


def test_swinging_losses_are_found(rng: np.random.Generator) -> None:
    time = np.arange(200)
    losses = 0.7 + 0.1 * np.sin(time / 2) + 0.02 * rng.normal(size=200)
    rows = [
        {"samples": 2560 * int(t), "generator_loss": float(y)}
        for t, y in zip(time, losses, strict=True)
    ]
    (found,) = findings(rows)
    assert found.kind == "oscillation"
    assert "generator loss swings with a period of" in found.evidence
    assert found.stands
    quiet = [{"samples": 2560 * n, "generator_loss": rng.normal()} for n in range(200, 400)]
    (found,) = findings([*rows, *quiet])
    assert not found.stands
