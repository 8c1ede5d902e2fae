"""Conversion of arrays into a dataset."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from physgan.data import Condition, DatasetInfo, Field, write_events
from physgan.data.arrays import Arrays, Rows, opened_arrays
from physgan.data.arrays.keys import chosen
from physgan.data.arrays.rows import reshaped, stacked
from physgan.data.files import sha256_of
from physgan.data.recipes import check_splits
from physgan.domains import Importer, domain_type
from physgan.errors import InputError
from physgan.importing.columns import condition_column
from physgan.importing.thresholds import Cut
from simulators.protocol import Progress

__all__ = ["SPLITS", "Paths", "import_arrays", "paths_of", "rows_at_once", "sample_rows"]

SPLITS = {"train": 0.8, "validation": 0.1, "test": 0.1}
"""Default shares of the events."""

Paths = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]
"""One file or several."""

_PIECE_BYTES = 8 * 2**20


@dataclass(frozen=True)
class _Plan:
    """The arguments of `import_arrays` that determine the data; JSON values."""

    samples: str
    conditions: dict[str, str]
    domain: str
    unit: str
    axes: list[str]
    edges: dict[str, list[float]] = field(default_factory=dict)
    threshold: float = 0.0
    shape: list[int] = field(default_factory=list)


def import_arrays(
    data: Paths,
    out: str | os.PathLike[str],
    *,
    domain: str,
    conditions: Mapping[str, str] | None = None,
    samples: str = "",
    unit: str = "",
    shape: Sequence[int] = (),
    axes: Sequence[str] = (),
    edges: Mapping[str, Sequence[float]] | None = None,
    threshold: float = 0.0,
    splits: Mapping[str, float] | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Turn arrays into a dataset, in bounded memory where the format allows it.

    Args:
        data: an .npz, .npy, HDF5, CSV, Parquet or ROOT file, or several of one layout, whose
            samples follow each other in the order given.
        out: a name ending in .h5 for one file (1 GiB at most), else a folder of shards.
        domain: key of `physgan.domains.DOMAINS`; its importer defines the requirements on arrays.
        conditions: name -> "key:unit" or "key:unit:log": an array of the file with one number
            per sample, or another .npy file; "key[2]" is the third column of an array. Values
            are converted to the unit at the end of the name: MeV for `energy_mev`, mm for `x_mm`.
        samples: key of the samples; none for an .npy file. "cell_*" and "cell_0:cell_143" put
            many columns side by side, in the order of their numbers.
        unit: of the samples; they are converted to the domain's unit, if it has one.
        shape: of one sample, if the arrays have another, such as (12, 12) for 144 columns.
        axes: names of a sample's axes, such as layer, alpha, r or layer, x, y, which give
            deposits a geometry.
        edges: axis name -> bin edges.
        threshold: values below are set to 0, in `unit`.
        splits: split name -> share of the events; `SPLITS` by default.
        progress: called with (events done, count).

    Returns:
        {"path", "events", "files", "shape", "splits"}, and "threshold" where the domain has one:
        see `Cut.summary`.

    Raises:
        InputError: for arrays that are missing, of unequal length, not finite, all equal or not
            valid samples of the domain, naming the row.

    Example:
        >>> physgan.import_arrays(  # doctest: +SKIP
        ...     "deposits.npz", "x.h5", domain="showers", samples="showers", unit="GeV",
        ...     conditions={"energy_mev": "energy:GeV:log"},
        ... )
    """
    paths, shares = paths_of(data), dict(SPLITS if splits is None else splits)
    check_splits(shares)
    table = {axis: [float(edge) for edge in values] for axis, values in (edges or {}).items()}
    plan = _Plan(
        samples, dict(conditions or {}), domain, unit, list(axes), table, float(threshold),
        list(shape),
    )  # fmt: skip
    kind = domain_type(domain)
    importer = kind.importer
    if importer is None:
        raise InputError(f"expected a domain that takes arrays; got {domain}")
    importer.check_threshold(plan.threshold)
    factor = importer.factor(unit)
    with opened_arrays(paths) as arrays:
        array = sample_rows(arrays, samples, shape)
        names = importer.axis_names(array.shape, plan.axes)
        importer.check(array.shape, list(plan.conditions))
        homes = [path.parent for path in paths]
        columns = {
            name: condition_column(name, text, arrays, homes, len(array))
            for name, text in plan.conditions.items()
        }
        info = _info(plan, importer, names, array.shape, [c for c, _ in columns.values()])
        kind(info)
        rows = rows_at_once(array.shape)

        def piece(first: int, number: int) -> tuple[np.ndarray, np.ndarray]:
            values = array.read(first, min(first + number, len(array)))
            place = lambda row: array.place(first + row)  # noqa: E731
            return values, importer.converted(values, factor, plan.threshold, place)

        def produce(first: int, number: int, report: Progress) -> tuple[dict, dict]:
            rows = slice(first, first + number)
            values = {name: column[rows] for name, (_, column) in columns.items()}
            return {importer.field: piece(first, number)[1].astype(info.fields[0].dtype)}, values

        cut = Cut()

        def checked() -> Iterator[np.ndarray]:
            for first in range(0, len(array), rows):
                values, stored = piece(first, rows)
                cut.add(values, stored)
                yield stored

        info = importer.completed(info, checked())  # checks all rows before any is written
        cut.check(array.name)
        if importer.threshold and importer.describe is None:
            info = replace(info, parameters=cut.parameters())
        manifest = write_events(
            out,
            info,
            len(array),
            produce,
            definition={"arrays": _hashes(paths), "import": asdict(plan), "splits": shares}
            | {"conditions": {n: sha256(v.tobytes()).hexdigest() for n, (_, v) in columns.items()}},
            shard_size=rows,
            splits=shares,
            progress=progress,
        )
        result = {
            "path": str(out),
            "events": len(array),
            "files": len(manifest.entries),
            "shape": list(array.shape[1:]),
            "splits": shares,
        }
        return {**result, **(cut.summary(info.fields[0].unit) if importer.threshold else {})}


def paths_of(data: Paths) -> list[Path]:
    """One path or several as a list."""
    return [Path(data)] if isinstance(data, str | os.PathLike) else [Path(path) for path in data]


def rows_at_once(shape: tuple[int, ...]) -> int:
    """Number of samples in a piece."""
    return max(1, _PIECE_BYTES // (8 * int(np.prod(shape[1:]))))


def sample_rows(arrays: Arrays, text: str, shape: Sequence[int]) -> Rows:
    """The samples, shape (n, *axes).

    Args:
        arrays: of the open files.
        text: a key, or a choice of several; see `chosen`.
        shape: of one sample; () for the shape in the file.

    Raises:
        InputError: if there are none.
    """
    keys = chosen(arrays.keys, text)
    found = [arrays.rows(key) for key in keys]
    rows = found[0] if len(found) == 1 else stacked(found, f"{keys[0]} ... {keys[-1]}")
    if not len(rows):
        raise InputError(f"expected samples in {rows.name}; got 0 rows")
    return reshaped(rows, shape) if shape else rows


def _hashes(paths: Sequence[Path]) -> str | list[str]:
    hashes = [sha256_of(path) for path in paths]
    return hashes[0] if len(hashes) == 1 else hashes


def _info(
    plan: _Plan,
    importer: Importer,
    names: tuple[str, ...],
    shape: tuple[int, ...],
    conditions: list[Condition],
) -> DatasetInfo:
    if unknown := set(plan.edges) - set(names):
        raise InputError(f"expected edges of {', '.join(names)}; got those of {min(unknown)}")
    unit = importer.unit if importer.units is not None else plan.unit or importer.unit
    return DatasetInfo(
        domain=plan.domain,
        fields=(Field(importer.field, unit, names, importer.long_name, importer.dtype),),
        conditions=tuple(conditions),
        grid=tuple(
            importer.axis(name, length, plan.edges.get(name))
            for name, length in zip(names, shape[1:], strict=True)
        ),
    )
