"""Columns of CSV and Parquet files, read with pyarrow."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import numpy as np

from physgan.data.arrays.rows import Arrays, Rows
from physgan.data.extras import library
from physgan.data.files import reading
from physgan.data.growth import check_growth
from physgan.errors import InputError

__all__ = ["csv_columns", "parquet_columns"]

_DELIMITERS = ";\t, "
_VALUE_BYTES = 8


@contextmanager
def csv_columns(path: Path, budget_bytes: int) -> Iterator[Arrays]:
    """Columns of a CSV file, which is read as a whole.

    Values are divided by semicolons, tabs, commas or single spaces. The names are in the first
    line, or in the last of the lines that begin with "#"; columns without are column_0, column_1.
    """
    reader = library("pyarrow.csv", f"to read {path}")
    if (size := path.stat().st_size) > budget_bytes:
        raise InputError(
            f"expected at most {budget_bytes} bytes of CSV in {path}; got {size}; "
            "store it as Parquet, which is read piece by piece"
        )
    names, delimiter, skipped = _header(path)
    try:
        table = reader.read_csv(
            path,
            reader.ReadOptions(use_threads=False, column_names=names, skip_rows=skipped),
            reader.ParseOptions(delimiter=delimiter),
        )
    except ValueError as error:
        raise InputError(f"{_ragged(error)} in {path}") from None
    if not len(table):
        raise InputError(f"expected rows of numbers in {path}; got names of columns only")

    @cache
    def rows(key: str) -> Rows:
        name = f"{key} of {path}"
        array = _numbers(table.column(key).combine_chunks(), name, 0)
        return Rows(name, array.shape, lambda start, stop: array[start:stop])

    yield Arrays(str(path), names, rows)


@contextmanager
def parquet_columns(path: Path, budget_bytes: int) -> Iterator[Arrays]:
    """Columns of a Parquet file, of numbers or of equally long lists of numbers."""
    parquet = library("pyarrow.parquet", f"to read {path}")
    with reading(path, "Parquet"):
        file = parquet.ParquetFile(path, memory_map=True)
        groups = [file.metadata.row_group(i) for i in range(file.num_row_groups)]
        sizes = [group.num_rows for group in groups]
        values = [g.column(i).num_values for g in groups for i in range(g.num_columns)]
    check_growth(_VALUE_BYTES * sum(values), path.stat().st_size, str(path))
    edges = list(accumulate(sizes, initial=0))
    if not edges[-1]:
        raise InputError(f"expected rows of numbers in {path}; got 0")
    held: dict[str, np.ndarray] = {}
    group = [-1]

    def column(key: str, number: int) -> np.ndarray:
        """The column's part in a row group; parts of one group are kept until the next is read."""
        if number != group[0]:
            held.clear()
            group[0] = number
        if key not in held:
            with reading(path, "Parquet"):
                table = file.read_row_group(number, [key], use_threads=False)
            name = f"{key} of {path}"
            held[key] = _numbers(table.column(0).combine_chunks(), name, edges[number])
        return held[key]

    def rows(key: str) -> Rows:
        shape = (edges[-1], *column(key, 0).shape[1:])

        def read(start: int, stop: int) -> np.ndarray:
            parts = [
                column(key, i)[max(start - low, 0) : stop - low]
                for i, (low, high) in enumerate(pairwise(edges))
                if start < high and stop > low
            ]
            if any(part.shape[1:] != shape[1:] for part in parts):
                raise InputError(f"expected lists of {shape[1:]} values in every row of {key}")
            return np.concatenate(parts) if parts else np.empty((0, *shape[1:]))

        return Rows(f"{key} of {path}", shape, read)

    with file:
        yield Arrays(str(path), file.schema_arrow.names, rows)


def _header(path: Path) -> tuple[list[str], str, int]:
    """Names of the columns, the delimiter, and the number of lines before the values."""
    comments = []
    try:
        with open(path, encoding="utf-8-sig", newline="") as stream:
            while (line := stream.readline()).startswith("#"):
                comments.append(line.removeprefix("#"))
    except UnicodeDecodeError:
        raise InputError(f"expected text in {path}; got other bytes") from None
    delimiter = next((sign for sign in _DELIMITERS if sign in line.strip()), ",")
    first, skipped = _words(line, delimiter), len(comments)
    if _are_names(first):
        names, skipped = first, skipped + 1
    else:
        names = _words(comments[-1], delimiter) if comments else []
    if len(names) != len(first) or not _are_names(names):
        names = [""] * len(first)
    names = [name or f"column_{i}" for i, name in enumerate(names)]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError(f"expected another name for each column of {path}; got {twice!r} twice")
    return names, delimiter, skipped


def _words(line: str, delimiter: str) -> list[str]:
    rows = csv.reader([line.strip("\r\n ")], delimiter=delimiter)
    return [word.strip() for word in next(rows, [])]


def _are_names(words: list[str]) -> bool:
    """Whether a line has names: a word that is no number, or the numbers 0, 1, 2, ... alone."""
    there = [word for word in words if word]
    counted = len(there) > 2 and there == [str(i) for i in range(len(there))]
    return counted or not all(map(_is_number, there))


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _ragged(error: ValueError) -> str:
    """The reader's "CSV parse error: Row #3: Expected 2 columns, got 1: 3" as our message."""
    text = " ".join(str(error).split())
    _, found, rest = text.partition("Row #")
    line, _, rest = rest.partition(": Expected ")
    wanted, _, rest = rest.partition(" columns, got ")
    if not (found and rest):
        return f"expected a table of numbers; got: {text[:200]};"
    return f"expected {wanted} columns; got {rest.partition(':')[0]} in line {line}"


def _numbers(column: Any, name: str, first: int) -> np.ndarray:
    """An Arrow array as numbers (n, ...), missing ones as NaN.

    Args:
        column: of numbers, or of lists of numbers.
        name: for messages.
        first: number of its first row.
    """
    types = library("pyarrow.types", "to read columns")
    shape = [len(column)]
    while types.is_list(kind := column.type) or types.is_large_list(kind) or _is_fixed(kind):
        lengths = _lengths(column)
        if (odd := np.flatnonzero(lengths != lengths[0])).size:
            row = first + int(odd[0]) // max(1, int(np.prod(shape[1:])))
            raise InputError(
                f"expected {lengths[0]} values in every row of {name}; "
                f"got {lengths[odd[0]]} in row {row}"
            )
        shape.append(int(lengths[0]))
        column = column.flatten()
    if types.is_string(column.type) or types.is_large_string(column.type):
        row, word = _first_word(column.to_pylist())
        row //= max(1, int(np.prod(shape[1:])))
        raise InputError(f"expected numbers in {name}; got {word!r} in row {first + row}")
    if types.is_null(column.type):
        return np.full(shape, np.nan)
    array: np.ndarray = column.to_numpy(zero_copy_only=False)
    if array.dtype.kind == "O" and types.is_boolean(column.type):
        array = array.astype(np.float64)
    if array.dtype.kind not in "iufb":
        raise InputError(f"expected numbers in {name}; got {column.type}")
    return array.reshape(shape)


def _is_fixed(kind: Any) -> bool:
    return bool(library("pyarrow.types", "to read columns").is_fixed_size_list(kind))


def _lengths(column: Any) -> np.ndarray:
    """Number of entries of each list, 0 for one that is missing."""
    compute = library("pyarrow.compute", "to read columns")
    lengths = compute.fill_null(compute.list_value_length(column), 0)
    return np.asarray(lengths.to_numpy(zero_copy_only=False))


def _first_word(words: list[str | None]) -> tuple[int, str]:
    """The first text that is no number, and its row; the first text if all are numbers."""
    texts = [(row, word) for row, word in enumerate(words) if word is not None]
    return next(((r, w) for r, w in texts if not _is_number(w)), texts[0] if texts else (0, ""))
