"""A stage whose validation loss rises is cut short, and goes back to its best generator."""

import json
from pathlib import Path

import numpy as np
import pytest

from physgan.data import open_dataset, write_dataset
from physgan.methods import train
from physgan.surrogates import load
from physgan.training.stopping import CERTAIN, rise, skipped_samples

SETTINGS = {
    "generator_width": 8, "embedding": 8, "discriminator_width": 4, "discriminator_blocks": 1,
    "batch_size": 32, "augment": False, "likelihood_samples": 25_600, "likelihood_rate": 0.02,
    "checkpoint_samples": 1_280, "adversarial_samples": 256, "head_start": 256,
}  # fmt: skip


def test_a_rise_is_that_of_the_same_events(rng: np.random.Generator) -> None:
    """Losses that scatter by 10 and rise by 0.1: with differences that scatter by 1, 3.2 errors.

    A rise of nothing has a mean of 0 and a spread of 1.
    """
    best = 10 * rng.normal(size=(400, 1_000))
    change = rng.normal(size=best.shape)
    rises = [rise(b + c + 0.1, b) for b, c in zip(best, change, strict=True)]
    assert np.mean(rises) == pytest.approx(0.1 * np.sqrt(1_000), abs=4 / np.sqrt(400))
    none = [rise(b + c, b) for b, c in zip(best, change, strict=True)]
    assert np.mean(none) == pytest.approx(0, abs=4 / np.sqrt(400))
    assert np.std(none) == pytest.approx(1, abs=4 / np.sqrt(800))
    assert max(none) < CERTAIN
    assert rise(best[0], best[0]) == 0


@pytest.mark.parametrize(
    ("position", "ahead"), [(0, 8_640), (320, 8_320), (8_640, 960), (9_280, 320), (9_600, 0)]
)
def test_a_stage_jumps_to_its_last_tenth_and_from_there_to_its_end(
    position: int, ahead: int
) -> None:
    assert skipped_samples(position, 9_600, 32) == ahead


@pytest.fixture(scope="module")
def few(exact_dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """64 lattices to train on, far fewer than the network needs."""
    whole = open_dataset(exact_dataset)
    path = tmp_path_factory.mktemp("few") / "x.h5"
    splits = {"train": np.arange(64), "validation": np.arange(64, 1_088)}
    write_dataset(path, *whole.read(), whole.info, splits)
    return path


@pytest.fixture(scope="module")
def run(few: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("run")
    train(few, path, SETTINGS, seed=1)
    return path


def rows_of(run: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def test_an_overfitting_stage_is_cut_short(run: Path) -> None:
    """It ends with the falling rate; the description says how long it was."""
    about = load(run).description
    likelihood, adversarial = about.stages
    assert likelihood.samples < SETTINGS["likelihood_samples"] / 2
    assert adversarial.samples == SETTINGS["adversarial_samples"]
    rows = rows_of(run)
    assert rows[-1]["samples"] == likelihood.samples + adversarial.samples
    rates = [row["rate"] for row in rows if "rate" in row]
    assert rates[-1] < 0.05 * SETTINGS["likelihood_rate"]
    steps = -np.diff(rates)
    assert np.all(steps >= 0)
    assert steps.max() > 0.3 * SETTINGS["likelihood_rate"]


def test_the_next_stage_starts_from_the_best_generator(run: Path) -> None:
    """The generator rests in a head start: at its end it is still the best of the likelihood."""
    scores = [row["validation_nll"] for row in rows_of(run) if "validation_nll" in row]
    assert scores[-1] == pytest.approx(min(scores), rel=1e-6)
    assert scores[-1] < scores[-2]


def test_cut_short_stopped_and_continued_it_ends_with_the_same_weights(
    few: Path, run: Path, tmp_path: Path
) -> None:
    """Stopped between the checkpoints with a rise, and after the jump."""
    length = load(run).description.stages[0].samples

    def stop_at(limit: int):
        def progress(done: int, total: int) -> None:
            if done >= limit:
                raise KeyboardInterrupt

        return progress

    risen = [row["samples"] for row in rows_of(run) if row.get("rise", 0) > CERTAIN]
    for limit in (risen[1] + 64, length - 64):
        with pytest.raises(KeyboardInterrupt):
            train(few, tmp_path, SETTINGS, seed=1, progress=stop_at(limit))
    train(few, tmp_path, SETTINGS, seed=1)
    first, second = ((each / "surrogate" / "weights.npz").read_bytes() for each in (run, tmp_path))
    assert first == second
