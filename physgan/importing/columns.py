"""Conditions of a user's own samples: one number for each."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from physgan.data import Condition
from physgan.data.arrays import Arrays, Rows, opened_arrays
from physgan.data.writer import first_bad_row
from physgan.domains.units import check_spelling
from physgan.errors import InputError
from simulators.units import convert, kind_of, unit_in_name, units_of

__all__ = ["condition_column"]

_COLUMN = re.compile(r"(.*)\[(\d+)\]")


def condition_column(
    name: str, text: str, arrays: Arrays, homes: Sequence[Path], count: int
) -> tuple[Condition, np.ndarray]:
    """A condition and its values.

    Args:
        name: of the condition; the unit at its end is that of the values returned.
        text: "key:unit" or "key:unit:scale"; the key is an array of the file, or another .npy
            file; "key[2]" is the third column of an array.
        arrays: of the open files.
        homes: folders in which other files are searched after the current one.
        count: number of samples.

    Returns:
        The condition, and float64 values of shape (count,).

    Raises:
        InputError: for values that are not one finite number per sample, and units that do not
            fit.
    """
    key, unit, scale = _parsed(name, text)
    rows, column = _found(key, arrays, homes)
    values = _values(rows, column, key, count)
    if (row := first_bad_row(values)) >= 0:
        raise InputError(
            f"expected finite values in {key}; got NaN or infinity in {rows.place(row)}"
        )
    if (stated := unit_in_name(name)) and kind_of(unit) == kind_of(stated):
        values, unit = convert(values, unit, stated), stated
    elif len(stated) > 1:  # sigma_m need not be in metres
        units = ", ".join(units_of(kind_of(stated)))
        raise InputError(f"expected a unit ({units}) for {name}; got {unit}")
    check_spelling(unit, name)
    if (scale == "log" or kind_of(unit) == "energy") and values.min() <= 0:
        row = int(np.argmax(values <= 0))
        place = rows.place(row)
        raise InputError(f"expected positive values in {key}; got {values[row]:g} in {place}")
    span = float(values.min()), float(values.max())
    return Condition(name, unit, *span, scale, name.removesuffix(f"_{unit.lower()}")), values


def _parsed(name: str, text: str) -> tuple[str, str, str]:
    """Key, unit and scale of "key:unit" or "key:unit:log".

    Raises:
        InputError: for anything else.
    """
    key, _, unit = text.rpartition(":")
    scale = "linear"
    if unit in ("log", "linear"):
        scale, (key, _, unit) = unit, key.rpartition(":")
    if not (key and unit):
        raise InputError(
            f"expected {name} as key:unit or key:unit:log, with 1 for no unit; got {text!r}"
        )
    return key, unit, scale


def _found(key: str, arrays: Arrays, homes: Sequence[Path]) -> tuple[Rows, int | None]:
    """The array that a key names, and the number of its column if it names one."""
    match = None if key in arrays.keys else _COLUMN.fullmatch(key)
    name, column = (match[1], int(match[2])) if match else (key, None)
    if name.endswith(".npy") and name not in arrays.keys:
        places = [Path(name), *(home / name for home in homes)]
        path = next((place for place in places if place.is_file()), places[-1])
        with opened_arrays([path]) as others:
            return others.rows(""), column
    return arrays.rows(name), column


def _values(rows: Rows, column: int | None, key: str, count: int) -> np.ndarray:
    if len(rows) != count:
        raise InputError(
            f"expected {count} values in {key}, one per sample; got shape {rows.shape}"
        )
    width = rows.shape[1] if len(rows.shape) == 2 else 1
    if len(rows.shape) > 2 or (column or 0) >= width or (width > 1 and column is None):
        raise InputError(
            f"expected one value per sample in {key}; got shape {rows.shape}; try "
            f"{key.partition('[')[0]}[0]"
        )
    values = rows.read(0, count).reshape(count, width)[:, column or 0]
    return np.asarray(values, np.float64)
