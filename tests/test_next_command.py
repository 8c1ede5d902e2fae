"""Commands that make a dataset or a run end with the command that would come next."""

import json
import shlex
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from physgan.cli.next_command import after_training
from physgan.data import simulate

RING = ["simulate", "gaussian-ring", "--modes", "5", "--count", "400", "--out", "ring.h5"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def following(call: Callable, *words: str) -> list[str]:
    """Run a command; the words of the one that it proposes, without "physgan"."""
    code, out, err = call(*words, "--json")
    assert code == 0, err
    first, *proposed = shlex.split(json.loads(out)["next"])
    assert first == "physgan"
    return proposed


def test_each_proposal_works_from_a_simulation_to_the_benchmark(call: Callable) -> None:
    train = following(call, *RING)
    assert train == ["train", "ring.h5", "--out", "runs/ring"]
    benchmark = following(call, *train, "--method", "copula")
    assert benchmark == [
        *("benchmark", "runs/ring", "--out", "runs/ring-report", "--data", "ring.h5"),
    ]
    assert call(*benchmark, "--help")[0] == 0
    show = following(call, "sample", "runs/ring", "--count", "20", "--out", "made.h5")
    assert show == ["show", "made.h5", "--out", "made.png"]
    assert call(*show)[0] == 0
    compare = following(call, "sample", "runs/ring", "--like", "ring.h5:test", "--out", "like.h5")
    assert compare == ["compare", "ring.h5:test", "like.h5"]


def test_the_proposal_is_the_last_line(call: Callable) -> None:
    out = call(*RING)[1]
    assert out.splitlines()[-1] == "next: physgan train ring.h5 --out runs/ring"


def test_a_recipe_of_the_package_is_the_benchmarks(folder: Path) -> None:
    simulate("ring-25", "ring-25.h5", count=100)
    assert after_training("my run", "ring-25.h5") == (
        "physgan benchmark 'my run' --out 'my run-report'"
    )


def test_what_cannot_be_trained_on_is_shown(call: Callable, rng: np.random.Generator) -> None:
    np.savez("x.npz", counts=rng.poisson(3, (20, 4, 4)))
    words = ["import", "x.npz", "--domain", "cells", "--samples", "counts", "--out", "x.h5"]
    assert following(call, *words, "--split", "test=1") == ["show", "x.h5", "--out", "x.png"]


def test_a_run_that_nothing_can_judge_is_sampled(call: Callable) -> None:
    ising = ["ising", "--size", "4", "--temperature", "2:3", "--count", "600", "--out", "x.h5"]
    assert call("simulate", *ising)[0] == 0
    words = ["import", "again.npz", "--domain", "spins", "--samples", "spins"]
    words += ["--condition", "temperature=temperature_J_k_B:J/k_B"]
    words += ["--split", "train=0.8,validation=0.2"]
    assert call("export", "x.h5", "--out", "again.npz")[0] == 0
    train = following(call, *words, "--out", "again.h5")
    sample = following(call, *train, "--method", "clipped-gaussian")
    assert sample[:3] == ["sample", "runs/again", "--temperature"]
    assert following(call, *sample)[0] == "show"
