"""IDX files, the format of MNIST: images and labels as unsigned bytes, gzipped or not.

A header of two zero bytes, the type's code (8 for unsigned bytes), the number of dimensions and
each dimension as a big-endian 32-bit number; then the values, last dimension fastest
(Y. LeCun, C. Cortes and C. J. C. Burges, "The MNIST database of handwritten digits", file formats).
"""

import gzip
import os
import struct
import zlib
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import IO, Any

import numpy as np

from physgan.data.files import sha256_of
from physgan.data.growth import check_growth
from physgan.data.recipes import check_splits
from physgan.data.schema import Axis, Condition, DatasetInfo, Field
from physgan.data.sharded import write_events
from physgan.errors import InputError
from simulators.protocol import Progress

__all__ = ["import_idx", "read_idx"]

DEFAULT_BUDGET_BYTES = 2**30
IMPORT_SPLITS = {"train": 0.8, "validation": 0.1, "test": 0.1}
LEVELS = 256

_UNSIGNED_BYTES = 8
_GZIP = b"\x1f\x8b"
_SHARD_BYTES = 8 * 2**20
_MOST_PIXELS = 2**22


def read_idx(
    path: str | os.PathLike[str], *, budget_bytes: int = DEFAULT_BUDGET_BYTES
) -> np.ndarray:
    """Read an IDX file of unsigned bytes, gzipped or not.

    Args:
        path: file.
        budget_bytes: largest size of its values in memory.

    Returns:
        uint8, of the shape that the header declares.

    Raises:
        InputError: for a file that is missing, no IDX file, of another type, truncated, longer
            than it declares, damaged, declaring more than `budget_bytes` or much more than its own
            size, or with images of more than four million pixels.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            zipped = file.read(2) == _GZIP
        opener: Any = gzip.open if zipped else open
        with opener(path, "rb") as stream:
            return _read(stream, path, budget_bytes)
    except (FileNotFoundError, IsADirectoryError):
        raise InputError(f"expected an IDX file; {path} does not exist or is none") from None
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        text = " ".join(str(error).split())
        raise InputError(f"expected a whole gzip file; {path} is damaged: {text}") from None


def import_idx(
    images: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    labels: str | os.PathLike[str] | None = None,
    splits: Mapping[str, float] | None = None,
    budget_bytes: int = DEFAULT_BUDGET_BYTES,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Turn IDX files of images, and of their labels, into a dataset of the domain "images".

    Args:
        images: of 3 dimensions (n, height, width), or 4 with channels.
        out: a name ending in .h5 for one file (1 GiB at most), else a folder of shards.
        labels: of 1 dimension (n,), which become the condition "label"; None for a dataset
            without conditions.
        splits: split name -> share of the images; 0.8, 0.1 and 0.1 by default.
        budget_bytes: see `read_idx`.
        progress: called with (images done, count).

    Returns:
        {"path", "events", "files", "shape", "labels"}, JSON values.

    Raises:
        InputError: see `read_idx`; for other dimensions, and unequal numbers of both.
    """
    shares = dict(IMPORT_SPLITS if splits is None else splits)
    check_splits(shares)
    pixels = _pictures(read_idx(images, budget_bytes=budget_bytes), Path(images))
    kinds = None if labels is None else _labels(Path(labels), len(pixels), budget_bytes)

    def produce(first: int, number: int, report: Progress) -> tuple[dict, dict]:
        rows = slice(first, first + number)
        values = pixels[rows].astype(np.float32) / np.float32(LEVELS - 1)
        conditions = {} if kinds is None else {"label": kinds[rows].astype(np.float64)}
        return {"intensities": values}, conditions

    shape = pixels.shape[1:]
    manifest = write_events(
        out,
        _info(shape, kinds),
        len(pixels),
        produce,
        definition={
            "images": sha256_of(Path(images)),
            "labels": None if labels is None else sha256_of(Path(labels)),
            "splits": shares,
        },
        shard_size=max(1, _SHARD_BYTES // (4 * prod(shape))),
        splits=shares,
        progress=progress,
    )
    return {
        "path": str(out),
        "events": len(pixels),
        "files": len(manifest.entries),
        "shape": list(shape),
        "labels": 0 if kinds is None else len(np.unique(kinds)),
    }


def _read(stream: IO[bytes], path: Path, budget_bytes: int) -> np.ndarray:
    magic = stream.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or not magic[3]:
        raise InputError(
            f"expected an IDX file, which begins with 0 0, a type and a number of dimensions; "
            f"{path} begins with {' '.join(map(str, magic)) or 'nothing'}"
        )
    if magic[2] != _UNSIGNED_BYTES:
        raise InputError(f"expected unsigned bytes (IDX type 8) in {path}; got type {magic[2]}")
    header = stream.read(4 * magic[3])
    if len(header) < 4 * magic[3]:
        raise InputError(f"expected {magic[3]} dimensions in {path}; it is truncated in its header")
    shape = struct.unpack(f">{magic[3]}I", header)
    declared = prod(shape)
    if declared > budget_bytes:
        raise InputError(
            f"expected at most {budget_bytes} bytes in {path}; it declares "
            f"{' x '.join(map(str, shape))} = {declared}"
        )
    check_growth(declared, path.stat().st_size, str(path))
    if (pixels := prod(shape[1:])) > _MOST_PIXELS:
        raise InputError(
            f"expected images of at most {_MOST_PIXELS} pixels; got {pixels} in {path}"
        )
    content = stream.read(declared)
    if len(content) < declared:
        raise InputError(
            f"expected {declared} bytes in {path}, as it declares; it is truncated after "
            f"{len(content)}"
        )
    if stream.read(1):
        raise InputError(f"expected {declared} bytes in {path}, as it declares; it holds more")
    return np.frombuffer(content, np.uint8).reshape(shape)


def _pictures(values: np.ndarray, path: Path) -> np.ndarray:
    """Images with channels, (n, height, width, channels)."""
    if values.ndim not in (3, 4) or not values.size:
        raise InputError(
            f"expected images of 3 dimensions, or 4 with channels, in {path}; got shape "
            f"{values.shape}"
        )
    return values if values.ndim == 4 else values[..., None]


def _labels(path: Path, count: int, budget_bytes: int) -> np.ndarray:
    values = read_idx(path, budget_bytes=budget_bytes)
    if values.shape != (count,):
        raise InputError(
            f"expected {count} labels in {path}, one per image; got shape {values.shape}"
        )
    return values


def _info(shape: tuple[int, ...], labels: np.ndarray | None) -> DatasetInfo:
    axes = ("row", "column", "channel")
    conditions: tuple[Condition, ...] = ()
    if labels is not None:
        span = float(labels.min()), float(labels.max())
        conditions = (Condition("label", "1", *span, "linear", "class"),)
    return DatasetInfo(
        domain="images",
        fields=(Field("intensities", "1", axes, "intensity", "float32"),),
        conditions=conditions,
        grid=tuple(
            Axis(name, "1", tuple(float(i) for i in range(length)))
            for name, length in zip(axes, shape, strict=True)
        ),
        parameters={"levels": LEVELS},
    )
