"""Jobs that share a run's shards leave what one process leaves, stopped or not."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tiny_simulator import RECIPE, Tiny

from physgan.data import simulate, verify
from physgan.data.files import exclusive
from physgan.data.manifest import manifest_path
from physgan.errors import InputError

JOBS = 3


def dataset_of(path: Path) -> tuple[dict[str, bytes], dict]:
    """Bytes of the data files, and the manifest without clock readings."""
    files = path.glob("*.h5") if path.is_dir() else [path]
    manifest = json.loads(manifest_path(path).read_text())
    for entry in [manifest, *manifest["files"]]:
        for name in {"seconds", "seconds_per_sample", "provenance"} & set(entry):
            del entry[name]
    return {file.name: file.read_bytes() for file in files}, manifest


def run_job(out: Path, number: int, jobs: int = JOBS) -> Tiny:
    simulator = Tiny()
    simulate(RECIPE, out, simulator=simulator, shard=(number, jobs))
    return simulator


@pytest.fixture(params=["out", "x.h5"])
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def whole(tmp_path: Path, name: str) -> tuple[dict[str, bytes], dict]:
    (tmp_path / "whole").mkdir()
    simulate(RECIPE, tmp_path / "whole" / name, simulator=Tiny())
    return dataset_of(tmp_path / "whole" / name)


def test_jobs_leave_what_one_process_leaves(tmp_path: Path, name: str, whole) -> None:
    out = tmp_path / name
    calls = [run_job(out, number).calls for number in (2, 3, 1)]
    assert calls == [[32, 128], [64], [0, 96]]
    last = Tiny()
    simulate(RECIPE, out, simulator=last)
    assert not last.calls
    assert dataset_of(out) == whole
    assert verify(out)["samples"] == RECIPE.count
    assert not [path for path in tmp_path.rglob("*") if "part" in path.name]


def test_the_last_run_makes_what_a_job_did_not(tmp_path: Path, name: str, whole) -> None:
    run_job(tmp_path / name, 1)
    last = Tiny()
    simulate(RECIPE, tmp_path / name, simulator=last)
    assert last.calls == [32, 64, 128]
    assert dataset_of(tmp_path / name) == whole


def test_a_job_goes_on_where_it_was_stopped(tmp_path: Path, name: str, whole) -> None:
    class Stopped(Tiny):
        def sample(self, conditions, count, seed, *, first_event=0, progress=None):
            if first_event == 96:
                raise KeyboardInterrupt
            return super().sample(conditions, count, seed, first_event=first_event)

    with pytest.raises(KeyboardInterrupt):
        simulate(RECIPE, tmp_path / name, simulator=Stopped(), shard=(1, JOBS))
    assert run_job(tmp_path / name, 1).calls == [96]
    simulate(RECIPE, tmp_path / name, simulator=Tiny())
    assert dataset_of(tmp_path / name) == whole


def test_jobs_make_nothing_that_the_run_has(tmp_path: Path) -> None:
    """And as many jobs as one likes, other numbers of them too, do not get in each other's way."""
    out = tmp_path / "out"
    run_job(out, 1)
    simulate(RECIPE, out, simulator=Tiny())
    (out / "shard-00001.h5").unlink()
    (out / "shard-00003.h5").write_bytes(b"damaged")
    assert run_job(out, 1, 2).calls == []
    assert run_job(out, 2, 2).calls == [32, 96]
    assert run_job(out, 6, 7).calls == []
    last = Tiny()
    simulate(RECIPE, out, simulator=last)
    assert not last.calls
    assert verify(out)["samples"] == RECIPE.count


def test_a_job_damaged_meanwhile_is_made_again(tmp_path: Path, name: str, whole) -> None:
    for number in (1, 2, 3):
        run_job(tmp_path / name, number)
    next(tmp_path.rglob("shard-00004.h5")).write_bytes(b"damaged")
    last = Tiny()
    simulate(RECIPE, tmp_path / name, simulator=last)
    assert last.calls == [128]
    assert dataset_of(tmp_path / name) == whole


@pytest.mark.parametrize("stop", range(1, 12))
def test_a_kill_while_parts_are_put_together_loses_nothing(
    tmp_path: Path, monkeypatch, stop: int
) -> None:
    simulate(RECIPE, tmp_path / "whole", simulator=Tiny())
    out = tmp_path / "out"
    for number in (1, 2, 3):
        run_job(out, number)
    real, moved = os.replace, 0

    def replace(*paths: Path) -> None:
        nonlocal moved
        moved += 1
        if moved == stop:
            raise KeyboardInterrupt
        real(*paths)

    monkeypatch.setattr(os, "replace", replace)
    try:
        simulate(RECIPE, out, simulator=Tiny())
        assert stop > 1 + JOBS + 5  # a manifest at the start and for each job, and the shards
    except KeyboardInterrupt:
        assert stop <= 1 + JOBS + 5
    monkeypatch.undo()
    last = Tiny()
    simulate(RECIPE, out, simulator=last)
    assert not last.calls
    assert dataset_of(out) == dataset_of(tmp_path / "whole")


def test_jobs_do_not_wait_for_each_other_but_the_last_run_does(tmp_path: Path) -> None:
    out = tmp_path / "out"
    run_job(out, 1)
    with exclusive(out / "part-1-of-3"):
        assert run_job(out, 2).calls
        with pytest.raises(InputError, match=r"expected .*part-1-of-3 to be free; another run"):
            run_job(out, 1)
        with pytest.raises(InputError, match=r"expected .*part-1-of-3 to be free; another run"):
            simulate(RECIPE, out, simulator=Tiny())
    simulate(RECIPE, out, simulator=Tiny())
    assert verify(out)["samples"] == RECIPE.count


def test_parts_of_another_run_are_refused_and_kept(tmp_path: Path) -> None:
    run_job(tmp_path, 1)
    for more in ({}, {"shard": (2, 3)}):
        (tmp_path / "manifest.json").unlink(missing_ok=True)
        if more:
            simulate(RECIPE, tmp_path, simulator=Tiny())
        with pytest.raises(InputError, match=r"expected seed 5 to go on with .*; got 6; choose"):
            simulate(RECIPE, tmp_path, seed=6, simulator=Tiny(), **more)
        assert list(tmp_path.rglob("shard-00000.h5"))


def test_a_folder_of_ones_own_that_is_called_a_part_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "part-1-of-2").mkdir()
    (tmp_path / "part-1-of-2" / "mine").write_text("mine")
    simulate(RECIPE, tmp_path, simulator=Tiny())
    with pytest.raises(InputError, match="it holds mine; choose another folder"):
        run_job(tmp_path, 1, 2)
    assert (tmp_path / "part-1-of-2" / "mine").read_text() == "mine"


def test_a_part_cannot_overwrite_other_files(tmp_path: Path) -> None:
    """A part's manifest that says its shard has the name of the run's manifest."""
    run_job(tmp_path, 1)
    part = tmp_path / "part-1-of-3"
    (part / "shard-00000.h5").rename(part / "sizes.json")
    text = manifest_path(part).read_text().replace("shard-00000.h5", "sizes.json")
    manifest_path(part).write_text(text)
    (tmp_path / "sizes.json").write_text("mine")
    manifest_path(tmp_path).write_text(text.replace("sizes.json", "lost.h5"))
    simulate(RECIPE, tmp_path, simulator=Tiny())
    assert (tmp_path / "sizes.json").read_text() == "mine"


def test_progress_of_a_job_is_of_its_own_events(tmp_path: Path) -> None:
    reports: list[tuple[int, int]] = []
    simulate(
        RECIPE, tmp_path, simulator=Tiny(), shard=(2, JOBS),
        progress=lambda done, total: reports.append((done, total)),
    )  # fmt: skip
    assert {total for _, total in reports} == {54}
    assert reports == sorted(reports)
    assert reports[-1] == (54, 54)


@pytest.mark.parametrize("shard", [(0, 3), (4, 3), (1, 0)])
def test_parts_that_are_none_are_refused(tmp_path: Path, shard: tuple[int, int]) -> None:
    with pytest.raises(
        InputError, match=r"expected shard i/N with i from 1 to N, such as 1/\d; got"
    ):
        simulate(RECIPE, tmp_path / "out", simulator=Tiny(), shard=shard)
    assert not (tmp_path / "out").exists()


def test_the_last_shard_does_not_pass_for_the_size_of_all(tmp_path: Path) -> None:
    """The job that has the last shard alone, which is smaller, goes on with shards of full size."""
    simulate(RECIPE, tmp_path / "whole", simulator=Tiny())
    out = tmp_path / "out"
    assert run_job(out, 5, 5).calls == [128]
    assert run_job(out, 5, 5).calls == []
    simulate(RECIPE, out, simulator=Tiny())
    assert dataset_of(out) == dataset_of(tmp_path / "whole")


@pytest.mark.parametrize("text", ["3", "0/3", "4/3", "a/b", "1/0", "-1/2", "1/2/3", "1.5/2", "/"])
def test_on_the_command_line(tmp_path: Path, call, text: str) -> None:
    out = tmp_path / "out"
    words = ["simulate", "ising", "--size", "4", "--temperature", "2", "--count", "4"]
    code, _, err = call(*words, "--out", out, f"--shard={text}")
    assert code == 2
    assert err.startswith("error: expected ")
    assert "such as 1/" in err
    assert err.count("\n") == 1
    assert not out.exists()


def test_samples_of_a_surrogate(tmp_path: Path, untrained: Path, call, monkeypatch) -> None:
    monkeypatch.setattr("physgan.surrogates.surrogate._SHARD_EVENTS", 8)
    words = ["sample", untrained, "--temperature", "1.5:3", "--count", "20", "--out"]
    assert call(*words, tmp_path / "whole")[0] == 0
    out = tmp_path / "out"
    for number in (1, 2):
        code, text, _ = call(*words, out, "--shard", f"{number}/2", "--json")
        assert code == 0
        assert json.loads(text)["next"].endswith("the same command without --shard")
    assert call(*words, out)[0] == 0
    assert dataset_of(out) == dataset_of(tmp_path / "whole")
    assert len(list(out.glob("shard-*.h5"))) == 3


@pytest.mark.parametrize("part", [[], ["--shard", "1/2"]])
def test_killed_sampling_goes_on_with_the_same_bytes(
    tmp_path: Path, untrained: Path, call, monkeypatch, part: list[str]
) -> None:
    """A real kill -9 from outside, once the first of 50 shards is there."""
    monkeypatch.setattr("physgan.surrogates.surrogate._SHARD_EVENTS", 8)
    words = ["sample", str(untrained), "--temperature", "1.5:3", "--count", "400", "--out"]
    out = tmp_path / "killed"
    script = (
        "import sys\n"
        "from physgan.cli import run_command\n"
        "from physgan.surrogates import surrogate\n"
        "surrogate._SHARD_EVENTS = 8\n"
        "run_command(sys.argv[1:])"
    )
    command = [sys.executable, "-c", script, *words, str(out), *part]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    while not list(out.rglob("shard-00000.h5")) and process.poll() is None:
        time.sleep(0.002)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    assert 1 <= len(list(out.rglob("shard-*.h5"))) < (25 if part else 50)
    for folder in (out, tmp_path / "whole"):
        assert call(*words, folder)[0] == 0
    assert dataset_of(out) == dataset_of(tmp_path / "whole")


def test_a_scheduler_without_dask_says_what_to_install(tmp_path: Path, call, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    words = ["simulate", "ising", "--size", "4", "--temperature", "2", "--count", "4"]
    code, _, err = call(*words, "--out", tmp_path / "out", "--scheduler", "tcp://localhost:8786")
    assert code == 1
    assert err.endswith("it is not installed; give: pip install 'physgan[dask]'\n")
    assert err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_dask_is_imported_for_a_scheduler_only(tmp_path: Path) -> None:
    words = ["simulate", "ising", "--size", "4", "--temperature", "2", "--count", "4"]
    script = (
        "import sys\n"
        "from physgan.cli import run_command\n"
        "assert run_command(['--help']) == run_command(sys.argv[1:]) == 0\n"
        "assert not {'dask', 'distributed'} & set(sys.modules)"
    )
    command = [sys.executable, "-c", script, *words, "--out", str(tmp_path / "out")]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
