"""Events of zero density: named before training, left out of the gradient and counted during it."""

import json
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from physgan.data import Axis, Condition, DatasetInfo, Field, open_dataset, write_dataset
from physgan.domains import domain_of
from physgan.domains.showers import ShowerCascade
from physgan.errors import InputError
from physgan.methods import METHODS, train
from physgan.training import objective_gradient
from physgan.training.diagnostics import findings

COUNT, HELD_OUT = 96, 32
SETTINGS = {
    "generator_width": 4, "embedding": 4, "batch_size": 32, "likelihood_samples": 640,
    "checkpoint_samples": 320,
}  # fmt: skip


def dataset(path: Path, impossible: tuple[int, ...] = ()) -> Path:
    """Two layers of 2 x 2 cells of 1 to 10 MeV; in impossible events a layer is dark."""
    rng = np.random.default_rng(0)
    deposits = rng.uniform(1, 10, (COUNT, 2, 2, 2))
    deposits[list(impossible), 1] = 0
    info = DatasetInfo(
        "showers",
        (Field("deposits", "MeV", ("layer", "x", "y"), "energy", "float32"),),
        (Condition("energy_mev", "MeV", 20.0, 200.0, "log"),),
        (Axis("layer", "1", (0.0, 1.0)), *(Axis(a, "mm", (0.0, 1.0, 2.0)) for a in "xy")),
        seed=1,
    )
    splits = {"train": np.arange(HELD_OUT, COUNT), "validation": np.arange(HELD_OUT)}
    energy = {"energy_mev": rng.uniform(20, 200, COUNT)}
    write_dataset(path, {"deposits": deposits.astype(np.float32)}, energy, info, splits)
    return path


@pytest.fixture(autouse=True)
def zero_density(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cascade states a density of zero for a dark cell, as it does where none can be."""
    density = ShowerCascade.negative_log_likelihood

    def exact(self: ShowerCascade, showers: jax.Array, conditions: jax.Array) -> jax.Array:
        bad = (showers == 0).any((1, 2, 3))
        return jnp.where(bad, 1e9, density(self, showers, conditions))

    monkeypatch.setattr(ShowerCascade, "negative_log_likelihood", exact)


@pytest.mark.parametrize(
    ("events", "words"),
    [
        ((40,), "1 of 64 in the split train, row 40 of"),
        ((7, 95, 50), "2 of 64 in the split train, rows 50, 95 of"),
        ((7, 3), "2 of 32 in the split validation, rows 3, 7 of"),
    ],
)
def test_impossible_events_are_named_and_training_is_refused(
    tmp_path: Path, events: tuple[int, ...], words: str
) -> None:
    data = dataset(tmp_path / "x.h5", events)
    with pytest.raises(InputError, match=words) as caught:
        train(data, tmp_path / "run", SETTINGS, method="likelihood")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "run").exists()


def test_events_left_out_in_training_are_reported_with_their_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """If they get past the check: each is met ten times, and no logged loss is that of 1e9."""
    monkeypatch.setattr("physgan.training.run.refuse_impossible", lambda *of: None)
    data = dataset(tmp_path / "x.h5", (40, 77))
    train(data, tmp_path / "run", SETTINGS, method="likelihood")
    text = (tmp_path / "run" / "metrics.jsonl").read_text()
    rows = [json.loads(line) for line in text.splitlines()]
    assert max(row["likelihood_loss"] for row in rows if "likelihood_loss" in row) < 1e3
    (found,) = findings(rows)
    assert found.kind == "impossible events"
    assert found.stands
    assert "rows 40, 77 of the dataset" in found.evidence
    assert "20 times" in found.evidence
    assert "warning: impossible events" in capsys.readouterr().err


def test_a_step_is_that_of_the_events_that_are_possible(tmp_path: Path) -> None:
    """The gradient of nine events, one of zero density, is the mean of the other eight's."""
    whole = open_dataset(dataset(tmp_path / "x.h5", (0,)))
    domain, method = domain_of(whole.info), METHODS["likelihood"]
    samples = domain.encode(whole.read()[0])
    conditions = np.full((COUNT, 1), 100.0, np.float32)
    settings = method.settings_of({}, {**SETTINGS, "augment": False})
    networks = method.build(whole.info, domain, settings, samples, conditions, 0)
    objective, model = networks.model.objective, networks.model

    @jax.jit
    def gradient(x: jax.Array, c: jax.Array) -> tuple[jax.Array, jax.Array]:
        given = model, objective, networks.generator, jax.random.key(0), x, c
        (_, slopes), used = objective_gradient(*given)
        return jax.flatten_util.ravel_pytree(slopes)[0], used

    with_it, used = gradient(samples[:9], conditions[:9])
    np.testing.assert_array_equal(used, np.arange(9) > 0)
    samples[0] = samples[1:9].mean(0)
    mixed = gradient(samples[:9], conditions[:9])[0]
    alone = gradient(np.tile(samples[:1], (9, 1, 1, 1)), conditions[:9])[0]
    np.testing.assert_allclose(9 * mixed, 8 * with_it + alone, atol=1e-4)
