"""Time training and sampling where the process keeps freed memory, and where it returns it.

Returning large arrays to the operating system is what glibc does by default; see
physgan/allocator.py. Training on a small dataset of each recipe at default settings, and sampling
from a surrogate of the package, each in a new process, in turns. Page faults and peak memory are
those of the whole process. Writes benchmarks/results/freed_memory.json and .md; the machine has to
be quiet, and ratios are what counts.

    python benchmarks/freed_memory.py WORKDIR
"""

import json
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
from lib.experiment import parser_of
from lib.systems import SEED
from lib.table import RESULTS, Row, markdown, write_results

from physgan import simulate

PROGRAM = """
import json, resource, sys, time
import physgan.allocator
kept, action, subject, folder, amount = json.loads(sys.argv[1])
if not kept:
    physgan.allocator.keep_freed_memory = lambda: None
import physgan
if action == "sample":
    surrogate = physgan.load(subject)
    middle = {c.name: (c.minimum + c.maximum) / 2 for c in surrogate.conditions}
    surrogate.sample(middle, amount, 0)
    start = time.perf_counter()
    surrogate.sample(middle, amount, 1)
    seconds = (time.perf_counter() - start) / amount
else:
    method = "likelihood" if action == "likelihood" else "gan"
    settings = {f"{action}_samples": amount, "checkpoint_samples": amount}
    seconds = physgan.train(subject, folder, settings, method=method)["seconds_per_sample"]
usage = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps([seconds, usage.ru_minflt, usage.ru_maxrss * 1024]))
"""
TRAININGS = {
    "ising-32": ("likelihood", 2048, 16_384),
    "calo-small": ("likelihood", 2048, 16_384),
    "cosmology-64": ("adversarial", 384, 1280),
}
"""Recipe -> stage, events of the dataset, samples trained on."""
SURROGATES = {"cosmology-64": 2048, "calo-pbwo4-lar": 256}
"""Surrogate of the package -> samples drawn."""
NAMES = {True: "kept", False: "returned"}


def figures(case: tuple, workdir: Path, kept: bool) -> list[float]:
    """Seconds a sample, page faults and bytes at peak, in a new process."""
    folder = workdir / "run"
    shutil.rmtree(folder, ignore_errors=True)
    action, subject, amount = case
    given = json.dumps([kept, action, str(subject), str(folder), amount])
    command = [sys.executable, "-c", PROGRAM, given]
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    return json.loads(result.stdout.splitlines()[-1])


def measure(case: tuple, workdir: Path, rounds: int) -> Row:
    """Figures with freed memory kept and returned, in every round."""
    run = partial(figures, case, workdir)
    run(True)  # fills the cache of compiled programs
    turns = [{NAMES[kept]: run(kept) for kept in NAMES} for _ in range(rounds)]
    return {name: [turn[name] for turn in turns] for name in NAMES.values()}


def table(content: Row) -> str:
    """Medians of both, and the ratio of the times."""
    lines = []
    for name, row in content["rows"].items():
        before, after = (np.median(row[key], axis=0) for key in ("returned", "kept"))
        lines.append([
            name, f"{1e3 * before[0]:.3g}", f"{1e3 * after[0]:.3g}",
            f"{after[0] / before[0]:.2f}", f"{before[1] / 1e6:.2f}", f"{after[1] / 1e6:.2f}",
            f"{before[2] / 1e9:.1f}", f"{after[2] / 1e9:.1f}",
        ])  # fmt: skip
    head = ["", "ms a sample, returned", "kept", "ratio", "million page faults, returned", "kept",
            "GB at peak, returned", "kept"]  # fmt: skip
    return "Medians of rounds in turns.\n\n" + markdown(head, lines)


def main() -> None:
    """Measure and write."""
    parser = parser_of(__doc__, "workdir", rounds=3, out=RESULTS)
    options = parser.parse_args()
    options.workdir.mkdir(parents=True, exist_ok=True)
    rows = {}
    for recipe, (stage, events, samples) in TRAININGS.items():
        data = options.workdir / f"{recipe}.h5"
        if not data.exists():
            simulate(recipe, data, count=events, seed=SEED)
        case = stage, data, samples
        rows[f"training, {recipe}, {stage}"] = measure(case, options.workdir, options.rounds)
    for surrogate, count in SURROGATES.items():
        case = "sample", surrogate, count
        rows[f"sampling, {surrogate}"] = measure(case, options.workdir, options.rounds)
    write_results(options.out / "freed_memory.json", {"rows": rows}, table)


if __name__ == "__main__":
    main()
