"""A surrogate of the Ising model beside two simulations, observable by observable, in minutes.

Per temperature: deviations of u and c from Kaufman and of chi and U4 from simulation, histogram
overlaps as shares of truth-against-truth's own, and the Kullback-Leibler divergence. Writes
benchmarks/results/ising_observables_L.json.

    python benchmarks/ising_observables.py RUN --count 10000
"""

import argparse
import json
from pathlib import Path

import numpy as np
from ising_surrogate import RESULTS, divergence

from physgan.data import load_recipe
from physgan.domains.spins.observables import energy, magnetisation
from physgan.surrogate import load
from simulators import Ising
from simulators.ising.exact import kaufman


def summary(spins: np.ndarray, temperature: float) -> dict[str, float]:
    """u, c, chi (connected with |m|) and U4 of lattices (n, L, L)."""
    sites, u, m = spins[0].size, energy(spins), magnetisation(spins)
    return {
        "u": u.mean(),
        "c": sites * u.var() / temperature**2,
        "chi": sites * (np.mean(m**2) - np.mean(np.abs(m)) ** 2) / temperature,
        "binder": 1 - np.mean(m**4) / (3 * np.mean(m**2) ** 2),
    }


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    """Sum of min(p, q) over 40 bins between the extremes of both."""
    edges = np.linspace(min(a.min(), b.min()) - 1e-9, max(a.max(), b.max()) + 1e-9, 41)
    p, q = (np.histogram(x, edges)[0] / len(x) for x in (a, b))
    return float(np.minimum(p, q).sum())


def main() -> None:
    """Measure one run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("--count", type=int, default=10_000)
    arguments = parser.parse_args()
    surrogate, count = load(arguments.run), arguments.count
    size = surrogate.description.size
    rows = []
    for condition in load_recipe(f"ising-{size}").benchmark["conditions"]:
        temperature = condition["temperature"]
        made = surrogate.sample(condition, count, 5)["spins"]
        truth, again = (Ising(size).sample(condition, count, seed)["spins"] for seed in (6, 7))
        own, reference = summary(made, temperature), summary(truth, temperature)
        other, exact = summary(again, temperature), kaufman(size, temperature)
        row = {
            "temperature": temperature,
            "u_relative": own["u"] / exact[0] - 1,
            "c_relative": own["c"] / exact[1] - 1,
            "chi_relative": own["chi"] / reference["chi"] - 1,
            "chi_relative_truth_again": other["chi"] / reference["chi"] - 1,
            "binder_difference": own["binder"] - reference["binder"],
            "binder_difference_truth_again": other["binder"] - reference["binder"],
            **divergence(surrogate, temperature, 1_000, 8),
        }
        for name, measure in (("energy", energy), ("magnetisation", magnetisation)):
            x, y, z = (measure(s) for s in (made, truth, again))
            row[f"{name}_overlap_share"] = overlap(x, y) / overlap(z, y)
        rows.append({name: round(float(value), 5) for name, value in row.items()})
        print(rows[-1], flush=True)
        report = {
            "size": size,
            "count": count,
            "seeds": {"surrogate": 5, "truth": [6, 7]},
            "training": {
                **surrogate.description.training,
                "start_from": Path(surrogate.description.training["start_from"]).name,
            },
            "versions": surrogate.description.versions,
            "rows": rows,
        }
        text = json.dumps(report, indent=1) + "\n"
        (RESULTS / f"ising_observables_{size}.json").write_text(text)


if __name__ == "__main__":
    main()
