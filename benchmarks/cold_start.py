"""Time `physgan sample` in a fresh process, to its first sample, with compiled programs on disk.

For every surrogate, in turns: the whole command for one sample, `import jax`, and the stages of the
same work in Python. The command runs once before, so that JAX's compilation cache (a fresh one in
WORKDIR) holds what it compiles. CPU seconds of the process on one core, which other work on the
machine hardly changes, and wall seconds. Writes benchmarks/results/cold_start.json and .md.

    python benchmarks/cold_start.py WORKDIR
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from lib.experiment import parser_of
from lib.measure import on_one_core
from lib.table import RESULTS, Row, markdown, write_results

from physgan import load
from simulators import Condition

STAGES = """
import json, time
from physgan.cli.running import prepare
prepare()
laps = [time.process_time()]
lap = lambda: laps.append(time.process_time())
import jax; lap()
import flax.nnx; lap()
from physgan import load; load; lap()
surrogate = load({name!r}); lap()
surrogate.sample({conditions!r}, 1, 0); lap()
names = {names!r}
print(json.dumps(dict(zip(names, [laps[0]] + [b - a for a, b in zip(laps, laps[1:])]))))
"""
NAMES = ["Python, command line", "import jax", "import Flax", "import physgan", "load", "draw"]


class Process:
    """Fresh Python processes that share a compilation cache."""

    def __init__(self, cache: Path) -> None:
        unoptimised = "JAX_DISABLE_MOST_OPTIMIZATIONS"
        self.environment = {k: v for k, v in os.environ.items() if k != unoptimised}
        self.environment |= {"XDG_CACHE_HOME": str(cache.absolute())}

    def __call__(self, *arguments: str) -> tuple[float, float, str]:
        """CPU seconds, wall seconds and stdout of `python ARGUMENTS`."""
        start, before = time.perf_counter(), os.times()
        out = subprocess.run(
            [sys.executable, *arguments],
            env=self.environment,
            check=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ).stdout
        wall, after = time.perf_counter() - start, os.times()
        cpu = sum(after[2:4]) - sum(before[2:4])
        return cpu, wall, out.decode()


def middle(conditions: Sequence[Condition]) -> dict[str, float]:
    """The middle of the trained range of each condition."""
    return {c.name: (c.minimum + c.maximum) / 2 for c in conditions}


def measure(name: str, workdir: Path, rounds: int) -> Row:
    """Seconds of a surrogate: first without compiled programs, then in every round with them."""
    conditions = middle(load(name).conditions)
    given = [f"--condition={key}={value}" for key, value in conditions.items()]
    code = STAGES.format(name=name, conditions=conditions, names=NAMES)
    process = Process(workdir / "cache" / name)
    shutil.rmtree(workdir / "cache" / name, ignore_errors=True)

    def sample() -> tuple[float, float]:
        path = workdir / "samples" / "one.h5"
        shutil.rmtree(path.parent, ignore_errors=True)
        path.parent.mkdir()
        command = ["-m", "physgan.cli", "sample", name, "--count=1", f"--out={path}", *given]
        return process(*command)[:2]

    first = sample()
    rows: list[Row] = []
    for _ in range(rounds):
        cpu, wall = sample()
        jax_cpu, jax_wall, _ = process("-c", "import jax")
        stages = json.loads(process("-c", code)[2])
        rows.append(
            {"sample": cpu, "sample, wall": wall, "import jax, process": jax_cpu,
             "import jax, process, wall": jax_wall, **stages}
        )  # fmt: skip
    medians = {key: float(np.median([row[key] for row in rows])) for key in rows[0]}
    return {"nothing compiled": first, "medians": medians, "rounds": rows}


def table(content: Row) -> str:
    """The command and its stages, CPU seconds."""
    lines = []
    for name, row in content["rows"].items():
        found = row["medians"]
        lines.append(
            [name, f"{row['nothing compiled'][0]:.1f}", f"{found['sample']:.2f}"]
            + [f"{found['sample, wall']:.2f}"]
            + [f"{found[stage]:.2f}" for stage in NAMES]
        )
    head = ["surrogate", "nothing compiled", "command", "its wall time", *NAMES]
    about = (
        "`physgan sample`, one sample in a fresh process on one core, CPU seconds, medians; asked: "
        "4 at most. From the fifth column on: the stages of the same work in Python.\n\n"
    )
    return about + markdown(head, lines)


def main() -> None:
    """Measure and write."""
    parser = parser_of(
        __doc__, "workdir", surrogates="calo-small,cosmology-64", rounds=5, out=RESULTS
    )
    options = parser.parse_args()
    options.workdir.mkdir(parents=True, exist_ok=True)
    load_before = os.getloadavg()[0]
    rows = {
        name: measure(name, options.workdir, options.rounds)
        for name in options.surrogates.split(",")
    }
    content = {"load_before": load_before, "rows": rows}
    write_results(options.out / "cold_start.json", content, table)


if __name__ == "__main__":
    on_one_core()
    main()
