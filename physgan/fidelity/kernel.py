"""Kernel physics distance: the maximum mean discrepancy of two sets of features."""

import numpy as np

from physgan.fidelity.scaling import scaled

__all__ = ["kernel_physics_distance", "squared_discrepancy"]

_POWER = 4
_ROWS = 1024


def squared_discrepancy(first: np.ndarray, second: np.ndarray, rows: int = _ROWS) -> float:
    """Unbiased estimate of the squared maximum mean discrepancy; negative values occur.

    A. Gretton et al., J. Mach. Learn. Res. 13, 723 (2012), eq. 3, with the kernel
    (x.y / d + 1)^4. The sums are taken `rows` rows at a time.

    Args:
        first: shape (n, d).
        second: shape (m, d).
        rows: of the kernel matrix held at once.
    """
    n, m = len(first), len(second)
    within = sum(
        (_kernel_sum(side, side, rows) - _diagonal(side)) / (len(side) * (len(side) - 1))
        for side in (first, second)
    )
    return within - 2 * _kernel_sum(first, second, rows) / (n * m)


def kernel_physics_distance(
    real: np.ndarray, fake: np.ndarray, seed: int = 0, *, batches: int = 10, largest: int = 10_000
) -> tuple[float, float]:
    """Median of the squared discrepancy over batches of features, and its standard error.

    R. Kansal et al., arXiv:2211.10295. The batches share no sample: each has a tenth of the
    samples, or 10,000 as in the CaloChallenge if there are more. The error of the median is
    sqrt(pi / 2 batches) of half the range that holds 68 % of the batches.

    Args:
        real: shape (n, d), without conditions.
        fake: shape (m, d).
        seed: of the batches.
        batches: number of them.
        largest: size of a batch.
    """
    real, fake = scaled(real, fake)
    size = max(2, min(largest, min(len(real), len(fake)) // batches))
    rng = np.random.default_rng(seed)
    orders = [rng.permutation(len(side)) for side in (real, fake)]
    values = []
    for start in range(0, batches * size, size):
        one, other = (order[start : start + size] for order in orders)
        values.append(squared_discrepancy(real[one], fake[other]))
    low, high = np.percentile(values, [16, 84])
    error = np.sqrt(np.pi / (2 * batches)) * (high - low) / 2
    return float(np.median(values)), float(error)


def _kernel_sum(first: np.ndarray, second: np.ndarray, rows: int) -> float:
    total = 0.0
    for start in range(0, len(first), rows):
        products = first[start : start + rows] @ second.T / first.shape[1]
        total += float(((products + 1) ** _POWER).sum())
    return total


def _diagonal(side: np.ndarray) -> float:
    return float((((side**2).sum(1) / side.shape[1] + 1) ** _POWER).sum())
