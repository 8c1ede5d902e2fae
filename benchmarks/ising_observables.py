"""A surrogate of the Ising model against exact results and fresh simulation, with errors.

At each temperature of the recipe, for the generator alone and with proposals (see
`physgan.surrogates.independence_sampler`), and on lattices twice as wide, which training never saw: u and c against
Kaufman's torus; chi, U4 and C(r) against simulation; histogram overlaps of E and signed m as shares
of truth-against-truth's own at 10,000 samples a side; simulation judged likewise by a second one;
and the Kullback-Leibler divergence. Errors by jackknife over 50 blocks.
Writes benchmarks/results/ising_observables_L.json and .md; rows found there are not made again.

    python benchmarks/ising_observables.py RUN --proposals 4
"""

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from ising_surrogate import RESULTS, divergence

from physgan.benchmark.environment import environment
from physgan.data import load_recipe
from physgan.domains.spins.observables import correlation, energy, magnetisation
from physgan.surrogates import Surrogate, load
from simulators import Ising
from simulators.ising.exact import kaufman

BLOCKS = 50
LIMITS = {"u": 0.01, "c": 0.05, "chi": 0.05, "U4": 0.01, "C(r)": 0.02}
Values = dict[str, np.ndarray]


def measured(draw: Callable[[int, int], np.ndarray], count: int) -> Values:
    """Energy, magnetisation and C(r) of `count` lattices, drawn in parts of bounded memory."""
    parts = []
    for number, start in enumerate(range(0, count, 10_000)):
        spins = draw(min(10_000, count - start), number)
        sites = np.array(spins[0].size)
        parts.append((energy(spins), magnetisation(spins), correlation(spins)))
    u, m, c = (np.concatenate(part) for part in zip(*parts, strict=True))
    return {"u": u, "m": m, "C": c, "sites": sites}


def estimates(values: Values, temperature: float) -> dict[str, np.ndarray]:
    """u, c, chi (connected with |m|), U4 and C(r), each of all samples."""
    u, m, sites = values["u"], values["m"], int(values["sites"])
    return {
        "u": u.mean(),
        "c": sites * u.var() / temperature**2,
        "chi": sites * (np.mean(m**2) - np.mean(np.abs(m)) ** 2) / temperature,
        "U4": 1 - np.mean(m**4) / (3 * np.mean(m**2) ** 2),
        "C(r)": values["C"].mean(0),
    }


def jackknife(values: Values, temperature: float) -> tuple[dict, dict]:
    """Estimates and their standard errors."""
    count = len(values["u"]) // BLOCKS * BLOCKS
    block = np.arange(count) * BLOCKS // count
    left_out = []
    for number in range(BLOCKS):
        keep = block != number
        part = {k: v if k == "sites" else v[:count][keep] for k, v in values.items()}
        left_out.append(estimates(part, temperature))
    errors = {
        name: np.std([e[name] for e in left_out], axis=0) * (BLOCKS - 1) ** 0.5
        for name in left_out[0]
    }
    return estimates(values, temperature), errors


def overlap(a: np.ndarray, b: np.ndarray, spacing: float) -> float:
    """Sum of min(p, q) over bins of at least 1/40 of the range, each of equally many levels."""
    low, high = min(a.min(), b.min()), max(a.max(), b.max())
    width = spacing * max(1, np.ceil((high - low) / 40 / spacing))
    edges = np.arange(low - spacing / 2, high + width, width)
    p, q = (np.histogram(x, edges)[0] / len(x) for x in (a, b))
    return float(np.minimum(p, q).sum())


def deviations(own: Values, truth: Values, size: int, temperature: float) -> dict[str, list[float]]:
    """Name -> [deviation, its standard error]; relative but for U4; C(r) its worst known entry."""
    value, error = jackknife(own, temperature)
    reference, known = jackknife(truth, temperature)
    exact = kaufman(size, temperature)
    found = {}
    for place, name in enumerate(("u", "c")):
        found[name] = [value[name] / exact[place] - 1, error[name] / abs(exact[place])]
    for name in ("chi", "U4"):
        scale = reference[name] if name == "chi" else 1.0
        both = np.hypot(error[name], known[name]) / scale
        found[name] = [(value[name] - reference[name]) / scale, both]
    ratio = value["C(r)"][1:] / reference["C(r)"][1:] - 1
    both = np.hypot(error["C(r)"], known["C(r)"])[1:] / np.abs(reference["C(r)"][1:])
    ratio, both = ratio[both < 0.01], both[both < 0.01]
    worst = int(np.argmax(np.abs(ratio)))
    found["C(r)"] = [ratio[worst], both[worst]]
    return {name: [float(x) for x in pair] for name, pair in found.items()}


def overlaps(own: Values, truth: Values, again: Values, count: int) -> dict[str, float]:
    """Overlaps of E and signed m, over those of two simulations, at `count` samples a side."""
    found = {}
    for name, spacing in (("u", 4), ("m", 2)):
        step = spacing / int(truth["sites"])
        x, y, z = (values[name][:count] for values in (own, truth, again))
        found[f"overlap of {name}"] = overlap(x, y, step) / overlap(z, y, step)
    return found


def judge(
    surrogate: Surrogate,
    size: int,
    proposals: int,
    count: int,
    refined: int,
    temperature: float,
) -> dict[str, Any]:
    """Every source at one size and temperature."""
    given = {"temperature": temperature}
    simulation = Ising(size)

    def simulated(run: int) -> Callable[[int, int], np.ndarray]:
        return lambda n, part: simulation.sample(given, n, 1000 * run + part)["spins"]

    def made(number: int) -> Callable[[int, int], np.ndarray]:
        return lambda n, part: surrogate.sample(given, n, 5000 + part, size=size, proposals=number)[
            "spins"
        ]

    truth, again = (measured(simulated(run), count) for run in (6, 7))
    row: dict[str, Any] = {"temperature": temperature, "size": size, "count": count}
    row["count with proposals"] = refined
    sources = {"simulator again": again}
    for number, samples in ((1, count), (proposals, refined)):
        start = time.perf_counter()
        name = "generator" if number == 1 else f"{number} proposals"
        sources[name] = measured(made(number), samples)
        row[f"ms a sample, {name}"] = 1e3 * (time.perf_counter() - start) / samples
    for name, values in sources.items():
        row[name] = deviations(values, truth, size, temperature)
        row[name].update(overlaps(values, truth, again, min(len(values["u"]), 10_000)))
    if size == surrogate.description.size:
        row.update(divergence(surrogate, temperature, 1_000, 8))
    return row


def table(rows: list[dict[str, Any]]) -> str:
    """The rows as Markdown; a deviation beyond its limit by more than two errors has a !."""
    names = [name for name in rows[0] if isinstance(rows[0][name], dict)]
    figures = list(rows[0][names[0]])
    lines = ["| L | T | source | " + " | ".join(figures) + " |", "|---|---|---|" + "---|" * 7]
    for row in rows:
        for name in names:
            cells = [cell(figure, row[name][figure]) for figure in figures]
            place = f"{row['size']} | {row['temperature']:.4g}"
            lines.append(f"| {place} | {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def cell(figure: str, found: Any) -> str:
    """One figure: an overlap as a share, a deviation with its error and verdict."""
    if not isinstance(found, list):
        return f"{found:.3f}{'' if found >= 0.95 else ' !'}"
    value, error = found
    limit = LIMITS[figure]
    verdict = "" if abs(value) <= limit else " ?" if abs(value) <= limit + 2 * error else " !"
    return f"{value:+.4f} ± {error:.4f}{verdict}"


def main() -> None:
    """Measure one run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("--proposals", type=int, default=4)
    parser.add_argument("--count", type=int, default=100_000, help="samples a side, for moments")
    parser.add_argument("--refined-count", type=int, help="with proposals, if fewer")
    parser.add_argument("--wide-count", type=int, default=10_000, help="at twice the size")
    arguments = parser.parse_args()
    surrogate = load(arguments.run)
    size = surrogate.description.size
    lines = (arguments.run / "metrics.jsonl").read_text().splitlines()
    report: dict[str, Any] = {
        "size": size,
        "seeds": {"surrogate": 5000, "truth": [6000, 7000]},
        "weights": surrogate.description.weights_sha256,
        "training": surrogate.description.training,
        "training_seconds": json.loads(lines[-1])["seconds"],
        "parameters": surrogate.parameter_count,
        "environment": environment(),
        "rows": [],
    }
    path = RESULTS / f"ising_observables_{size}.json"
    known = json.loads(path.read_text()) if path.exists() else {}
    done = known["rows"] if known.get("weights") == report["weights"] else []
    plan = [(size, arguments.count), (2 * size, arguments.wide_count)]
    for length, count in plan:
        for condition in load_recipe(f"ising-{size}").benchmark["conditions"]:
            temperature = condition["temperature"]
            refined = min(count, arguments.refined_count or count)
            wanted = {"temperature": temperature, "size": length, "count": count}
            wanted["count with proposals"] = refined
            row = next((old for old in done if wanted.items() <= old.items()), None)
            if row is None:
                row = judge(surrogate, length, arguments.proposals, count, refined, temperature)
            report["rows"].append(row)
            path.write_text(json.dumps(report, indent=1, default=float) + "\n")
            path.with_suffix(".md").write_text(table(report["rows"]))
            print(table([row]), flush=True)


if __name__ == "__main__":
    main()
