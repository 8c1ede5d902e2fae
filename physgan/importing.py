"""Arrays from elsewhere into a dataset that `physgan train` takes."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from physgan.data import Axis, Condition, DatasetInfo, Field, write_events
from physgan.data.arrays import opened_arrays, read_column
from physgan.data.files import sha256_of
from physgan.data.recipes import check_splits
from physgan.data.writer import first_bad_row
from physgan.domains import DOMAINS, domain_of
from physgan.errors import InputError
from simulators.protocol import Progress
from simulators.units import convert, kind_of, unit_in_name, units_of

__all__ = ["SPLITS", "import_arrays"]

SPLITS = {"train": 0.8, "validation": 0.1, "test": 0.1}
"""Shares of the events, unless told otherwise."""

_PIECE_BYTES = 8 * 2**20
_IN_MEV = {"eV": 1e-6, "keV": 1e-3, "MeV": 1.0, "GeV": 1e3, "TeV": 1e6}


@dataclass(frozen=True)
class _Kind:
    """What a domain expects of arrays: its field, and how many axes a sample may have."""

    field: str
    long_name: str
    dtype: str
    axes: tuple[tuple[str, ...], ...]


_KINDS = {
    "showers": _Kind(
        "deposits", "energy", "float32", (("layer", "cell"), ("layer", "row", "column"))
    ),
    "spins": _Kind("spins", "spin", "int8", (("row", "column"),)),
}


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
    """Turn arrays into a dataset, in bounded memory but for those of an .npz file.

    Args:
        data: an .npz, .npy or HDF5 file.
        out: a name ending in .h5 for one file (1 GiB at most), else a folder of shards.
        domain: "showers", arrays (n, layer, cell) or (n, layer, row, column) of energies, or
            "spins", arrays (n, L, L) of +1 and -1.
        conditions: name -> "key:unit" or "key:unit:log": an array of the file with one number
            a sample, or another .npy file; "key[2]" is the third column of an array. Values
            are converted to the unit that a name ends in: to MeV for `energy_mev`, mm for `x_mm`.
        samples: key of the samples; none for an .npy file.
        unit: of the samples: eV to TeV for showers (kept in MeV), none for spins.
        axes: names of a sample's axes, such as layer, alpha, r or layer, x, y, which give
            showers a geometry.
        edges: axis name -> bin edges; of r, or of x and y, mm. Sectors in alpha are equal
            unless given.
        threshold: deposits below are set to 0, in `unit`.
        splits: split name -> share of the events; `SPLITS` by default.
        progress: called with (events done, count).

    Returns:
        {"path", "events", "files", "shape", "splits"}.

    Raises:
        InputError: for arrays that are missing, of unequal length, not finite or not such
            samples, naming the row.

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
    factor = _factor(plan)
    with opened_arrays(path) as arrays:
        array = arrays(samples)
        kind = _checked_kind(plan, tuple(array.shape))
        columns = {
            name: _column(name, text, lambda key: read_column(arrays, path.parent, key, len(array)))
            for name, text in conditions.items()
        }
        info = _info(plan, kind, tuple(array.shape), [c for c, _ in columns.values()])
        domain_of(info)
        rows = max(1, _PIECE_BYTES // (8 * int(np.prod(array.shape[1:]))))

        def piece(first: int, number: int) -> np.ndarray:
            return _converted(plan, np.asarray(array[first : first + number]), factor, first)

        def produce(first: int, number: int, report: Progress) -> tuple[dict, dict]:
            given = {name: v[first : first + number] for name, (_, v) in columns.items()}
            return {kind.field: piece(first, number)}, given

        for first in range(0, len(array), rows):  # all of it is right before any is written
            piece(first, rows)
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


def _factor(plan: _Plan) -> float:
    """By which samples are multiplied."""
    if plan.domain not in _KINDS:
        raise InputError(f"expected a domain ({', '.join(DOMAINS)}); got {plan.domain!r}")
    if plan.domain != "showers":
        return 1.0
    if plan.unit not in _IN_MEV:
        raise InputError(
            f"expected the unit of the deposits ({', '.join(_IN_MEV)}); got {plan.unit or 'none'}"
        )
    return _IN_MEV[plan.unit]


def _checked_kind(plan: _Plan, shape: tuple[int, ...]) -> _Kind:
    kind = _KINDS[plan.domain]
    allowed = [len(axes) for axes in kind.axes]
    if len(shape) - 1 not in allowed or 0 in shape:
        raise InputError(
            f"expected {plan.domain} with {' or '.join(map(str, allowed))} axes a sample, after "
            f"that of the events; got shape {shape}"
        )
    if plan.domain == "spins" and (shape[1] != shape[2] or set(plan.conditions) != {"temperature"}):
        raise InputError(
            f"expected square lattices with the condition temperature; got shape {shape} with "
            f"{', '.join(plan.conditions) or 'none'}"
        )
    if not plan.conditions:
        raise InputError("expected a condition, such as energy_mev=key:MeV; got none")
    if plan.axes and len(plan.axes) != len(shape) - 1:
        raise InputError(
            f"expected {len(shape) - 1} names of axes for shape {shape}; got {', '.join(plan.axes)}"
        )
    return kind


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
    if (scale == "log" or name.startswith("energy")) and values.min() <= 0:
        row = int(np.argmax(values <= 0))
        raise InputError(f"expected positive values in {key}; got {values[row]:g} in row {row}")
    span = float(values.min()), float(values.max())
    return Condition(name, unit, *span, scale, name.removesuffix(f"_{unit.lower()}")), values


def _info(
    plan: _Plan, kind: _Kind, shape: tuple[int, ...], conditions: list[Condition]
) -> DatasetInfo:
    names = tuple(plan.axes) or next(axes for axes in kind.axes if len(axes) == len(shape) - 1)
    if unknown := set(plan.edges) - set(names):
        raise InputError(f"expected edges of {', '.join(names)}; got those of {min(unknown)}")
    unit = "MeV" if plan.domain == "showers" else plan.unit or "1"
    return DatasetInfo(
        domain=plan.domain,
        fields=(Field(kind.field, unit, names, kind.long_name, kind.dtype),),
        conditions=tuple(conditions),
        grid=tuple(
            _axis(name, length, plan.edges.get(name))
            for name, length in zip(names, shape[1:], strict=True)
        ),
    )


def _axis(name: str, length: int, edges: list[float] | None) -> Axis:
    """Edges where they are given or needed, else the numbers of the bins."""
    if edges is None:
        if name in ("r", "x", "y"):
            raise InputError(f"expected {length + 1} edges of {name}, mm; got none")
        if name == "alpha":
            return Axis(name, "rad", tuple(np.linspace(-np.pi, np.pi, length + 1).tolist()))
        return Axis(name, "1", tuple(float(i) for i in range(length)))
    if name not in ("r", "x", "y", "alpha"):
        raise InputError(f"expected edges of r, x, y or alpha; got those of {name}")
    if len(edges) != length + 1 or not np.all(np.diff(edges) > 0):
        raise InputError(f"expected {length + 1} rising edges of {name}; got {len(edges)}: {edges}")
    return Axis(name, "rad" if name == "alpha" else "mm", tuple(edges))


def _converted(plan: _Plan, values: np.ndarray, factor: float, first: int) -> np.ndarray:
    """Samples as they are stored; refuses what are none, naming the row."""
    if plan.domain == "spins":
        _refuse(values, (values != 1) & (values != -1), "spins of +1 and -1", first)
        return values.astype(np.int8)
    cut = np.where(values < plan.threshold, np.minimum(values, 0), values)
    with np.errstate(over="ignore"):
        deposits = (cut * factor).astype(np.float32)
    _refuse(values, ~np.isfinite(deposits), "finite deposits", first)
    _refuse(values, deposits < 0, "deposits of 0 or more", first)
    return deposits


def _refuse(values: np.ndarray, bad: np.ndarray, expected: str, first: int) -> None:
    if bad.any():
        place = np.unravel_index(int(np.argmax(bad)), bad.shape)
        raise InputError(f"expected {expected}; got {values[place]} in row {first + place[0]}")
