"""Train a surrogate, time it, and judge it on samples that no training saw."""

import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from lib.systems import SEED, Data, Sides
from lib.table import FIGURES, Row
from physgan import Surrogate, load, open_dataset, train
from physgan.comparison import ComparisonReport
from physgan.domains import Domain, domain_of
from physgan.errors import InputError, PhysganError
from physgan.fidelity import (
    BoostedTrees,
    coverage,
    features_of,
    frechet_physics_distance,
    two_sample_test,
    vector_view,
)
from physgan.methods import open_run
from physgan.surrogates import NetworkSampler
from physgan.training.diagnostics import findings
from simulators import Ising
from simulators.ising.exact import kaufman

Figures = dict[str, list[float]]
"""Figure -> value and standard error."""
Judge = Callable[[Surrogate, Data], Figures]
_ROUNDS = 5


def on_one_core() -> None:
    """Bind the process to one core, beginning it anew so that the threads of all libraries obey."""
    if hasattr(os, "sched_setaffinity") and len(os.sched_getaffinity(0)) > 1:
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
        os.execv(sys.executable, sys.orig_argv)


def in_turns(measured: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, np.ndarray]:
    """Each one's figure in every round, shape (rounds,); load of the machine hits all alike."""
    turns = [[measure() for measure in measured.values()] for _ in range(rounds)]
    return dict(zip(measured, np.array(turns).T, strict=True))


def shortened(settings: Mapping[str, Any], divisor: int) -> dict[str, Any]:
    """The settings with their numbers of samples divided."""
    return {k: v // divisor if k.endswith("_samples") else v for k, v in settings.items()}


def metrics_of(run: Path) -> list[dict[str, Any]]:
    """The lines of a run's metrics; none if its method has none."""
    path = run / "metrics.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def fired(run: Path) -> dict[str, dict[str, Any]]:
    """What the detectors found in a run: kind -> evidence, and whether it stands at the end."""
    return {
        found.kind: {"evidence": found.evidence, "stands": found.stands}
        for found in findings(metrics_of(run))
    }


def compared(data: Data, run: Path, settings: Row, batch: int, method: str = "") -> Row:
    """Train unless that was done before; time, size and quality of the best of the checkpoints.

    The seconds of the training are those of all its sittings.
    """
    start = time.monotonic()
    train(data.train, run, settings, method=method, seed=SEED)
    wall, metrics, surrogate = time.monotonic() - start, metrics_of(run), load(run)
    middle = {name: float(np.median(values)) for name, values in data.test[1].items()}
    return {
        "settings": settings,
        "training_seconds": metrics[-1]["seconds"] if metrics else wall,
        "parameters": surrogate.parameter_count,
        "flops_a_sample": surrogate.flops_per_sample(),
        "seconds_a_sample": seconds_a_sample(surrogate, middle, batch),
        "quality": fidelity(surrogate, data),
    }


def judged_at_end(data: Data, run: Path, settings: Row, seed: int, judge: Judge) -> Row:
    """Train to the end, and judge the averaged generator there, not the best checkpoint.

    A training that diverges is stopped, and says so in its row.
    """
    start, stopped = time.process_time(), ""
    try:
        train(data.train, run, settings, seed=seed)
    except InputError:
        raise
    except PhysganError as error:
        stopped = str(error).split(";")[0]
    return {
        "settings": settings,
        "cpu_seconds": round(time.process_time() - start, 1),
        "stopped": stopped,
        "findings": fired(run),
        "figures": {} if stopped else judge(last_generator(data.train, run), data),
    }


def last_generator(dataset: Path, run: Path) -> Surrogate:
    """The averaged generator at the end of a run; `load` gives the best of the checkpoints."""
    state, about = open_run(open_dataset(dataset), run).latest(), load(run).description
    if state is None:
        raise InputError(f"expected checkpoints in {run}; got none that is whole")
    return Surrogate(about, NetworkSampler(about, jax.device_get(state.average)))


def seconds_a_sample(surrogate: Surrogate, conditions: Mapping[str, float], batch: int) -> float:
    """Fastest of five calls after one to warm up: a busy machine only adds time."""
    taken = []
    for call in range(1 + _ROUNDS):
        start = time.perf_counter()
        surrogate.sample(conditions, batch, call)
        taken.append(time.perf_counter() - start)
    return min(taken[1:]) / batch


def fidelity(surrogate: Surrogate, data: Data) -> Figures:
    """The figures of `quality` at the conditions of the test samples."""
    samples, conditions = data.test
    made = surrogate.sample(conditions, len(next(iter(samples.values()))), SEED)
    return quality(data.domain, data.test, (made, conditions))


def truth_against_truth(data: Data) -> Figures:
    """The same of other true samples."""
    return quality(data.domain, data.test, data.floor)


def quality(domain: Domain, real: Sides, fake: Sides) -> Figures:
    """Boosted trees on both views, Fréchet distance of observables, coverage of points.

    The trees train on 80 % of each side and are tested on the rest; AUC 0.5 is guessing.
    """
    one, other = (features_of(domain, *side) for side in (real, fake))
    names, labels = ("high-level", "low-level"), len(domain.conditions)
    views = [vector_view(name, one.views[name], other.views[name]) for name in names]
    found = [two_sample_test(view, BoostedTrees(), SEED).auc for view in views]
    high = (side.views["high-level"][:, labels:] for side in (one, other))
    found.append(frechet_physics_distance(*high, SEED))
    if one.points is not None and other.points is not None:
        found.append(coverage(one.points, other.points).coverage)
    return {name: list(figure) for name, figure in zip(FIGURES, found, strict=False)}


def flat(report: ComparisonReport) -> Row:
    """Each figure as "metric, of" -> value, error, and those of truth against truth."""
    return {f"{j.metric}, {j.of}": [*j.value, *j.floor] for j in report.metrics}


def divergence(surrogate: Surrogate, temperature: float, count: int, seed: int) -> dict[str, float]:
    """Kullback-Leibler divergence of a lattice, nats, and the share of effective samples.

    With w = exact / surrogate probability of simulated lattices, KL = <ln w>; the effective
    share of surrogate samples reweighted to the exact distribution is 1 / <w> over simulation.
    """
    size = surrogate.description.size
    spins = Ising(size).sample({"temperature": temperature}, count, seed)["spins"]
    log_density: Any = domain_of(surrogate.description).log_density({})
    generator: Any = surrogate.generator()

    @jax.jit
    def log_weight(x: jax.Array) -> Any:
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
