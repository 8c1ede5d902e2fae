"""Every writer where the disk is full: one line, and no file that is a part of one.

Comparisons, benchmarks and explanations are beside their other tests, and training beside its.
"""

from pathlib import Path

import pytest

from physgan.cli import run_command

ROOM = 6_000
"""Bytes: more than a manifest has, fewer than any of the files that are written here."""

WRITES = {
    "shards": ["simulate", "gaussian-ring", "--count", "2000", "--out", "OUT"],
    "file": ["simulate", "gaussian-ring", "--count", "2000", "--out", "OUT.h5"],
    "calochallenge": ["export-calochallenge", "SHOWERS", "--out", "OUT.hdf5"],
    **{e: ["export", "SHOWERS", "--out", f"OUT.{e}"] for e in ("npz", "h5", "csv", "parquet")},
    "root": ["export", "SHOWERS", "--out", "OUT.root"],
    "show": ["show", "SHOWERS", "--out", "OUT.png"],
}


@pytest.fixture(scope="module")
def showers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("full") / "showers.h5"
    assert run_command(["simulate", "calo-small", "--count", "60", "--out", str(out)]) == 0
    return out


@pytest.mark.parametrize("name", WRITES)
def test_a_full_disk_is_one_line_and_leaves_nothing_unfinished(
    showers: Path, tmp_path: Path, call, largest_file, name: str
) -> None:
    words = [
        word.replace("OUT", str(tmp_path / "out")).replace("SHOWERS", str(showers))
        for word in WRITES[name]
    ]
    with largest_file(ROOM):
        code, out, err = call(*words)
    assert (code, out) == (1, "")
    error = [line for line in err.splitlines() if not line.startswith(words[0] + ":")]
    assert len(error) == 1
    assert error[0].startswith(f"error: expected room on the disk for {tmp_path / 'out'}")
    assert {path.name for path in tmp_path.rglob("*") if path.is_file()} <= {"manifest.json"}
    code, _, _ = call(*words)
    assert code == 0
