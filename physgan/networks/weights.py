"""Parameters in a file: npz with one array per leaf, never pickled."""

import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

__all__ = ["pack_parameters", "unpack_parameters"]


def pack_parameters(parameters: dict[str, Any]) -> bytes:
    """A nested dict of arrays as the bytes of an npz file, named by their paths."""
    stream = io.BytesIO()
    arrays: dict[str, Any] = {name: np.asarray(leaf) for name, leaf in _leaves(parameters, "")}
    np.savez(stream, **arrays)
    return stream.getvalue()


def unpack_parameters(
    path: Path, like: dict[str, Any], renamed: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Read a file of `pack_parameters`, in the structure of `like`.

    Args:
        path: file.
        like: nested dict of arrays or shapes.
        renamed: first part of a parameter's path in older files -> first part in `like`.

    Raises:
        ValueError: if the file is damaged or holds other parameters.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {_renamed(name, renamed or {}): file[name] for name in file.files}
    except (BadZipFile, EOFError, OSError, ValueError, KeyError) as error:
        raise ValueError(f"expected parameters in {path}; got {error}; train again") from None
    wanted = {name: tuple(leaf.shape) for name, leaf in _leaves(like, "")}
    if wanted != {name: array.shape for name, array in arrays.items()}:
        raise ValueError(f"expected the parameters of another network in {path}; train again")
    return _nested(like, "", arrays)


def _renamed(name: str, renamed: Mapping[str, str]) -> str:
    first, slash, rest = name.partition("/")
    return renamed.get(first, first) + slash + rest


def _leaves(tree: Any, path: str) -> Iterator[tuple[str, Any]]:
    if not isinstance(tree, dict):
        yield path[1:], tree
        return
    for name, branch in tree.items():
        yield from _leaves(branch, f"{path}/{name}")


def _nested(like: Any, path: str, arrays: dict[str, np.ndarray]) -> Any:
    if not isinstance(like, dict):
        return arrays[path[1:]]
    return {name: _nested(branch, f"{path}/{name}", arrays) for name, branch in like.items()}
