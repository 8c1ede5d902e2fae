"""A dataset: one file or a folder of shards."""

import os
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from physgan.data.distributions import make_distributions
from physgan.data.files import sha256_of
from physgan.data.hdf5 import (
    DEFAULT_BUDGET_BYTES,
    Header,
    read_conditions,
    read_header,
    read_rows,
)
from physgan.data.manifest import Manifest, manifest_path
from physgan.data.schema import SPLITS, DatasetInfo
from physgan.errors import InputError, VerificationError

__all__ = ["Dataset", "check_hashes", "open_dataset", "open_split"]

Arrays = dict[str, np.ndarray]


class Dataset:
    """Samples with their conditions, read from disk on demand.

    Args:
        path: a file of format version 1, or a folder with a manifest.
        budget_bytes: largest size that one call may read.

    Attributes:
        path: the argument.
        files: the data files in the order of their events.
        manifest: None for a file without a manifest.
        info: description of the dataset.
        shapes: field name -> shape of one sample.
        row_bytes: bytes of one sample.
    """

    def __init__(
        self, path: str | os.PathLike[str], *, budget_bytes: int = DEFAULT_BUDGET_BYTES
    ) -> None:
        self.path = Path(path)
        self.budget_bytes = budget_bytes
        self.manifest = _manifest_of(self.path)
        self.files = _files_of(self.path, self.manifest)
        self._headers = [read_header(file, budget_bytes) for file in self.files]
        self.info: DatasetInfo = self._headers[0].info
        self.shapes = self._headers[0].shapes
        self.row_bytes = self._headers[0].row_bytes
        self._offsets = np.cumsum([0, *(header.count for header in self._headers)])
        _check_alike(self.files, self._headers)

    def __len__(self) -> int:
        return int(self._offsets[-1])

    def __repr__(self) -> str:
        return f"Dataset({str(self.path)!r}, {len(self)} samples of {self.info.simulator!r})"

    @property
    def recipe(self) -> dict[str, Any]:
        """Name, summary, train and benchmark tables of the recipe; empty without a recipe."""
        return self.manifest.recipe if self.manifest else {}

    @property
    def seen(self) -> dict[str, list[Any]]:
        """Condition name -> values and [low, high] ranges of the conditions' distributions.

        Empty if the manifest does not record them: for imported samples and files without one.
        """
        if not self.manifest or "simulator" not in self.manifest.definition:
            return {}
        definition = self.manifest.definition
        distributions = make_distributions(definition["conditions"], definition["seed"])
        return {name: list(each.support) for name, each in distributions.items()}

    @cached_property
    def splits(self) -> Arrays:
        """Split name -> sorted event numbers."""
        names = [name for name in SPLITS if name in self._headers[0].splits]
        parts = list(zip(self._offsets, self._headers, strict=False))
        return {
            name: np.sort(np.concatenate([off + header.splits[name] for off, header in parts]))
            for name in names
        }

    def read(
        self, split: str | None = None, start: int | None = None, stop: int | None = None
    ) -> tuple[Arrays, Arrays]:
        """Read samples and conditions into memory.

        Args:
            split: only the samples of this split.
            start: first sample to read, counted within the split.
            stop: one past the last sample to read, counted within the split.

        Returns:
            ({field: (n, *axes)}, {condition: (n,)}) in the order of the events.

        Raises:
            InputError: for an unknown split, NaNs, or more than `budget_bytes`.
            VerificationError: for damaged data.
        """
        events = self._events(split)[start:stop]
        self._check_budget(len(events))
        pieces = [
            self._read_file(i, events[(events >= low) & (events < high)] - low)
            for i, (low, high) in enumerate(zip(self._offsets[:-1], self._offsets[1:], strict=True))
        ]
        samples = [p[0] for p in pieces if p] or [self._empty()]
        conditions = [p[1] for p in pieces if p] or [self._empty_conditions()]
        return _joined(samples), _joined(conditions)

    def read_conditions(self, split: str | None = None) -> Arrays:
        """Conditions alone, {condition: (n,)}, of all samples or those of a split.

        Raises:
            InputError: for an unknown split or NaNs.
            VerificationError: for damaged data.
        """
        sizes = np.diff(self._offsets)
        parts = [
            read_conditions(file, 0, int(size))
            for file, size in zip(self.files, sizes, strict=True)
        ]
        events = self._events(split)
        return {name: values[events] for name, values in _joined(parts).items()}

    def _events(self, split: str | None) -> np.ndarray:
        if split is None:
            return np.arange(len(self))
        if split not in self.splits:
            raise InputError(
                f"expected a split of {self.path} ({', '.join(self.splits) or 'it has none'}); "
                f"got {split!r}"
            )
        return self.splits[split]

    def _check_budget(self, count: int) -> None:
        wanted = count * self.row_bytes
        if wanted > self.budget_bytes:
            raise InputError(
                f"expected to read at most {self.budget_bytes} bytes at once; got {wanted}; "
                "pass start and stop, or a larger budget_bytes"
            )

    def _read_file(self, index: int, rows: np.ndarray) -> tuple[Arrays, Arrays] | None:
        if not len(rows):
            return None
        low, high = int(rows[0]), int(rows[-1]) + 1
        everything = len(rows) == high - low
        pick = slice(None) if everything else rows - low
        samples = read_rows(self.files[index], low, high)
        conditions = read_conditions(self.files[index], low, high)
        return {k: v[pick] for k, v in samples.items()}, {k: v[pick] for k, v in conditions.items()}

    def _empty(self) -> Arrays:
        return {f.name: np.empty((0, *self.shapes[f.name]), f.dtype) for f in self.info.fields}

    def _empty_conditions(self) -> Arrays:
        return {c.name: np.empty(0) for c in self.info.conditions}


def open_dataset(
    path: str | os.PathLike[str], *, budget_bytes: int = DEFAULT_BUDGET_BYTES
) -> Dataset:
    """Open a dataset: one HDF5 file, or a folder of shards with a manifest.

    Args:
        path: file or folder.
        budget_bytes: largest size that one call may read.

    Raises:
        InputError: if it is not a complete dataset of this format, or not safe to read.
        VerificationError: for damaged files.

    Example:
        dataset = open_dataset("ising-32.h5")
        samples, conditions = dataset.read("train", stop=1000)
    """
    return Dataset(path, budget_bytes=budget_bytes)


def check_hashes(path: str | os.PathLike[str]) -> None:
    """Compare every file of a dataset with the SHA-256 in its manifest, if there is one.

    Raises:
        InputError: if there is no complete dataset.
        VerificationError: for a file that has changed or is missing.
    """
    manifest = _manifest_of(Path(path))
    if manifest is None:
        return
    for file, entry in zip(_files_of(Path(path), manifest), manifest.entries, strict=True):
        if sha256_of(file) != entry.sha256:
            raise VerificationError(
                f"expected SHA-256 {entry.sha256[:12]}... of {file}; the file has changed; "
                "give the command that made the dataset again"
            )


def open_split(text: str | os.PathLike[str], split: str = "") -> tuple[Dataset, str]:
    """Open a dataset whose name may end in the name of a split: "x.h5:test".

    Args:
        text: file or folder, with ":" and a split or without.
        split: the one that is meant without; "" for all events.

    Returns:
        (the dataset, the name of the split or "").

    Raises:
        InputError: if there is no such dataset or no such split.
    """
    path, sign, named = str(text).rpartition(":")
    if not sign or Path(text).exists():
        path, named = str(text), split
    dataset = open_dataset(path)
    if named and named not in dataset.splits:
        known = ", ".join(dataset.splits) or "it has none"
        raise InputError(f"expected a split of {path} ({known}); got {named!r}")
    return dataset, named


def _manifest_of(path: Path) -> Manifest | None:
    if not path.exists():
        raise InputError(f"expected a dataset; {path} does not exist")
    where = manifest_path(path) if path.is_dir() else path.with_name(path.name + ".json")
    if where.is_file():
        return Manifest.load(where)
    if path.is_dir():
        raise InputError(f"expected a dataset; {path} holds no {where.name}")
    return None


def _files_of(path: Path, manifest: Manifest | None) -> list[Path]:
    if manifest is None:
        return [path]
    if not path.is_dir():
        if len(manifest.entries) != 1:
            raise InputError(
                f"expected one file in {manifest_path(path)}; got {len(manifest.entries)}"
            )
        return [path]
    if not manifest.complete:
        done = sum(entry.count for entry in manifest.entries)
        raise InputError(
            f"expected a complete dataset; {path} holds {done} of {manifest.count} samples; "
            "give the command that began it again"
        )
    files = [path / entry.file for entry in manifest.entries]
    for file in files:
        if not file.is_file():
            raise VerificationError(
                f"expected the file {file.name} in {path}; it is missing; "
                "give the command that made the dataset again"
            )
    return files


def _check_alike(files: list[Path], headers: list[Header]) -> None:
    first = headers[0]
    for file, header in zip(files, headers, strict=True):
        alike = header.info == first.info and header.shapes == first.shapes
        if not alike or set(header.splits) != set(first.splits):
            raise InputError(f"expected files of one dataset; {file} differs from {files[0]}")


def _joined(pieces: list[Arrays]) -> Arrays:
    if len(pieces) == 1:
        return pieces[0]
    return {name: np.concatenate([piece[name] for piece in pieces]) for name in pieces[0]}
