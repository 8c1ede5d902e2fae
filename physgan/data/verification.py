"""Verification and description of a dataset."""

import os
from pathlib import Path
from typing import Any

import numpy as np

from physgan.data.dataset import Dataset
from physgan.data.files import sha256_of
from physgan.data.manifest import Entry, Manifest, manifest_path
from physgan.errors import InputError, VerificationError
from simulators.protocol import Progress

__all__ = ["info", "verify"]

SLICE_BYTES = 64 * 2**20
_NAMED = 8


def verify(path: str | os.PathLike[str], *, progress: Progress | None = None) -> dict[str, Any]:
    """Read all of a dataset: SHA-256 of every file, checksums, structure, NaNs, ranges.

    Args:
        path: file or folder.
        progress: called with (samples checked, samples in total).

    Returns:
        {"path", "files", "samples", "bytes", "sha256_checked"}.

    Raises:
        InputError: if `path` does not exist.
        VerificationError: for every file that is missing or changed, or not in the manifest; if
            there is none, for the first error in the contents.
    """
    path = Path(path)
    if not path.exists():
        raise InputError(f"expected a dataset; {path} does not exist")
    try:
        manifest = _check_hashes(path)
        dataset = Dataset(path)
        _check_counts(dataset, manifest)
        _check_contents(dataset, progress or (lambda done, total: None))
    except InputError as error:
        raise VerificationError(str(error)) from None
    return {
        "path": str(path),
        "files": len(dataset.files),
        "samples": len(dataset),
        "bytes": sum(file.stat().st_size for file in dataset.files),
        "sha256_checked": manifest is not None,
    }


def info(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Description of a dataset as JSON values; only headers are read.

    Args:
        path: file or folder.
    """
    dataset = Dataset(path)
    about, manifest = dataset.info, dataset.manifest
    return {
        "path": str(path),
        "samples": len(dataset),
        "files": len(dataset.files),
        "bytes": sum(file.stat().st_size for file in dataset.files),
        "source": about.source,
        "domain": about.domain,
        "simulator": about.simulator,
        "simulator_version": about.simulator_version,
        "parameters": about.parameters,
        "seed": about.seed,
        "recipe": dataset.recipe.get("name"),
        "fields": {
            field.name: {
                "shape": list(dataset.shapes[field.name]),
                "dtype": field.dtype,
                "axes": list(field.axes),
                "unit": field.unit,
                "long_name": field.long_name,
            }
            for field in about.fields
        },
        "conditions": {
            c.name: {"minimum": c.minimum, "maximum": c.maximum, "unit": c.unit, "scale": c.scale}
            for c in about.conditions
        },
        "splits": {name: len(events) for name, events in dataset.splits.items()},
        "seconds_per_sample": manifest.seconds_per_sample if manifest else None,
        "provenance": manifest.provenance if manifest else {},
    }


def _check_hashes(path: Path) -> Manifest | None:
    where = manifest_path(path) if path.is_dir() else path.with_name(path.name + ".json")
    if not where.is_file():
        return None
    manifest = Manifest.load(where)
    if faults := [fault for entry in manifest.entries if (fault := _fault(where.parent, entry))]:
        more = f"; and {len(faults) - _NAMED} others" if len(faults) > _NAMED else ""
        raise VerificationError(
            f"{'; '.join(faults[:_NAMED])}{more}; give the command that made the dataset again: "
            "it makes just what is wrong"
        )
    known = {entry.file for entry in manifest.entries}
    extra = {file.name for file in path.glob("*.h5")} - known if path.is_dir() else set()
    if extra and manifest.complete:
        raise VerificationError(
            f"expected only the files of the manifest in {path}; got {', '.join(sorted(extra))}, "
            "too; remove what does not belong there"
        )
    return manifest


def _fault(folder: Path, entry: Entry) -> str:
    """What is wrong with a file, "" if nothing is."""
    file = folder / entry.file
    if not file.is_file():
        return f"expected the file {entry.file} in {folder}; it is missing"
    if sha256_of(file) != entry.sha256:
        return f"expected SHA-256 {entry.sha256[:12]}... of {file}; the file has changed"
    return ""


def _check_counts(dataset: Dataset, manifest: Manifest | None) -> None:
    if manifest is not None and len(dataset) != manifest.count:
        raise VerificationError(
            f"expected {manifest.count} samples in {dataset.path}; got {len(dataset)}"
        )


def _check_contents(dataset: Dataset, progress: Progress) -> None:
    step = max(1, SLICE_BYTES // dataset.row_bytes)
    for start in range(0, len(dataset), step):
        _, conditions = dataset.read(start=start, stop=start + step)
        for condition in dataset.info.conditions:
            values = conditions[condition.name]
            outside = (values < condition.minimum) | (values > condition.maximum)
            if outside.any():
                row = int(np.argmax(outside))
                raise VerificationError(
                    f"expected {condition.name} in [{condition.minimum:g}, "
                    f"{condition.maximum:g}] {condition.unit} in {dataset.path}; "
                    f"got {values[row]:g} in row {start + row}"
                )
        progress(min(start + step, len(dataset)), len(dataset))
