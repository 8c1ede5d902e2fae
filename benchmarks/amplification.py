"""How many events of the simulator a surrogate's events are worth, observable by observable.

In the manner of A. Butter et al., arXiv:2008.06545: quantile bins of a large sample of the truth;
what n training events and N events of the surrogate that learnt from them are worth by the bins'
deviations (see `physgan.fidelity.amplification`). The training events are their own control: they
should be worth n. The conditions of the truth must be distributed as those of the training set.
Writes benchmarks/results/amplification_NAME.json and .md.

    physgan simulate ising-16 --seed 1 --count 200000 --out truth.h5
    python benchmarks/amplification.py NAME RUN TRAINING.h5 truth.h5
"""

from collections.abc import Mapping
from dataclasses import asdict

import numpy as np
from lib.experiment import Options, parser_of
from lib.systems import Sides
from lib.table import NONE, RESULTS, Row, markdown, value, write_results

from physgan import load, open_dataset
from physgan.domains import Domain, domain_of
from physgan.fidelity import amplification, measure, quantile_bins

OBSERVABLES = {"showers": ("response", "layer_energy"), "spins": ("energy", "magnetisation")}
_UNSEEN = "no deviation seen"


def columns(domain: Domain, side: Sides) -> Mapping[str, np.ndarray]:
    """The observables that are looked at, each component by a name of its own."""
    samples, conditions = side
    found = measure(domain, samples, {**conditions, **domain.geometry(samples)})
    table = {}
    for name in OBSERVABLES.get(domain.name, domain.histograms):
        if found[name].ndim == 1:
            table[name] = found[name]
        else:
            table.update({f"{name} {i}": column for i, column in enumerate(found[name].T)})
    return table


def worth(options: Options) -> Row:
    """What the training events and the surrogate's are worth, by observable."""
    training, surrogate = open_dataset(options.training), load(options.run)
    domain = domain_of(training.info)
    reference = columns(domain, open_dataset(options.truth).read())
    samples, conditions = training.read("train")
    control = columns(domain, (samples, conditions))
    count = len(next(iter(samples.values())))
    number = options.factor * count
    given = {name: np.resize(values, number) for name, values in conditions.items()}
    own = columns(domain, (surrogate.sample(given, number, options.seed), given))
    rows = {}
    for name, values in reference.items():
        edges = quantile_bins(values, options.bins)
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


def table(content: Row) -> str:
    """A row an observable, in events of the simulator.

    The price of "one more" is in events of the surrogate, at these N.
    """
    head = ["observable", "n are worth", "N are worth", "one more for", "infinite N"]
    lines = []
    for name, row in content["observables"].items():
        own, least = row["surrogate"], row["amplification_at_least"]
        events = (row["training"]["equivalent"], own["equivalent"], own["limit"])
        trained, drawn, most = (value(pair, "{:,.0f} ± {:,.0f}", _UNSEEN) for pair in events)
        share = NONE if least is None else f"{least:.2f}"
        lines.append([name, trained, drawn, f"{own['price']:,.1f}", most, share])
    return (
        f"n = {content['training_events']:,} training events, truth {content['truth_events']:,}; "
        f"N = {content['factor']} n events of the surrogate; {content['bins']} bins.\n\n"
        + markdown([*head, "at least, over n"], lines)
    )


def main() -> None:
    """Measure, write, print."""
    names = ("name", "run", "training", "truth")
    options = parser_of(__doc__, *names, factor=10, bins=20, seed=11).parse_args()
    settings = {name: getattr(options, name) for name in ("factor", "bins", "seed")}
    path = RESULTS / f"amplification_{options.name}.json"
    write_results(path, {**settings, **worth(options)}, table)


if __name__ == "__main__":
    main()
