"""Import of a user's own arrays as a dataset for `physgan train`."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from physgan.data import Condition, DatasetInfo, Field, write_events
from physgan.data.arrays import opened_arrays, read_column
from physgan.data.files import sha256_of
from physgan.data.recipes import check_splits
from physgan.data.writer import first_bad_row
from physgan.domains import Importer, domain_type
from physgan.errors import InputError
from simulators.protocol import Progress
from simulators.units import convert, kind_of, unit_in_name, units_of

__all__ = ["SPLITS", "import_arrays"]

SPLITS = {"train": 0.8, "validation": 0.1, "test": 0.1}
"""Default shares of the events."""

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


def import_arrays(
    data: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    domain: str,
    conditions: Mapping[str, str],
    samples: str = "",
    unit: str = "",
    axes: Sequence[str] = (),
    edges: Mapping[str, Sequence[float]] | None = None,
    threshold: float = 0.0,
    splits: Mapping[str, float] | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Turn arrays into a dataset, in bounded memory except for arrays of an .npz file.

    Args:
        data: an .npz, .npy or HDF5 file.
        out: a name ending in .h5 for one file (1 GiB at most), else a folder of shards.
        domain: key of `physgan.domains.DOMAINS`; its importer defines the requirements on arrays.
        conditions: name -> "key:unit" or "key:unit:log": an array of the file with one number
            per sample, or another .npy file; "key[2]" is the third column of an array. Values
            are converted to the unit at the end of the name: MeV for `energy_mev`, mm for `x_mm`.
        samples: key of the samples; none for an .npy file.
        unit: of the samples; they are converted to the domain's unit, if it has one.
        axes: names of a sample's axes, such as layer, alpha, r or layer, x, y, which give
            deposits a geometry.
        edges: axis name -> bin edges.
        threshold: values below are set to 0, in `unit`.
        splits: split name -> share of the events; `SPLITS` by default.
        progress: called with (events done, count).

    Returns:
        {"path", "events", "files", "shape", "splits"}.

    Raises:
        InputError: for arrays that are missing, of unequal length, not finite or not valid samples
            of the domain, naming the row.

    Example:
        >>> physgan.import_arrays(  # doctest: +SKIP
        ...     "deposits.npz", "x.h5", domain="showers", samples="showers", unit="GeV",
        ...     conditions={"energy_mev": "energy:GeV:log"},
        ... )
    """
    path, shares = Path(data), dict(SPLITS if splits is None else splits)
    check_splits(shares)
    table = {axis: [float(edge) for edge in values] for axis, values in (edges or {}).items()}
    plan = _Plan(samples, dict(conditions), domain, unit, list(axes), table, float(threshold))
    kind = domain_type(domain)
    importer = kind.importer
    if importer is None:
        raise InputError(f"expected a domain that takes arrays; got {domain}")
    factor = importer.factor(unit)
    with opened_arrays(path) as arrays:
        array = arrays(samples)
        shape = tuple(array.shape)
        names = importer.axis_names(shape, plan.axes)
        importer.check(shape, list(conditions))
        columns = {
            name: _column(name, text, lambda key: read_column(arrays, path.parent, key, len(array)))
            for name, text in conditions.items()
        }
        info = _info(plan, importer, names, shape, [c for c, _ in columns.values()])
        kind(info)
        rows = max(1, _PIECE_BYTES // (8 * int(np.prod(array.shape[1:]))))

        def piece(first: int, number: int) -> np.ndarray:
            values = np.asarray(array[first : first + number])
            return importer.converted(values, factor, plan.threshold, first)

        def produce(first: int, number: int, report: Progress) -> tuple[dict, dict]:
            rows = slice(first, first + number)
            values = {name: column[rows] for name, (_, column) in columns.items()}
            return {importer.field: piece(first, number).astype(info.fields[0].dtype)}, values

        # check all rows before any is written
        pieces = (piece(first, rows) for first in range(0, len(array), rows))
        info = importer.completed(info, pieces)
        manifest = write_events(
            out,
            info,
            len(array),
            produce,
            definition={"arrays": sha256_of(path), "import": asdict(plan), "splits": shares}
            | {"conditions": {n: sha256(v.tobytes()).hexdigest() for n, (_, v) in columns.items()}},
            shard_size=rows,
            splits=shares,
            progress=progress,
        )
        return {
            "path": str(out),
            "events": len(array),
            "files": len(manifest.entries),
            "shape": list(array.shape[1:]),
            "splits": shares,
        }


def _column(name: str, text: str, read: Any) -> tuple[Condition, np.ndarray]:
    """A condition and its values, from "key:unit" or "key:unit:scale"."""
    key, _, unit = text.rpartition(":")
    scale = "linear"
    if unit in ("log", "linear"):
        scale, (key, _, unit) = unit, key.rpartition(":")
    if not (key and unit):
        raise InputError(
            f"expected {name} as key:unit or key:unit:log, with 1 for no unit; got {text!r}"
        )
    values = read(key)
    if (row := first_bad_row(values)) >= 0:
        raise InputError(f"expected finite values in {key}; got NaN or infinity in row {row}")
    if (stated := unit_in_name(name)) and kind_of(unit) == kind_of(stated):
        values, unit = convert(values, unit, stated), stated
    elif len(stated) > 1:  # sigma_m need not be in metres
        units = ", ".join(units_of(kind_of(stated)))
        raise InputError(f"expected a unit ({units}) for {name}; got {unit}")
    if (scale == "log" or kind_of(unit) == "energy") and values.min() <= 0:
        row = int(np.argmax(values <= 0))
        raise InputError(f"expected positive values in {key}; got {values[row]:g} in row {row}")
    span = float(values.min()), float(values.max())
    return Condition(name, unit, *span, scale, name.removesuffix(f"_{unit.lower()}")), values


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
