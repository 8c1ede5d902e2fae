"""What every method of training promises, by a tiny run of each."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny import SEED
from tiny_runs import (
    Finished,
    conditions_of,
    recorded_settings,
    run_of,
    train,
    unused_settings,
    weights,
)

from physgan.errors import InputError
from physgan.methods import METHODS
from physgan.surrogates import load

COUNT = 20


class Stopped(Exception):
    """What a progress callback raises to end a run."""


def stop_at(share: float) -> Callable[[int, int], None]:
    def progress(done: int, total: int) -> None:
        if done >= share * total:
            raise Stopped(f"after {done} of {total} samples")

    return progress


every_method = pytest.mark.parametrize("method", METHODS)


def files_in(folder: Path) -> dict[str, bytes]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def assert_equal(arrays: dict[str, np.ndarray], others: dict[str, np.ndarray]) -> None:
    assert arrays.keys() == others.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(array, others[name], err_msg=name)


@every_method
def test_a_run_leaves_a_surrogate_that_says_how_it_was_made(
    finished: Finished, method: str
) -> None:
    surrogate = load(finished(method))
    assert surrogate.name == method
    assert surrogate.description.seed == SEED
    assert surrogate.parameter_count > 0
    settings = recorded_settings(finished(method))
    assert json.loads(json.dumps(settings)) == settings
    assert {**settings, **run_of(method)[1]} == settings


@every_method
def test_saved_and_loaded_it_is_the_same(finished: Finished, method: str, tmp_path: Path) -> None:
    first = load(finished(method))
    first.save(tmp_path / "surrogate")
    second = load(tmp_path)
    assert second.description == first.description
    conditions = conditions_of(first, COUNT)
    assert_equal(first.sample(conditions, COUNT, 3), second.sample(conditions, COUNT, 3))


@every_method
def test_an_event_depends_on_seed_number_and_conditions_only(
    finished: Finished, method: str
) -> None:
    """Drawn again, or in pieces; the shapes of a piece may change the rounding."""
    surrogate = load(finished(method))
    conditions = conditions_of(surrogate, COUNT)
    whole = surrogate.sample(conditions, COUNT, 3)
    assert_equal(surrogate.sample(conditions, COUNT, 3), whole)
    first = 13
    rest = {name: values[first:] for name, values in conditions.items()}
    part = surrogate.sample(rest, COUNT - first, 3, first_event=first)
    other = surrogate.sample(conditions, COUNT, 4)
    for field, array in whole.items():
        assert array.shape[1:] == part[field].shape[1:]
        assert np.all(np.isfinite(array))
        np.testing.assert_allclose(part[field], array[first:], rtol=1e-5, atol=1e-6)
        assert np.any(other[field] != array)
        assert np.any(array[1:] != array[:-1])


@every_method
def test_stopped_and_continued_it_ends_with_the_same_weights(
    finished: Finished, method: str, tmp_path: Path
) -> None:
    """Stopped after its first checkpoint and before its last."""
    folder = tmp_path / method
    stopped = False
    try:
        train(method, folder, progress=stop_at(0.75))
    except Stopped:
        stopped = True
    assert stopped or not (finished(method) / "checkpoints").exists()
    train(method, folder)
    assert_equal(weights(folder), weights(finished(method)))


@every_method
def test_a_finished_run_goes_by_the_settings_that_it_recorded(
    finished: Finished, method: str, tmp_path: Path
) -> None:
    """Read back from JSON they are the run's own: it is not refused, and nothing changes."""
    folder = tmp_path / method
    shutil.copytree(finished(method), folder)
    settings = json.loads(json.dumps(recorded_settings(folder)))
    train(method, folder, settings=settings)
    assert_equal(weights(folder), weights(finished(method)))


@every_method
def test_an_unknown_setting_is_refused(method: str, tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match=rf"expected a setting of the method {method}; got 'colour'"
    ):
        train(method, tmp_path / "run", {"colour": 1}, progress=stop_at(0))
    assert not (tmp_path / "run").exists()


@every_method
def test_a_setting_that_the_method_does_not_use_is_refused(method: str, tmp_path: Path) -> None:
    for name, value in unused_settings(method).items():
        with pytest.raises(InputError, match=name):
            train(method, tmp_path / "run", {name: value}, progress=stop_at(0))
        assert not (tmp_path / "run").exists()


NAMES = list(METHODS)
BEFORE = dict(zip(NAMES, (NAMES[-1], *NAMES[:-1]), strict=True))


@every_method
def test_the_folder_of_another_method_is_refused_and_left_as_it_was(
    finished: Finished, method: str, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(finished(BEFORE[method]), folder)
    before = files_in(folder)
    with pytest.raises(InputError, match=r"got another .*method.*; choose another folder"):
        train(method, folder, progress=stop_at(0))
    assert files_in(folder) == before


@every_method
def test_progress_ends_at_its_total(finished: Finished, method: str) -> None:
    finished(method)
    done, totals = np.transpose(finished.progress[method])
    assert np.all(np.diff(done) > 0)
    assert set(totals) == {done[-1]}


def test_without_rejection_a_surrogate_is_its_generator(finished: Finished, tmp_path: Path) -> None:
    surrogate = load(finished("gan"))
    assert surrogate.rejects
    alone = surrogate.without_rejection()
    assert not alone.rejects
    assert [stage.name for stage in alone.description.stages] == ["adversarial"]
    assert alone.parameter_count < surrogate.parameter_count
    alone.save(tmp_path)
    conditions = conditions_of(alone, COUNT)
    assert_equal(alone.sample(conditions, COUNT, 3), load(tmp_path).sample(conditions, COUNT, 3))
    with pytest.raises(InputError, match="expected a surrogate that rejects draws; got gan"):
        alone.without_rejection()


@pytest.mark.parametrize(
    ("settings", "stages"),
    [
        ({"adversarial_samples": 0}, ["adversarial", "rejection", "rejection"]),
        ({"rejection_samples": 0, "generator_rate": 1e-12}, ["adversarial", "adversarial"]),
    ],
)
def test_a_run_starts_from_the_generator_of_another(
    finished: Finished, tmp_path: Path, settings: dict[str, Any], stages: list[str]
) -> None:
    """Stages that leave it as it is; what rejected its draws counts where it goes on to."""
    start = load(finished("gan"))
    train("gan", tmp_path / "next", {"start_from": str(finished("gan")), **settings})
    made = load(tmp_path / "next")
    assert [stage.name for stage in made.description.stages] == stages
    alone = made.without_rejection() if made.rejects else made
    conditions = conditions_of(start, COUNT)
    for field, array in start.without_rejection().sample(conditions, COUNT, 3).items():
        own = alone.sample(conditions, COUNT, 3)[field]
        np.testing.assert_allclose(own, array, rtol=1e-4, atol=1e-5)
