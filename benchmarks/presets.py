"""The surrogates that come with the package, each against its simulator.

Benchmarks found in WORKDIR are used as they are. Writes benchmarks/results/presets.json and .md:
targets, classifiers and speed.

    python benchmarks/presets.py WORKDIR --count 500
"""

import argparse
import json
from pathlib import Path
from typing import Any

from physgan.benchmark import benchmark_run
from physgan.surrogates import pretrained_names

RESULTS = Path(__file__).parent / "results"


def summary(report: dict[str, Any]) -> dict[str, Any]:
    """What is kept of a report."""
    kept = {key: report[key] for key in ("count", "seed", "verdict", "conditions", "environment")}
    kept["targets"] = report["targets"]["rows"]
    kept["classifiers"] = {s["name"]: s["classifiers"] for s in report["sources"]}
    return kept


def table(found: dict[str, dict[str, Any]]) -> str:
    """Targets of every preset by condition, as Markdown."""
    lines = ["| surrogate | target | at each condition | |", "|---|---|---|---|"]
    for name, kept in found.items():
        for row in kept["targets"]:
            cells = [cell for cell in row["cells"]["gan"] if cell]
            values = ", ".join(f"{c['value']:.3g} ± {c['error']:.2g}" for c in cells)
            passed = all(cell["passed"] for cell in cells)
            mark = "reached" if passed else "missed"
            lines.append(f"| {name} | {row['label']} | {values} | {mark} |")
        for source in ("gan", "simulator again"):
            auc = kept["classifiers"][source]["trees"]
            lines.append(
                f"| {name} | AUC of boosted trees, {source} | {auc['auc']:.3f} ± "
                f"{auc['error']:.3f} | |"
            )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Benchmark all of them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("workdir", type=Path)
    parser.add_argument("--count", type=int, default=500, help="showers a side and condition")
    arguments = parser.parse_args()
    found = {}
    for name in pretrained_names():
        out = arguments.workdir / name
        if not (out / "report.json").exists():
            benchmark_run(name, out, count=arguments.count, recipe=name)
        found[name] = summary(json.loads((out / "report.json").read_text()))
        (RESULTS / "presets.json").write_text(json.dumps(found, indent=1) + "\n")
        (RESULTS / "presets.md").write_text(table(found))
    print(table(found))


if __name__ == "__main__":
    main()
