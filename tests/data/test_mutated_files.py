"""Damaged HDF5 files are read or refused, whichever bytes are wrong; none ends the process."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

READ_ALL = """
import json, resource, sys
from pathlib import Path
import numpy as np
from physgan.data import open_dataset
from physgan.errors import PhysganError

resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
path, count = Path(sys.argv[1]), int(sys.argv[2])
content, rng = path.read_bytes(), np.random.default_rng(7)
outcomes = {"read": 0, "refused": 0}
for _ in range(count):
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
        open_dataset(path).read()
        outcomes["read"] += 1
    except PhysganError as error:
        assert str(error).isprintable()
        outcomes["refused"] += 1
print(json.dumps(outcomes))
"""
"""HDF5 believes the length of a text, up to 4 GiB: the limit on memory keeps the test small."""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is limited by Linux's way")
def test_mutated_files_are_read_or_refused(tiny: Path) -> None:
    """Any other exception and any signal fail; most of such changes hit the file's structure."""
    command = [sys.executable, "-c", READ_ALL, str(tiny), "400"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-500:]
    outcomes = json.loads(done.stdout)
    assert outcomes["refused"] > 100
    assert outcomes["read"] > 100
