"""Files that changed after they were written, or that others have spoilt: one line, no more."""

import json
from pathlib import Path

import h5py
import pytest

from physgan.comparison import compare
from physgan.data import open_dataset, simulate
from physgan.errors import InputError, VerificationError
from physgan.methods import open_run, train
from physgan.training import dataset_of
from physgan.training.run_files import MetricsLog


@pytest.fixture
def ring(tmp_path: Path) -> Path:
    """400 points in a single file, with a manifest beside it."""
    simulate("ring-25", tmp_path / "ring.h5", count=400)
    return tmp_path / "ring.h5"


def changed(path: Path) -> None:
    """Move one point a little: nothing but the checksum tells."""
    with h5py.File(path, "r+") as file:
        file["samples/points"][7] *= 0.999


def test_what_changed_is_not_trained_on(ring: Path, tmp_path: Path) -> None:
    train(ring, tmp_path / "good", method="copula")
    changed(ring)
    with pytest.raises(VerificationError, match=r"SHA-256 .*ring\.h5; the file has changed"):
        train(ring, tmp_path / "bad", method="copula")
    assert not (tmp_path / "bad").exists()


@pytest.mark.parametrize("side", [0, 1])
def test_what_changed_is_not_compared(ring: Path, tmp_path: Path, side: int) -> None:
    simulate("ring-25", tmp_path / "other.h5", count=400, seed=1)
    pair = [ring, tmp_path / "other.h5"]
    changed(pair[side])
    with pytest.raises(VerificationError, match="the file has changed"):
        compare(*pair)


SPOILT = {
    "list": b"[]",
    "number": b"5",
    "half": b'{"format": 3, ',
    "nested": b"[" * 200_000,
    "bytes": b"\xff\xfe",
    "empty": b"",
}


@pytest.mark.parametrize("name", SPOILT)
def test_a_spoilt_definition_of_a_run_is_refused(ring: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.json").write_bytes(SPOILT[name])
    with pytest.raises(InputError, match=r"the definition of a training run; .*run\.json is not"):
        train(ring, tmp_path / "run", method="copula")
    with pytest.raises(InputError, match="a training run"):
        open_run(open_dataset(ring), tmp_path / "run")
    assert dataset_of(tmp_path / "run") is None


@pytest.mark.parametrize("line", ["x", "[]", '{"samples": 1}', '{"samples": "x", "seconds": 1}'])
def test_a_spoilt_line_of_metrics_is_shown(tmp_path: Path, line: str) -> None:
    good = json.dumps({"samples": 1, "seconds": 0.5, "loss": 2.0})
    (tmp_path / "metrics.jsonl").write_text(f"{good}\n{line}\n{good}\n")
    with pytest.raises(InputError, match=r"a row of metrics in every line of .*; got .*; remove"):
        MetricsLog(tmp_path, 1)


def test_names_from_files_do_not_reach_the_terminal_as_they_are(ring: Path, call) -> None:
    with h5py.File(ring, "r+") as file:
        file["samples/\x1b[2Jred\x07"] = h5py.SoftLink("/x")
    ring.with_name("ring.h5.json").unlink()
    code, out, err = call("info", ring)
    assert (code, out) == (1, "")
    assert err.startswith("error: expected names of at most 255 printable characters; got")
    assert err.rstrip("\n").isprintable()


def test_texts_from_a_manifest_do_not_either(ring: Path, call) -> None:
    path = ring.with_name("ring.h5.json")
    manifest = json.loads(path.read_text())
    manifest["provenance"] = {"\x1b[2J": "\x1b]0;title\x07" + "x" * 100_000}
    manifest["recipe"]["name"] = "\x1b[2J"
    path.write_text(json.dumps(manifest))
    code, out, err = call("info", ring)
    assert (code, err) == (0, "")
    assert all(line.isprintable() and len(line) < 2000 for line in out.splitlines())
