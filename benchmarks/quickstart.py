"""The main job, timed: `physgan quickstart` in a fresh folder, with nothing compiled before.

Writes benchmarks/results/quickstart.json: wall time, peak memory, and what was reached.

    python benchmarks/quickstart.py WORKDIR
"""

import json
import os
import resource
import subprocess
import sys
import time

from lib.experiment import parser_of
from lib.table import RESULTS, write_json


def main() -> None:
    """Run, measure, write."""
    workdir = parser_of(__doc__, "workdir").parse_args().workdir
    workdir.mkdir(parents=True)
    command = [sys.executable, "-m", "physgan.cli", "quickstart", "--out", str(workdir / "out")]
    load, start = os.getloadavg()[0], time.perf_counter()
    cache = {"XDG_CACHE_HOME": str(workdir / "cache")}
    subprocess.run(command, check=True, env={**os.environ, **cache})
    seconds = time.perf_counter() - start
    report = json.loads((workdir / "out" / "report" / "report.json").read_text())
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    result = {"seconds": seconds, "peak_memory_mb": memory, "load_before": load}
    result |= {name: report[name] for name in ("verdict", "targets")}
    write_json(RESULTS / "quickstart.json", result)
    print(f"{seconds:.0f} s, {memory:.0f} MB, {report['verdict']['sentence']}")


if __name__ == "__main__":
    main()
