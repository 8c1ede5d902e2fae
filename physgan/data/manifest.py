"""The manifest: the files of a dataset, with the SHA-256 of each.

It also contains all that differs from run to run: dates, versions, timings. So the data files are a
function of only the definition.
"""

import json
import os
import platform
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from physgan.data.files import write_atomically
from physgan.data.json_files import read_table
from physgan.data.schema import FORMAT, FORMAT_VERSION, fingerprint
from physgan.errors import InputError

__all__ = ["Entry", "Manifest", "is_single_file", "manifest_path", "version_of"]

NAME = "manifest.json"
SUFFIXES = (".h5", ".hdf5")


@dataclass(frozen=True)
class Entry:
    """One finished data file.

    Args:
        file: its name, in the folder of the manifest.
        first_event: number of its first event.
        count: number of its events.
        sha256: of its bytes.
        seconds: wall time of its simulation.
    """

    file: str
    first_event: int
    count: int
    sha256: str
    seconds: float


@dataclass
class Manifest:
    """Definition, files and provenance of a dataset.

    Args:
        definition: all that determines the bytes of the data files.
        count: number of events when complete.
        entries: finished files in the order of their events.
        recipe: name, summary, [train] and [benchmark] of the recipe; empty without a recipe.
        provenance: date, machine and versions.
    """

    definition: dict[str, Any]
    count: int
    entries: list[Entry] = field(default_factory=list)
    recipe: dict[str, Any] = field(default_factory=dict)
    provenance: dict[str, Any] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether every event is in a finished file."""
        return sum(entry.count for entry in self.entries) == self.count

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the definition."""
        return fingerprint(self.definition)

    @property
    def seconds_per_sample(self) -> float | None:
        """Wall time per event, measured while the files were made."""
        events = sum(entry.count for entry in self.entries)
        return sum(entry.seconds for entry in self.entries) / events if events else None

    def save(self, path: Path) -> None:
        """Write as JSON, atomically."""
        content = {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "fingerprint": self.fingerprint,
            "count": self.count,
            "complete": self.complete,
            "seconds_per_sample": self.seconds_per_sample,
            "provenance": self.provenance,
            "definition": self.definition,
            "recipe": self.recipe,
            "files": [asdict(entry) for entry in self.entries],
        }
        write_atomically(path, (json.dumps(content, indent=1) + "\n").encode())

    @classmethod
    def load(cls, path: Path) -> "Manifest":
        """Read a manifest.

        Raises:
            InputError: if it is not one, or names files outside its folder.
        """
        content = read_table(path, "a dataset manifest")
        try:
            if (content["format"], content["format_version"]) != (FORMAT, FORMAT_VERSION):
                raise InputError(
                    f"expected a manifest of format version {FORMAT_VERSION}; got "
                    f"{content['format']!r} {content['format_version']!r} in {path}"
                )
            manifest = cls(
                content["definition"],
                int(content["count"]),
                [_entry(item) for item in content["files"]],
                content["recipe"],
                content["provenance"],
            )
        except (ValueError, KeyError, TypeError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(f"expected a dataset manifest; {path} is not one") from None
        manifest._check(path)
        return manifest

    def _check(self, path: Path) -> None:
        if len({entry.file for entry in self.entries}) < len(self.entries):
            raise InputError(f"expected each file once in {path}; got one twice")
        following = 0
        for entry in self.entries:
            if entry.file != os.path.basename(entry.file) or entry.file in ("", ".", ".."):
                raise InputError(f"expected plain file names in {path}; got {entry.file!r}")
            if entry.first_event < following or entry.count < 1:
                raise InputError(f"expected files in the order of their events in {path}")
            following = entry.first_event + entry.count
        if following > self.count:
            raise InputError(f"expected at most {self.count} events in {path}; got {following}")


def manifest_path(path: Path) -> Path:
    """Manifest of a dataset: inside a folder, beside a single file."""
    return path.with_name(path.name + ".json") if is_single_file(path) else path / NAME


def is_single_file(path: Path) -> bool:
    """Whether a path names one HDF5 file rather than a folder of shards."""
    return path.suffix.lower() in SUFFIXES


def provenance() -> dict[str, Any]:
    """Date, hardware and versions of packages."""
    return {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": platform.machine(),
        "processor": _processor(),
        "cpu_count": os.cpu_count(),
        "python": platform.python_version(),
        "versions": {n: v for n in ("physgan", "jax", "numpy", "h5py") if (v := version_of(n))},
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((x.partition(":")[2].strip() for x in lines if x.startswith("model name")), "")


def version_of(package: str) -> str | None:
    """Version of an installed package."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _entry(item: dict[str, Any]) -> Entry:
    return Entry(
        str(item["file"]),
        int(item["first_event"]),
        int(item["count"]),
        str(item["sha256"]),
        float(item["seconds"]),
    )
