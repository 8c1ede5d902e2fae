"""Time writing and a shuffled epoch of a dataset, beside h5py and a plain copy of the same arrays.

Showers drawn from calo-small, as a dataset of one file. "h5py" writes the arrays with the same
chunks and filters and syncs the file; it reads them whole and takes the same batches. "shards" is
`physgan simulate` without the simulation: files, their SHA-256 and the manifest. A copy is one of
the arrays in memory. "batches" is the epoch without the reading, as every epoch after the first.
Last, a training of the default likelihood stage on these showers: the share of its steps' time in
which batches are made, an upper bound of what a step waits for data.

Megabytes are those of the arrays. CPU seconds on one core, and wall seconds where the disk matters.
Writes benchmarks/results/dataset_speed.json and .md.

    python benchmarks/dataset_speed.py WORKDIR
"""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any
from unittest import mock

import h5py
import numpy as np
from lib.experiment import parser_of
from lib.measure import on_one_core
from lib.table import RESULTS, Row, markdown, write_results

from physgan import batches, load, open_dataset, train, write_dataset
from physgan.data import DatasetInfo, write_events
from physgan.data.writer import CHUNK_BYTES, FILTERS
from physgan.training import Run, loop

BATCH = 128
SURROGATE = "calo-small"
Arrays = dict[str, np.ndarray]


class Written:
    """The same arrays as a dataset and as a plain HDF5 file."""

    def __init__(self, workdir: Path, count: int) -> None:
        self.workdir = workdir
        source = workdir / "drawn.h5"
        surrogate = load(SURROGATE).without_certificate()
        low, high = surrogate.conditions[0].minimum, surrogate.conditions[0].maximum
        energies = np.random.default_rng(0).uniform(low, high, count)
        surrogate.write(source, {surrogate.conditions[0].name: energies}, count, 0)
        dataset = open_dataset(source)
        self.info: DatasetInfo = dataset.info
        self.samples, self.conditions = dataset.read()
        self.count = count
        numbers = np.random.default_rng(1).permutation(count)
        parts = np.split(numbers, [count * 9 // 10])
        self.splits = dict(zip(("train", "validation"), map(np.sort, parts), strict=True))
        self.path, self.plain = workdir / "physgan.h5", workdir / "h5py.h5"

    @property
    def arrays(self) -> Arrays:
        """Samples and conditions."""
        return {**self.samples, **self.conditions}

    def write(self) -> None:
        """By physgan, one file."""
        write_dataset(self.path, self.samples, self.conditions, self.info, self.splits)

    def write_shards(self) -> None:
        """By physgan, shards and a manifest."""
        folder = self.workdir / "shards"
        shutil.rmtree(folder, ignore_errors=True)

        def produce(first: int, count: int, report: Any) -> tuple[Arrays, Arrays]:
            part = slice(first, first + count)
            return tuple(  # type: ignore[return-value]
                {name: array[part] for name, array in side.items()}
                for side in (self.samples, self.conditions)
            )

        size = -(-self.count // 4)
        write_events(folder, self.info, self.count, produce, definition={}, shard_size=size)

    def write_plain(self) -> None:
        """By h5py, the same chunks and filters."""
        with h5py.File(self.plain, "w") as file:
            for name, array in self.arrays.items():
                rows = min(len(array), max(1, CHUNK_BYTES // array[0].nbytes))
                file.create_dataset(name, data=array, chunks=(rows, *array.shape[1:]), **FILTERS)
        with open(self.plain, "rb") as stream:
            os.fsync(stream.fileno())

    def copy(self) -> None:
        """In memory."""
        for array in self.arrays.values():
            array.copy()

    def epoch(self) -> None:
        """Of the file of physgan, read by it."""
        self._take(batches(open_dataset(self.path).read(), BATCH, 0))

    def batches(self) -> None:
        """Of arrays in memory, by physgan."""
        self._take(batches((self.samples, self.conditions), BATCH, 0))

    def epoch_plain(self) -> None:
        """Of the file of h5py, read by it."""
        with h5py.File(self.plain) as file:
            arrays = {name: file[name][:] for name in file}
        order = np.random.default_rng([0, 0]).permutation(self.count)
        for start in range(0, self.count - BATCH + 1, BATCH):
            index = order[start : start + BATCH]
            for array in arrays.values():
                array[index]

    def _take(self, stream: Iterator[Any]) -> None:
        for _ in islice(stream, self.count // BATCH):
            pass


def both_clocks(call: Callable[[], None]) -> tuple[float, float]:
    """CPU and wall seconds."""
    cpu, wall = time.process_time(), time.perf_counter()
    call()
    return time.process_time() - cpu, time.perf_counter() - wall


def waiting(written: Written, steps: int) -> Row:
    """Wall seconds a step of a training, and those of them in which its batch is made."""
    spent: list[float] = []

    def timed(function: Callable[..., Any], *arguments: Any) -> Any:
        start = time.perf_counter()
        result = function(*arguments)
        spent.append(time.perf_counter() - start)
        return result

    run, batch, split = written.workdir / "run", Run.batch, loop.split_batch
    shutil.rmtree(run, ignore_errors=True)
    total = steps * BATCH
    settings = {"likelihood_samples": total, "checkpoint_samples": total}
    settings |= {"adversarial_samples": 0, "rejection_samples": 0, "batch_size": BATCH}
    with (
        mock.patch.object(Run, "batch", lambda self, samples: timed(batch, self, samples)),
        mock.patch.object(loop, "split_batch", partial(timed, split)),
    ):
        result = train(written.path, run, settings)
    data = float(np.median(np.add(spent[::2], spent[1::2])))
    step = result["seconds_per_sample"] * BATCH
    return {"seconds a step": step, "seconds of data a step": data, "share": data / step}


def table(row: Row) -> str:
    """MB/s and ratios."""
    middle = {name: np.median(values, 0) for name, values in row["seconds"].items()}
    lines = []
    for name, against in (
        ("write", "write, h5py"), ("write, shards", "write, h5py"), ("write, h5py", ""),
        ("epoch", "epoch, h5py"), ("epoch, h5py", ""), ("batches", ""), ("copy", ""),
    ):  # fmt: skip
        cpu, wall = middle[name]
        ratios = middle[against] / middle[name] if against else None
        words = ["–", "–"] if ratios is None else [f"{100 * ratio:.0f} %" for ratio in ratios]
        rates = [f"{row['megabytes'] / seconds:,.0f}" for seconds in (cpu, wall)]
        lines.append([name, *rates, *words])
    head = ["what", "MB/s of CPU", "MB/s of wall", "of h5py by CPU", "by wall"]
    share = row["waiting"]
    return (
        f"{row['events']:,} showers, {row['megabytes']:.0f} MB, medians of rounds in turns; asked "
        f"of h5py: 70 %.\n\n{markdown(head, lines)}\n"
        f"A training step takes {1e3 * share['seconds a step']:.3g} ms, its batch "
        f"{1e3 * share['seconds of data a step']:.2g} ms of them: {100 * share['share']:.2g} % "
        "(asked: below 2 %).\n"
    )


def main() -> None:
    """Measure and write."""
    parser = parser_of(__doc__, "workdir", events=20_000, rounds=5, steps=100, out=RESULTS)
    options = parser.parse_args()
    options.workdir.mkdir(parents=True, exist_ok=True)
    load_before = os.getloadavg()[0]
    written = Written(options.workdir, options.events)
    measured = {
        "write": written.write, "write, shards": written.write_shards,
        "write, h5py": written.write_plain, "epoch": written.epoch,
        "epoch, h5py": written.epoch_plain, "batches": written.batches, "copy": written.copy,
    }  # fmt: skip
    calls = {name: partial(both_clocks, call) for name, call in measured.items()}
    turns = [{name: call() for name, call in calls.items()} for _ in range(options.rounds)]
    row: Row = {
        "events": written.count,
        "megabytes": sum(array.nbytes for array in written.arrays.values()) / 1e6,
        "seconds": {name: [turn[name] for turn in turns] for name in measured},
        "load_before": load_before,
        "waiting": waiting(written, options.steps),
    }
    write_results(options.out / "dataset_speed.json", row, table)


if __name__ == "__main__":
    on_one_core()
    main()
