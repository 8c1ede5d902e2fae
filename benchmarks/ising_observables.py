"""A surrogate of the Ising model against exact results and fresh simulation, with errors.

At each temperature of the recipe, for the generator on its own and with proposals (an independence
sampler over it), and on lattices twice as wide, which training never saw: u and c against Kaufman's
torus; chi, U4 and C(r) against simulation; histogram overlaps of E and signed m as shares of
truth-against-truth's own at 10,000 samples a side; simulation judged likewise by a second one;
and the Kullback-Leibler divergence. Errors by bootstrap (`physgan.fidelity.estimates`). Moments of
`--count` samples a side, of at most `--refined-count` with proposals and `--wide-count` at twice
the size.
Writes benchmarks/results/ising_observables_L.json and .md; rows found there are not made again.

    python benchmarks/ising_observables.py RUN --proposals 4
"""

import json
import time

from lib.experiment import parser_of
from lib.lattices import QUANTITIES, Values, deviations, measured
from lib.measure import divergence, metrics_of
from lib.table import RESULTS, Row, markdown, value, write_json

from physgan import Surrogate, load, load_recipe
from physgan.benchmark import Variant
from physgan.fidelity import choose_binning, overlap
from simulators import Ising

HISTOGRAMS = {"overlap of u": "energy", "overlap of m": "magnetisation"}
_LEVELS = {"energy": 4, "magnetisation": 2}
_MOST = 10_000
_SHARE = 0.95


def overlaps(own: Values, truth: Values, again: Values, size: int) -> dict[str, float]:
    """Overlaps of the histograms of E and signed m, over those of two simulations."""
    found = {}
    for figure, name in HISTOGRAMS.items():
        count = min(len(own[name]), _MOST)
        x, y, z = (values[name][:count] for values in (own, truth, again))
        binning = choose_binning(y, _LEVELS[name] / size**2)
        found[figure] = overlap(x, y, binning) / overlap(z, y, binning)
    return found


def judge(surrogate: Surrogate, size: int, proposals: int, wanted: Row) -> Row:
    """Every source at one size and temperature."""
    temperature, simulator = wanted["temperature"], Ising(size)
    truth, again = (measured(simulator, temperature, wanted["count"], s) for s in (6000, 7000))
    row, sources = dict(wanted), {"simulator again": again}
    for number, count in ((1, wanted["count"]), (proposals, wanted["count with proposals"])):
        start = time.perf_counter()
        name = "generator" if number == 1 else f"{number} proposals"
        source = Variant(surrogate, name, {"size": size, "proposals": number})
        sources[name] = measured(source, temperature, count, 5000)
        row[f"ms a sample, {name}"] = 1e3 * (time.perf_counter() - start) / count
    for name, values in sources.items():
        row[name] = deviations(values, truth, {"size": size, "temperature": temperature})
        row[name] |= overlaps(values, truth, again, size)
    if size == surrogate.description.size:
        row |= divergence(surrogate, temperature, 1_000, 8)
    return row


def table(rows: list[Row]) -> str:
    """The rows as Markdown.

    A deviation beyond its limit has a "?" if two errors could make up for that, else a "!".
    """
    figures = [*QUANTITIES, *HISTOGRAMS]
    lines = [
        [str(row["size"]), f"{row['temperature']:.4g}", name, *(_cell(f, found) for f in figures)]
        for row in rows
        for name, found in row.items()
        if isinstance(found, dict)
    ]
    return markdown(["L", "T", "source", *figures], lines)


def _cell(figure: str, found: Row) -> str:
    if figure in HISTOGRAMS:
        return f"{found[figure]:.3f}{'' if found[figure] >= _SHARE else ' !'}"
    (deviation, error), limit = found[figure], QUANTITIES[figure][1]
    missed = "?" if abs(deviation) <= limit + 2 * error else "!"
    mark = "" if abs(deviation) <= limit else f" {missed}"
    return value(found[figure], "{:+.4f} ± {:.4f}") + mark


def main() -> None:
    """Measure one run."""
    counts = {"count": 100_000, "refined_count": 100_000, "wide_count": 10_000}
    options = parser_of(__doc__, "run", proposals=4, **counts, out=RESULTS).parse_args()
    surrogate = load(options.run)
    size = surrogate.description.size
    path = options.out / f"ising_observables_{size}.json"
    known = json.loads(path.read_text()) if path.exists() else {}
    report: Row = {
        "size": size,
        "seeds": {"surrogate": 5000, "truth": [6000, 7000]},
        "weights": surrogate.description.weights_sha256,
        "training": surrogate.description.training,
        "training_seconds": metrics_of(options.run)[-1]["seconds"],
        "parameters": surrogate.parameter_count,
        "rows": [],
    }
    done = known["rows"] if known.get("weights") == report["weights"] else []
    for length, count in ((size, options.count), (2 * size, options.wide_count)):
        for condition in load_recipe(f"ising-{size}").benchmark["conditions"]:
            refined = min(count, options.refined_count)
            wanted = {**condition, "size": length, "count": count, "count with proposals": refined}
            row = next((old for old in done if wanted.items() <= old.items()), None)
            report["rows"].append(row or judge(surrogate, length, options.proposals, wanted))
            path.with_suffix(".md").write_text(table(write_json(path, report)["rows"]))
            print(table(report["rows"][-1:]), flush=True)


if __name__ == "__main__":
    main()
