"""The file of a network's weights, checked against the network that its description names."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from physgan.data.npz_files import Header, npz_headers, read_npz
from physgan.errors import InputError, VerificationError
from physgan.networks import named_leaves, nested_like

__all__ = ["read_weights"]

_RENAMED = {"values": "preprocessing", "reader": "encoder", "writer": "decoder"}
"""Names of networks' parts in files of version 1 -> present names."""


def read_weights(path: Path, like: dict[str, Any]) -> dict[str, Any]:
    """Parameters in the structure of `like`; values are read if all headers fit.

    Args:
        path: file of `pack_parameters`.
        like: nested dict of arrays, or of their shapes and types.

    Raises:
        InputError: if the file is damaged or holds other parameters.
        VerificationError: for weights that are not finite.
    """
    headers = npz_headers(path)
    names = {_present(name): name for name in headers}
    wanted = {n: Header(tuple(x.shape), np.dtype(x.dtype)) for n, x in named_leaves(like).items()}
    if len(names) != len(headers) or {n: headers[old] for n, old in names.items()} != wanted:
        raise InputError(
            f"expected the parameters of the network that stands beside {path}; "
            f"got {_difference(wanted, {n: headers[old] for n, old in names.items()})}; train again"
        )
    arrays = read_npz(path, headers)
    for name, values in arrays.items():
        if not np.isfinite(values).all():
            raise VerificationError(
                f"expected finite weights in {path}; got NaN or infinity in {name}; train again"
            )
    return nested_like(like, {name: arrays[old] for name, old in names.items()})


def _present(name: str) -> str:
    first, slash, rest = name.partition("/")
    return _RENAMED.get(first, first) + slash + rest


def _difference(wanted: Mapping[str, Header], found: Mapping[str, Header]) -> str:
    """The first parameter that is missing, superfluous or of another kind, in words."""
    name = min(n for n in {*wanted, *found} if wanted.get(n) != found.get(n))
    if name not in found:
        return f"no {name}"
    return f"{name} of shape {found[name].shape} and type {found[name].dtype}"
