"""Training that is stopped, alone in its folder, and on a full disk."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from exact_torus import SMALL

from physgan.data import Recipe, simulate
from physgan.data.files import exclusive
from physgan.errors import InputError, PhysganError
from physgan.methods import train
from physgan.training import checkpoints


def newest(folder: Path) -> Path:
    return sorted(folder.iterdir())[-1]


def test_the_last_state_is_saved_when_training_is_stopped(
    exact_dataset: Path, tmp_path: Path
) -> None:
    """Between two checkpoints; that the run then ends with the same bytes is shown elsewhere."""

    def stop(done: int, total: int) -> None:
        if done >= 100:
            raise KeyboardInterrupt

    settings = {**SMALL, "checkpoint_samples": 10_000}
    with pytest.raises(KeyboardInterrupt):
        train(exact_dataset, tmp_path / "run", settings, progress=stop)
    saved = newest(tmp_path / "run" / "checkpoints")
    assert 100 <= int(saved.name) < 10_000
    assert (saved / "sha256.json").exists()


def test_an_error_saves_nothing(tmp_path: Path) -> None:
    """The state that led to it would lead to it again."""
    whole = checkpoints.SavedIfStopped[dict](tmp_path, 0)
    whole.set(8, {"a": np.zeros(3)}, saved=False)
    with pytest.raises(ValueError, match="diverged"), whole:
        raise ValueError("diverged")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("method", ["gan", "clipped-gaussian"])
def test_two_trainings_do_not_write_one_folder(
    exact_dataset: Path, tmp_path: Path, method: str
) -> None:
    (tmp_path / "run").mkdir()
    with (
        exclusive(tmp_path / "run"),
        pytest.raises(InputError, match="another run is writing it; wait"),
    ):
        train(exact_dataset, tmp_path / "run", method=method)
    assert not list((tmp_path / "run").iterdir())


def test_a_folder_without_locks_is_written_all_the_same(tmp_path: Path, monkeypatch) -> None:
    """As on shared file systems that have none."""

    def unsupported(handle: int, operation: int) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr("fcntl.flock", unsupported)
    with exclusive(tmp_path):
        pass


def test_refused_settings_leave_no_folder(exact_dataset: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="devices divide"):
        train(exact_dataset, tmp_path / "run", {**SMALL, "batch_size": 33})
    assert not (tmp_path / "run").exists()


def test_a_full_disk_is_one_line_and_keeps_the_checkpoint_before(
    tmp_path: Path, capfd, largest_file
) -> None:
    """Orbax logs some hundred lines, and leaves a part of the new one, which is removed."""
    rng = np.random.default_rng(1)
    states = [{"a": rng.standard_normal(20_000)} for _ in range(2)]
    checkpoints.save(tmp_path, 8, states[0])
    with largest_file(50_000), pytest.raises(OSError, match="File too large"):
        checkpoints.save(tmp_path, 16, states[1])
    assert capfd.readouterr().err == ""
    assert [path.name for path in tmp_path.iterdir()] == ["000000000008"]
    kept = checkpoints.restore_latest(tmp_path, states[1])
    assert kept is not None
    assert np.array_equal(kept["a"], states[0]["a"])


def test_training_on_a_full_disk_is_one_line(
    exact_dataset: Path, tmp_path: Path, monkeypatch
) -> None:
    def full(folder: Path, samples: int, state: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoints, "save", full)
    with pytest.raises(PhysganError, match=r"^expected room on the disk .* the same command"):
        train(exact_dataset, tmp_path / "run", SMALL)


def test_damaged_checkpoints_are_named_and_replaced(tmp_path: Path, capsys) -> None:
    states = {n: {"a": np.full(3, float(n))} for n in (8, 16, 24)}
    for n in (8, 16):
        checkpoints.save(tmp_path, n, states[n])
    victim = next(p for p in newest(tmp_path).rglob("*") if p.is_file() and p.parent.name == "d")
    victim.write_bytes(b"?")
    restored = checkpoints.restore_latest(tmp_path, states[8])
    assert restored is not None
    assert restored["a"][0] == 8
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert f"note: expected the checkpoint {newest(tmp_path)} as it was saved; got a damaged" in err
    shutil.copytree(newest(tmp_path), tmp_path / "000000000032")
    checkpoints.save(tmp_path, 12, states[24])
    assert sorted(p.name for p in tmp_path.iterdir()) == ["000000000008", "000000000012"]


@pytest.mark.parametrize("method", ["gan", "vae"])
def test_too_few_events_for_a_validation_split_are_refused(tmp_path: Path, method: str) -> None:
    """0.1 of 2 events are none."""
    fixed = {"temperature": {"distribution": "fixed", "value": 2.0}}
    shares = {"train": 0.9, "validation": 0.1}
    recipe = Recipe("two", "ising", {"size": 4}, fixed, count=2, splits=shares)
    simulate(recipe, tmp_path / "two.h5")
    with pytest.raises(InputError, match=r"events in the split validation of .*; got none of 2; m"):
        train(tmp_path / "two.h5", tmp_path / "run", method=method)
    assert not (tmp_path / "run").exists()
