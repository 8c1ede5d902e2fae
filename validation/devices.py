"""Samples on 1, 2, 4 and 8 devices are the same bits; trainings agree as far as rounding allows.

The devices are those that XLA makes of one processor. The surrogates are those of the package, and
two trained here: on lattices by likelihood, on pictures by adversaries.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

os.environ["XLA_FLAGS"] = (
    f"{os.environ.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count=8"
)

import jax
import numpy as np
from jax.sharding import AxisType

import physgan
from physgan.data import Axis, Condition, DatasetInfo, Field, write_dataset
from physgan.surrogates import Surrogate, devices, network, pretrained_names
from physgan.training import loop
from simulators import Ising

RESULT = Path(__file__).parent / "results" / "devices.json"
NUMBERS = (1, 2, 4, 8)
OPTION = "jax_disable_most_optimizations"
CALL, COUNT = 16, 150
TOLERANCES = {
    "spins": {"first checkpoint": 1e-5, "validation": 0.01},
    "images": {"first checkpoint": 0.01, "validation": 0.01},
}
"""Of parameters after 8 steps, rms difference over rms; of the last score, relative.

Adversaries amplify: Adam's first steps have one size however small a gradient is, and each network
answers the other. What data that differ in their last digit lead to is measured beside it.
"""
LAST_DIGIT = 2.0**-23

LENGTHS = {"batch_size": 64, "checkpoint_samples": 512, "validation_samples": 512}
RUNS: dict[str, tuple[str, dict[str, Any]]] = {
    "spins": ("likelihood", {"generator_width": 8, "likelihood_samples": 4096}),
    "images": (
        "gan",
        {
            "network": "dense",
            "generator_width": 16,
            "discriminator": "residual",
            "discriminator_width": 8,
            "discriminator_blocks": 1,
            "likelihood_samples": 0,
            "adversarial_samples": 4096,
            "rejection_samples": 0,
        },
    ),
}
"""Kind of samples -> method and settings."""


def main() -> int:
    """Print and store how samples and trainings compare; status 1 where they do not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=RESULT)
    options = parser.parse_args()
    network._chunk = lambda count, numbers: CALL
    result: dict[str, Any] = {"sampling": {}, "training": {}, "tolerances": TOLERANCES}
    result["jax"], result["optimised"] = jax.__version__, not jax.config.read(OPTION)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        surrogates = {name: physgan.load(name) for name in pretrained_names()}
        for kind, (method, settings) in RUNS.items():
            result["training"][kind] = trained(folder, kind, method, {**LENGTHS, **settings})
            print(kind, result["training"][kind], flush=True)
            surrogates[kind] = physgan.load(folder / f"{kind}-1")
        for name, surrogate in surrogates.items():
            result["sampling"][name] = drawn(surrogate)
            print(name, result["sampling"][name], flush=True)
    result["passed"] = all(row["equal"] for row in result["sampling"].values()) and all(
        row[what] <= tolerance
        for kind, rows in result["training"].items()
        for row in rows["devices"].values()
        for what, tolerance in TOLERANCES[kind].items()
    )
    options.out.write_text(json.dumps(result, indent=1) + "\n")
    return 0 if result["passed"] else 1


@contextmanager
def using(number: int) -> Iterator[None]:
    """Sample and train on the first `number` devices."""
    some = jax.devices()[:number]
    mesh = jax.make_mesh((number,), ("batch",), axis_types=(AxisType.Auto,), devices=some)
    before = devices._devices, loop.device_mesh
    devices._devices, loop.device_mesh = lambda: some, lambda: mesh
    try:
        yield
    finally:
        devices._devices, loop.device_mesh = before


def drawn(surrogate: Surrogate) -> dict[str, Any]:
    """Whether samples are the same bits on any number of devices, in ten calls."""
    given = {c.name: np.linspace(c.minimum, c.maximum, COUNT) for c in surrogate.conditions}
    digests = []
    for number in NUMBERS:
        with using(number):
            (values,) = surrogate.without_certificate().sample(given, COUNT, seed=1).values()
        digests.append(sha256(values.tobytes()).hexdigest())
    return {"samples": COUNT, "equal": len(set(digests)) == 1, "sha256": digests[0]}


def trained(folder: Path, kind: str, method: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Trainings on every number of devices against that on one."""
    path, changed = folder / f"{kind}.h5", folder / f"{kind}-changed.h5"
    write(path, kind)
    write(changed, kind, 1 + LAST_DIGIT)
    begun, score = {}, {}
    for number in (*NUMBERS, 0):
        run = folder / f"{kind}-{number}"
        with using(number or 1):
            data = path if number else changed
            physgan.train(data, run, settings, seed=1, method=method, progress=Early(run))
        begun[number] = np.load(run / "early.npy")
        lines = (run / "metrics.jsonl").read_text().splitlines()
        rows = [json.loads(line) for line in lines]
        score[number] = next(r for r in reversed(rows) if "validation_distance" in r)
    measure = next((n for n in score[1] if n == "validation_nll"), "validation_distance")
    last = {key: row[measure] for key, row in score.items()}
    size = np.linalg.norm(begun[1])
    off = {
        number: {
            "first checkpoint": float(np.linalg.norm(begun[number] - begun[1]) / size),
            "validation": abs(last[number] / last[1] - 1),
        }
        for number in begun
    }
    return {
        "method": method,
        "measure": measure,
        "one device": round(last[1], 6),
        "data changed in their last digit": off[0],
        "devices": {str(number): off[number] for number in NUMBERS[1:]},
    }


class Early:
    """Keeps the parameters of the first checkpoint of a run as early.npy.

    Args:
        run: its folder.
    """

    def __init__(self, run: Path) -> None:
        self.run = run

    def __call__(self, done: int, total: int) -> None:
        """Progress: called after each step."""
        first = self.run / "checkpoints" / f"{LENGTHS['checkpoint_samples']:012d}"
        if done != LENGTHS["checkpoint_samples"] or not first.exists():
            return
        import orbax.checkpoint as ocp

        with ocp.PyTreeCheckpointer() as checkpointer:
            state = checkpointer.restore((first / "state").absolute())
        leaves = jax.tree.leaves(state["generator"])
        np.save(self.run / "early.npy", np.concatenate([np.ravel(leaf) for leaf in leaves]))


def write(path: Path, kind: str, factor: float = 1.0) -> None:
    """4,608 samples: lattices of the Ising model, or blobs of two labels.

    The factor multiplies temperatures of lattices, and intensities of blobs.
    """
    count = 4608
    rng = np.random.default_rng(1)
    splits = {"train": np.arange(512, count), "validation": np.arange(512)}
    if kind == "images":
        label = np.resize([0.0, 1.0], count)
        place, centre = np.arange(12) - 5.5, rng.normal(0, 1.5, (2, count, 1))
        row, column = np.exp(-(((place - centre) / 2) ** 2))
        values = row[:, :, None, None] * column[:, None, :, None] / (1 + label)[:, None, None, None]
        lengths = {"row": 12, "column": 12, "channel": 1}
        info = DatasetInfo(
            "images",
            (Field("intensities", "1", tuple(lengths), "intensity", "float32"),),
            (Condition("label", "1", 0.0, 1.0),),
            tuple(Axis(n, "1", tuple(map(float, range(k)))) for n, k in lengths.items()),
            seed=1,
        )
        write_dataset(
            path,
            {"intensities": (factor * values).astype(np.float32)},
            {"label": label},
            info,
            splits,
        )
        return
    ising, given = Ising(8), {"temperature": rng.uniform(1.8, 3.0, count)}
    conditions = (Condition("temperature", "J/k_B", 1.8, 3.0),)
    info = DatasetInfo(
        "spins", ising.fields, conditions, ising.grid, ising.name, ising.version,
        ising.parameters, seed=1,
    )  # fmt: skip
    spins = ising.sample(given, count, seed=1)
    write_dataset(path, spins, {"temperature": factor * given["temperature"]}, info, splits)


if __name__ == "__main__":
    sys.exit(main())
