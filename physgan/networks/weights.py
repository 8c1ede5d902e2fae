"""Parameters as the bytes of an npz file with one array per leaf, and as a nested dict again."""

import io
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

__all__ = ["named_leaves", "nested_like", "pack_parameters"]


def pack_parameters(parameters: dict[str, Any]) -> bytes:
    """A nested dict of arrays as the bytes of an npz file, named by their paths."""
    stream = io.BytesIO()
    arrays: dict[str, Any] = {n: np.asarray(leaf) for n, leaf in named_leaves(parameters).items()}
    np.savez(stream, **arrays)
    return stream.getvalue()


def named_leaves(tree: dict[str, Any]) -> dict[str, Any]:
    """The leaves of a nested dict by their paths, "scales/0/kernel"."""
    return dict(_leaves(tree, ""))


def nested_like(tree: dict[str, Any], leaves: Mapping[str, Any]) -> dict[str, Any]:
    """Leaves by path in the structure of a nested dict: the inverse of `named_leaves`."""
    nested: dict[str, Any] = _nested(tree, "", leaves)
    return nested


def _leaves(tree: Any, path: str) -> Iterator[tuple[str, Any]]:
    if not isinstance(tree, dict):
        yield path[1:], tree
        return
    for name, branch in tree.items():
        yield from _leaves(branch, f"{path}/{name}")


def _nested(like: Any, path: str, leaves: Mapping[str, Any]) -> Any:
    if not isinstance(like, dict):
        return leaves[path[1:]]
    return {name: _nested(branch, f"{path}/{name}", leaves) for name, branch in like.items()}
