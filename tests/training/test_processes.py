"""Two processes train what one with two devices trains; a lonely one says so in one line."""

import json
import os
import re
import shlex
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from exact_torus import SMALL

from physgan.errors import InputError
from physgan.methods import train
from physgan.training.processes import several

SHORT = {**SMALL, "likelihood_samples": 256, "adversarial_samples": 0, "checkpoint_samples": 128}
TOLERANCE = 1e-6
"""Root mean square difference of parameters over their root mean square, after four steps."""

PAGE = Path(__file__).parents[2] / "docs" / "devices.md"
VARIABLES = ("JAX_COORDINATOR_ADDRESS", "JAX_NUM_PROCESSES", "JAX_PROCESS_ID")


def environment(*values: object) -> dict[str, str]:
    """This one, with one device for each process, and the variables of a process."""
    flags = re.sub(r"device_count=\d+", "device_count=1", os.environ["XLA_FLAGS"])
    given = dict(zip(VARIABLES, map(str, values), strict=False))
    return {
        **{k: v for k, v in os.environ.items() if k not in VARIABLES},
        "XLA_FLAGS": flags,
    } | given


def started(line: str, folder: Path) -> subprocess.Popen:
    """A process of a command with variables before it."""
    words = shlex.split(line)
    first = words.index("physgan")
    values = [word.partition("=")[2] for word in words[:first]]
    assert [word.partition("=")[0] for word in words[:first]] == list(VARIABLES)
    folder.mkdir()
    return subprocess.Popen(
        [sys.executable, "-m", "physgan.cli", *words[first + 1 :], "--json"],
        cwd=folder, env=environment(*values), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return probe.getsockname()[1]


def test_two_processes_train_what_one_trains(exact_dataset: Path, tmp_path: Path) -> None:
    """By the commands of the page about devices. The first alone writes and prints."""
    train(exact_dataset, tmp_path / "alone", SHORT, seed=1)
    settings = tmp_path / "settings.toml"
    settings.write_text("".join(f"{name} = {value}\n" for name, value in SHORT.items()))
    launched, by_hand = re.findall(r"^```bash\n(.*?)^```", PAGE.read_text(), re.S | re.M)
    lines = [line for line in by_hand.splitlines() if not line.startswith("#")]
    plain = lines[0].partition("physgan")[2]
    assert [line.partition("physgan")[2] for line in launched.splitlines()] == [plain, plain]
    port, folders = free_port(), [tmp_path / "first", tmp_path / "second"]
    both = []
    names = {"node1:7007": f"localhost:{port}", "data/ising-16": str(exact_dataset)}
    for line, folder in zip(lines, folders, strict=True):
        for name, value in {**names, "runs/ising-16": "run"}.items():
            line = line.replace(name, value)
        both.append(started(f"{line} --config {settings} --seed 1", folder))
    said = [process.communicate(timeout=600) for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert json.loads(said[0][0])["samples"] == 256
    assert said[1][0] == ""
    assert list(folders[1].iterdir()) == []
    assert (folders[0] / "run" / "checkpoints" / f"{256:012d}" / "sha256.json").exists()
    weights = [
        dict(np.load(run / "surrogate" / "weights.npz"))
        for run in (folders[0] / "run", tmp_path / "alone")
    ]
    values = [np.concatenate([w[name].ravel() for name in weights[0]]) for w in weights]
    assert np.linalg.norm(values[0] - values[1]) < TOLERANCE * np.linalg.norm(values[1])


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            ("localhost:{port}", "2", "1"),
            r"process 0 at localhost:\d+; process 1 got no answer",
        ),
        (("localhost:{port}", "2", "2"), "JAX_NUM_PROCESSES of 1 or more .* got '2' and '2'"),
        (("localhost:{port}", "two", "1"), "JAX_NUM_PROCESSES of 1 or more .* got 'two' and '1'"),
        (("localhost", "2", "1"), "JAX_COORDINATOR_ADDRESS as host:port; got 'localhost'"),
    ],
)
def test_wrong_variables_are_refused(
    values: tuple[str, ...], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in zip(VARIABLES, values, strict=True):
        monkeypatch.setenv(name, value.format(port=free_port()))
    with pytest.raises(InputError, match=message), several(patience=0.1):
        pytest.fail("began")


def test_missing_variables_are_named_in_one_line(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "physgan.cli", "train", "x.h5", "--out", "run", "--distributed"],
        cwd=tmp_path, env=environment(), capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 1
    assert re.fullmatch(r"error: expected processes that Slurm .* JAX_PROCESS_ID .*\n", done.stderr)
