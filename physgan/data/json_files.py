"""Tables in JSON files, which may come from anyone."""

import json
from pathlib import Path
from typing import Any

from physgan.errors import InputError

__all__ = ["parsed_json", "read_table"]

_MOST_BYTES = 2**26


def parsed_json(text: str | bytes) -> Any:
    """The value of a JSON text.

    Raises:
        ValueError: if it is none, is not UTF-8 or is nested too deeply.
    """
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def read_table(path: Path, what: str, most_bytes: int = _MOST_BYTES) -> dict[str, Any]:
    """The JSON object in a file.

    Args:
        path: file.
        what: it should be, such as "a dataset manifest".
        most_bytes: largest size of the file.

    Raises:
        FileNotFoundError: if there is no such file.
        InputError: for a larger file, or one that holds anything else.
    """
    if (size := path.stat().st_size) > most_bytes:
        raise InputError(f"expected {what} of at most {most_bytes} bytes; got {size} in {path}")
    try:
        table = parsed_json(path.read_bytes())
    except ValueError:
        table = None
    if not isinstance(table, dict):
        raise InputError(f"expected {what}; {path} is not one")
    return table
