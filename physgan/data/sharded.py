"""Resumable writing of a dataset, shard by shard."""

import errno
import hashlib
import os
import shutil
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from physgan.data.dataset import Dataset
from physgan.data.files import TEMPORARY, exclusive, sha256_of, write_atomically
from physgan.data.manifest import Entry, Manifest, is_single_file, manifest_path, provenance
from physgan.data.schema import DatasetInfo, canonical_json
from physgan.data.writer import file_image
from physgan.errors import InputError, PhysganError
from simulators.protocol import Progress

__all__ = ["Produce", "assign_splits", "write_events"]

SINGLE_FILE_BYTES = 2**30
PARTS = ".parts"

Arrays = dict[str, np.ndarray]
Produce = Callable[[int, int, Progress], tuple[Arrays, Arrays]]
"""(first event, number of events, progress within them) -> (samples, conditions)."""


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
        progress: called with (events done, count).

    Raises:
        InputError: if `out` contains something else, or is being written by another run.
        PhysganError: if the disk is full; finished files stay.
    """
    path = Path(out)
    done = progress or (lambda done, total: None)
    shares = assign_splits(splits or {}, count, info.seed or 0, split_size)
    job = _Job(info, count, produce, definition, shard_size, shares, recipe or {}, done)
    if not is_single_file(path):
        _prepare(path)
        with exclusive(path), _full_disk(path):
            return _fill(path, job)
    parts = path.with_name(path.name + PARTS)
    if (finished := _finished(path, definition)) is not None:
        shutil.rmtree(parts, ignore_errors=True)
        return finished
    if path.exists() and not manifest_path(path).exists() and not manifest_path(parts).exists():
        raise _taken(path)
    _prepare(parts)
    with exclusive(parts), _full_disk(parts):
        return _merge(parts, path, _fill(parts, job, SINGLE_FILE_BYTES), job)


def assign_splits(
    shares: Mapping[str, float], count: int, seed: int, size: int = 1
) -> dict[str, np.ndarray]:
    """Assign events to splits at random, as a function of only the arguments.

    Args:
        shares: split name -> share of the events, adding up to at most 1.
        count: number of events.
        seed: of the run.
        size: this many events in a row are assigned together.

    Returns:
        Split name -> sorted event numbers, disjoint.
    """
    groups = -(-count // size)
    order = np.random.default_rng([seed, zlib.crc32(b"splits")]).permutation(groups)
    edges = np.rint(np.cumsum([0.0, *shares.values()]) * groups).astype(int)
    group = np.arange(count) // size
    return {
        name: np.flatnonzero(np.isin(group, order[low:high]))
        for name, low, high in zip(shares, edges[:-1], edges[1:], strict=True)
    }


@dataclass(frozen=True)
class _Job:
    """The arguments of `write_events`."""

    info: DatasetInfo
    count: int
    produce: Produce
    definition: dict[str, Any]
    shard_size: int
    splits: dict[str, np.ndarray]
    recipe: dict[str, Any]
    progress: Progress


def _fill(folder: Path, job: _Job, limit_bytes: int | None = None) -> Manifest:
    """Make the missing shards of a folder."""
    manifest = _begin(folder, job)
    finished = {e.first_event: e for e in manifest.entries if _intact(folder, e)}
    for first in range(0, job.count, job.shard_size):
        if first not in finished:
            finished[first] = _make(folder, first, job, limit_bytes)
            manifest.entries = [finished[key] for key in sorted(finished)]
            manifest.save(manifest_path(folder))
        job.progress(first + finished[first].count, job.count)
    return manifest


def _begin(folder: Path, job: _Job) -> Manifest:
    path = manifest_path(folder)
    if path.exists():
        manifest = Manifest.load(path)
        _check_same(manifest.definition, job.definition, folder)
        return manifest
    manifest = Manifest(job.definition, job.count, [], job.recipe, provenance())
    manifest.save(path)
    return manifest


def _make(folder: Path, first: int, job: _Job, limit_bytes: int | None) -> Entry:
    count = min(job.shard_size, job.count - first)
    started = time.perf_counter()
    samples, conditions = job.produce(
        first, count, lambda done, total: job.progress(first + done, job.count)
    )
    seconds = time.perf_counter() - started
    total = sum(array.nbytes for array in samples.values()) // count * job.count
    if limit_bytes is not None and total > limit_bytes:
        raise InputError(
            f"expected at most {limit_bytes} bytes in a single file; got {total}; "
            "give the name of a folder (one that does not end in .h5) instead"
        )
    splits = {name: events - first for name, events in job.splits.items()}
    local = {name: rows[(rows >= 0) & (rows < count)] for name, rows in splits.items()}
    image = file_image(samples, conditions, job.info, local)
    path = folder / f"shard-{first // job.shard_size:05d}.h5"
    write_atomically(path, image)
    return Entry(path.name, first, count, hashlib.sha256(image).hexdigest(), round(seconds, 6))


def _merge(parts: Path, path: Path, shards: Manifest, job: _Job) -> Manifest:
    """Turn finished shards into one file with its manifest beside it."""
    samples, conditions = Dataset(parts).read()
    image = file_image(samples, conditions, job.info, job.splits)
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
    whole = bool(manifest.entries) and _intact(path.parent, manifest.entries[0])
    return manifest if whole else None


def _intact(folder: Path, entry: Entry) -> bool:
    path = folder / entry.file
    return path.is_file() and sha256_of(path) == entry.sha256


def _prepare(folder: Path) -> None:
    """Create a folder, or check that it is empty or of an unfinished run."""
    if folder.exists() and not folder.is_dir():
        raise InputError(f"expected {folder} to be a folder or to end in .h5; it is a file")
    folder.mkdir(parents=True, exist_ok=True)
    others = [p.name for p in folder.iterdir() if not p.name.endswith(TEMPORARY)]
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


@contextmanager
def _full_disk(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise
        raise PhysganError(
            f"expected room on the disk for {folder}; it is full; finished files are kept: "
            "make room and give the same command again"
        ) from None
