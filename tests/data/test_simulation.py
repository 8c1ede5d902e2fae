"""Simulation survives kill -9 and a full disk, and never mixes two runs."""

import errno
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from subprocess import PIPE

import numpy as np
import pytest
from tiny_simulator import RECIPE, Tiny

import physgan.data.files
from physgan.data import DatasetInfo, Field, info, open_dataset, simulate, verify, write_events
from physgan.data.splitting import assign_splits
from physgan.errors import InputError, PhysganError

Run = Callable[..., int]
SCRIPT = Path(__file__).parent / "tiny_simulator.py"
PER_FILE = 3  # an fsync of the file, a rename, an fsync of the folder
SHARDS = 5
# One manifest at the start, then a shard and a manifest five times; a single file adds two.
CALLS = PER_FILE * (1 + 2 * SHARDS)


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    """Simulate in another process, killed before its n-th fsync or rename; exit status."""
    command = [sys.executable, str(SCRIPT)]
    with subprocess.Popen(command, stdin=PIPE, stdout=PIPE, text=True, bufsize=1) as server:
        assert server.stdin
        assert server.stdout

        def request(out: Path, kill: int = 0) -> int:
            server.stdin.write(f"{out} {kill}\n")
            return int(server.stdout.readline())

        yield request
        server.stdin.close()


def data_files(path: Path) -> dict[str, bytes]:
    files = path.glob("*.h5") if path.is_dir() else [path]
    return {file.name: file.read_bytes() for file in files}


@pytest.mark.parametrize("kill", [1, 2, 3, 5, 8, 16, CALLS - 2, CALLS])
def test_killed_run_of_shards_continues_to_the_same_bytes(
    tmp_path: Path, run: Run, kill: int
) -> None:
    simulate(RECIPE, tmp_path / "whole", simulator=Tiny())
    assert run(tmp_path / "killed", kill) == -signal.SIGKILL
    simulate(RECIPE, tmp_path / "killed", simulator=Tiny())
    assert data_files(tmp_path / "killed") == data_files(tmp_path / "whole")
    assert not list(tmp_path.rglob("*.partial"))
    assert verify(tmp_path / "killed")["samples"] == RECIPE.count


@pytest.mark.parametrize("kill", [4, CALLS, CALLS + 1, CALLS + 2, CALLS + 4, CALLS + 6])
def test_killed_run_of_a_single_file_continues_to_the_same_bytes(
    tmp_path: Path, run: Run, kill: int
) -> None:
    simulate(RECIPE, tmp_path / "whole.h5", simulator=Tiny())
    (tmp_path / "x").mkdir()
    assert run(tmp_path / "x" / "whole.h5", kill) == -signal.SIGKILL
    simulate(RECIPE, tmp_path / "x" / "whole.h5", simulator=Tiny())
    assert data_files(tmp_path / "x" / "whole.h5") == data_files(tmp_path / "whole.h5")
    assert sorted(p.name for p in (tmp_path / "x").iterdir()) == ["whole.h5", "whole.h5.json"]


def test_another_process_gives_the_same_bytes(tmp_path: Path, run: Run) -> None:
    assert run(tmp_path / "there") == 0
    simulate(RECIPE, tmp_path / "here", simulator=Tiny())
    assert data_files(tmp_path / "there") == data_files(tmp_path / "here")


def test_finished_shards_are_not_made_again(tmp_path: Path, run: Run) -> None:
    run(tmp_path / "out", kill=1 + PER_FILE * 5)
    simulator = Tiny()
    simulate(RECIPE, tmp_path / "out", simulator=simulator)
    assert simulator.calls == [64, 96, 128]


def test_damaged_and_lost_shards_are_made_again(tmp_path: Path) -> None:
    simulate(RECIPE, tmp_path / "out", simulator=Tiny())
    before = data_files(tmp_path / "out")
    first, third = (tmp_path / "out" / f"shard-0000{i}.h5" for i in (0, 2))
    first.write_bytes(first.read_bytes()[:-7])
    third.unlink()
    simulator = Tiny()
    simulate(RECIPE, tmp_path / "out", simulator=simulator)
    assert simulator.calls == [0, 64]
    assert data_files(tmp_path / "out") == before


def test_single_file_holds_what_shards_hold(tmp_path: Path) -> None:
    simulate(RECIPE, tmp_path / "one.h5", simulator=Tiny())
    simulate(RECIPE, tmp_path / "many", simulator=Tiny())
    one, many = open_dataset(tmp_path / "one.h5"), open_dataset(tmp_path / "many")
    for split in (None, "train", "validation", "test"):
        for a, b in zip(one.read(split), many.read(split), strict=True):
            assert a.keys() == b.keys()
            assert all(np.array_equal(a[name], b[name]) for name in a)
    assert one.info == many.info
    assert {k: len(v) for k, v in one.splits.items()} == {"train": 135, "validation": 7, "test": 8}


def test_shard_size_does_not_change_events(tmp_path: Path) -> None:
    simulate(RECIPE, tmp_path / "a", simulator=Tiny())
    simulate(replace(RECIPE, shard_size=80), tmp_path / "b", simulator=Tiny())
    a, b = (open_dataset(tmp_path / name).read("train") for name in "ab")
    assert np.array_equal(a[0]["spins"], b[0]["spins"])
    assert np.array_equal(a[1]["temperature"], b[1]["temperature"])


def test_events_that_share_conditions_lie_in_one_split(tmp_path: Path) -> None:
    table = {**RECIPE.conditions["temperature"], "repeat": 4}
    splits = {"train": 0.5, "validation": 0.25, "test": 0.25}
    recipe = replace(RECIPE, conditions={"temperature": table}, splits=splits)
    simulate(recipe, tmp_path / "out", simulator=Tiny())
    dataset = open_dataset(tmp_path / "out")
    groups = {name: np.unique(events // 4) for name, events in dataset.splits.items()}
    assert np.array_equal(np.sort(np.concatenate([*groups.values()])), np.arange(38))
    assert sum(len(events) for events in dataset.splits.values()) == RECIPE.count
    temperatures = [np.unique(dataset.read(name)[1]["temperature"]) for name in splits]
    assert [len(each) for each in temperatures] == [19, 9, 10]


@pytest.mark.parametrize("name", ["out", "out.h5"])
def test_another_run_is_refused(tmp_path: Path, name: str) -> None:
    simulate(RECIPE, tmp_path / name, simulator=Tiny())
    before = data_files(tmp_path / name)
    with pytest.raises(InputError, match=r"^expected seed 5 to go on with .*; got 6; choose"):
        simulate(RECIPE, tmp_path / name, seed=6, simulator=Tiny())
    with pytest.raises(InputError, match=r"^expected count 150 to go on with .*; got 151"):
        simulate(RECIPE, tmp_path / name, count=151, simulator=Tiny())
    assert data_files(tmp_path / name) == before


def test_files_of_others_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "x.h5").write_text("mine")
    with pytest.raises(InputError, match=r"expected .*x\.h5 to be free; another file has that"):
        simulate(RECIPE, tmp_path / "x.h5", simulator=Tiny())
    with pytest.raises(InputError, match=r"it holds x\.h5; choose another folder"):
        simulate(RECIPE, tmp_path, simulator=Tiny())
    (tmp_path / "plain").write_text("mine")
    with pytest.raises(InputError, match=r"expected .*plain to be a folder .*; it is a file"):
        simulate(RECIPE, tmp_path / "plain", simulator=Tiny())
    assert (tmp_path / "x.h5").read_text() == "mine"


def test_a_foreign_file_beside_parts_is_left_alone(tmp_path: Path) -> None:
    """Whether the folder of parts is empty or holds this very run."""
    foreign = tmp_path / "x.h5"
    foreign.write_bytes(b"precious")
    (tmp_path / "x.h5.parts").mkdir()
    with pytest.raises(
        InputError, match=r"expected .*x\.h5 to be free; another file has that name"
    ):
        simulate(RECIPE, foreign, simulator=Tiny())
    simulate(RECIPE, tmp_path / "many", simulator=Tiny())
    (tmp_path / "x.h5.parts").rmdir()
    (tmp_path / "many").rename(tmp_path / "x.h5.parts")
    with pytest.raises(
        InputError, match=r"expected .*x\.h5 to be free; another file has that name"
    ):
        simulate(RECIPE, foreign, simulator=Tiny())
    assert foreign.read_bytes() == b"precious"


def test_two_runs_do_not_write_one_folder(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with (
        physgan.data.files.exclusive(tmp_path / "out"),
        pytest.raises(InputError, match="another run is writing it; wait"),
    ):
        simulate(RECIPE, tmp_path / "out", simulator=Tiny())


@pytest.mark.parametrize(("name", "before"), [("out", 4), ("out", 0), ("x.h5", 4), ("x.h5", 11)])
def test_full_disk_loses_nothing(tmp_path: Path, monkeypatch, name: str, before: int) -> None:
    """`before` files can be written, then the disk is full, then there is room again."""
    real, written = os.fsync, 0

    def full(handle: int) -> None:
        nonlocal written
        written += 1
        if written > 2 * before:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(handle)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(PhysganError, match=r"^expected room on the disk .* give the same command"):
        simulate(RECIPE, tmp_path / name, simulator=Tiny())
    assert not list(tmp_path.rglob("*.partial"))
    monkeypatch.setattr(os, "fsync", real)
    simulator = Tiny()
    simulate(RECIPE, tmp_path / name, simulator=simulator)
    assert len(simulator.calls) == SHARDS - max(0, (before - 1) // 2)
    simulate(RECIPE, tmp_path / "again" / name, simulator=Tiny())
    assert data_files(tmp_path / name) == data_files(tmp_path / "again" / name)


def test_limit_of_the_system_on_files_is_one_line(tmp_path: Path, largest_file) -> None:
    with (
        largest_file(4000),
        pytest.raises(PhysganError, match=r"^expected room on the disk"),
    ):
        simulate(RECIPE, tmp_path / "out", simulator=Tiny())
    simulate(RECIPE, tmp_path / "out", simulator=Tiny())
    assert verify(tmp_path / "out")["samples"] == RECIPE.count


def test_too_much_for_a_single_file(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("physgan.data.sharded.SINGLE_FILE_BYTES", 2000)
    with pytest.raises(InputError, match=r"expected at most 2000 bytes in a single file; got 2400"):
        simulate(RECIPE, tmp_path / "x.h5", simulator=Tiny())


def test_clock_readings_stay_out_of_the_data(tmp_path: Path) -> None:
    result = simulate(RECIPE, tmp_path / "x.h5", simulator=Tiny())
    manifest = json.loads((tmp_path / "x.h5.json").read_text())
    assert manifest["seconds_per_sample"] == result["seconds_per_sample"] > 0
    assert manifest["provenance"]["created"] == info(tmp_path / "x.h5")["provenance"]["created"]
    assert manifest["provenance"]["created"].encode() not in (tmp_path / "x.h5").read_bytes()


def test_progress_counts_every_event(tmp_path: Path) -> None:
    reports = []
    simulate(
        RECIPE,
        tmp_path / "o",
        simulator=Tiny(),
        progress=lambda d, n, note="": reports.append((d, n)),
    )
    assert reports[-1] == (150, 150)
    assert reports == sorted(reports)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"shard_size": 40}, r"expected shard_size as a multiple of 16 .*; got 40"),
        ({"conditions": {}}, r"expected the conditions temperature of tiny; got none"),
        (
            {"conditions": {"temperature": {"law": "fixed", "value": 0}}},
            r"expected temperature in \[0.5, 10\] J/k_B; got 0",
        ),
        (
            {"conditions": {"temperature": {"law": "uniform", "minimum": -1, "maximum": 4}}},
            r"expected temperature in \[0.5, 10\] J/k_B; got -1 to 4",
        ),
    ],
)
def test_what_the_simulator_cannot_do_is_refused(tmp_path, change, message) -> None:
    with pytest.raises(InputError, match=message):
        simulate(replace(RECIPE, **change), tmp_path / "out", simulator=Tiny())
    assert not (tmp_path / "out").exists()


def test_unknown_simulators_and_parameters(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"expected a simulator \(ising.*\); got 'tiny'"):
        simulate(RECIPE, tmp_path / "out")
    with pytest.raises(InputError, match=r"expected the parameters of ising; .*sice"):
        simulate(replace(RECIPE, simulator="ising", parameters={"sice": 4}), tmp_path / "out")
    with pytest.raises(ValueError, match="expected size to be even; got 5"):
        simulate(replace(RECIPE, simulator="ising", parameters={"size": 5}), tmp_path / "out")


def test_splits_of_a_part_are_those_of_the_whole() -> None:
    """And no more than a block of groups is in memory: event 4e9 of 2^32 takes no longer."""
    shares = {"train": 0.5, "validation": 0.2, "test": 0.2}
    whole = assign_splits(shares, 1000, 3, 4)
    part = assign_splits(shares, 1000, 3, 4, 300, 410)
    assert [len(events) for events in whole.values()] == [500, 200, 200]
    for name, events in whole.items():
        assert np.array_equal(part[name], events[(events >= 300) & (events < 410)])


def test_splits_of_several_blocks_have_their_shares(monkeypatch) -> None:
    monkeypatch.setattr("physgan.data.splitting._SPLIT_BLOCK", 100)
    shares = {"train": 0.8, "test": 0.1}
    splits = assign_splits(shares, 250, 3)
    assert [len(events) for events in splits.values()] == [200, 25]
    merged = np.concatenate([*splits.values()])
    assert len(np.unique(merged)) == len(merged)
    assert not np.array_equal(splits["test"][:10] + 100, splits["test"][10:20])


@pytest.mark.parametrize(
    ("name", "count", "message"),
    [
        ("out", 10**12, r"expected at most 4294967296 events; got 1000000000000; ask for fewer"),
        ("x.h5", 2**30, r"expected at most 1073741824 bytes in a single file; got 9\d+ or more"),
    ],
)
def test_too_much_is_refused_before_anything_is_made(
    tmp_path: Path, name: str, count: int, message: str
) -> None:
    simulator = Tiny()
    with pytest.raises(InputError, match=message):
        simulate(replace(RECIPE, count=count), tmp_path / name, simulator=simulator)
    assert not simulator.calls
    assert not list(tmp_path.iterdir())


def test_a_run_goes_on_with_shards_of_the_size_it_began_with(tmp_path: Path) -> None:
    """Where the size is no part of the definition, as of a surrogate's samples."""

    def produce(first: int, count: int, report) -> tuple[dict, dict]:
        if first >= 16 and fails:
            raise KeyboardInterrupt
        values = np.arange(first, first + count)
        return {"x": values[:, None].astype(np.float32)}, {}

    info = DatasetInfo("points", (Field("x", "1", ("dimension",), "x", "float32"),))
    fails = True
    with pytest.raises(KeyboardInterrupt):
        write_events(tmp_path, info, 40, produce, definition={}, shard_size=16)
    fails = False
    manifest = write_events(tmp_path, info, 40, produce, definition={}, shard_size=5)
    assert [entry.count for entry in manifest.entries] == [16, 16, 8]
    assert np.array_equal(open_dataset(tmp_path).read()[0]["x"][:, 0], np.arange(40))
