"""docs/clusters.md: its commands with few events, and what its batch scripts ask for."""

import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from following import COUNT, ROOT, blocks, commands, follow

from physgan.cli import run_command
from physgan.data import verify

pytestmark = pytest.mark.documentation

TEXT = (ROOT / "docs" / "clusters.md").read_text()
ARRAYS, CLUSTER = TEXT.split("## A Dask cluster")


def words_of(section: str, program: str) -> list[list[str]]:
    """The commands of a program, without the sign that runs them in the background."""
    lines = [[word for word in words if word != "&"] for words in commands(section)]
    return [words for words in lines if words[0] == program]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_jobs_of_an_array(folder: Path) -> None:
    follow(words_of(ARRAYS, "physgan"), {}, count=COUNT)
    assert verify(folder / "data")["samples"] == COUNT
    assert not list(folder.rglob("part-*"))


@pytest.fixture
def scheduler() -> Iterator[str]:
    """The page's scheduler and workers, on a free port; its address."""
    pytest.importorskip("distributed", reason="physgan[dask] is not installed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    with ExitStack() as running:
        for words in words_of(CLUSTER, "dask"):
            words = [word.replace("8786", port) for word in words[1:]]
            process = subprocess.Popen([sys.executable, "-m", "dask", *words])
            running.enter_context(process)
            running.callback(process.terminate)
        yield f"tcp://localhost:{port}"


def test_a_dask_cluster(folder: Path, scheduler: str) -> None:
    follow(words_of(CLUSTER, "physgan"), {}, count=COUNT, scheduler=scheduler)
    assert verify(folder / "lattices")["samples"] == COUNT


def test_batch_scripts_give_each_job_its_part(folder: Path, monkeypatch) -> None:
    made: list[Any] = []
    monkeypatch.setattr("physgan.data.simulate", lambda *_, **options: made.append(options) or {})
    slurm, condor = blocks(ARRAYS, "sh")[0], blocks(ARRAYS, "text")[0]
    for script in blocks(TEXT, "sh"):
        subprocess.run(["bash", "-n"], input=script, text=True, check=True)
    line = re.search(r"^srun physgan (.*)$", slurm, re.MULTILINE)
    arguments = re.search(r"^arguments *= (.*)$", condor, re.MULTILINE)
    assert line
    assert arguments
    of_slurm = line[1].replace('"', "").replace("$SLURM_ARRAY_TASK_ID", "3")
    of_slurm = of_slurm.replace("$SLURM_ARRAY_TASK_COUNT", "64")
    for text in (of_slurm, arguments[1].replace("$INT(number)", "3")):
        assert run_command(text.split()) == 0
    assert [options["shard"] for options in made] == [(3, 64), (3, 64)]
