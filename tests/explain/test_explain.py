"""physgan explain on a run of a few untrained networks: files, numbers, refusals."""

import json
from pathlib import Path

import numpy as np
import pytest

from physgan.cli import run_command
from physgan.data import open_dataset
from physgan.errors import InputError
from physgan.explain import explain
from physgan.methods import open_run, train

SETTINGS = {
    "likelihood_samples": 16, "adversarial_samples": 16, "likelihood_rate": 0.0,
    "generator_rate": 0.0, "generator_width": 4,
    "discriminator_width": 2, "discriminator_blocks": 1, "embedding": 4, "batch_size": 16,
}  # fmt: skip


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """4 x 4 lattices, and a run of one step in each stage that leaves the generator as it is."""
    folder = tmp_path_factory.mktemp("explained")
    data, run = folder / "ising.h5", folder / "run"
    words = "simulate ising --size 4 --temperature 1.5:3.5 --count 640 --out"
    assert run_command([*words.split(), str(data)]) == 0
    train(data, run, SETTINGS)
    return data, run


def test_everything_is_written(files: tuple[Path, Path], tmp_path: Path) -> None:
    data, run = files
    words = ["explain", run, "--temperature", 2.5, "--data", data, "--count", 64, "--out", tmp_path]
    assert run_command([str(word) for word in words]) == 0
    found = json.loads((tmp_path / "explain.json").read_text())
    assert found["at"] == {"temperature": 2.5}
    assert all((tmp_path / name).stat().st_size > 1000 for name in found["pictures"])
    assert "discriminator.png" in found["pictures"]
    (along,) = found["conditions"]
    assert [point["at"] for point in along["points"]] == pytest.approx([1.7, 2.1, 2.5, 2.9, 3.3])
    for point in along["points"]:  # fair coins on one sublattice, an exact heat bath on the other
        energy, bonds = point["observables"]["energy"], np.tanh(np.array([4, 2]) / point["at"])
        expected = -(bonds[0] / 2 + bonds[1]) / 2
        assert energy["mean"][0] == pytest.approx(expected, abs=4 * energy["mean_error"][0])
        assert energy["slope_unit"] == "J / (J/k_B)"
    assert found["latents"]["number"] == 17
    assert found["jacobians"] is None  # discrete draws have none that can be trusted
    objections = found["discriminator"]
    parts = [objections[name] for name in ("on_sample", "on_features")]
    total = sum(sum(part["mean"]) for part in parts)
    assert total == pytest.approx(objections["gap"][0] * (1 - objections["missed"]), rel=1e-6)
    assert len(objections["features"]) == len(parts[1]["mean"])
    assert objections["features"][0] == "energy"
    assert (
        explain(run, tmp_path / "again", at={"temperature": 2.5}, count=64)["latents"]
        == (found["latents"])
    )


def test_a_full_disk_is_one_line(
    files: tuple[Path, Path], tmp_path: Path, call, largest_file
) -> None:
    words = ["explain", files[1], "--temperature", 2.5, "--count", 64, "--out", tmp_path]
    with largest_file(2_000):
        code, out, err = call(*words)
    error = [line for line in err.splitlines() if not line.startswith("explain:")]
    assert (code, out, len(error)) == (1, "", 1)
    assert error[0].startswith(f"error: expected room on the disk for {tmp_path}/slopes-")
    assert not list(tmp_path.iterdir())


def test_an_opened_run_has_its_checkpoint_and_held_out_samples(files: tuple[Path, Path]) -> None:
    data, run = files
    trained = open_run(open_dataset(data), run)
    held_out, _ = open_dataset(data).read("validation")
    np.testing.assert_array_equal(trained.held_out[0], held_out["spins"])
    assert int(trained.latest().samples) == 32


def test_a_discriminator_that_was_never_trained_explains_nothing(
    files: tuple[Path, Path], tmp_path: Path
) -> None:
    data, _ = files
    train(data, tmp_path / "run", {**SETTINGS, "adversarial_samples": 0})
    with pytest.raises(InputError, match="expected a discriminator that was trained in"):
        explain(tmp_path / "run", tmp_path / "out", data=data, count=16)


def test_what_cannot_be_explained_is_refused(files: tuple[Path, Path], tmp_path: Path) -> None:
    data, run = files
    with pytest.raises(InputError, match=r"expected a condition \(temperature\); got 'energy'"):
        explain(run, tmp_path, at={"energy": 1.0})
    with pytest.raises(InputError, match=r"expected temperature in \[1.5, 3.5\] J/k_B"):
        explain(run, tmp_path, at={"temperature": 9.0})
    with pytest.raises(InputError, match="expected a count of 2 or more; got 1"):
        explain(run, tmp_path, count=1)
    with pytest.raises(InputError, match="expected a training run in"):
        open_run(open_dataset(data), tmp_path)
    train(data, tmp_path / "classical", method="clipped-gaussian")
    with pytest.raises(InputError, match="expected a method with a network, such as gan"):
        explain(tmp_path / "classical", tmp_path)
