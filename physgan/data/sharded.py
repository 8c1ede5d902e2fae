"""Resumable writing of a dataset, shard by shard."""

import hashlib
import math
import os
import shutil
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from physgan.data.array_jobs import (
    Shard,
    check_shard,
    collect,
    finished_in,
    intact,
    is_part,
    own_shards,
    part_folder,
    parts_in,
    shard_name,
    shard_size_of,
)
from physgan.data.dataset import Dataset
from physgan.data.extras import library
from physgan.data.files import TEMPORARY, exclusive, full_disk, write_atomically
from physgan.data.job import Job, Made, Make, Produce
from physgan.data.manifest import Entry, Manifest, is_single_file, manifest_path, provenance
from physgan.data.schema import DatasetInfo, canonical_json
from physgan.data.writer import file_image
from physgan.errors import InputError
from simulators.protocol import Progress

__all__ = ["write_events"]

SINGLE_FILE_BYTES = 2**30
MOST_EVENTS = 2**32
"""Events of one run: their numbers are keys of random streams, of 32 bits for networks."""

PARTS = ".parts"


HandOut = Callable[[Make, Mapping[int, str], Callable[[int], None]], Generator[tuple[int, Made]]]
"""(how to make a shard, first event -> file of those to make, called with the number of events done
since the last shard) -> (first event, shard) of each, in any order."""


@dataclass(frozen=True)
class _Run:
    """What is made and how.

    Args:
        job: all that determines the bytes.
        limit_bytes: what all events may have together.
        progress: called with (events done, events to do).
        hand_out: makes shards.
    """

    job: Job
    limit_bytes: int | None
    progress: Progress
    hand_out: HandOut


def write_events(
    out: str | os.PathLike[str],
    info: DatasetInfo,
    count: int,
    produce: Produce,
    *,
    definition: dict[str, Any],
    shard_size: int,
    splits: Mapping[str, float] | None = None,
    split_size: int = 1,
    recipe: dict[str, Any] | None = None,
    shard: Shard | None = None,
    scheduler: str = "",
    progress: Progress | None = None,
) -> Manifest:
    """Write events 0 to count - 1, each file atomically.

    After an interruption, a call with the same arguments continues after the last finished file.
    The bytes are those of an uninterrupted run.

    Args:
        out: a name ending in .h5 or .hdf5 gives one file (up to 1 GiB of arrays). It is merged
            from shards in a temporary folder beside it. Any other name gives a folder of shards.
        info: description of the dataset.
        count: number of events.
        produce: makes events; a function of only its first two arguments.
        definition: JSON value of all that determines the bytes; runs with equal definitions are
            the same.
        shard_size: events per file.
        splits: split name -> share of the events.
        split_size: this many events in a row lie in the same split.
        recipe: kept in the manifest.
        shard: (i, N) makes the i-th of N parts of the files, for N processes that may run at once.
            The call without it puts the parts together, and makes what they lack.
        scheduler: address of a Dask scheduler whose workers make the shards; "" for this process.
        progress: called with (events done, events to do).

    Returns:
        The manifest; with `shard`, that of the part.

    Raises:
        InputError: if `out` contains something else, or is being written by another run; for more
            than 2^32 events, or more than fit in a single file; for a part that is none, or one
            with a scheduler; if no scheduler answers.
        PhysganError: if the disk is full, or for shards that the workers cannot make, when all
            others are made; finished files stay.
    """
    path, single = Path(out), is_single_file(Path(out))
    _check_size(info, count, single)
    if shard is not None:
        check_shard(shard)
        if scheduler:
            raise InputError("expected a shard or a scheduler; got both; leave one out")
    job = Job(info, count, produce, definition, shard_size, splits or {}, split_size, recipe or {})
    folder = path.with_name(path.name + PARTS) if single else path
    if single:
        if (finished := _finished(path, definition)) is not None:
            shutil.rmtree(folder, ignore_errors=True)
            return finished
        begun = manifest_path(path).exists() or manifest_path(folder).exists()
        if path.exists() and not begun:
            raise _taken(path)
    with _workers(scheduler) as hand_out:
        _prepare(folder)
        report = progress or (lambda done, total: None)
        run = _Run(job, SINGLE_FILE_BYTES if single else None, report, hand_out)
        if shard is not None:
            return _fill_part(folder, shard, run)
        with exclusive(folder), full_disk(folder):
            manifest = _fill(folder, run)
            return _merge(folder, path, manifest, job) if single else manifest


def _check_size(info: DatasetInfo, count: int, single: bool) -> None:
    """Refuse what is certainly too much before anything is made.

    A grid has bin edges, one more than bins, or centres: an event has these bytes at least.
    """
    if count > MOST_EVENTS:
        raise InputError(f"expected at most {MOST_EVENTS} events; got {count}; ask for fewer")
    lengths = {axis.name: max(1, len(axis.values) - 1) for axis in info.grid}
    event = sum(
        np.dtype(field.dtype).itemsize * math.prod(lengths.get(axis, 1) for axis in field.axes)
        for field in info.fields
    )
    if single and count * event > SINGLE_FILE_BYTES:
        raise _too_much(SINGLE_FILE_BYTES, f"{count * event} or more")


def _too_much(limit: int, got: str) -> InputError:
    return InputError(
        f"expected at most {limit} bytes in a single file; got {got}; "
        "give the name of a folder (one that does not end in .h5) instead"
    )


def _fill(folder: Path, run: _Run) -> Manifest:
    """Make the missing shards of a folder; a run goes on with shards of the size it began with."""
    manifest = _begin(folder, run.job)
    finished = finished_in(folder, manifest)
    for part in parts_in(folder):
        with exclusive(part):
            _check_same(Manifest.load(manifest_path(part)).definition, run.job.definition, part)
            collect(part, folder, manifest, finished, run.job.shard_size)
    size = shard_size_of(manifest.entries, run.job.count, run.job.shard_size)
    _make_missing(folder, manifest, finished, range(0, run.job.count, size), size, run)
    return manifest


def _fill_part(folder: Path, shard: Shard, run: _Run) -> Manifest:
    """Make the shards of one array job, but for those that the folder has already."""
    known: list[Entry] = []
    if manifest_path(folder).exists():
        whole = Manifest.load(manifest_path(folder))
        _check_same(whole.definition, run.job.definition, folder)
        known = [entry for entry in whole.entries if intact(folder, entry)]
    part = part_folder(folder, shard)
    _prepare(part)
    with exclusive(part), full_disk(part):
        manifest = _begin(part, run.job)
        entries = [*known, *manifest.entries]
        size = shard_size_of(entries, run.job.count, run.job.shard_size)
        there = {entry.first_event for entry in known}
        firsts = [f for f in own_shards(shard, run.job.count, size) if f not in there]
        _make_missing(part, manifest, finished_in(part, manifest), firsts, size, run)
    return manifest


def _make_missing(
    folder: Path,
    manifest: Manifest,
    finished: dict[int, Entry],
    firsts: Sequence[int],
    size: int,
    run: _Run,
) -> None:
    """Make those shards of a folder that are not finished, and enter each in its manifest.

    Args:
        folder: of the shards.
        manifest: of the folder.
        finished: first event -> entry of its intact shards; new ones are entered.
        firsts: first events of all shards that the folder is to have.
        size: events of a shard.
        run: what is made, and how.
    """
    missing = {first: shard_name(first, size) for first in firsts if first not in finished}
    total = sum(min(size, run.job.count - first) for first in firsts)
    done = total - sum(min(size, run.job.count - first) for first in missing)

    def report(more: int) -> None:
        run.progress(done + more, total)

    with closing(run.hand_out(partial(run.job.make, size), missing, report)) as shards:
        for first, made in shards:
            whole = made.event_bytes * run.job.count
            if run.limit_bytes is not None and whole > run.limit_bytes:
                raise _too_much(run.limit_bytes, str(whole))
            name = missing[first]
            write_atomically(folder / name, made.image)
            finished[first] = Entry(name, first, made.count, made.sha256, made.seconds)
            manifest.entries = [finished[key] for key in sorted(finished)]
            manifest.save(manifest_path(folder))
            done += made.count
            report(0)


def _one_by_one(
    make: Make, shards: Mapping[int, str], progress: Callable[[int], None]
) -> Generator[tuple[int, Made]]:
    """Make shards in this process, in their order."""
    for first in shards:
        yield first, make(first, progress)


@contextmanager
def _workers(scheduler: str) -> Iterator[HandOut]:
    """Who makes shards: the workers of a scheduler, or this process."""
    if not scheduler:
        yield _one_by_one
        return
    library("distributed", "for a scheduler")
    from physgan.data.cluster import connected  # brings Dask in

    with connected(scheduler) as cluster:
        yield cluster.hand_out


def _begin(folder: Path, job: Job) -> Manifest:
    path = manifest_path(folder)
    if path.exists():
        manifest = Manifest.load(path)
        _check_same(manifest.definition, job.definition, folder)
        return manifest
    manifest = Manifest(job.definition, job.count, [], job.recipe, provenance())
    manifest.save(path)
    return manifest


def _merge(parts: Path, path: Path, shards: Manifest, job: Job) -> Manifest:
    """Turn finished shards into one file with its manifest beside it."""
    samples, conditions = Dataset(parts).read()
    image = file_image(samples, conditions, job.info, job.splits(0, job.count))
    if path.exists() and not manifest_path(path).exists() and path.read_bytes() != image:
        raise _taken(path)
    write_atomically(path, image)
    seconds = sum(entry.seconds for entry in shards.entries)
    entry = Entry(path.name, 0, job.count, hashlib.sha256(image).hexdigest(), seconds)
    manifest = Manifest(job.definition, job.count, [entry], job.recipe, shards.provenance)
    manifest.save(manifest_path(path))
    shutil.rmtree(parts)
    return manifest


def _taken(path: Path) -> InputError:
    return InputError(f"expected {path} to be free; another file has that name; choose another")


def _finished(path: Path, definition: dict[str, Any]) -> Manifest | None:
    """The manifest of a complete single file, None if the file has to be made."""
    if not manifest_path(path).exists():
        return None
    manifest = Manifest.load(manifest_path(path))
    _check_same(manifest.definition, definition, path)
    whole = bool(manifest.entries) and intact(path.parent, manifest.entries[0])
    return manifest if whole else None


def _prepare(folder: Path) -> None:
    """Create a folder, or check that it is empty or of an unfinished run."""
    if folder.exists() and not folder.is_dir():
        raise InputError(f"expected {folder} to be a folder or to end in .h5; it is a file")
    folder.mkdir(parents=True, exist_ok=True)
    others = [
        path.name
        for path in folder.iterdir()
        if not path.name.endswith(TEMPORARY) and not is_part(path)
    ]
    if others and not manifest_path(folder).exists():
        raise InputError(
            f"expected {folder} to be empty or begun by the same run; "
            f"it holds {sorted(others)[0]}; choose another folder"
        )


def _check_same(existing: dict[str, Any], wanted: dict[str, Any], path: Path) -> None:
    """Refuse to mix two definitions, naming the first key that differs."""
    for key in sorted(set(existing) | set(wanted)):
        old, new = existing.get(key), wanted.get(key)
        if canonical_json(old) != canonical_json(new):
            raise InputError(
                f"expected {key} {_short(old)} to go on with {path}; got {_short(new)}; "
                "choose another output"
            )


def _short(value: Any) -> str:
    text = canonical_json(value)
    return text if len(text) <= 60 else text[:57] + "..."
