"""The command line: data on stdout, one line on stderr for every error, exit codes that mean it."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from physgan.cli import run_command
from physgan.cli.options import extra_options, value_of
from physgan.data import open_dataset
from physgan.progress import reporting
from physgan.training.pace import Pace

VERBS = [
    *("quickstart", "simulate", "info", "verify", "show", "list", "train", "sample"),
    *("benchmark", "compare", "explain", "report"),
    *("import", "import-calochallenge", "import-idx", "export", "export-calochallenge"),
]
ISING = ["simulate", "ising", "--size", "4", "--seed", "3"]

FOUR_SHARDS = """
[simulator]
name = "ising"
size = 4
[events]
count = 32768
shard_size = 8192
[conditions.temperature]
distribution = "fixed"
value = 2.0
"""


@pytest.fixture(scope="module")
def dataset(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("cli") / "x.h5"
    assert (
        run_command([*ISING, "--temperature", "1.5:3.5", "--count", "40", "--out", str(out)]) == 0
    )
    return out


def test_help_is_quick_and_lists_every_verb() -> None:
    """In processor time, so that a busy machine does not fail it."""
    before = os.times()
    command = [sys.executable, "-m", "physgan.cli", "--help"]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    after = os.times()
    assert all(f"  {verb} " in out for verb in VERBS)
    assert after.children_user + after.children_system < 0.5 + sum(before[2:4])


def test_help_loads_nothing_heavy() -> None:
    heavy = ("jax", "numpy", "h5py", "scipy", "rich", "matplotlib", "simulators")
    code = (
        "import sys, physgan, physgan.cli; physgan.cli.run_command(['--help']);"
        f"print([m for m in {heavy} if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.splitlines()[-1] == "[]"


def test_surrogates_load_without_simulators_and_pictures() -> None:
    heavy = ("simulators.registry", "numba", "xraydb", "matplotlib", "sklearn", "scipy.spatial")
    code = (
        "import sys; from physgan import load; load('calo-small');"
        f"print([m for m in {heavy} if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_and_json(call, verb: str) -> None:
    code, out, err = call(verb, "--help")
    assert (code, err) == (0, "")
    assert "--json" in out


def test_simulator_options_become_parameters_and_conditions(dataset: Path, call) -> None:
    opened = open_dataset(dataset)
    assert opened.info.parameters["size"] == 4
    assert opened.info.seed == 3
    temperature = opened.read()[1]["temperature"]
    assert np.all((temperature > 1.5) & (temperature < 3.5))
    assert len(np.unique(temperature)) == 40
    code, out, _ = call(
        "simulate", "ising", "--parameter", "size=4", "--condition", "temperature=1.5,2",
        "--count", 40, "--out", dataset.parent / "y.h5", "--json",
    )  # fmt: skip
    assert code == 0
    assert json.loads(out)["events"] == 40
    temperature = open_dataset(dataset.parent / "y.h5").read()[1]["temperature"]
    assert set(temperature) == {1.5, 2.0}


def test_info_and_verify(dataset: Path, call) -> None:
    code, out, err = call("info", dataset)
    assert (code, err) == (0, "")
    assert "samples: 40\n" in out
    code, out, _ = call("info", dataset, "--json")
    assert json.loads(out)["conditions"]["temperature"]["unit"] == "J/k_B"
    code, out, _ = call("verify", dataset, "--json")
    assert code == 0
    assert json.loads(out)["sha256_checked"] is True


def test_info_of_a_recipe(call) -> None:
    code, out, _ = call("info", "ising-32")
    assert code == 0
    assert out.startswith("# ising-32")
    assert json.loads(call("info", "ising-32", "--json")[1])["parameters"] == {"size": 32}


def test_recipe_by_name(tmp_path: Path, call) -> None:
    code, out, _ = call("simulate", "ising-16", "--count", 64, "--out", tmp_path / "d", "--json")
    assert code == 0
    assert json.loads(out)["files"] == ["shard-00000.h5"]
    assert len(np.unique(open_dataset(tmp_path / "d").read()[1]["temperature"])) == 64


def test_flipped_bit_is_exit_3(dataset: Path, tmp_path: Path, call) -> None:
    content = bytearray(dataset.read_bytes())
    content[len(content) // 2] ^= 16
    (tmp_path / "x.h5").write_bytes(content)
    (tmp_path / "x.h5.json").write_bytes(Path(f"{dataset}.json").read_bytes())
    code, out, err = call("verify", tmp_path / "x.h5")
    assert (code, out) == (3, "")
    assert err.count("\n") == 1
    assert "the file has changed" in err


BAD = {
    "odd size": (1, [*ISING[:3], "5", "--temperature", "2", "--count", "8"], "even; got 5"),
    "temperature 0": (1, [*ISING, "--temperature", "0", "--count", "8"], r"J/k_B; got 0"),
    "negative temperature": (1, [*ISING, "--temperature", "-1", "--count", "8"], "got -1"),
    "no temperature": (1, [*ISING, "--count", "8"], "conditions temperature of ising; got none"),
    "no number": (2, [*ISING, "--temperature", "hot", "--count", "8"], "a range like 1.5:3.5"),
    "misspelt": (2, [*ISING, "--temprature", "2", "--count", "8"], "got --temprature"),
    "no value": (2, [*ISING, "--count", "8", "--temperature"], "a value after --temperature"),
    "no count": (2, [*ISING, "--temperature", "2"], "expected --count with a simulator"),
    "unknown": (1, ["simulate", "isng-32"], "ising-16, ising-32"),
    "fixed": (2, ["simulate", "ising-16", "--size", "8"], "ising-16 is a recipe and fixes them"),
    "no file": (1, ["simulate", "no.toml"], "no.toml does not exist"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_gets_one_line_and_leaves_nothing(tmp_path: Path, call, name: str) -> None:
    expected, arguments, message = BAD[name]
    code, out, err = call(*arguments, "--out", tmp_path / "bad")
    assert (code, out) == (expected, "")
    assert err.count("\n") == 1
    assert err.startswith("error: ")
    assert message in err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["nonsense"], 2),
        (["verify"], 2),
        (["verify", "--nonsense"], 2),
        (["simulate", "ising-16"], 2),
        (["simulate", "ising-16", "--count", "x", "--out", "y"], 2),
        (["verify", "not-there"], 1),
        (["info", "not-there"], 1),
        (["sample", "not-there", "--out", "y.h5"], 1),
        (["benchmark", "not-there", "--out", "y"], 1),
        (["train", "not-there", "--out", "y"], 1),
    ],
)
def test_exit_codes(call, arguments: list[str], code: int) -> None:
    got, out, err = call(*arguments)
    assert (got, out) == (code, "")
    assert err.count("\n") == 1
    assert err.startswith("error: ")


def test_another_seed_is_not_mixed_in(dataset: Path, call) -> None:
    before = dataset.read_bytes()
    options = ["--temperature", "1.5:3.5", "--count", 40, "--out", dataset]
    code, _, err = call(*ISING[:-1], 4, *options)
    assert code == 1
    assert "expected seed 3 to go on with" in err
    assert dataset.read_bytes() == before


def test_full_disk_is_one_line(tmp_path: Path, call, monkeypatch) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    code, _, err = call("simulate", "ising-16", "--count", 64, "--out", tmp_path / "d")
    assert code == 1
    assert err.count("\n") == 1
    assert "make room and give the same command again" in err


def test_killed_command_given_again_ends_with_the_same_bytes(tmp_path: Path) -> None:
    """A real kill -9 from outside, once the first of four shards is there."""
    (tmp_path / "r.toml").write_text(FOUR_SHARDS)
    command = [sys.executable, "-m", "physgan.cli", "simulate", str(tmp_path / "r.toml"), "--out"]
    process = subprocess.Popen([*command, str(tmp_path / "killed")], stderr=subprocess.DEVNULL)
    while not (tmp_path / "killed" / "shard-00000.h5").exists() and process.poll() is None:
        time.sleep(0.005)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    for out in ("killed", "whole"):
        assert run_command([*command[3:], str(tmp_path / out)]) == 0
    for shard in (tmp_path / "whole").glob("*.h5"):
        assert (tmp_path / "killed" / shard.name).read_bytes() == shard.read_bytes()


def test_train_passes_settings_on(tmp_path: Path, call, dataset: Path, monkeypatch) -> None:
    arguments = {}

    def train(data, out, config, **more):
        arguments.update(config=config, **more)
        return {"loss": float("nan"), "steps": np.int64(3)}

    monkeypatch.setattr("physgan.methods.train", train)
    (tmp_path / "c.toml").write_text('gamma = 0.5\nname = "x"\n')
    options = ["--config", tmp_path / "c.toml", "--set", "gamma=0.1", "--set", "batch_size=64"]
    code, out, _ = call("train", dataset, "--out", "r", "--method", "gan", *options, "--json")
    assert code == 0
    line = f"physgan benchmark r --out r-report --data {dataset}"
    assert json.loads(out) == {"loss": None, "steps": 3, "next": line}
    assert arguments["config"] == {"gamma": 0.1, "name": "x", "batch_size": 64}
    assert (arguments["method"], arguments["seed"]) == ("gan", 0)


def test_values_from_text() -> None:
    assert [value_of(t) for t in ("3", "0.5", "true", "auto")] == [3, 0.5, True, "auto"]
    assert extra_options(["--a", "1", "--b-c=2"]) == {"a": "1", "b_c": "2"}


def test_progress_is_a_line_now_and_then(capsys, monkeypatch) -> None:
    now = [0.0]
    monkeypatch.setattr("physgan.progress.time", SimpleNamespace(monotonic=lambda: now[0]))
    with reporting("simulate", "events") as report:
        for done in range(0, 101, 10):
            now[0] += 3.0
            report(done, 100, "writing" if done == 90 else "")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines() == [
        "simulate: 0/100 events, 3 s",
        "simulate: 40/100 events, 15 s, about 18 s left",
        "simulate: 80/100 events, 27 s, about 6 s left",
    ]


def test_the_time_left_does_not_count_compilation(capsys, monkeypatch) -> None:
    """30 s until the first step is done, then 1 s a step; also where a run goes on."""
    now = [0.0]
    monkeypatch.setattr("physgan.progress.time", SimpleNamespace(monotonic=lambda: now[0]))
    for begin in (0, 50):
        now[0] = 0.0
        with reporting("train", "samples") as report:
            report(begin, 100)
            now[0] = 29.0
            for done in range(begin + 1, begin + 22):
                now[0] += 1.0
                report(done, 100)
    assert capsys.readouterr().err.splitlines() == [
        "train: 0/100 samples, 0 s",
        "train: 1/100 samples, 30 s",
        "train: 11/100 samples, 40 s, about 89 s left",
        "train: 21/100 samples, 50 s, about 79 s left",
        "train: 51/100 samples, 30 s",
        "train: 61/100 samples, 40 s, about 39 s left",
        "train: 71/100 samples, 50 s, about 29 s left",
    ]


def test_the_pace_of_training_is_that_between_interruptions(monkeypatch) -> None:
    """2 s for 100 samples twice; the first step, a checkpoint and what follows it do not count."""
    now = [0.0]
    monkeypatch.setattr("physgan.training.pace.time", SimpleNamespace(monotonic=lambda: now[0]))
    pace = Pace()
    assert pace.seconds_per_sample is None
    for at, samples in ((30, 100), (32, 200), (None, 0), (45, 300), (47, 400)):
        if at is None:
            pace.interrupt()
        else:
            now[0] = float(at)
            pace.mark(samples)
    assert pace.seconds_per_sample == 0.02
