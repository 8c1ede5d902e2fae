"""Detectors on metrics of training runs with a known state."""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from physgan.domains.points import Points
from physgan.training import Model, feature_scale
from physgan.training.diagnostics import (
    all_winning,
    blind,
    findings,
    oscillation,
    overfitting,
)
from physgan.training.monitor import Announcer, make_monitor
from physgan.training.state import initial_state
from simulators import GaussianRing

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
        ({"narrow": 2, "spread": 0.1}, "mode collapse", "observable fell to 10% of the truth's"),
        ({"narrow": 1, "narrowest": "depth"}, "mode collapse", "the spread of depth fell to"),
        ({"narrow": 2, "narrowest": "depth"}, "mode collapse", "(too narrow: 2 observables)"),
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


class Share(Points):
    """The first number, and the share of the other in itself: 1, but for rounding."""

    def physical_features(self, array: jax.Array) -> jax.Array:
        share = (0.3 * array[:, 1] + 0.7 * array[:, 1]) / array[:, 1]
        return jnp.stack([array[:, 0], share], 1)

    def feature_names(self, shape: Sequence[int]) -> tuple[str, ...]:
        return ("depth", "share")


class Narrow(Model):
    """Draws the first number with a part of its spread, the other without any."""

    def generate(self, parameters: Any, key: jax.Array, conditions: jax.Array) -> jax.Array:
        depth = parameters * jax.random.normal(key, (len(conditions),))
        return jnp.stack([depth, jnp.full_like(depth, 3.0)], 1)

    def score(self, parameters: Any, inputs: Any, conditions: jax.Array) -> jax.Array:
        return inputs[1][:, 0]


@pytest.mark.parametrize("spread", [1.0, 0.2])
def test_a_lost_spread_is_named_and_an_observable_without_one_loses_none(
    rng: np.random.Generator, spread: float
) -> None:
    domain = Share(GaussianRing())
    real = np.float32(rng.normal(size=(2, 2_048, 2)) * [1, 0.1] + [0, 7])
    conditions = np.zeros((2_048, 0), np.float32)
    assert 0 < np.ptp(np.asarray(jax.jit(domain.physical_features)(real[0]))[:, 1]) < 1e-6
    scale = feature_scale(domain, real[0], conditions)
    model = Narrow(domain, nnx.graphdef(nnx.Module()), scale, 2, None, augment=False)
    monitor = make_monitor(model, (real[0], conditions), (real[1], conditions), seed=0)
    state = initial_state(jnp.float32(spread), {}, {})
    rows = [{"samples": 1000 * n, **monitor(state)} for n in (1, 2)]
    if spread == 1:
        assert rows[0]["narrow"] == 0
        assert rows[0]["observable_pull"] < 5
        return
    (found,) = (f for f in findings(rows) if f.kind == "mode collapse")
    assert (rows[0]["narrow"], rows[0]["narrowest"]) == (1, "depth")
    assert "the spread of depth fell to 2" in found.evidence


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
