"""Batches in an order that depends only on the seed and the number of samples seen."""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from physgan.data.dataset import Dataset
from physgan.errors import InputError

__all__ = ["batch_indices", "batches"]

Arrays = dict[str, np.ndarray]


def batches(
    source: Dataset | tuple[Arrays, Arrays],
    batch_size: int,
    seed: int,
    start_sample: int = 0,
    split: str = "train",
) -> Iterator[tuple[Arrays, Arrays]]:
    """Yield batches without end; every epoch is a new permutation.

    A run that stopped after `start_sample` samples continues with the same batches as an
    uninterrupted run.

    Args:
        source: a dataset, which is read into memory, or (samples, conditions).
        batch_size: samples in a batch.
        seed: order of the samples.
        start_sample: samples seen so far.
        split: of a dataset, if it has splits.

    Yields:
        ({field: (batch_size, *axes)}, {condition: (batch_size,)})
    """
    if isinstance(source, Dataset):
        source = source.read(split if source.splits else None)
    samples, conditions = source
    count = len(next(iter(samples.values())))
    while True:
        index = batch_indices(count, batch_size, seed, start_sample)
        yield (
            {k: v[index] for k, v in samples.items()},
            {k: v[index] for k, v in conditions.items()},
        )
        start_sample += batch_size


def batch_indices(count: int, batch_size: int, seed: int, start_sample: int) -> np.ndarray:
    """Indices of the samples numbered start_sample, ... of an endless shuffled stream.

    Args:
        count: samples in an epoch.
        batch_size: number of indices.
        seed: order of the samples.
        start_sample: position in the stream.

    Returns:
        shape (batch_size,), in [0, count).
    """
    if count < 1 or batch_size < 1 or start_sample < 0:
        raise InputError(
            "expected at least one sample, a positive batch size and a start from 0; "
            f"got {count}, {batch_size} and {start_sample}"
        )
    positions = np.arange(start_sample, start_sample + batch_size)
    epochs = positions // count
    return np.concatenate(
        [_order(count, seed, int(e))[positions[epochs == e] % count] for e in np.unique(epochs)]
    )


@lru_cache(maxsize=4)
def _order(count: int, seed: int, epoch: int) -> np.ndarray:
    return np.random.default_rng([seed, epoch]).permutation(count)
