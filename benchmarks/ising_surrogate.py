"""The Ising surrogates on trial at full length; results go to benchmarks/results/.

For a trained run: the benchmark of its recipe with the targets "long" and 10,000 samples a side;
the same lattices compared with the exact Boltzmann weight (Kullback-Leibler divergence from the
simulation to the surrogate, whose likelihood is known); the run that it began from, if there was
one; and the generator on lattices twice as wide, which it never saw.

    python benchmarks/ising_surrogate.py runs/ising-32 --began-from runs/first
"""

import argparse
import json
import shutil
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from physgan.benchmark import Variant, benchmark
from physgan.data import build_simulator, load_recipe
from physgan.domains import Spins
from physgan.surrogates import Surrogate, load
from simulators import Ising
from simulators.ising.exact import kaufman

RESULTS = Path(__file__).parent / "results"


def divergence(surrogate: Surrogate, temperature: float, count: int, seed: int) -> dict[str, float]:
    """Kullback-Leibler divergence of a configuration, nats, and the share of effective samples.

    With w = exact / surrogate probability of simulated lattices, KL = <ln w>; the effective
    share of surrogate samples reweighted to the exact distribution is 1 / <w> over simulation.
    """
    size = surrogate.description.size
    spins = Ising(size).sample({"temperature": temperature}, count, seed)["spins"]
    generator, log_density = surrogate.generator(), Spins().log_density({})

    @jax.jit
    def log_weight(x: jax.Array) -> jax.Array:
        conditions = jnp.full((len(x), 1), temperature)
        return log_density(x, conditions) + generator.negative_log_likelihood(x, conditions)

    parts = [spins[start : start + 250].astype(np.float32) for start in range(0, count, 250)]
    log_weights = np.concatenate([np.asarray(log_weight(part), float) for part in parts])
    log_weights -= kaufman(size, temperature)[2]
    return {
        "kullback_leibler": float(log_weights.mean()),
        "error": float(log_weights.std() / count**0.5),
        "effective_share": float(1 / np.exp(log_weights).mean()),
    }


def main() -> None:
    """Benchmark one run and write its results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("--began-from", type=Path, help="run whose generator this one began from")
    parser.add_argument("--baseline", type=Path, help="run of the method clipped-gaussian")
    parser.add_argument(
        "--brief",
        action="store_true",
        help="leave out the convolutional classifier, relaxation and twice as wide lattices",
    )
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()

    surrogate = load(arguments.run)
    size = surrogate.description.size
    recipe = load_recipe(f"ising-{size}")
    conditions, count = recipe.benchmark["conditions"], arguments.count
    proposals = recipe.benchmark["proposals"]
    rivals: list[Any] = []
    if arguments.began_from:
        rivals.append(Variant(load(arguments.began_from), "gan, the run it began from", {}))
    if arguments.baseline:
        rivals.append(load(arguments.baseline))
    folder = arguments.run / "report"
    report = benchmark(
        surrogate,
        build_simulator("ising", {"size": size}),
        conditions=conditions,
        count=count,
        seed=arguments.seed,
        out=folder,
        variants=[Variant(surrogate, f"gan, {proposals} proposals", {"proposals": proposals})],
        baselines=rivals,
        targets="long",
        relax_sweeps=() if arguments.brief else (0, 1, 2, 5, 10),
        classifier_budget=0 if arguments.brief else 50_000,
        training={
            "metrics": str(arguments.run / "metrics.jsonl"),
            "dataset": recipe.name,
            "seen": {"temperature": recipe.conditions["temperature"]["values"]},
        },
    )
    report["divergence"] = [
        divergence(surrogate, c["temperature"], 4_000, arguments.seed + 7) for c in conditions
    ]
    if not arguments.brief:
        report["twice_as_wide"] = twice_as_wide(surrogate, arguments.run, conditions, arguments)
    report["training"].update(run_facts(arguments.run, surrogate))
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"ising_{size}.json").write_text(json.dumps(report, indent=1) + "\n")
    shutil.copy(folder / "report.html", RESULTS / f"ising_{size}.html")
    print(table(report, surrogate.name))


def twice_as_wide(
    surrogate: Surrogate, run: Path, conditions: list[dict[str, float]], arguments: Any
) -> dict[str, Any]:
    """The same generator on lattices of twice the size, with no further training."""
    size = surrogate.description.size
    report = benchmark(
        Variant(surrogate, f"gan trained at L = {size}", {"size": 2 * size}),
        build_simulator("ising", {"size": 2 * size}),
        conditions=conditions,
        count=arguments.count // 10,
        seed=arguments.seed,
        out=run / "report-twice-as-wide",
        targets="long",
        relax_sweeps=(),
        classifier_budget=0,
        batches=(100,),
    )
    return {"count": report["count"], "targets": report["targets"]}


def run_facts(run: Path, surrogate: Surrogate) -> dict[str, Any]:
    """Length of the training and size of the network."""
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return {
        "metrics": "",
        "seconds": lines[-1]["seconds"],
        "samples": lines[-1]["samples"],
        "parameters": surrogate.parameter_count,
        "settings": surrogate.description.training,
        "versions": surrogate.description.versions,
    }


def table(report: dict[str, Any], name: str) -> str:
    """Targets by temperature, as text."""
    temperatures = [c["values"]["temperature"] for c in report["conditions"]]
    lines = [f"{'target':48s}" + "".join(f"{t:>18.4f}" for t in temperatures)]
    for row in report["targets"]["rows"]:
        cells = row["cells"][name]
        values = [
            f"{c['value']:.4f} +- {c['error']:.4f}{' ' if c['passed'] else '!'}" if c else "-"
            for c in cells
        ]
        lines.append(f"{row['label'][:48]:48s}" + "".join(f"{v:>18s}" for v in values))
    values = [
        f"{d['kullback_leibler']:.3f} ({d['effective_share']:.0%})" for d in report["divergence"]
    ]
    lines.append(
        f"{'KL, nats a lattice (effective share)':48s}" + "".join(f"{v:>18s}" for v in values)
    )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
