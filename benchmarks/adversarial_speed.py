"""Time training steps of the default networks, beside PyTorch, in turns.

Lattices of the recipe ising-32, showers of calo-small and maps of cosmology-64, at the default
settings of the method gan. "discriminator" is the gradient of its loss with both penalties, from
samples that are there already. "generator" is the gradient of the generator's loss, from its noise,
without random symmetries. "step" is all of both, with Adam. "likelihood" is the gradient of the
loss of a long likelihood stage, from real samples. On CPUs the same is timed with XLA's own
convolutions. Another Python with PyTorch computes the gradients with the same weights and noise;
the losses have to agree. Its step is the sum of the first two, without Adam and symmetries. It has
no generator of showers and no maps. Both processes keep freed memory. Operations are those of
direct convolutions, by XLA's count. Precisions are those of `physgan.precision`; PyTorch's bfloat16
is its autocast.

On one core of a CPU the times are CPU seconds, which other work on the machine hardly changes;
otherwise they are wall seconds, and the machine has to be quiet. Writes
benchmarks/results/adversarial_speed.json and .md, or adversarial_speed_gpu; ratios are what counts.
Rows that are there stay until they are measured anew on as many threads.

    taskset -c 1 python benchmarks/adversarial_speed.py WORKDIR --torch /path/to/python
    python benchmarks/adversarial_speed.py WORKDIR --precision float32 bfloat16 --rounds 30
"""

import itertools
import json
import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from lib.experiment import parser_of
from lib.measure import in_turns
from lib.systems import SEED, sides
from lib.table import NONE, RESULTS, Row, markdown, write_results

from physgan import load_recipe, open_dataset, simulate
from physgan.allocator import keep_freed_memory
from physgan.domains import domain_of
from physgan.domains.spins.generator import SIGN_SHARPNESS
from physgan.domains.spins.straight_through import spins_from_logits
from physgan.methods import METHODS, gan
from physgan.networks import flops_of, periodic
from physgan.networks.convolution import convolve_by_xla
from physgan.precision import products_in
from physgan.surrogates.conditions import condition_matrix
from physgan.training import Model, Objective, TrainingState, objective_gradient, steps
from physgan.training.state import initial_state

TORCH = {
    "ising-32": ("discriminator", "generator", "likelihood"),
    "calo-small": ("discriminator",),
    "cosmology-64": (),
}
"""Recipe -> what PyTorch computes."""
BACKEND = jax.default_backend()
SIDE, COUNT = 2048 if BACKEND == "cpu" else 8192, 1024
EVEN = jnp.array(0.5)
"""Noise of the global sign in the likelihood of lattices: the sign of their magnetisation."""
WITH_EVEN_SIGNS = Objective(
    "likelihood",
    "nll",
    lambda generator, key, real, at: generator.likelihood_bound(
        real, at, jnp.broadcast_to(EVEN, len(real))
    ),
    per_site=False,
)
ROUNDING = {"float32": 1e-4, "tensorfloat32": 1e-2, "bfloat16": 5e-2}
"""Of the losses, relative."""
WORKER = Path(__file__).parent / "lib" / "torch_networks.py"
THREADS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
ONE_CORE = THREADS == 1 and BACKEND == "cpu"


def seconds(call: Callable[[], Any]) -> float:
    """CPU seconds on one core of a CPU, else wall seconds."""
    clock = time.process_time if ONE_CORE else time.perf_counter
    start = clock()
    jax.block_until_ready(call())
    return clock() - start


class Torch:
    """PyTorch's process, asked for one gradient at a time."""

    def __init__(self, python: Path, inputs: Path) -> None:
        self.process = subprocess.Popen(
            [python, WORKER, inputs, str(THREADS), "cpu" if BACKEND == "cpu" else "cuda"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
        )

    def __call__(self, part: str, precision: str) -> tuple[float, float]:
        """Loss and seconds of "discriminator" or "generator"."""
        assert self.process.stdin
        assert self.process.stdout
        print(part, precision, file=self.process.stdin, flush=True)
        loss, cpu, wall = map(float, self.process.stdout.readline().split())
        return loss, cpu if ONE_CORE else wall


class System:
    """Networks of a recipe, and a batch."""

    def __init__(self, recipe: str, workdir: Path) -> None:
        path = workdir / f"{recipe}.h5"
        simulate(replace(load_recipe(recipe), count=COUNT), path, seed=SEED)
        dataset = open_dataset(path)
        domain, method = domain_of(dataset.info), METHODS["gan"]
        own = {k: v for k, v in dataset.recipe["train"].items() if k != "method"}
        self.settings: gan.GanSettings = method.settings_of(
            {**domain.training(), **own},
            {"adversarial_samples": COUNT, "head_start": 0, "rejection_samples": 0},
        )
        found, values = sides(path, "train")
        samples = domain.encode(found)
        conditions = condition_matrix(dataset.info.conditions, values, len(samples))
        networks = method.build(dataset.info, domain, self.settings, samples, conditions, SEED)
        self.model: Model = networks.model
        stages = method.stages(self.model, self.settings)
        trains = {stage.name: stage.trains for stage in stages}
        self.state: TrainingState = initial_state(
            networks.generator, networks.discriminator, trains
        )
        batch = self.settings.batch_size
        self.batch = jnp.asarray(samples[:batch], jnp.float32), jnp.asarray(conditions[:batch])
        self.ranges = [(c.minimum, c.maximum, c.scale) for c in dataset.info.conditions]
        network = nnx.merge(self.model.generator, self.state.generator)
        self.noise = jax.random.uniform(jax.random.key(1), (batch, network.noise_size()))
        with products_in("float32"):
            self.fake = jax.jit(network)(self.noise, self.batch[1])

    def arrays(self) -> dict[str, np.ndarray]:
        """What PyTorch gets: weights, inputs of the discriminator, conditions in [-1, 1], noise."""
        real, conditions = self.batch
        both, twice = jnp.concatenate([real, self.fake]), jnp.concatenate([conditions] * 2)
        sample, features = self.model.discriminator_inputs(both, twice)
        low, high, scale = (np.array(column) for column in zip(*self.ranges, strict=True))
        place, low, high = (
            np.where(scale == "log", np.log(x), x) for x in (np.asarray(twice), low, high)
        )
        zeros = jnp.zeros_like(features[: len(real)])
        mean = self.model.feature_scale.restore(zeros, conditions)
        arrays = {
            "sample": sample,
            "features": features,
            "conditions": (2 * (place - low) / (high - low) - 1).astype(np.float32),
            "gamma": np.float32(self.settings.gamma),
            "noise": self.noise,
            "temperature": conditions[:, 0],
            "mean": mean,
            "deviation": self.model.feature_scale.restore(zeros + 1, conditions) - mean,
        }
        if real.ndim == 3:
            lean = SIGN_SHARPNESS * real.mean((1, 2)) ** 3
            arrays |= {"lattice": real, "sign": spins_from_logits(lean, EVEN)}
        networks = {"discriminator": self.state.discriminator, "generator": self.state.generator}
        for path, leaf in jax.tree_util.tree_leaves_with_path(networks):
            arrays["/".join(str(part.key) for part in path)] = leaf
        return arrays

    def compiled(self) -> dict[str, Callable[[], Any]]:
        """The programs, to be called without arguments."""
        return {
            name: partial(jax.jit(function).lower(*given).compile(), *given)
            for name, (function, *given) in self.programs().items()
        }

    def programs(self) -> dict[str, tuple]:
        """Gradients and the step: functions and their arguments."""
        model, settings, state = self.model, self.settings, self.state

        def discriminator(parameters: Any, real: jax.Array, fake: jax.Array, at: jax.Array) -> Any:
            key, gamma = jax.random.key(2), settings.gamma
            return gan.discriminator_gradient(
                model, settings, parameters, key, real, fake, at, gamma
            )

        def generator(
            parameters: Any, scorer: Any, noise: jax.Array, real: jax.Array, at: jax.Array
        ) -> Any:
            fake, back = jax.vjp(lambda p: nnx.merge(model.generator, p)(noise, at), parameters)
            key = jax.random.key(2)
            loss, slope = gan.generated_gradient(model, settings, scorer, key, fake, real, at)
            return loss, back(slope)

        def likelihood(parameters: Any, real: jax.Array, at: jax.Array) -> Any:
            key = jax.random.key(4)
            return objective_gradient(long, WITH_EVEN_SIGNS, parameters, key, real, at)[0]

        long = replace(model, by_products=model.convolutional)
        step, (real, at) = gan.adversarial_step(model, settings, 0), self.batch
        result: dict[str, tuple] = {
            "discriminator": (discriminator, state.discriminator, real, self.fake, at),
            "generator": (generator, state.generator, state.discriminator, self.noise, real, at),
            "step": (step, state, jax.random.key(3), real, at),
        }
        if model.objective is not None:
            result["likelihood"] = likelihood, state.generator, real, at
        return result


def measure(recipe: str, workdir: Path, python: Path | None, precision: str, rounds: int) -> Row:
    """Seconds of every program in every round, operations, and the machine's rate."""
    system = System(recipe, workdir)
    matrix = jax.random.normal(jax.random.key(0), (SIDE, SIDE))
    with products_in(precision):
        mine = system.compiled()
        product = jax.jit(jnp.matmul).lower(matrix, matrix).compile()
    measured = {f"physgan, {name}": partial(seconds, call) for name, call in mine.items()}
    with (
        mock.patch.object(periodic, "convolve", convolve_by_xla),
        mock.patch.object(gan, "number_of_blocks", return_value=1),
        mock.patch.object(steps, "number_of_blocks", return_value=1),
    ):
        operations = {name: flops_of(*call) for name, call in system.programs().items()}
        if BACKEND == "cpu":
            direct = system.compiled().items()
            measured |= {f"XLA, {name}": partial(seconds, call) for name, call in direct}
    measured["matrix"] = lambda: seconds(lambda: product(matrix, matrix))
    if python and TORCH[recipe]:
        np.savez(workdir / "inputs.npz", **system.arrays())
        ask = Torch(python, workdir / "inputs.npz")
        for part in TORCH[recipe]:
            loss = loss_of(mine[part](), system)
            np.testing.assert_allclose(ask(part, precision)[0], loss, rtol=ROUNDING[precision])
            measured[f"torch, {part}"] = lambda part=part: ask(part, precision)[1]
    in_turns(measured, 1)  # warms up
    found = in_turns(measured, rounds)
    return {
        "seconds": {name: values.tolist() for name, values in found.items()},
        "operations": operations,
        "matrix_rate": 2 * SIDE**3 / float(found["matrix"].min()),
        "batch": system.settings.batch_size,
        "recipe": recipe,
        "precision": precision,
    }


def loss_of(result: Any, system: System) -> float:
    """The loss, from what a program of a gradient returns."""
    if isinstance(result[0], jax.Array):
        return float(result[0])
    metrics = result[1][0]
    penalty = (metrics["r1"] + metrics["r2"]) / 2
    return float(metrics["discriminator_loss"] + system.settings.gamma * penalty)


def table(content: Row) -> str:
    """Milliseconds, share of the matrix rate by direct operations, and ratios."""
    lines, rates = [], {}
    for row in content["rows"]:
        precision = row["precision"]
        rates[precision] = max(rates.get(precision, 0), row["matrix_rate"])
    for row in content["rows"]:
        rate = rates[row["precision"]]
        middle = {name: float(np.median(values)) for name, values in row["seconds"].items()}
        for part, operations in row["operations"].items():
            mine, before = middle[f"physgan, {part}"], middle.get(f"XLA, {part}")
            torch = middle.get(f"torch, {part}")
            if part == "step" and "torch, generator" in middle:
                torch = middle["torch, discriminator"] + middle["torch, generator"]
            lines.append([
                row["recipe"], row["precision"], str(row["batch"]), part, f"{operations / 1e9:.3g}",
                f"{1e3 * mine:.3g}", f"{100 * operations / mine / rate:.0f} %",
                f"{1e3 * before:.3g}" if before else NONE,
                f"{mine / before:.2f}" if before else NONE,
                f"{1e3 * torch:.3g}" if torch else NONE, f"{mine / torch:.2f}" if torch else NONE,
            ])  # fmt: skip
    head = ["recipe", "precision", "batch", "part", "GFLOP", "ms", "share of the matrix rate",
            "ms with XLA's convolutions", "ratio", "ms in PyTorch", "ratio"]  # fmt: skip
    clock = "CPU time" if content["clock"] == "CPU" else "wall time"
    products = ", ".join(f"{name} {rate / 1e9:,.0f}" for name, rate in rates.items())
    about = (
        f"Device: {', '.join(content['environment']['devices'])}; threads of the host: "
        f"{content['threads']}. {clock}, medians of rounds in turns; the ratios are what "
        f"counts. Matrix rate, GFLOP/s, the fastest product: {products}.\n\n"
    )
    return about + markdown(head, lines)


def main() -> None:
    """Measure and write."""
    parser = parser_of(
        __doc__, "workdir", only=list(TORCH), precision=["float32"], rounds=5, out=RESULTS
    )
    parser.add_argument("--torch", type=Path, help="a Python that has PyTorch")
    options = parser.parse_args()
    keep_freed_memory()
    options.workdir.mkdir(parents=True, exist_ok=True)
    path = options.out / ("adversarial_speed" + ("_gpu" * (BACKEND != "cpu")) + ".json")
    machine = {"threads": THREADS, "clock": "CPU" if ONE_CORE else "wall"}
    known = json.loads(path.read_text()) if path.exists() else {}
    rows: list[Row] = known["rows"] if machine.items() <= known.items() else []
    for name, precision in itertools.product(options.only, options.precision):
        row = measure(name, options.workdir, options.torch, precision, options.rounds)
        rows = [old for old in rows if (old["recipe"], old["precision"]) != (name, precision)]
        rows = sorted([*rows, row], key=lambda row: list(TORCH).index(row["recipe"]))
        write_results(path, {**machine, "rows": rows}, table)


if __name__ == "__main__":
    main()
