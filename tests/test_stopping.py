"""Ctrl-C and SIGTERM from outside, at any moment: one line, and the same command goes on."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from physgan.data.files import TEMPORARY

SIGNALS = {signal.SIGINT: 130, signal.SIGTERM: 143}
COMMAND = [sys.executable, "-m", "physgan.cli"]
LONG = ["simulate", "ising", "--size", "32", "--temperature", "2", "--count", "1000000"]


def handles(pid: int) -> bool:
    """Whether a process catches SIGTERM, which Python does not by itself."""
    status = Path(f"/proc/{pid}/status").read_text()
    caught = next(line for line in status.splitlines() if line.startswith("SigCgt"))
    return bool(int(caught.split()[1], 16) >> (signal.SIGTERM - 1) & 1)


def stop(words: list[str], number: int, *, seconds: float = 0, once: Path | None = None) -> str:
    """Send a signal and return stderr without lines of progress.

    Args:
        words: of the command line.
        number: of the signal.
        seconds: since the process handles signals, the first thing that it does.
        once: a file that has to be there.
    """
    process = subprocess.Popen([*COMMAND, *words], stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 120
    while not handles(process.pid) or not (once is None or once.exists()):
        assert process.poll() is None, "ended before it was stopped"
        assert time.monotonic() < deadline
        time.sleep(0.002)
    time.sleep(seconds)
    process.send_signal(number)
    _, err = process.communicate(timeout=120)
    assert process.returncode == SIGNALS[signal.Signals(number)]
    return "".join(x for x in err.splitlines(True) if not x.startswith(f"{words[0]}:"))


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("seconds", [0.0, 0.5])
def test_while_modules_are_imported(tmp_path: Path, number: int, seconds: float) -> None:
    err = stop([*LONG, "--out", str(tmp_path / "x")], number, seconds=seconds)
    assert err.startswith("stopped: what is finished is kept; to go on, give the same command: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize("number", SIGNALS)
def test_a_simulation_drops_the_shard_and_keeps_those_before(tmp_path: Path, number: int) -> None:
    out = tmp_path / "data"
    words = [*LONG, "--out", str(out)]
    err = stop(words, number, once=out / "shard-00000.h5")
    assert err.endswith(f"give the same command: physgan {' '.join(words)}\n")
    assert err.count("\n") == 1
    assert not list(out.rglob(f"*{TEMPORARY}"))


def test_a_command_that_keeps_nothing_says_so(tmp_path: Path) -> None:
    err = stop(["compare", "a.h5", "b.h5"], signal.SIGTERM)
    assert err == "stopped: to start again, give the same command: physgan compare a.h5 b.h5\n"


def environment(**more: str) -> dict[str, str]:
    return {k: v for k, v in os.environ.items() if k not in ("HOME", "XDG_CACHE_HOME")} | more


def test_a_user_without_a_home_directory_is_served() -> None:
    """As in a container whose user has no entry in the table of users."""
    script = (
        "import pwd, sys\n"
        "def getpwuid(number): raise KeyError(number)\n"
        "pwd.getpwuid = getpwuid\n"
        "from physgan.cli import main\n"
        "main(['list', 'recipes'])"
    )
    out = subprocess.run(
        [sys.executable, "-c", script], env=environment(), capture_output=True, text=True
    )
    assert (out.returncode, out.stderr) == (0, "")
    assert "calo-small" in out.stdout


def test_stdout_that_is_ascii_loses_no_result() -> None:
    script = "from physgan.cli.running import prepare; prepare(); print('0.5 ± 0.1')"
    out = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        text=True,
    )
    assert (out.stdout, out.stderr) == ("0.5 \\xb1 0.1\n", "")


def test_a_device_that_is_not_there_is_named(tmp_path: Path) -> None:
    words = ["simulate", "ising", "--size", "4", "--temperature", "2", "--count", "4", "--out"]
    out = subprocess.run(
        [*COMMAND, *words, str(tmp_path / "x.h5")],
        env={**os.environ, "JAX_PLATFORMS": "tpu"},
        capture_output=True,
        text=True,
    )
    assert out.returncode == 1
    assert out.stderr.count("\n") == 1
    assert "expected a device for JAX_PLATFORMS=tpu; got none" in out.stderr


@pytest.mark.parametrize("words", [["--version"], ["--help"]])
def test_a_closed_pipe_and_a_full_stdout_are_quiet(words: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    closed = subprocess.run([*COMMAND, *words], stdout=writer, stderr=subprocess.PIPE, text=True)
    os.close(writer)
    assert (closed.returncode, closed.stderr) == (1, "")
    with open("/dev/full", "w") as full:
        out = subprocess.run([*COMMAND, *words], stdout=full, stderr=subprocess.PIPE, text=True)
    assert out.returncode == 1
    assert out.stderr.count("\n") == 1
    assert out.stderr.startswith("error: ")
