"""What a run learnt from, and what of its dataset it never saw."""

from pathlib import Path

import numpy as np

from physgan.benchmark.copies import Learnt
from physgan.data import Dataset
from physgan.training import dataset_of

__all__ = ["learnt_by"]

_MOST, _BYTES = 20_000, 1 << 26
_UNSEEN = ("test", "validation")


def learnt_by(run: Path) -> Learnt | None:
    """Training samples of a run, and those of its dataset that trained nothing.

    20,000 of each at most, or 64 MiB. None where the dataset is no longer there, or has nothing
    else than training samples.
    """
    dataset = dataset_of(run)
    if dataset is None or "train" not in dataset.splits:
        return None
    splits = [name for name in _UNSEEN if len(dataset.splits.get(name, ()))]
    if not splits:
        return None
    most = int(np.clip(_BYTES // dataset.row_bytes, 1, _MOST))
    return Learnt(_read(dataset, ["train"], most), _read(dataset, splits, most))


def _read(
    dataset: Dataset, splits: list[str], most: int
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """The first samples of some splits and their conditions."""
    parts = [dataset.read(name, 0, most) for name in splits]
    samples, conditions = (
        {
            name: np.concatenate([part[side][name] for part in parts])[:most]
            for name in parts[0][side]
        }
        for side in (0, 1)
    )
    return samples, conditions
