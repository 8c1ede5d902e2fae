"""How many events of the simulator a surrogate's events are worth, observable by observable.

In the manner of A. Butter et al., arXiv:2008.06545: quantile bins of a large sample of the truth;
what n training events and N events of the surrogate that learnt from them are worth by the bins'
deviations (see `physgan.fidelity.amplification`). The training events are their own control: they
should be worth n. The truth must have the conditions' law of the training set. Writes
benchmarks/results/amplification_NAME.json and .md.

    physgan simulate ising-16 --seed 1 --count 200000 --out truth.h5
    python benchmarks/amplification.py NAME RUN TRAINING.h5 truth.h5
"""

import argparse
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from physgan import load, open_dataset
from physgan.benchmark.environment import environment
from physgan.domains import Domain, domain_of
from physgan.fidelity import amplification, measure, quantile_bins

RESULTS = Path(__file__).parent / "results"
OBSERVABLES = {
    "showers": ("response", "layer_energy"),
    "spins": ("energy", "magnetisation"),
}


def columns(
    domain: Domain, samples: Mapping[str, np.ndarray], conditions: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """The observables that are looked at, each component by a name of its own."""
    found = measure(domain, samples, {**conditions, **domain.geometry(samples)})
    table = {}
    for name in OBSERVABLES.get(domain.name, domain.histograms):
        values = found[name]
        if values.ndim == 1:
            table[name] = values
        else:
            table.update({f"{name} {i}": column for i, column in enumerate(values.T)})
    return table


def worth(
    run: Path, training: Path, truth: Path, *, factor: int, bins: int, seed: int
) -> dict[str, Any]:
    """What the training events and the surrogate's are worth, by observable."""
    known, large = open_dataset(training), open_dataset(truth)
    domain, surrogate = domain_of(known.info), load(run)
    reference = columns(domain, *large.read())
    samples, conditions = known.read("train")
    count = len(next(iter(samples.values())))
    given = {name: np.resize(values, factor * count) for name, values in conditions.items()}
    made = surrogate.sample(given, factor * count, seed)
    control, own = columns(domain, samples, conditions), columns(domain, made, given)
    rows = {}
    for name, values in reference.items():
        edges = quantile_bins(values, bins)
        if len(edges.shares) < 3:
            continue  # a layer that almost no shower reaches
        found = amplification(edges, [own[name]])
        rows[name] = {
            "training": asdict(amplification(edges, [control[name]])),
            "surrogate": {**asdict(found), "price": found.price},
            "amplification": found.limit[0] / count,
            "amplification_at_least": found.at_least / count,
        }
    about = surrogate.description
    return {
        "simulator": {"name": about.simulator, "parameters": about.parameters},
        "surrogate": {"method": about.method, "training": about.training, "seed": about.seed},
        "training_events": count,
        "truth_events": len(next(iter(reference.values()))),
        "observables": rows,
    }


def table(result: dict[str, Any]) -> str:
    """A row an observable, in events of the simulator.

    The price of "one more" is in events of the surrogate, at these N.
    """
    lines = [
        f"n = {result['training_events']:,} training events, truth {result['truth_events']:,}; "
        f"N = {result['factor']} n events of the surrogate; {result['bins']} bins.",
        "",
        "| observable | n are worth | N are worth | one more for | infinite N | at least, over n |",
        "|---|---|---|---|---|---|",
    ]
    for name, row in result["observables"].items():
        control, own = row["training"], row["surrogate"]
        cells = [
            _events(*control["equivalent"]),
            _events(*own["equivalent"]),
            f"{own['price']:,.1f}",
            _events(*own["limit"]),
            f"{row['amplification_at_least']:.2f}",
        ]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _events(value: float | None, error: float | None) -> str:
    """A number of events; none if no deviation is seen."""
    if value is None or error is None:
        return "no deviation seen"
    return f"{value:,.0f} ± {error:,.0f}"


def main() -> None:
    """Measure, write, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name")
    parser.add_argument("run", type=Path)
    parser.add_argument("training", type=Path)
    parser.add_argument("truth", type=Path)
    parser.add_argument("--factor", type=int, default=10, help="surrogate events, in units of n")
    parser.add_argument("--bins", type=int, default=20)
    parser.add_argument("--seed", type=int, default=11)
    options = parser.parse_args()
    settings = {"factor": options.factor, "bins": options.bins, "seed": options.seed}
    found = worth(options.run, options.training, options.truth, **settings)
    result = {**settings, "environment": environment(), **found}
    RESULTS.mkdir(exist_ok=True)
    result = _plain(result)
    text = json.dumps(result, indent=1, allow_nan=False) + "\n"
    (RESULTS / f"amplification_{options.name}.json").write_text(text)
    (RESULTS / f"amplification_{options.name}.md").write_text(table(result) + "\n")
    print(table(result))


def _plain(value: Any) -> Any:
    """JSON values: null for infinity, which stands for no deviation seen."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value


if __name__ == "__main__":
    main()
