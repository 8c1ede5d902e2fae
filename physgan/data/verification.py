"""Verification and description of a dataset."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from physgan.data.dataset import Dataset, check_hashes
from physgan.data.schema import DatasetInfo
from physgan.errors import InputError, VerificationError
from simulators.protocol import Progress

__all__ = ["info", "verify"]

SLICE_BYTES = 64 * 2**20
QUICK_BYTES = 2**30

Arrays = Mapping[str, np.ndarray]
Check = Callable[[Arrays, Arrays, int], None]
"""Raises InputError for (samples, conditions, number of the first row)."""


def verify(
    path: str | os.PathLike[str],
    *,
    check: Callable[[DatasetInfo], Check] | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Read all of a dataset: SHA-256 of every file, checksums, structure, NaNs, ranges.

    Args:
        path: file or folder.
        check: description of the dataset -> further checks of its samples; None: none.
        progress: called with (samples checked, samples in total).

    Returns:
        {"path", "files", "samples", "bytes", "sha256_checked"}.

    Raises:
        InputError: if `path` does not exist.
        VerificationError: for the first error in the dataset.
    """
    path = Path(path)
    if not path.exists():
        raise InputError(f"expected a dataset; {path} does not exist")
    try:
        check_hashes(path)
        dataset = Dataset(path)
        _check_counts(dataset)
        _check_contents(dataset, check and check(dataset.info), progress or (lambda *_: None))
    except InputError as error:
        raise VerificationError(str(error)) from None
    return {
        "path": str(path),
        "files": len(dataset.files),
        "samples": len(dataset),
        "bytes": sum(file.stat().st_size for file in dataset.files),
        "sha256_checked": dataset.manifest is not None,
    }


def info(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Description of a dataset as JSON values, from headers.

    Its files are compared with the manifest's SHA-256 if they have 1 GiB together or less.

    Args:
        path: file or folder.

    Raises:
        InputError: if there is no dataset.
        VerificationError: for a file that has changed.
    """
    dataset = Dataset(path)
    about, manifest = dataset.info, dataset.manifest
    if sum(file.stat().st_size for file in dataset.files) <= QUICK_BYTES:
        check_hashes(path)
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


def _check_counts(dataset: Dataset) -> None:
    if dataset.manifest is not None and len(dataset) != dataset.manifest.count:
        raise VerificationError(
            f"expected {dataset.manifest.count} samples in {dataset.path}; got {len(dataset)}"
        )


def _check_contents(dataset: Dataset, check: Check | None, progress: Progress) -> None:
    step = max(1, SLICE_BYTES // dataset.row_bytes)
    for start in range(0, len(dataset), step):
        samples, conditions = dataset.read(start=start, stop=start + step)
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
        if check is not None:
            check(samples, conditions, start)
        progress(min(start + step, len(dataset)), len(dataset))
