"""The surrogates that come with the package, each against its simulator.

Each with `--count` samples a side and condition. Reports in WORKDIR are used as they are. Writes
benchmarks/results/presets.json and .md: targets, classifiers and speed.

    python benchmarks/presets.py WORKDIR --count 500
"""

import json
from collections.abc import Iterable
from functools import partial

from lib.experiment import Configuration, Experiment, Options
from lib.table import Row, markdown

from physgan import benchmark_run
from physgan.surrogates import pretrained_names

KEPT = ("count", "seed", "verdict", "conditions", "environment")


def configurations(options: Options) -> Iterable[Configuration]:
    """What is kept of the report of each surrogate."""

    def judge(name: str) -> Row:
        out = options.workdir / name
        if not (out / "report.json").exists():
            benchmark_run(name, out, count=options.count // options.shorter, recipe=name)
        report = json.loads((out / "report.json").read_text())
        classifiers = {source["name"]: source["classifiers"] for source in report["sources"]}
        kept = {key: report[key] for key in KEPT}
        return {**kept, "targets": report["targets"]["rows"], "classifiers": classifiers}

    for name in options.only:
        yield (name,), partial(judge, name)


def table(content: Row) -> str:
    """Targets of every surrogate, and the largest AUC; it is the first source of its report."""
    lines = []
    for name, kept in ((name, content[name]) for name in pretrained_names() if name in content):
        method = next(iter(kept["classifiers"]))
        for row in kept["targets"]:
            found = [cell for cell in row["cells"][method] if cell]
            values = ", ".join(f"{cell['value']:.3g} ± {cell['error']:.2g}" for cell in found)
            verdicts = {
                cell.get("verdict", "reached" if cell["passed"] else "missed") for cell in found
            }
            mark = next((w for w in ("missed", "cannot tell", "reached") if w in verdicts), "–")
            lines.append([name, row["label"], values, mark])
        for source in (method, "simulator again"):
            largest = max(kept["classifiers"][source], key=lambda test: test["auc"])
            value = f"{largest['auc']:.3f} ± {largest['error']:.3f}"
            words = f"AUC of {largest['classifier']} on {largest['view']}, {source}"
            lines.append([name, words, value, ""])
    return markdown(["surrogate", "target", "at each condition", ""], lines)


EXPERIMENT = Experiment(
    "presets",
    __doc__,
    configurations,
    table,
    only=pretrained_names(),
    options={"count": 500},
)

if __name__ == "__main__":
    EXPERIMENT.main()
