"""Damaged files are read or refused, whichever bytes are wrong; none ends the process."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="memory is limited by Linux's way"
)

MUTATE = """
import json, resource, sys
from pathlib import Path
import numpy as np
from physgan import import_arrays
from physgan.data import open_dataset
from physgan.errors import PhysganError

path, count, memory = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]) << 30
resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
content, rng = path.read_bytes(), np.random.default_rng(7)
outcomes = {"read": 0, "refused": 0}
for number in range(count):
    changed = bytearray(content)
    for _ in range(rng.integers(1, 5)):
        place, length = int(rng.integers(len(content))), int(rng.integers(1, 9))
        other = int(rng.integers(len(content)))
        new = [
            bytes([content[place] ^ 1 << int(rng.integers(8))]),
            rng.bytes(length),
            bytes([255]) * length,
            content[other : other + length],
        ][rng.integers(4)]
        changed[place : place + len(new)] = new
    path.write_bytes(changed[: len(content)])
    try:
        if len(sys.argv) > 4:
            out = path.with_name(f"{number}.h5")
            import_arrays(path, out, domain="cells", unit="MeV", **json.loads(sys.argv[4]))
        else:
            open_dataset(path).read()
        outcomes["read"] += 1
    except PhysganError as error:
        assert str(error).isprintable()
        outcomes["refused"] += 1
print(json.dumps(outcomes))
"""
"""HDF5 believes the length of a text, up to 4 GiB: the limit on memory keeps the test small."""

ROWS = 200


def mutated(path: Path, count: int, memory_gib: int, *imported: str) -> dict[str, int]:
    """How many of so many damaged copies were read and refused; any other end fails."""
    command = [sys.executable, "-c", MUTATE, str(path), str(count), str(memory_gib), *imported]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-500:]
    return dict(json.loads(done.stdout))


def test_mutated_datasets_are_read_or_refused(tiny: Path) -> None:
    """Most of such changes hit the file's structure."""
    outcomes = mutated(tiny, 400, 2)
    assert outcomes["refused"] > 100
    assert outcomes["read"] > 100


@pytest.mark.parametrize("kind", ["root", "parquet", "npy"])
def test_mutated_files_of_others_are_imported_or_refused(tmp_path: Path, kind: str) -> None:
    """Compressed data hold most of the bytes, but for .npy, where any bytes are numbers."""
    path, values = tmp_path / f"x.{kind}", np.random.default_rng(1).gamma(1, 1, (ROWS, 4))
    if kind == "npy":
        np.save(path, values)
    elif kind == "root":
        uproot = pytest.importorskip("uproot")
        with uproot.recreate(path, compression=uproot.ZLIB(4)) as file:
            file.mktree("events", {"cells": ("f8", (4,))}).extend({"cells": values})
    else:
        arrow = pytest.importorskip("pyarrow")
        columns = {f"cell_{number}": column for number, column in enumerate(values.T)}
        pytest.importorskip("pyarrow.parquet").write_table(arrow.table(columns), path)
    samples = {"root": "cells", "parquet": "cell_*"}.get(kind, "")
    outcomes = mutated(path, 60, 6, json.dumps({"samples": samples, "shape": [2, 2]}))
    assert outcomes["refused"] > 5
    assert outcomes["read"] > 5
