"""Training against the exactly solvable 4 x 4 torus, and its promises about stopping."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from exact_torus import SMALL, all_lattices, boltzmann
from flax import nnx

from physgan.domains.spins import Spins
from physgan.errors import InputError, PhysganError
from physgan.methods import train
from physgan.surrogates import load

TOTAL = SMALL["likelihood_samples"] + SMALL["adversarial_samples"]


@pytest.fixture(scope="module")
def run(exact_dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("run")
    train(exact_dataset, path, SMALL, seed=1)
    return path


def weights(run: Path) -> bytes:
    return (run / "surrogate" / "weights.npz").read_bytes()


def test_learns_the_boltzmann_distribution(exact_dataset: Path, tmp_path: Path) -> None:
    """Kullback-Leibler divergence over all 65,536 lattices, at an interpolated temperature.

    Below 0.1 nats, where an untrained generator has more than 1.
    """
    long = {**SMALL, "likelihood_samples": 51_200, "batch_size": 256, "adversarial_samples": 0}
    long["checkpoint_samples"] = 25_600
    train(exact_dataset, tmp_path / "run", long, seed=0)
    surrogate = load(tmp_path / "run")
    fresh = Spins().build_generator(surrogate.description.network, {})
    trained = nnx.merge(nnx.split(fresh)[0], surrogate.sampler.parameters)
    lattices, temperature = all_lattices(), 2.375
    p = boltzmann(lattices, temperature)

    def divergence(network: nnx.Module) -> float:
        conditions = jnp.full((len(lattices), 1), temperature)
        nll = jax.jit(network.negative_log_likelihood)(
            jnp.asarray(lattices, jnp.float32), conditions
        )
        total = sum(np.roll(lattices, s, a) for s in (1, -1) for a in (1, 2)).astype(float)
        odd = np.add.outer(np.arange(4), np.arange(4)) % 2 == 1
        edges = np.logaddexp(0, -2 * lattices * total / temperature)[:, odd].sum(1)
        return float((p * (np.log(p) + np.asarray(nll, float) + edges)).sum())

    assert divergence(fresh) > 1
    assert -1e-6 < divergence(trained) < 0.1


def test_run_leaves_settings_metrics_and_surrogate(run: Path) -> None:
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert [line["samples"] for line in lines] == sorted(line["samples"] for line in lines)
    assert lines[-1]["samples"] == TOTAL
    assert {"likelihood_loss"} <= lines[0].keys()
    assert any("discriminator_loss" in line for line in lines)
    settings = json.loads((run / "run.json").read_text())
    assert settings["seed"] == 1
    assert settings["config"]["generator_width"] == 8
    assert list((run / "tensorboard").glob("events*"))


@pytest.fixture(scope="module")
def stopped(exact_dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run like `run`, stopped in each stage; not to be changed."""
    path = tmp_path_factory.mktemp("stopped") / "run"

    def stop_at(limit: int):
        def progress(done: int, total: int) -> None:
            if done >= limit:
                raise KeyboardInterrupt

        return progress

    for limit in (1_500, 2_900):
        with pytest.raises(KeyboardInterrupt):
            train(exact_dataset, path, SMALL, seed=1, progress=stop_at(limit))
    return path


def test_same_seed_same_parameters_and_resuming_is_exact(
    exact_dataset: Path, run: Path, stopped: Path, tmp_path: Path
) -> None:
    """Stopped in each stage and continued, a run ends with the same bytes."""
    folder = shutil.copytree(stopped, tmp_path / "run")
    train(exact_dataset, folder, SMALL, seed=1)
    assert weights(folder) == weights(run)


def test_kill_9_loses_nothing(exact_dataset: Path, run: Path, tmp_path: Path) -> None:
    """A killed process, started again, ends with the parameters of one never killed."""
    script = (
        "import sys, json; from physgan.methods import train;"
        "train(sys.argv[1], sys.argv[2], json.loads(sys.argv[3]), seed=1)"
    )
    command = [sys.executable, "-c", script, str(exact_dataset), str(tmp_path), json.dumps(SMALL)]
    process = subprocess.Popen(command, env=os.environ)
    metrics = tmp_path / "metrics.jsonl"
    deadline = time.monotonic() + 240
    while not (metrics.exists() and "validation_nll" in metrics.read_text()):
        assert process.poll() is None, "ended before it was killed"
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    train(exact_dataset, tmp_path, SMALL, seed=1)
    assert weights(tmp_path) == weights(run)


def test_damaged_checkpoint_falls_back_to_the_one_before(
    exact_dataset: Path, run: Path, stopped: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(stopped, tmp_path / "run")
    newest = sorted((folder / "checkpoints").iterdir())[-1]
    victim = max((f for f in newest.rglob("*") if f.is_file()), key=lambda f: f.stat().st_size)
    content = bytearray(victim.read_bytes())
    content[len(content) // 2] ^= 1
    victim.write_bytes(content)
    train(exact_dataset, folder, SMALL, seed=1)
    assert weights(folder) == weights(run)


def test_nan_stops_the_run_and_keeps_the_last_good_state(
    exact_dataset: Path, tmp_path: Path
) -> None:
    wild = {**SMALL, "likelihood_rate": 1e30}
    with pytest.raises(PhysganError, match=r"finite losses; got .*; lower the learning"):
        train(exact_dataset, tmp_path, wild, seed=0)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"batch_size": 33}, "expected a batch_size that 2 devices divide evenly; got 33"),
        ({"gama": 1.0}, "expected a setting of the method gan; got 'gama'; did you mean gamma"),
        ({"gamma": -1.0}, "expected gamma to be 0 or more; got -1.0"),
        ({"gamma": "big"}, "expected gamma of type float; got 'big'"),
        ({"likelihood_rate": float("nan")}, "expected likelihood_rate to be 0 or more; got nan"),
    ],
)
def test_bad_settings_are_refused(
    exact_dataset: Path, tmp_path: Path, settings: dict, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        train(exact_dataset, tmp_path / "run", {**SMALL, **settings})


def test_another_run_in_the_folder_is_refused(exact_dataset: Path, run: Path) -> None:
    with pytest.raises(InputError, match="got another seed; choose another folder"):
        train(exact_dataset, run, SMALL, seed=2)


def test_checkpoints_of_an_unknown_run_are_refused(
    exact_dataset: Path, run: Path, tmp_path: Path
) -> None:
    """Such as those that a killed run left in a folder that was emptied meanwhile."""
    folder = tmp_path / "run"
    shutil.copytree(run / "checkpoints", folder / "checkpoints")
    with pytest.raises(InputError, match=r"expected run.json beside the checkpoints of .*/run"):
        train(exact_dataset, folder, SMALL, seed=1)
    assert [path.name for path in folder.iterdir()] == ["checkpoints"]


def test_a_run_of_an_older_version_is_refused(exact_dataset: Path, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(json.dumps({"method": "gan", "config": {}, "seed": 1}))
    with pytest.raises(InputError, match="begun by another version of physgan; choose another"):
        train(exact_dataset, tmp_path, SMALL, seed=1)


def test_unknown_method_is_refused(exact_dataset: Path, tmp_path: Path) -> None:
    with pytest.raises(
        InputError,
        match=r"expected a method \(gan, likelihood, vae, .*\); got 'vea'; did you mean vae",
    ):
        train(exact_dataset, tmp_path, method="vea")
