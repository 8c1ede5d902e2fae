"""The surrogates that come with the package, each against its simulator.

Each with `--count` samples a side and condition, or `--maps` of fields. Reports in WORKDIR are used
as they are; a new one leaves the surrogate's certificate beside its weights. Writes
benchmarks/results/presets.json and .md: targets, classifiers, size of the page, and CPU seconds of
the benchmark: simulating, sampling the surrogate, timing both, classifiers, writing the page, and
the rest.

    python benchmarks/presets.py WORKDIR --count 500
"""

import json
import time
from collections.abc import Iterable
from functools import partial

from lib.experiment import Configuration, Experiment, Options
from lib.table import Row, markdown

from physgan import benchmark_run, load
from physgan.surrogates import pretrained_folder, pretrained_names

STEPS, REST = ("simulating", "sampling", "timing", "classifiers", "writing"), "the rest"
"""What a benchmark says that it does begins with these words."""
KEPT = ("count", "seed", "verdict", "conditions", "environment")


class Spent:
    """CPU seconds of a benchmark's steps, by what they are for. Called as progress is."""

    def __init__(self) -> None:
        self.seconds = dict.fromkeys((*STEPS, REST), 0.0)
        self._kind, self._since = REST, time.process_time()

    def __call__(self, done: int, total: int, note: str = "") -> None:
        """The step before ends, and the one of this note begins."""
        now = time.process_time()
        self.seconds[self._kind] += now - self._since
        self._kind, self._since = next((k for k in STEPS if note.startswith(k)), REST), now


def configurations(options: Options) -> Iterable[Configuration]:
    """What is kept of the report of each surrogate."""

    def judge(name: str) -> Row:
        out = options.workdir / name
        if not (out / "report.json").exists():
            kind, spent = load(name).description.domain, Spent()
            count = (options.maps if kind == "fields" else options.count) // options.shorter
            benchmark_run(pretrained_folder(name), out, count=count, recipe=name, progress=spent)
            (out / "spent.json").write_text(json.dumps(spent.seconds))
        report = json.loads((out / "report.json").read_text())
        classifiers = {source["name"]: source["classifiers"] for source in report["sources"]}
        kept = {key: report[key] for key in KEPT}
        kept["spent"] = json.loads((out / "spent.json").read_text())
        kept["page_mb"] = (out / "report.html").stat().st_size / 1e6
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
            values = ", ".join(_text(cell) for cell in found)
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
        spent = ", ".join(f"{what} {seconds:.0f}" for what, seconds in kept["spent"].items())
        lines.append([name, "CPU time of the benchmark, s", spent, ""])
        lines.append([name, "size of the page, MB", f"{kept['page_mb']:.1f}", ""])
    return markdown(["surrogate", "target", "at each condition", ""], lines)


def _text(cell: Row) -> str:
    """A figure with its error; the truth's own scatter may leave none."""
    if cell["value"] is None:
        return "–"
    return f"{cell['value']:.3g} ± {cell['error']:.2g}"


EXPERIMENT = Experiment(
    "presets",
    __doc__,
    configurations,
    table,
    only=pretrained_names(),
    options={"count": 500, "maps": 120},
)

if __name__ == "__main__":
    EXPERIMENT.main()
