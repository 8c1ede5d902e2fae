"""Smaller generators of showers: what width costs, and what it is worth.

Trains the GAN of showers at several widths on calo-small, likelihood stage and a short game, and
judges each on 2,000 showers that none saw. Runs found in WORKDIR are used as they are. Writes
benchmarks/results/size_against_fidelity.json, .md and .png.

    python benchmarks/size_against_fidelity.py WORKDIR
"""

import argparse
import json
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
from methods import FIGURES, showers
from trials import RESULTS, cells, judged, quality, trained, write

from physgan import open_dataset
from physgan.domains import domain_of

SEED = 0
BATCH = 1_000
WIDTHS = (8, 16, 32, 64)
SETTINGS = {"likelihood_samples": 96_000, "adversarial_samples": 0, "checkpoint_samples": 24_000}


def table(rows: dict[str, Any]) -> str:
    """One row for each width."""
    head = ["width", "parameters", "MFLOP a sample", "ms a sample", "training, s", *FIGURES]
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for width, row in rows.items():
        line = [width, *[""] * 4]
        if width != "truth":
            line = [width, f"{row['parameters']:,}", f"{row['flops_a_sample'] / 1e6:.3g}"]
            line += [f"{1e3 * row['seconds_a_sample']:.3g}", f"{row['training_seconds']:.0f}"]
        lines.append(f"| {' | '.join([*line, *cells(row['quality'], FIGURES)])} |")
    return "\n".join(lines) + "\n"


def draw(rows: dict[str, Any], path: Path) -> None:
    """AUC against FLOPs, with the floor."""
    sizes = {name: row for name, row in rows.items() if name != "truth"}
    figure, axes = plt.subplots(figsize=(5, 3.2), layout="constrained")
    flops = [row["flops_a_sample"] / 1e6 for row in sizes.values()]
    for name, colour in zip(FIGURES[:2], ("#0b63c5", "#c2570c"), strict=True):
        values, errors = zip(*(row["quality"][name] for row in sizes.values()), strict=True)
        axes.errorbar(flops, values, errors, fmt="o-", ms=4, lw=1, color=colour, label=name)
        axes.axhline(rows["truth"]["quality"][name][0], lw=0.8, ls=":", color=colour)
    axes.set(
        xscale="log", xlabel="MFLOP a sample", ylabel="AUC of boosted trees", ylim=(0.48, None)
    )
    names = [f"{value:.2g}\nwidth {width}" for value, width in zip(flops, sizes, strict=True)]
    axes.set_xticks(flops, names)
    axes.minorticks_off()
    axes.legend(frameon=False, title="dotted: truth against truth")
    figure.savefig(path, dpi=150)


def main() -> None:
    """Train what is not trained, judge, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("workdir", type=Path)
    parser.add_argument("--widths", type=int, nargs="+", default=list(WIDTHS))
    parser.add_argument("--shorter", type=int, default=1, help="factor: a trial of the script")
    options = parser.parse_args()
    options.workdir.mkdir(parents=True, exist_ok=True)
    dataset, test, floor = showers(options.workdir)
    domain = domain_of(open_dataset(dataset).info)
    store = options.workdir / "size_against_fidelity.json"
    rows = json.loads(store.read_text()) if store.exists() else {}
    if "truth" not in rows:
        rows["truth"] = {"quality": quality(domain, test, floor, SEED)}
    for width in options.widths:
        if str(width) not in rows:
            run = options.workdir / f"width-{width}"
            settings = {name: value // options.shorter for name, value in SETTINGS.items()}
            settings["generator_width"] = width
            seconds = trained(dataset, run, "gan", settings, SEED)
            found = judged(run, domain, test, BATCH, SEED)
            rows[str(width)] = {"settings": settings, "training_seconds": seconds, **found}
            store.write_text(json.dumps(rows, default=float))
    print(table(rows))
    if options.shorter == 1:
        write("size_against_fidelity", {"seed": SEED, "batch": BATCH, "rows": rows}, table(rows))
        draw(rows, RESULTS / "size_against_fidelity.png")


if __name__ == "__main__":
    main()
