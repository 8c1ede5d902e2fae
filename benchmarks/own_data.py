"""Do the defaults learn data that people bring?

Two data sets that stand for them, made by the scripts in examples/: raw deposits of electrons and
photons in one layer of 12 x 12 cells, over seven decades and without a threshold; and counts of a
drift chamber, 8 pads x 16 time bins, at five conditions. 10,000 events of each are imported and
learnt by `physgan train` without any setting, on one core. Fresh events judge the surrogate, at
their own conditions, beside as many others for truth against truth: every view of `physgan
compare`, and a histogram of each event's cells in 30 bins of one width in their logarithm. Writes
benchmarks/results/own_data.json and .md.

    python benchmarks/own_data.py WORKDIR [--only calorimeter chamber]
"""

import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from lib.experiment import Configuration, Experiment, Options
from lib.measure import flat, metrics_of
from lib.systems import SEED, Data, Sides, sides
from lib.table import Row, markdown, value, write_json

import physgan
from physgan.comparison import compare_samples
from physgan.domains.entry_counts import entry_counts
from physgan.fidelity import BoostedTrees, DenseNetwork, two_sample_test, vector_view

EVENTS, TESTED = 10_000, 2_000
EXAMPLES = Path(__file__).parent.parent / "examples"
_BINS, _PARTS = 30, 5
_ROUNDING = 1e-6


class System(NamedTuple):
    """How a data set is made and imported.

    Attributes:
        script: in examples/, writes an .npz file.
        imported: arguments of `physgan.import_arrays`.
    """

    script: str
    imported: dict[str, Any]


SYSTEMS = {
    "calorimeter": System(
        "one_layer_calorimeter.py",
        {
            "domain": "showers",
            "samples": "deposits",
            "unit": "MeV",
            "shape": (1, 12, 12),
            "axes": ("layer", "x", "y"),
            "edges": {axis: np.arange(-132, 133, 22).tolist() for axis in ("x", "y")},
            "conditions": {"energy_mev": "energy_gev:GeV:log", "particle": "pdg:1"},
        },
    ),
    "chamber": System(
        "drift_chamber.py",
        {
            "domain": "cells",
            "samples": "adc",
            "unit": "ADC",
            "axes": ("pad", "time"),
            "conditions": {
                "alpha_deg": "alpha_deg:deg",
                "beta_deg": "beta_deg:deg",
                "drift_cm": "drift_cm:cm",
                "pad_mm": "pad_mm:mm",
                "charge": "charge:electrons",
            },
        },
    ),
}


def configurations(options: Options) -> Iterable[Configuration]:
    """Each system."""
    for name in options.only:
        yield ("rows", name), partial(judged, options, name)


def judged(options: Options, name: str) -> Row:
    """Make, import, train in a process of its own, draw and compare."""
    data = recorded(options, name)
    run = options.workdir / name / "run"
    spent = trained(data.train, run)
    conditions, count = data.test[1], len(next(iter(data.test[1].values())))
    made = physgan.load(run).sample(conditions, count, SEED, extrapolate=True), conditions
    report = compare_samples(data.domain, data.test, made, data.floor, seed=SEED)
    return {
        "events": EVENTS // options.shorter,
        "tested": count,
        **spent,
        "settings": json.loads((run / "run.json").read_text())["config"],
        "stages": json.loads((run / "surrogate" / "surrogate.json").read_text())["stages"],
        "largest_auc": report.largest_auc.to_json(),
        "figures": flat(report),
        "log_histogram": log_histogram_auc(data, made),
        "shares": shares(data, made),
        "means": largest_pulls(data, made),
    }


def recorded(options: Options, name: str) -> Data:
    """The data set for training, and fresh events twice."""
    folder, system = options.workdir / name, SYSTEMS[name]
    folder.mkdir(parents=True, exist_ok=True)
    counts = {"train": EVENTS, "test": TESTED, "floor": TESTED}
    for seed, (part, count) in enumerate(counts.items(), 1):
        raw, path = folder / f"{part}.npz", folder / f"{part}.h5"
        if not raw.exists():
            events = ["--events", str(count // options.shorter), "--seed", str(seed)]
            script = [sys.executable, str(EXAMPLES / system.script), *events, "--out", str(raw)]
            subprocess.run(script, check=True)
        if not path.exists():
            physgan.import_arrays(raw, path, **system.imported)
    return Data(folder / "train.h5", sides(folder / "test.h5"), sides(folder / "floor.h5"))


def trained(dataset: Path, run: Path) -> Row:
    """Train by the command line with its defaults on one core; CPU seconds and peak memory.

    A run that is there already is not trained again; what it took is in a file beside it.
    """
    path = run.parent / "spent.json"
    if path.exists():
        return dict(json.loads(path.read_text()))
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "physgan.cli", "train", str(dataset), "--out", str(run)]
    core = {max(os.sched_getaffinity(0))}
    subprocess.run(command, check=True, preexec_fn=lambda: os.sched_setaffinity(0, core))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = sum(getattr(after, n) - getattr(before, n) for n in ("ru_utime", "ru_stime"))
    found = {
        "cpu_seconds": spent,
        "peak_memory_mb": after.ru_maxrss / 1024,
        "wall_seconds": metrics_of(run)[-1]["seconds"],
    }
    write_json(path, found)
    return found


def log_histogram_auc(data: Data, made: Sides) -> Row:
    """Classifier -> AUC and error of surrogate, and of truth, on 30 bins of ln(cell)."""
    name = data.domain.field
    lit = np.asarray(data.test[0][name])
    inner = np.geomspace(lit[lit > 0].min(), lit.max(), _BINS + 1)
    tables = [_histograms(side, name, inner) for side in (data.test, made, data.floor)]
    found = {}
    for classifier in (BoostedTrees(), DenseNetwork()):
        aucs = [
            two_sample_test(vector_view("log histogram", tables[0], other), classifier, SEED).auc
            for other in tables[1:]
        ]
        found[classifier.name] = [*aucs[0], *aucs[1]]
    return found


def _histograms(side: Sides, name: str, edges: np.ndarray) -> np.ndarray:
    samples, conditions = side
    cells = np.asarray(samples[name], np.float64).reshape(len(samples[name]), -1)
    edges = np.concatenate([[np.finfo(np.float64).tiny], edges[1:-1], [np.inf]])
    (counts,) = entry_counts(cells, edges, [(np.zeros(cells.shape[1], int), 1)])
    return np.column_stack([*conditions.values(), counts[:, 0]]).astype(np.float32)


def shares(data: Data, made: Sides) -> Row:
    """Shares of empty events, of one lit cell, and of more energy than came in: truth, made.

    Energies are float32: a sum counts as more only beyond their rounding.
    """
    name = data.domain.field
    found: Row = {"empty": [], "one cell": [], "above the incident energy": []}
    for samples, conditions in (data.test, made):
        cells = np.asarray(samples[name], np.float64).reshape(len(samples[name]), -1)
        lit = np.count_nonzero(cells, 1)
        incident = conditions.get("energy_mev", np.inf)
        of_each = (lit == 0, lit == 1, cells.sum(1) > incident * (1 + _ROUNDING))
        for share, events in zip(found.values(), of_each, strict=True):
            share.append(float(np.mean(events)))
    return found


def largest_pulls(data: Data, made: Sides) -> dict[str, list[float]]:
    """Condition -> largest difference of an observable's mean in five bins, in standard errors.

    Of all scalar observables. Of the surrogate, from differences of events at equal conditions; and
    of truth against truth, whose events have conditions of their own.
    """
    real, fake, other = (_observables(data, side) for side in (data.test, made, data.floor))
    none = np.zeros_like(real)
    return {
        name: [
            _largest_pull(real - fake, none, at, at),
            _largest_pull(real, other, at, data.floor[1][name]),
        ]
        for name, at in data.test[1].items()
    }


def _observables(data: Data, side: Sides) -> np.ndarray:
    """Shape (n, observables)."""
    scalar = [o for o in data.domain.observables if o.axis is None]
    return np.column_stack([o.compute(*side) for o in scalar])


def _largest_pull(
    one: np.ndarray, other: np.ndarray, at: np.ndarray, other_at: np.ndarray
) -> float:
    edges = np.unique(np.quantile(at, np.linspace(0, 1, _PARTS + 1)[1:-1]))
    bins = [np.searchsorted(edges, values) for values in (at, other_at)]
    largest = 0.0
    for part in range(len(edges) + 1):
        a, b = one[bins[0] == part], other[bins[1] == part]
        if min(len(a), len(b)) > 1:
            error = np.sqrt(a.var(0) / len(a) + b.var(0) / len(b))
            pulls = np.abs(a.mean(0) - b.mean(0)) / np.maximum(error, 1e-12)
            largest = max(largest, float(pulls.max()))
    return largest


def table(content: Row) -> str:
    """A column each data set: cost, AUC of every view, shares, largest differences of means."""
    columns = {name: _figures(row) for name, row in content["rows"].items()}
    labels = dict.fromkeys(label for column in columns.values() for label in column)
    lines = [[label, *(c.get(label, "") for c in columns.values())] for label in labels]
    return markdown(["surrogate (truth)", *columns], lines)


def _figures(row: Row) -> dict[str, str]:
    largest = row["largest_auc"]
    both = [[largest[side]["auc"], largest[side]["error"]] for side in ("value", "floor")]
    found = {
        "training events": str(row["events"]),
        "CPU time of the training, s": f"{row['cpu_seconds']:.0f}",
        "peak memory, MB": f"{row['peak_memory_mb']:.0f}",
        "events a side": str(row["tested"]),
        "largest AUC": _beside(both[0] + both[1]),
    }
    for name, figure in row["figures"].items():
        if "AUC, " in name or name.startswith("separation power"):
            found[name] = _beside(figure)
    for name, figure in row["log_histogram"].items():
        found[f"{name} AUC, 30 bins of ln(cell)"] = _beside(figure)
    for name, (real, fake) in row["shares"].items():
        found[f"share of events, {name}"] = f"{fake:.4f} ({real:.4f})"
    for name, (fake, real) in row["means"].items():
        found[f"largest pull of a mean in bins of {name}"] = f"{fake:.1f} ({real:.1f})"
    return found


def _beside(figure: Sequence[float]) -> str:
    return f"{value(figure[:2])} ({value(figure[2:])})"


EXPERIMENT = Experiment(
    "own_data",
    __doc__,
    configurations,
    table,
    only=SYSTEMS,
    head=lambda options: {"seed": SEED},
)

if __name__ == "__main__":
    EXPERIMENT.main()
