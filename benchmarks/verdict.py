"""Does the verdict of a benchmark find what is wrong, and nothing where nothing is?

Simulated samples with one fault each take a surrogate's place: every fault has to miss the targets
that name it, and none that it leaves as they are. Then the simulator takes the surrogate's place,
in many repeats with other samples throughout: at most one verdict of twenty may have a missed
target. The classifiers are boosted trees alone, of 20 rounds in repeats, which takes nine tenths
off the time. Nothing else is trained. Writes benchmarks/results/verdict.json and .md.

    python benchmarks/verdict.py WORKDIR --repeats 200
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from lib.experiment import Configuration, Experiment, Options
from lib.table import Row, markdown

from physgan.benchmark import Learnt, benchmark
from physgan.fidelity import BoostedTrees
from simulators import SIMULATORS, Simulator

Samples = Mapping[str, np.ndarray]
Fault = Callable[[Samples, np.random.Generator], Samples]
SEED = 20_000
"""Seeds of repeats follow it."""
CLASSIFIERS = (BoostedTrees(),)
QUICK = (BoostedTrees(rounds=20),)


@dataclass(frozen=True)
class System:
    """A simulator, and where it is compared.

    Args:
        simulator: name and parameters.
        conditions: of the comparison, and of the training samples.
        counts: samples at each condition, of broken sources and in repeats.
        field: name of the samples' array.
    """

    simulator: tuple[str, Mapping[str, Any]]
    conditions: tuple[Mapping[str, float], ...]
    counts: tuple[int, int]
    field: str

    def build(self) -> Simulator:
        """The simulator."""
        name, parameters = self.simulator
        return SIMULATORS[name](**parameters)


SYSTEMS = {
    "ising": System(
        ("ising", {"size": 8}),
        ({"temperature": 2.0}, {"temperature": 2.7}),
        (2_000, 500),
        "spins",
    ),
    "showers": System(
        (
            "calorimeter",
            {
                "width_mm": 200.0,
                "particle": "e-",
                "range_cut_mm": 0.7,
                "threshold_mev": 0.015,
                "slabs": [{"layers": 8, "medium": "PbWO4", "depth_mm": 160.0}],
                "cells": {"r_mm": [0, 8, 25, 141], "alpha": 4},
            },
        ),
        ({"energy_mev": 100.0}, {"energy_mev": 200.0}),
        (1_500, 300),
        "deposits",
    ),
    "ring": System(("gaussian-ring", {}), ({},), (2_000, 1_000), "points"),
}  # fmt: skip
"""Name -> system; the ring is for repeats alone."""


class Broken(NamedTuple):
    """A fault: what it does, which targets name it, and which it leaves as they are."""

    system: str
    break_: Fault | None
    named: tuple[str, ...]
    left: tuple[str, ...] = ()


def one_sign(samples: Samples, rng: np.random.Generator) -> Samples:
    """Lattices turned so that their magnetisation is not negative."""
    spins = samples["spins"]
    return {"spins": np.where(spins.sum((1, 2), dtype=int)[:, None, None] < 0, -spins, spins)}


def scaled(samples: Samples, rng: np.random.Generator) -> Samples:
    """All deposits 2 % too large."""
    return {"deposits": samples["deposits"] * np.float32(1.02)}


def swapped(samples: Samples, rng: np.random.Generator) -> Samples:
    """The deposits of the second and the fourth layer exchanged."""
    order = np.arange(samples["deposits"].shape[1])
    order[[1, 3]] = order[[3, 1]]
    return {"deposits": samples["deposits"][:, order]}


def smeared(samples: Samples, rng: np.random.Generator) -> Samples:
    """Every deposit times 1 + 0.3 z with a normal z, not below 0."""
    deposits = samples["deposits"]
    factor = np.maximum(1 + 0.3 * rng.standard_normal(deposits.shape), 0)
    return {"deposits": (deposits * factor).astype(deposits.dtype)}


def constant(samples: Samples, rng: np.random.Generator) -> Samples:
    """One sample in place of 5 % of them."""
    made = {name: values.copy() for name, values in samples.items()}
    count = len(next(iter(made.values())))
    for values in made.values():
        values[rng.random(count) < 0.05] = values[0]
    return made


def shuffled(samples: Samples, rng: np.random.Generator) -> Samples:
    """Every cell's values dealt to the samples anew: each marginal is right, no correlation is."""
    return {name: rng.permuted(values, axis=0) for name, values in samples.items()}


FAULTS = {
    "ising: one sign only": Broken(
        "ising", one_sign, ("signed magnetisation histogram",), ("mean energy", "energy histogram")
    ),
    "ising: 5 % constant": Broken("ising", constant, ("repeated samples",)),
    "ising: memorised": Broken(
        "ising", None, ("copies of training samples",), ("repeated samples",)
    ),
    "ising: shuffled": Broken("ising", shuffled, ("mean energy", "largest AUC")),
    "showers: energies times 1.02": Broken(
        "showers", scaled, ("mean response",), ("resolution", "repeated samples")
    ),
    "showers: layers swapped": Broken(
        "showers", swapped, ("longitudinal profile", "largest AUC"), ("mean response", "resolution")
    ),
    "showers: 5 % constant": Broken("showers", constant, ("repeated samples",)),
    "showers: memorised": Broken(
        "showers", None, ("copies of training samples",), ("mean response", "repeated samples")
    ),
    "showers: cells smeared": Broken(
        "showers", smeared, ("spectrum of cell energies",), ("mean response", "repeated samples")
    ),
    "showers: shuffled": Broken(
        "showers", shuffled, ("resolution", "largest AUC"),
        ("mean response", "longitudinal profile", "spectrum of cell energies"),
    ),
}  # fmt: skip


@dataclass
class Source:
    """A simulator's samples with a fault.

    Args:
        simulator: of the samples.
        fault: what is wrong with them; None for nothing.
        name: for tables.
    """

    simulator: Simulator
    fault: Fault | None = None
    name: str = "source"

    def sample(self, conditions: Mapping[str, float], count: int, seed: int) -> Samples:
        """Draw samples and break them."""
        samples = self.simulator.sample(conditions, count, seed)
        return self.fault(samples, np.random.default_rng(seed)) if self.fault else samples


@dataclass
class Memory:
    """Hands out training samples at their own conditions.

    Args:
        parts: training samples at each condition.
        conditions: of each.
        name: for tables.
    """

    parts: list[Samples]
    conditions: tuple[Mapping[str, float], ...]
    name: str = "source"
    turns: dict[int, int] = field(default_factory=dict)

    def sample(self, conditions: Mapping[str, float], count: int, seed: int) -> Samples:
        """So many of them, in a random order."""
        part = self.parts[self.conditions.index(dict(conditions))]
        size = len(next(iter(part.values())))
        rows = np.random.default_rng(seed).choice(size, count, replace=False)
        return {name: values[rows] for name, values in part.items()}


def trained(system: System, count: int, seed: int) -> tuple[Learnt, list[Samples]]:
    """Training samples and a quarter as many unseen ones; the first also apart by condition."""
    simulator = system.build()
    parts = [
        simulator.sample(place, count + count // 4, seed + number)
        for number, place in enumerate(system.conditions)
    ]

    def side(rows: slice) -> tuple[Samples, dict[str, np.ndarray]]:
        chosen = [{name: values[rows] for name, values in part.items()} for part in parts]
        number = len(chosen[0][system.field])
        samples = {name: np.concatenate([c[name] for c in chosen]) for name in chosen[0]}
        names = system.conditions[0]
        return samples, {n: np.repeat([c[n] for c in system.conditions], number) for n in names}

    learnt = [{name: values[:count] for name, values in part.items()} for part in parts]
    return Learnt(side(slice(0, count)), side(slice(count, None))), learnt


def judged(
    system: System, source: Any, learnt: Learnt, count: int, seed: int, classifiers: Any
) -> Row:
    """The verdict on a source: labels of missed targets and of those that cannot be told."""
    report = benchmark(
        source,
        system.build(),
        conditions=system.conditions,
        count=count,
        seed=seed,
        out=None,
        learnt=learnt,
        classifiers=classifiers,
        classifier_budget=0,
        relax_sweeps=(),
        references=2,
        batches=(),
    )
    found: dict[str, list[str]] = {"missed": [], "cannot tell": [], "reached": []}
    figures = {}
    for row in report["targets"]["rows"]:
        cells = [cell for cell in row["cells"][source.name] if cell]
        verdicts = [cell["verdict"] for cell in cells]
        worst = next((word for word in found if word in verdicts), None)
        if worst:
            found[worst].append(row["label"])
            figures[row["label"]] = [[cell["value"], cell["error"]] for cell in cells]
    return {**found, "figures": figures}


def broken(options: Options, name: str) -> Row:
    """The verdict on one fault."""
    fault = FAULTS[name]
    system = SYSTEMS[fault.system]
    count = system.counts[0] // options.shorter
    learnt, parts = trained(system, 2 * count, SEED - 10)
    source = (
        Memory(parts, system.conditions)
        if fault.break_ is None
        else Source(system.build(), fault.break_)
    )
    return judged(system, source, learnt, count, SEED, CLASSIFIERS)


def repeated(options: Options, name: str, number: int) -> Row:
    """The verdict on the simulator itself, with other samples in every repeat."""
    system = SYSTEMS[name]
    count = max(system.counts[1] // options.shorter, 100)
    learnt, _ = trained(system, 2 * count, 2 * SEED + 10 * number)
    found = judged(system, Source(system.build()), learnt, count, SEED + number, QUICK)
    return {key: found[key] for key in ("missed", "cannot tell")}


def configurations(options: Options) -> Iterable[Configuration]:
    """All faults of the systems, then all repeats."""
    for name, fault in FAULTS.items():
        if fault.system in options.only:
            yield ("faults", name), partial(broken, options, name)
    for number in range(1, max(options.repeats // options.shorter, 1) + 1):
        for name in options.only:
            yield ("repeats", name, str(number)), partial(repeated, options, name, number)


def table(content: Row) -> str:
    """Faults with the targets they miss; repeats with how many have a missed target."""
    rows = []
    for name, row in content.get("faults", {}).items():
        fault = FAULTS[name]
        right = {*fault.named} <= {*row["missed"]} and not {*fault.left} & {*row["missed"]}
        named = ", ".join(fault.named)
        rows.append([name, named, ", ".join(row["missed"]), "yes" if right else "no"])
    faults = markdown(["fault", "has to miss", "misses", "for the right reason"], rows)
    lines = []
    for name, repeats in content.get("repeats", {}).items():
        missed = [row for row in repeats.values() if row["missed"]]
        unsure = [row for row in repeats.values() if row["cannot tell"]]
        labels = sorted({label for row in missed for label in row["missed"]})
        share = f"{100 * (1 - len(missed) / len(repeats)):.1f} %"
        lines.append(
            [name, f"{len(repeats)}", share, ", ".join(labels) or "–", f"{len(unsure)}"]
        )  # fmt: skip
    head = ["simulator against itself", "repeats", "nothing missed", "missed", "cannot tell"]
    return faults + "\n" + markdown(head, lines)


EXPERIMENT = Experiment(
    "verdict",
    __doc__,
    configurations,
    table,
    only=SYSTEMS,
    options={"repeats": 200},
)

if __name__ == "__main__":
    EXPERIMENT.main()
