"""Default lengths and weight decay follow the number of events; what is given stands."""

import json
from pathlib import Path

import pytest

from physgan.data import load_recipe, open_dataset, recipe_names
from physgan.methods import METHODS, train
from physgan.methods.few_events import _LIMITS, chosen_settings

SUGGESTED = {
    "batch_size": 50, "augment": False, "likelihood_samples": 600_000, "adversarial_samples": 0,
    "rejection_samples": 200_000, "checkpoint_samples": 30_000,
}  # fmt: skip


def test_many_events_change_nothing() -> None:
    chosen = chosen_settings(SUGGESTED, {}, 1_000_000)
    assert {**SUGGESTED, **chosen} == SUGGESTED


def test_half_the_events_halve_the_stages_and_their_checkpoints() -> None:
    first, second = (chosen_settings(SUGGESTED, {}, events) for events in (8_000, 4_000))
    assert first["likelihood_samples"] < SUGGESTED["likelihood_samples"]
    assert first["adversarial_samples"] == 0
    for name in ("likelihood_samples", "rejection_samples", "checkpoint_samples"):
        assert first[name] == 2 * second[name]
    checkpoints = second["likelihood_samples"] / second["checkpoint_samples"]
    assert checkpoints == pytest.approx(20, rel=1e-3)


def test_a_handful_of_events_has_some_hundred_steps() -> None:
    chosen = chosen_settings(SUGGESTED, {}, 40)
    assert (chosen["likelihood_samples"], chosen["rejection_samples"]) == (500 * 50, 125 * 50)


def test_given_lengths_stand_and_keep_their_checkpoints() -> None:
    given = {"likelihood_samples": 300_000, "rejection_samples": 1_000}
    assert chosen_settings(SUGGESTED, given, 100) == {"adversarial_samples": 0}


def test_weights_decay_less_with_more_events() -> None:
    suggested = {**SUGGESTED, "weight_decay": 0.2}
    found = [
        chosen_settings(suggested, {}, count)["weight_decay"] for count in (400, 8_000, 32_000)
    ]
    assert found == pytest.approx([0.2, 0.2, 0.05])
    assert "weight_decay" not in chosen_settings(suggested, {"weight_decay": 0.0}, 400)


@pytest.mark.parametrize("name", recipe_names())
def test_lengths_of_a_recipe_are_kept(name: str) -> None:
    given = {k: v for k, v in load_recipe(name).train.items() if k != "method"}
    suited = METHODS["gan"].suited_to({}, given, 100)
    assert not {key for key in given if key.endswith("_samples")} & suited.keys()


def test_a_run_records_the_lengths_that_it_chose(
    exact_dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten passes over its training events."""
    monkeypatch.setitem(
        _LIMITS, "likelihood_samples", _LIMITS["likelihood_samples"]._replace(passes=10, steps=1)
    )
    events = len(open_dataset(exact_dataset).splits["train"])

    def stop(done: int, total: int) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(exact_dataset, tmp_path, {"adversarial_samples": 64}, progress=stop)
    config = json.loads((tmp_path / "run.json").read_text())["config"]
    assert config["adversarial_samples"] == 64
    assert config["likelihood_samples"] == 10 * events < 256_000
    assert config["checkpoint_samples"] == round(config["likelihood_samples"] / 10)
