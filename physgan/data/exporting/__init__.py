"""Export of a dataset to files that other programs read: NumPy, HDF5, CSV, Parquet, ROOT."""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from physgan.data.dataset import Dataset, open_dataset
from physgan.data.exporting.arrays import write_hdf5, write_npz
from physgan.data.exporting.plan import Column, Plan
from physgan.data.exporting.tables import index_names, write_csv, write_parquet
from physgan.data.exporting.trees import write_root
from physgan.data.files import TEMPORARY, full_disk
from physgan.errors import InputError
from simulators.protocol import Condition, Progress
from simulators.units import unit_in_name

__all__ = ["WRITERS", "export_arrays"]

PIECE_BYTES = 8 * 2**20

WRITERS: Mapping[str, Callable[[Path, Plan], None]] = {
    ".npz": write_npz,
    ".h5": write_hdf5,
    ".hdf5": write_hdf5,
    ".csv": write_csv,
    ".parquet": write_parquet,
    ".root": write_root,
}
"""Ending of a file's name -> its writer."""


def export_arrays(
    data: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    split: str | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Write samples and conditions of a dataset of any domain.

    Memory is bounded but for HDF5, whose compressed file is made in memory.

    Conditions are columns with the unit at the end of their names, such as `theta_rad`. Fields keep
    their shape in .npz, HDF5 and ROOT (the tree "events"); in CSV and Parquet each entry is a
    column with its indices, such as `deposits_0_3_11`.

    Args:
        data: file or folder.
        out: a name ending in .npz, .h5, .csv, .parquet or .root; an existing file is replaced.
        split: only the samples of this split.
        progress: called with (samples written, count).

    Returns:
        {"path", "samples", "fields": {field: key or pattern of its columns}, "shapes":
        {field: shape}, "conditions": {name: "key:unit" or "key:unit:log"}}.

    Raises:
        InputError: for another ending of the name, an unknown split or a library that is missing.
        PhysganError: if the disk is full.
    """
    dataset, path = open_dataset(data), Path(out)
    if path.suffix not in WRITERS:
        raise InputError(f"expected a name ending in {', '.join(WRITERS)}; got {path}")
    if path.resolve() in {file.resolve() for file in dataset.files}:
        raise InputError(f"expected another file than the dataset; got {path}")
    plan, keys = _plan(dataset, split, progress)
    temporary = path.with_name(path.name + TEMPORARY)
    try:
        with full_disk(path):
            WRITERS[path.suffix](temporary, plan)
            os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    flat = path.suffix in (".csv", ".parquet")
    return {
        "path": str(path),
        "samples": plan.count,
        "fields": {
            name: index_names(name, shape, pattern=True)[0] if flat else name
            for name, shape in dataset.shapes.items()
        },
        "shapes": {name: list(shape) for name, shape in dataset.shapes.items()},
        "conditions": {
            each.name: f"{keys[each.name]}:{each.unit}" + (":log" if each.scale == "log" else "")
            for each in dataset.info.conditions
        },
    }


def _plan(
    dataset: Dataset, split: str | None, progress: Progress | None
) -> tuple[Plan, dict[str, str]]:
    """What is written, and the key of each condition."""
    count = len(dataset) if split is None else len(_events(dataset, split))
    step = max(1, PIECE_BYTES // dataset.row_bytes)
    keys = {each.name: _key(each) for each in dataset.info.conditions}
    columns = {
        keys[each.name]: Column(np.dtype(np.float64), (), each.unit)
        for each in dataset.info.conditions
    } | {
        each.name: Column(np.dtype(each.dtype), dataset.shapes[each.name], each.unit)
        for each in dataset.info.fields
    }

    def pieces() -> Iterator[dict[str, np.ndarray]]:
        for start in range(0, count, step):
            samples, conditions = dataset.read(split, start, start + step)
            yield {**{keys[name]: values for name, values in conditions.items()}, **samples}
            if progress is not None:
                progress(min(start + step, count), count)

    return Plan(columns, count, pieces), keys


def _events(dataset: Dataset, split: str) -> np.ndarray:
    if split not in dataset.splits:
        names = ", ".join(dataset.splits) or "it has none"
        raise InputError(f"expected a split of {dataset.path} ({names}); got {split!r}")
    return dataset.splits[split]


def _key(condition: Condition) -> str:
    """The condition's name with its unit at the end."""
    if condition.unit == "1" or unit_in_name(condition.name) == condition.unit:
        return condition.name
    return f"{condition.name}_{re.sub(r'[^0-9A-Za-z]+', '_', condition.unit)}"
