"""Workers of a Dask cluster leave what one process leaves: whoever is killed, whatever fails.

All tests share a cluster. Its nannies start a worker anew when it is killed.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from test_array_jobs import dataset_of
from tiny_simulator import RECIPE, Tiny
from troubled_simulators import Dying, Failing

from physgan.data import simulate
from physgan.errors import InputError, PhysganError

distributed = pytest.importorskip("distributed", reason="physgan[dask] is not installed")


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    with (
        pytest.MonkeyPatch.context() as patch,
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            dashboard_address=":0",
            silence_logs="CRITICAL",
            worker_dashboard_address=":0",
        ) as made,
    ):
        patch.setattr(made.scheduler, "allowed_failures", 1)
        yield made


@pytest.fixture
def deaths(tmp_path: Path) -> Path:
    (tmp_path / "deaths").mkdir()
    return tmp_path / "deaths"


@pytest.fixture
def whole(tmp_path: Path) -> Any:
    simulate(RECIPE, tmp_path / "whole", simulator=Tiny())
    return dataset_of(tmp_path / "whole")


def test_two_workers_leave_what_one_process_leaves(tmp_path: Path, cluster, whole) -> None:
    reports: list[tuple[int, int]] = []
    simulate(
        RECIPE,
        tmp_path / "out",
        simulator=Tiny(),
        scheduler=cluster.scheduler_address,
        progress=lambda done, total: reports.append((done, total)),
    )
    assert dataset_of(tmp_path / "out") == whole
    assert reports[0] == (0, 150)
    assert reports[-1] == (150, 150)
    assert reports == sorted(reports)
    assert not [name for name in cluster.scheduler.worker_plugins if name.startswith("physgan")]


def test_a_worker_killed_mid_shard_costs_that_shard_only(
    tmp_path: Path, cluster, deaths: Path, whole
) -> None:
    """It is more than `allowed_failures`: the shard is tried once more, alone."""
    simulator = Dying(deaths, times=2)
    simulate(RECIPE, tmp_path / "out", simulator=simulator, scheduler=cluster.scheduler_address)
    assert len(list(deaths.iterdir())) == 2
    assert dataset_of(tmp_path / "out") == whole


def test_shards_that_always_fail_are_named_and_the_rest_is_made(
    tmp_path: Path, cluster, deaths: Path, whole
) -> None:
    """And the same command goes on, here in this process: it makes these two."""
    out, simulator = tmp_path / "out", Failing(deaths, (32, 128), times=100)
    with pytest.raises(
        PhysganError,
        match=r"^expected every shard; shard-00001.h5, shard-00004.h5 failed 3 times or more, the "
        r"first by: ArithmeticError: no shower at 32; the others are finished; to try again, give",
    ):
        simulate(RECIPE, out, simulator=simulator, scheduler=cluster.scheduler_address)
    assert sorted(path.name for path in deaths.iterdir()) == [
        f"{first}-{number}" for first in (128, 32) for number in range(3)
    ]
    last = Tiny()
    simulate(RECIPE, out, simulator=last)
    assert last.calls == [32, 128]
    assert dataset_of(out) == whole


def test_a_shard_that_fails_twice_is_made(tmp_path: Path, cluster, deaths: Path, whole) -> None:
    simulator = Failing(deaths, (96,), times=2)
    simulate(RECIPE, tmp_path / "out", simulator=simulator, scheduler=cluster.scheduler_address)
    assert dataset_of(tmp_path / "out") == whole


def test_a_single_file_of_shards_of_an_array_job_and_of_a_cluster(tmp_path: Path, cluster) -> None:
    (tmp_path / "one").mkdir()
    simulate(RECIPE, tmp_path / "one" / "x.h5", simulator=Tiny())
    out = tmp_path / "x.h5"
    simulate(RECIPE, out, simulator=Tiny(), shard=(2, 3))
    simulate(RECIPE, out, simulator=Tiny(), scheduler=cluster.scheduler_address)
    assert dataset_of(out) == dataset_of(tmp_path / "one" / "x.h5")


def test_ctrl_c_keeps_what_is_finished_and_leaves_nothing_to_do(
    tmp_path: Path, cluster, whole
) -> None:
    """It comes while the third of five shards is awaited."""

    def interrupt(done: int, total: int) -> None:
        if done >= 64:
            raise KeyboardInterrupt

    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        simulate(
            RECIPE,
            out,
            simulator=Tiny(),
            scheduler=cluster.scheduler_address,
            progress=interrupt,
        )
    assert 1 < len(list(out.glob("shard-*.h5"))) < 5
    assert not list(out.rglob("*.partial"))
    last = Tiny()
    simulate(RECIPE, out, simulator=last)
    assert len(last.calls) < 4
    assert dataset_of(out) == whole


def test_samples_of_a_surrogate(tmp_path: Path, untrained: Path, call, monkeypatch) -> None:
    """A network is sent without its compiled programs, and its conditions with it.

    The worker is a thread, which has JAX already; what it is sent is packed all the same.
    """
    monkeypatch.setattr("physgan.surrogates.surrogate._SHARD_EVENTS", 8)
    words = ["sample", untrained, "--temperature", "1.5:3", "--count", "20", "--out"]
    assert call(*words, tmp_path / "whole")[0] == 0
    out = tmp_path / "out"
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=2, processes=False, dashboard_address=":0"
    ) as thread:
        code, _, err = call(*words, out, "--scheduler", thread.scheduler_address)
    assert code == 0, err
    assert dataset_of(out) == dataset_of(tmp_path / "whole")
    assert len(dataset_of(out)[0]) == 3


def test_no_scheduler_is_one_line_and_nothing_is_made(tmp_path: Path, call, monkeypatch) -> None:
    monkeypatch.setattr("physgan.data.cluster._CONNECT_SECONDS", 0.5)
    words = ["simulate", "ising", "--size", "4", "--temperature", "2", "--count", "4"]
    for address in ("tcp://127.0.0.1:1", "nonsense://x", "127.0.0.1:notaport"):
        code, _, err = call(*words, "--out", tmp_path / "out", "--scheduler", address)
        assert code == 1
        assert err.count("\n") == 1
        assert err.startswith(f"error: expected a Dask scheduler at {address}; got ")
    assert not (tmp_path / "out").exists()


def test_a_part_by_a_cluster_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected a shard or a scheduler; got both"):
        simulate(RECIPE, tmp_path, simulator=Tiny(), shard=(1, 2), scheduler="tcp://x:1")
