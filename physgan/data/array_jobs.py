"""Array jobs: several processes that share the shards of a run and know nothing of each other.

Job i of N makes each N-th shard in a folder of its own, `part-i-of-N` in the folder of the run,
with a manifest of its own. The run without a part moves them into its folder.
"""

import os
import re
import shutil
from collections.abc import Iterable
from pathlib import Path

from physgan.data.files import sha256_of
from physgan.data.manifest import Entry, Manifest, manifest_path
from physgan.errors import InputError

__all__ = [
    "Shard",
    "check_shard",
    "collect",
    "finished_in",
    "intact",
    "is_part",
    "own_shards",
    "part_folder",
    "parts_in",
    "shard_name",
    "shard_size_of",
]

Shard = tuple[int, int]
"""(i, N): the i-th of N jobs, counted from 1."""

_PART = re.compile(r"part-\d+-of-\d+")


def check_shard(shard: Shard) -> None:
    """Refuse a job that is not one of 1 to N.

    Raises:
        InputError: for such a job.
    """
    number, jobs = shard
    if not 1 <= number <= jobs:
        raise InputError(
            f"expected shard i/N with i from 1 to N, such as 1/{max(jobs, 1)}; got {number}/{jobs}"
        )


def own_shards(shard: Shard, count: int, size: int) -> range:
    """First events of the shards of one job, among those of `count` events."""
    number, jobs = shard
    return range((number - 1) * size, count, jobs * size)


def shard_name(first: int, size: int) -> str:
    """File name of the shard that begins with event `first`."""
    return f"shard-{first // size:05d}.h5"


def part_folder(folder: Path, shard: Shard) -> Path:
    """Where a job writes."""
    return folder / f"part-{shard[0]}-of-{shard[1]}"


def is_part(path: Path) -> bool:
    """Whether a path is the folder of a job."""
    return bool(_PART.fullmatch(path.name)) and path.is_dir()


def parts_in(folder: Path) -> list[Path]:
    """Folders of jobs that have begun."""
    return sorted(p for p in folder.iterdir() if is_part(p) and manifest_path(p).exists())


def shard_size_of(entries: Iterable[Entry], count: int, default: int) -> int:
    """Events of a shard, of which the last may have fewer; `default` if no shard tells."""
    telling = (e for e in entries if e.first_event == 0 or e.first_event + e.count < count)
    return next((entry.count for entry in telling), default)


def collect(
    part: Path, folder: Path, manifest: Manifest, finished: dict[int, Entry], default_size: int
) -> None:
    """Move the shards of a job into the folder of the run, and remove the job's.

    A shard that is not as its manifest says stays behind, to be made again. A kill loses nothing.

    Args:
        part: folder of the job.
        folder: of the run.
        manifest: of the run; the shards are entered.
        finished: first event -> entry of the run's shards that are intact; the shards are entered.
        default_size: events of a shard, if those of neither folder tell.
    """
    made = Manifest.load(manifest_path(part))
    size = shard_size_of([*manifest.entries, *made.entries], manifest.count, default_size)
    for entry in made.entries:
        first = entry.first_event
        whole = first % size == 0 and entry.count == min(size, manifest.count - first)
        if first in finished or not whole or entry.file != shard_name(first, size):
            continue
        if intact(part, entry):
            os.replace(part / entry.file, folder / entry.file)
        elif not intact(folder, entry):
            continue
        finished[first] = entry
    manifest.entries = [finished[first] for first in sorted(finished)]
    manifest.save(manifest_path(folder))
    shutil.rmtree(part)


def finished_in(folder: Path, manifest: Manifest) -> dict[int, Entry]:
    """First event -> entry of each intact shard; it reads them all."""
    return {entry.first_event: entry for entry in manifest.entries if intact(folder, entry)}


def intact(folder: Path, entry: Entry) -> bool:
    """Whether a file is there with the bytes that its manifest says."""
    path = folder / entry.file
    return path.is_file() and sha256_of(path) == entry.sha256
