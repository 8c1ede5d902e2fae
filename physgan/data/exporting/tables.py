"""Export as tables: CSV and Parquet, a column for each entry of a sample."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from physgan.data.exporting.plan import Plan
from physgan.data.extras import library

__all__ = ["index_names", "write_csv", "write_parquet"]


def write_csv(path: Path, plan: Plan) -> None:
    """A CSV file with names in the first line; numbers in the fewest digits that give them back."""
    csv = library("pyarrow.csv", f"to write {path.stem}")
    schema = _schema(plan)
    options = csv.WriteOptions(include_header=False, quoting_style="none")
    with open(path, "wb") as file:
        file.write(f"{','.join(schema.names)}\n".encode())
        with csv.CSVWriter(file, schema, write_options=options) as out:
            for piece in plan.pieces():
                out.write_table(_table(piece, plan, schema))


def write_parquet(path: Path, plan: Plan) -> None:
    """A Parquet file."""
    parquet = library("pyarrow.parquet", f"to write {path.stem}")
    schema = _schema(plan)
    with parquet.ParquetWriter(path, schema) as out:
        for piece in plan.pieces():
            out.write_table(_table(piece, plan, schema))


def index_names(key: str, shape: Sequence[int], pattern: bool = False) -> list[str]:
    """Names of a row's entries, such as "deposits_0_3"; or of all, "deposits_*_*".

    An array with one number per row keeps its name.
    """
    if pattern:
        return ["_".join([key, *("*" for _ in shape)])]
    return ["_".join([key, *map(str, index)]) for index in np.ndindex(*shape)]


def _schema(plan: Plan) -> Any:
    arrow = library("pyarrow", "to write tables")
    return arrow.schema(
        [
            (name, arrow.from_numpy_dtype(column.dtype))
            for key, column in plan.columns.items()
            for name in index_names(key, column.shape)
        ]
    )


def _table(piece: dict[str, np.ndarray], plan: Plan, schema: Any) -> Any:
    arrow = library("pyarrow", "to write tables")
    flat = [piece[key].reshape(len(piece[key]), -1) for key in plan.columns]
    arrays = [arrow.array(np.ascontiguousarray(column)) for array in flat for column in array.T]
    return arrow.table(arrays, schema=schema)
