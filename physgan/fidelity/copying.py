"""Samples that repeat each other, and samples that are copies of training samples."""

from collections.abc import Iterator

import numpy as np

__all__ = ["copied_share", "repeated_share", "to_nearest"]

_ROWS = 512
_QUANTILE = 0.01
_ROUNDING = 1e-5


def repeated_share(real: np.ndarray, fake: np.ndarray) -> tuple[float, float]:
    """Share of samples that repeat another one, beyond what the truth has, and its standard error.

    A sample repeats another one nearer than 99 % of real samples come to their nearest real ones.
    The error counts repeats as pairs.

    Args:
        real: shape (n, d), on one scale.
        fake: shape (m, d); of both as many are used as there are of the fewer.
    """
    count = min(len(real), len(fake))
    near = [_to_nearest_other(side[:count]) for side in (real, fake)]
    limit = np.quantile(near[0], _QUANTILE, method="inverted_cdf")
    own, rate = (float((distance <= limit).mean()) for distance in near)
    variance = 2 * (rate * (1 - rate) + own * (1 - own)) / count
    return rate - own, float(np.sqrt(variance))


def copied_share(fake: np.ndarray, learnt: np.ndarray, unseen: np.ndarray) -> tuple[float, float]:
    """Share of samples that are copies of what was learnt, and its standard error.

    Unless samples are copies, the nearest of learnt and unseen samples together is a learnt one as
    often as these are many, however wrong the samples are otherwise: learnt and unseen samples are
    exchangeable (after C. Meehan et al., arXiv:2004.05675, who compare distances). The error is
    that of labels dealt anew, so a sample that is the nearest of many counts as one.

    Args:
        fake: shape (n, d), on one scale.
        learnt: shape (m, d), samples that training saw.
        unseen: shape (k, d), samples of the same distribution that it did not see.
    """
    pool = np.concatenate([learnt, unseen]).astype(np.float32)
    weight = np.zeros(len(pool))
    for squares, scale in _squares(np.asarray(fake, np.float32), pool):
        nearest = squares <= squares.min(1, keepdims=True) + _ROUNDING * scale
        weight += (nearest / nearest.sum(1, keepdims=True)).sum(0)
    chance = len(learnt) / len(pool)
    share = float(weight[: len(learnt)].sum()) / len(fake)
    error = np.sqrt(chance * (1 - chance) * (weight**2).sum()) / len(fake)
    return (share - chance) / (1 - chance), float(error / (1 - chance))


def to_nearest(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distance from each row of `first` to the nearest of `second`, and the number of that one.

    Args:
        first: shape (n, d), on one scale.
        second: shape (m, d).

    Returns:
        float32 (n,), 0 within rounding, and int64 (n,).
    """
    second, found = np.asarray(second, np.float32), []
    for squares, scale in _squares(np.asarray(first, np.float32), second):
        index = squares.argmin(1)
        closest = squares[np.arange(len(index)), index]
        found.append((np.where(closest <= _ROUNDING * scale[:, 0], 0.0, closest), index))
    squared, indices = (np.concatenate(part) for part in zip(*found, strict=True))
    return np.sqrt(squared), indices


def _to_nearest_other(side: np.ndarray) -> np.ndarray:
    """Squared distance from each sample to the nearest other one, 0 within rounding; shape (n,)."""
    side = np.asarray(side, np.float32)
    nearest, start = np.empty(len(side)), 0
    for squares, scale in _squares(side, side):
        rows = np.arange(len(squares))
        squares[rows, start + rows] = np.inf
        closest = squares.min(1)
        nearest[start + rows] = np.where(closest <= _ROUNDING * scale[:, 0], 0.0, closest)
        start += len(squares)
    return nearest


def _squares(first: np.ndarray, second: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Squared distances of some rows at a time, and the squared lengths they are rounded by."""
    centre = second.mean(0)
    first, second = first - centre, second - centre
    lengths = (second**2).sum(1)
    for start in range(0, len(first), _ROWS):
        rows = first[start : start + _ROWS]
        own = (rows**2).sum(1)[:, None]
        squares = own + lengths - 2 * rows @ second.T
        yield np.maximum(squares, 0), own + lengths.mean()
