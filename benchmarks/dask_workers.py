"""Simulate showers by two Dask workers, by one, and by this process, in turns.

Every worker has a core of its own; this process has both, as `physgan simulate` has. A run writes
its dataset, and the bytes of all are compared. Writes benchmarks/results/dask_workers.json.

    python benchmarks/dask_workers.py [--recipe calo-small] [--count 4000] [--shards 16]
"""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from lib.experiment import parser_of
from lib.measure import in_turns
from lib.table import RESULTS, write_json

from physgan.data import Recipe, load_recipe, open_dataset, simulate

ASKED = 1.8


@contextmanager
def cluster(cores: list[int]) -> Iterator[str]:
    """A scheduler with a worker on each of these cores; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    address = f"tcp://127.0.0.1:{port}"
    scheduler = [*("scheduler", "--host", "127.0.0.1", "--port", port, "--no-dashboard")]
    worker = ["worker", address, "--nthreads", "1", "--no-dashboard"]
    with ExitStack() as running:
        for words, own in ((scheduler, cores), *((worker, [core]) for core in cores)):
            process = subprocess.Popen(
                [sys.executable, "-m", "dask", *words],
                preexec_fn=partial(os.sched_setaffinity, 0, own),  # inherited by all it starts
                stderr=subprocess.DEVNULL,
            )
            running.enter_context(process)
            running.callback(process.terminate)
        yield address


def seconds(recipe: Recipe, folder: Path, scheduler: str) -> float:
    """Wall time of a run, s."""
    with TemporaryDirectory(dir=folder) as out:
        start = time.perf_counter()
        simulate(recipe, Path(out, "made"), scheduler=scheduler)
        taken = time.perf_counter() - start
        hashes = [entry.sha256 for entry in open_dataset(Path(out, "made")).manifest.entries]
        known = folder / "hashes.json"
        if known.exists() and json.loads(known.read_text()) != hashes:
            raise SystemExit("expected the same bytes from every run; got others")
        known.write_text(json.dumps(hashes))
    return taken


def main() -> None:
    """Measure, write, print."""
    out = RESULTS / "dask_workers.json"
    parser = parser_of(__doc__, recipe="calo-small", count=4000, shards=16, rounds=5, out=out)
    options = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))[:2]
    size = -(-options.count // options.shards)
    recipe = replace(load_recipe(options.recipe), count=options.count, shard_size=size)
    with (
        TemporaryDirectory() as folder,
        cluster(cores[:1]) as one,
        cluster((cores * 2)[:2]) as two,
    ):
        ways = {"one worker": one, "two workers": two, "this process": ""}
        measured = {name: partial(seconds, recipe, Path(folder), way) for name, way in ways.items()}
        in_turns(measured, 1)  # compiles
        found = in_turns(measured, options.rounds)
    ratios = found["one worker"] / found["two workers"]
    result = {
        "recipe": options.recipe,
        "events": options.count,
        "shards": options.shards,
        "rounds": options.rounds,
        "cores": len(cores),
        "seconds": {name: float(np.median(values)) for name, values in found.items()},
        "spread": {name: float(values.std()) for name, values in found.items()},
        "two_workers_over_one": float(np.median(ratios)),
        "asked": ASKED,
    }
    print(json.dumps(write_json(options.out, result), indent=1))


if __name__ == "__main__":
    main()
