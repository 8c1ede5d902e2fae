"""Libraries that only some file formats and commands need."""

from importlib import import_module
from typing import Any

from physgan.errors import InputError

__all__ = ["library"]

_EXTRAS = {
    "pyarrow": "tables",
    "uproot": "root",
    "distributed": "dask",
    "onnx": "export",
    "onnxruntime": "export",
    "flatbuffers": "export",
}


def library(module: str, purpose: str) -> Any:
    """A module of an optional library.

    Args:
        module: such as "pyarrow.csv".
        purpose: words for the message, such as "to read x.csv".

    Raises:
        InputError: if it is not installed, with the extra that brings it.
    """
    try:
        return import_module(module)
    except ImportError:
        package = module.partition(".")[0]
        raise InputError(
            f"expected {package} {purpose}; it is not installed; "
            f"give: pip install 'physgan[{_EXTRAS[package]}]'"
        ) from None
