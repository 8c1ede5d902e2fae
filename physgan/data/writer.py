"""Writing of HDF5 format version 1."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from physgan.data.checks import MOST_CHARACTERS
from physgan.data.files import write_atomically
from physgan.data.schema import (
    FORMAT,
    FORMAT_VERSION,
    SPLITS,
    Condition,
    DatasetInfo,
    Field,
    canonical_json,
)
from physgan.errors import InputError

__all__ = ["file_image", "image_of", "new_file", "write_dataset"]

CHUNK_BYTES = 2**20
FILTERS = {"compression": "gzip", "compression_opts": 4, "shuffle": True, "fletcher32": True}

Arrays = Mapping[str, np.ndarray]


def write_dataset(
    path: str | os.PathLike[str],
    samples: Arrays,
    conditions: Arrays,
    info: DatasetInfo,
    splits: Arrays | None = None,
) -> None:
    """Write one HDF5 file, atomically.

    The bytes depend only on the arguments.

    Args:
        path: the file; an existing one is replaced.
        samples: field name -> array of shape (n, *axes).
        conditions: condition name -> array of shape (n,).
        info: describes every field and condition.
        splits: split name -> indices of its samples.

    Raises:
        InputError: if the arrays do not fit `info` or each other, or are not finite.
        OSError: if the file cannot be written, such as on a full disk.
    """
    write_atomically(Path(path), file_image(samples, conditions, info, splits or {}))


def file_image(samples: Arrays, conditions: Arrays, info: DatasetInfo, splits: Arrays) -> bytes:
    """The bytes of a dataset file."""
    count = _check(samples, conditions, info, splits)
    with new_file() as file:
        _write_header(file, info)
        for field in info.fields:
            _write_field(file, field, samples[field.name])
        for condition in info.conditions:
            _write_condition(file, condition, conditions[condition.name], count)
        for axis in info.grid:
            values = np.asarray(axis.values, np.float64)
            _write_array(file, f"grid/{axis.name}", values, {"unit": axis.unit})
        for name, indices in splits.items():
            _write_array(file, f"splits/{name}", np.asarray(indices, np.int64), {})
        return image_of(file)


def new_file() -> h5py.File:
    """An empty HDF5 file in memory, for `image_of`.

    The HDF5 library does not recover from a full disk: it crashes the process. Writing the bytes of
    a finished file raises an ordinary error.
    """
    return h5py.File("image", "w", driver="core", backing_store=False)


def image_of(file: h5py.File) -> bytes:
    """The bytes of a file from `new_file`."""
    file.flush()
    return file.id.get_file_image()


def _write_header(file: h5py.File, info: DatasetInfo) -> None:
    for group in ("samples", "conditions", "grid", "splits"):
        file.create_group(group)
    file.attrs["format"] = FORMAT
    file.attrs["format_version"] = FORMAT_VERSION
    file.attrs["domain"] = info.domain
    file.attrs["simulator"] = info.simulator
    file.attrs["simulator_version"] = info.simulator_version
    file.attrs["parameters"] = canonical_json(info.parameters)
    file.attrs["source"] = info.source
    if info.seed is not None:
        file.attrs["seed"] = info.seed


def _write_field(file: h5py.File, field: Field, values: np.ndarray) -> None:
    values = np.asarray(values, field.dtype)
    row_bytes = max(1, values[0].nbytes)
    rows = min(len(values), max(1, CHUNK_BYTES // row_bytes))
    attributes = {
        "unit": field.unit,
        "axes": canonical_json(field.axes),
        "long_name": field.long_name,
    }
    chunks = (rows, *values.shape[1:])
    _write_array(file, f"samples/{field.name}", values, attributes, chunks=chunks, **FILTERS)


def _write_condition(file: h5py.File, condition: Condition, values: np.ndarray, count: int) -> None:
    rows = min(count, CHUNK_BYTES // 8)
    attributes = {
        "unit": condition.unit,
        "scale": condition.scale,
        "minimum": condition.minimum,
        "maximum": condition.maximum,
        "long_name": condition.long_name,
    }
    values = np.asarray(values, np.float64)
    _write_array(
        file, f"conditions/{condition.name}", values, attributes, chunks=(rows,), **FILTERS
    )


def _write_array(
    file: h5py.File,
    name: str,
    values: np.ndarray,
    attributes: Mapping[str, Any],
    **storage: Any,
) -> None:
    """Write a dataset and close it: only then does the library choose the place of its bytes.

    Left to the end of the last reference, that moment depends on who else holds one: a profiler's
    thread, such as Dask's, does through the frames that it looks at.
    """
    dataset = file.create_dataset(name, data=values, **storage)
    for key, value in attributes.items():
        dataset.attrs[key] = value
    dataset.id.close()


def _check(samples: Arrays, conditions: Arrays, info: DatasetInfo, splits: Arrays) -> int:
    """Refuse arrays that the reader would refuse; return the number of samples."""
    _same_names("samples", samples, {f.name for f in info.fields})
    _same_names("conditions", conditions, {c.name for c in info.conditions})
    if not info.fields:
        raise InputError("expected at least one field; got none; name the arrays in info.fields")
    for name in _texts(info):
        if len(name) > MOST_CHARACTERS or not name.isprintable():
            raise InputError(
                f"expected names and units of at most {MOST_CHARACTERS} printable characters; "
                f"got {name[:40]!r}"
            )
    count = len(samples[info.fields[0].name])
    if count == 0:
        raise InputError("expected at least one sample; got 0")
    for field in info.fields:
        values = np.asarray(samples[field.name])
        _shape(f"samples/{field.name}", values, count, 1 + len(field.axes))
        _finite(f"samples/{field.name}", values)
        if not np.can_cast(values.dtype, field.dtype, "same_kind"):
            raise InputError(
                f"expected samples/{field.name} of type {field.dtype}; got {values.dtype}"
            )
    for condition in info.conditions:
        values = np.asarray(conditions[condition.name])
        _shape(f"conditions/{condition.name}", values, count, 1)
        _finite(f"conditions/{condition.name}", values)
    for name, indices in splits.items():
        if name not in SPLITS:
            raise InputError(f"expected a split called {', '.join(SPLITS)}; got {name!r}")
        if len(indices) and not (np.min(indices) >= 0 and np.max(indices) < count):
            raise InputError(f"expected indices in [0, {count}) in split {name}; got others")
    return count


def _texts(info: DatasetInfo) -> list[str]:
    """What becomes a name or a text attribute."""
    texts = [text for each in info.fields for text in (each.name, each.unit, each.long_name)]
    texts += [text for each in info.conditions for text in (each.name, each.unit, each.long_name)]
    texts += [text for axis in info.grid for text in (axis.name, axis.unit)]
    return [*texts, info.domain, info.simulator, info.simulator_version, info.source]


def _same_names(where: str, arrays: Arrays, expected: set[str]) -> None:
    if set(arrays) != expected:
        raise InputError(f"expected {where} {sorted(expected)}; got {sorted(arrays)}")


def _shape(where: str, values: np.ndarray, count: int, ndim: int) -> None:
    if values.ndim != ndim or len(values) != count:
        raise InputError(
            f"expected {where} with {ndim} axes and {count} samples; got shape {values.shape}"
        )


def _finite(where: str, values: np.ndarray) -> None:
    if values.dtype.kind not in "iufb":
        raise InputError(f"expected numbers in {where}; got dtype {values.dtype}")
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        row = first_bad_row(values)
        raise InputError(f"expected finite values in {where}; got NaN or infinity in row {row}")


def first_bad_row(values: np.ndarray) -> int:
    """Index of the first row with a NaN or an infinity, -1 if there is none."""
    bad = ~np.isfinite(values).reshape(len(values), -1).all(axis=1)
    return int(np.argmax(bad)) if bad.any() else -1
