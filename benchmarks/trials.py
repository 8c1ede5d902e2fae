"""What scripts that compare trained surrogates share: simulate, train, time, judge, write."""

import json
import struct
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax
import numpy as np

from physgan import load, open_dataset, simulate, train
from physgan.benchmark.environment import environment
from physgan.data import Recipe
from physgan.domains import Domain, domain_of
from physgan.fidelity import coverage, features_of, frechet_physics_distance, tree_test
from physgan.surrogates import Surrogate
from physgan.training import restored_game
from physgan.training.diagnostics import findings

RESULTS = Path(__file__).parent / "results"
PAGE = Path(__file__).parents[1] / "docs" / "stability.md"
_ROUNDS = 5
_PLACES = ("begin", "end")

Sides = tuple[Mapping[str, np.ndarray], Mapping[str, np.ndarray]]
"""(samples, conditions)."""

ISING = Recipe(
    name="ising-8",
    simulator="ising",
    parameters={"size": 8},
    conditions={"temperature": {"law": "grid", "values": np.linspace(1.5, 3.5, 33).tolist()}},
    count=16_384,
    splits={"train": 0.9, "validation": 0.1},
)
"""Small lattices at temperatures all over the range."""


def simulated(recipe: Recipe, folder: Path, count: int, seed: int) -> tuple[Path, Sides, Sides]:
    """The recipe's dataset, and twice `count` other events of its law, simulated once each."""
    paths = [folder / f"{name}.h5" for name in ("train", "test", "floor")]
    simulate(recipe, paths[0], seed=seed)
    for number, path in enumerate(paths[1:], 1):
        simulate(recipe, path, count=count, seed=seed + number)
    test, floor = (events(path) for path in paths[1:])
    return paths[0], test, floor


def events(path: Path) -> Sides:
    """What surrogates learn of a dataset, and the conditions."""
    dataset = open_dataset(path)
    samples, conditions = dataset.read()
    name = domain_of(dataset.info).field
    return {name: samples[name]}, conditions


def trained(dataset: Path, run: Path, method: str, settings: dict[str, Any], seed: int) -> float:
    """Train, unless done before; seconds that it took, over all its sittings."""
    train(dataset, run, settings, method=method, seed=seed)
    return metrics_of(run)[-1]["seconds"]


def metrics_of(run: Path) -> list[dict[str, Any]]:
    """The lines of a run's metrics."""
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def fired(run: Path) -> dict[str, dict[str, Any]]:
    """What the detectors found in a run: kind -> evidence, and whether it stands at the end."""
    return {
        found.kind: {"evidence": found.evidence, "stands": found.stands}
        for found in findings(metrics_of(run))
    }


def kinds(found: Mapping[str, Mapping[str, Any]]) -> str:
    """What `fired` found in words; what had passed by the end in brackets."""
    words = [kind if about["stands"] else f"({kind})" for kind, about in found.items()]
    return ", ".join(words) or "none"


def write_idx(path: Path, values: np.ndarray) -> Path:
    """Write unsigned bytes as an IDX file."""
    header = bytes([0, 0, 8, values.ndim]) + struct.pack(f">{values.ndim}I", *values.shape)
    path.write_bytes(header + values.tobytes())
    return path


def last_generator(dataset: Path, run: Path) -> Surrogate:
    """The averaged generator at the end of a run; `load` gives the best of the checkpoints."""
    state = restored_game(open_dataset(dataset), run).state
    return Surrogate(load(run).description, jax.device_get(state.average))


def seconds_a_sample(surrogate: Surrogate, conditions: Mapping[str, float], batch: int) -> float:
    """Fastest of five calls after one to warm up: a busy machine only adds time."""
    taken = []
    for call in range(1 + _ROUNDS):
        start = time.perf_counter()
        surrogate.sample(conditions, batch, call)
        taken.append(time.perf_counter() - start)
    return min(taken[1:]) / batch


def quality(domain: Domain, real: Sides, fake: Sides, seed: int) -> dict[str, list[float]]:
    """Figure -> value and error: trees on both views, Fréchet distance, coverage of points.

    The boosted trees train on 60 % of each side; AUC 0.5 is guessing.
    """
    one, other = (features_of(domain, *side) for side in (real, fake))
    labels = len(domain.conditions)
    found = {
        f"AUC {view}": list(tree_test(one.views[view], other.views[view], seed).auc)
        for view in ("high-level", "low-level")
    }
    high = [side.views["high-level"][:, labels:] for side in (one, other)]
    found["Fréchet distance"] = list(frechet_physics_distance(*high, seed))
    if one.points is not None and other.points is not None:
        found["coverage"] = list(coverage(one.points, other.points).coverage)
    return found


def judged(run: Path, domain: Domain, real: Sides, batch: int, seed: int) -> dict[str, Any]:
    """Parameters, FLOPs, seconds a sample and quality of a trained surrogate."""
    surrogate = load(run)
    samples, conditions = real
    count = len(next(iter(samples.values())))
    made = surrogate.sample(conditions, count, seed)
    middle = {name: float(np.median(values)) for name, values in conditions.items()}
    return {
        "parameters": surrogate.parameter_count,
        "flops_a_sample": surrogate.flops_per_sample(),
        "seconds_a_sample": seconds_a_sample(surrogate, middle, batch),
        "quality": quality(domain, real, (made, conditions), seed),
    }


def write(name: str, result: dict[str, Any], table: str) -> None:
    """The results so far, with machine and versions, as JSON and as a table."""
    content = {**result, "environment": environment()}
    (RESULTS / f"{name}.json").write_text(json.dumps(content, indent=1, default=float) + "\n")
    (RESULTS / f"{name}.md").write_text(table)


def publish(name: str, table: str) -> None:
    """Put a script's table into docs/stability.md, between the two comments that name it."""
    begin, end = (f"<!-- {place} of the table of benchmarks/{name}.py -->" for place in _PLACES)
    head, rest = PAGE.read_text().split(begin)
    PAGE.write_text(f"{head}{begin}\n{table}{end}{rest.split(end)[1]}")


def cells(found: Mapping[str, list[float]], names: list[str]) -> list[str]:
    """Figures as "value ± error"; an en dash for those that are not there."""
    return ["{:.3g} ± {:.1g}".format(*found[n]) if n in found else "–" for n in names]
