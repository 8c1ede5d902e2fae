"""Reading of one HDF5 file of format version 1, with all content checked."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from physgan.data.checks import (
    MOST_CHARACTERS,
    ROW_BYTES,
    attribute,
    check_array,
    check_links,
    check_version,
    declared_bytes,
)
from physgan.data.growth import check_growth
from physgan.data.json_files import parsed_json
from physgan.data.schema import SPLITS, Axis, Condition, DatasetInfo, Field
from physgan.data.writer import first_bad_row
from physgan.errors import InputError, VerificationError

__all__ = ["DEFAULT_BUDGET_BYTES", "Header", "read_conditions", "read_header", "read_rows"]

DEFAULT_BUDGET_BYTES = 8 * 2**30
GROUPS = ("samples", "conditions", "grid", "splits")

_UNUSED_AXIS = 4096
"""Most values along an axis that no field has."""

_LONGEST_JSON = 2**20


@dataclass(frozen=True)
class Header:
    """All of a file except its samples and conditions.

    Args:
        info: description of the dataset.
        count: number of samples.
        shapes: field name -> shape of one sample.
        row_bytes: bytes of one sample with all its fields.
        splits: split name -> indices into this file.
    """

    info: DatasetInfo
    count: int
    shapes: dict[str, tuple[int, ...]]
    row_bytes: int
    splits: dict[str, np.ndarray]


@contextmanager
def opened(path: Path) -> Iterator[h5py.File]:
    """Open a file for reading; errors of the HDF5 library become messages of one line."""
    if not path.is_file():
        raise InputError(f"expected a dataset file; {path} does not exist")
    try:
        with h5py.File(path, "r") as file:
            yield file
    except (InputError, VerificationError, FileNotFoundError, PermissionError):
        raise
    except (OSError, RuntimeError, KeyError, TypeError, UnicodeDecodeError) as error:
        raise _translated(error, path) from None


def _translated(error: Exception, path: Path) -> Exception:
    text = " ".join(str(error).split())
    if "truncated" in text:
        return VerificationError(f"expected a whole HDF5 file; {path} is truncated; make it again")
    if "signature not found" in text:
        return InputError(f"expected an HDF5 file; {path} is not one, or its beginning is damaged")
    return VerificationError(f"expected a readable HDF5 file; {path} is damaged: {text[:200]}")


def read_header(path: Path, budget_bytes: int = DEFAULT_BUDGET_BYTES) -> Header:
    """Check a file's structure and read everything but samples and conditions.

    Raises:
        InputError: for a file that is not of this format, or not safe to read.
        VerificationError: for a truncated or damaged file.
    """
    with opened(path) as file:
        check_links(file["/"])
        check_version(file)
        for name in GROUPS:
            if not isinstance(file.get(name), h5py.Group):
                raise InputError(f"expected a group /{name} in {path}; see docs/format.md")
        fields = tuple(_field(file["samples"][name]) for name in file["samples"])
        conditions = tuple(_condition(file["conditions"][name]) for name in file["conditions"])
        if not fields:
            raise InputError(f"expected at least one array in /samples of {path}; got none")
        count = _common_length(file, path)
        _check_axes(file, fields)
        _check_budget(file, budget_bytes)
        arrays = [file["samples"][field.name] for field in fields]
        return Header(
            info=_info(file, fields, conditions),
            count=count,
            shapes={a.name.rpartition("/")[2]: a.shape[1:] for a in arrays},
            row_bytes=sum(declared_bytes(a) for a in arrays) // count,
            splits=_splits(file["splits"], count),
        )


def read_rows(path: Path, start: int, stop: int) -> dict[str, np.ndarray]:
    """Samples start to stop - 1, all fields, checked to be finite."""
    return _read(path, "samples", start, stop)


def read_conditions(path: Path, start: int, stop: int) -> dict[str, np.ndarray]:
    """Conditions of samples start to stop - 1, checked to be finite."""
    return _read(path, "conditions", start, stop)


def _read(path: Path, group: str, start: int, stop: int) -> dict[str, np.ndarray]:
    result = {}
    with opened(path) as file:
        for name in file[group]:
            dataset = file[group][name]
            check_array(dataset)
            values = dataset[start:stop]
            if values.dtype.kind == "f" and (row := first_bad_row(values)) >= 0:
                raise InputError(
                    f"expected finite values in {group}/{name} of {path}; "
                    f"got NaN or infinity in row {start + row}; remove that sample"
                )
            result[name] = values.astype(values.dtype.newbyteorder("="), copy=False)
    return result


def _info(file: h5py.File, fields: tuple, conditions: tuple) -> DatasetInfo:
    seed = attribute(file, "seed")
    if seed is not None and not isinstance(seed, int | np.integer):
        raise InputError(f"expected a whole number as seed in {file.filename}; got {seed!r}")
    axes = []
    for name in file["grid"]:
        unit = _text(file["grid"][name], "unit")
        axes.append(Axis(name, unit, tuple(np.asarray(file["grid"][name], float).tolist())))
    return DatasetInfo(
        domain=_text(file, "domain"),
        fields=fields,
        conditions=conditions,
        grid=tuple(axes),
        simulator=_text(file, "simulator", ""),
        simulator_version=_text(file, "simulator_version", ""),
        parameters=_json(file, "parameters", "{}", dict),
        seed=None if seed is None else int(seed),
        source=_text(file, "source", "simulation"),
    )


def _field(dataset: Any) -> Field:
    _require_dataset(dataset)
    check_array(dataset)
    axes = tuple(str(axis) for axis in _json(dataset, "axes", None, list))
    if len(axes) != dataset.ndim - 1:
        raise InputError(
            f"expected {dataset.ndim - 1} axes named at {dataset.name} in "
            f"{dataset.file.filename}; got {list(axes)}"
        )
    name = dataset.name.rpartition("/")[2]
    unit, long_name = _text(dataset, "unit"), _text(dataset, "long_name", "")
    return Field(name, unit, axes, long_name, dataset.dtype.newbyteorder("=").name)


def _condition(dataset: Any) -> Condition:
    _require_dataset(dataset)
    check_array(dataset, ndim=1)
    scale = _text(dataset, "scale")
    if scale not in ("linear", "log"):
        raise InputError(
            f"expected scale linear or log at {dataset.name} in {dataset.file.filename}; "
            f"got {scale!r}"
        )
    return Condition(
        name=dataset.name.rpartition("/")[2],
        unit=_text(dataset, "unit"),
        minimum=_number(dataset, "minimum"),
        maximum=_number(dataset, "maximum"),
        scale=scale,
        long_name=_text(dataset, "long_name", ""),
    )


def _splits(group: h5py.Group, count: int) -> dict[str, np.ndarray]:
    result: dict[str, np.ndarray] = {}
    for name in group:
        where = f"/splits/{name} in {group.file.filename}"
        if name not in SPLITS:
            raise InputError(f"expected splits {', '.join(SPLITS)}; got {where}")
        _require_dataset(group[name])
        check_array(group[name], ndim=1, kinds="iu")
        if len(group[name]) > count:
            raise InputError(
                f"expected at most {count} indices, one per sample; got {len(group[name])} at "
                f"{where}"
            )
        indices = np.asarray(group[name], np.int64)
        if len(indices) and not (indices.min() >= 0 and indices.max() < count):
            raise InputError(f"expected indices in [0, {count}); got others at {where}")
        result[name] = indices
    merged = np.concatenate([*result.values(), np.empty(0, np.int64)])
    if len(np.unique(merged)) != len(merged):
        raise InputError(
            f"expected every sample in one split at most; got repeats in {group.file.filename}"
        )
    return result


def _common_length(file: h5py.File, path: Path) -> int:
    lengths = {f"{g}/{n}": len(file[g][n]) for g in ("samples", "conditions") for n in file[g]}
    if len(set(lengths.values())) != 1:
        raise InputError(f"expected arrays of one length in {path}; got {lengths}")
    count = next(iter(lengths.values()))
    if count == 0:
        raise InputError(f"expected at least one sample in {path}; got 0")
    return count


def _check_axes(file: h5py.File, fields: tuple[Field, ...]) -> None:
    """Refuse an axis with more coordinates or edges than the arrays along it allow.

    It may have fewer: a surrogate's samples can be larger than those it was trained on.
    """
    longest: dict[str, int] = {}
    for field in fields:
        for name, length in zip(field.axes, file["samples"][field.name].shape[1:], strict=True):
            longest[name] = max(longest.get(name, 0), length + 1)
    for name in file["grid"]:
        axis = file["grid"][name]
        _require_dataset(axis)
        check_array(axis, ndim=1)
        most = longest.get(name, _UNUSED_AXIS)
        if len(axis) > most:
            raise InputError(
                f"expected at most {most} values along the axis {name} in {file.filename}; "
                f"got {len(axis)}"
            )


def _check_budget(file: h5py.File, budget_bytes: int) -> None:
    """Refuse a file whose header, or one sample, is larger than `budget_bytes`."""
    total = sum(declared_bytes(file[g][n]) for g in GROUPS[1:] for n in file[g])
    rows = sum(declared_bytes(a) // len(a) for a in file["samples"].values())
    numbers = sum(len(file[g][n]) for g in GROUPS[1:] for n in file[g])
    where = f"conditions, grid and splits of {file.filename}"
    check_growth(ROW_BYTES * numbers, file.id.get_filesize(), where)
    if max(total, rows) > budget_bytes:
        raise InputError(
            f"expected at most {budget_bytes} bytes; {file.filename} declares "
            f"{max(total, rows)}; pass a larger budget_bytes if you trust it"
        )


def _require_dataset(item: Any) -> None:
    if not isinstance(item, h5py.Dataset):
        raise InputError(f"expected an array at {item.name} in {item.file.filename}; got a group")


def _text(item: Any, name: str, default: str | None = None, most: int = MOST_CHARACTERS) -> str:
    value = attribute(item, name, default)
    if isinstance(value, bytes):
        value = value.decode()
    where = f"attribute {name} of {item.name} in {item.file.filename}"
    if not isinstance(value, str):
        raise InputError(f"expected text in {where}; got {value!r}")
    if len(value) > most or (most == MOST_CHARACTERS and not value.isprintable()):
        raise InputError(
            f"expected at most {most} printable characters in {where}; got {len(value)}: "
            f"{value[:40]!r}"
        )
    return value


def _number(item: Any, name: str) -> float:
    value = attribute(item, name)
    if not isinstance(value, int | float | np.number) or not np.isfinite(value):
        raise InputError(
            f"expected a number in attribute {name} of {item.name} in {item.file.filename}; "
            f"got {value!r}"
        )
    return float(value)


def _json(item: Any, name: str, default: str | None, kind: type) -> Any:
    text = _text(item, name, default, _LONGEST_JSON)
    try:
        value = parsed_json(text)
    except ValueError:
        value = None
    if not isinstance(value, kind):
        raise InputError(
            f"expected JSON in attribute {name} of {item.name} in {item.file.filename}; "
            f"got {text[:40]!r}"
        )
    return value
