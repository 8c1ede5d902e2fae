"""Distances between two samples of one observable."""

import numpy as np
from scipy.stats import wasserstein_distance

__all__ = ["wasserstein", "wasserstein_with_error"]


def wasserstein(first: np.ndarray, second: np.ndarray) -> float:
    """1-Wasserstein distance, integral of |F - G|, in the observable's unit.

    Positive even for two samples of one distribution: quote it beside truth against truth.
    """
    return float(wasserstein_distance(first, second))


def wasserstein_with_error(
    first: np.ndarray, second: np.ndarray, seed: int = 0, draws: int = 30
) -> tuple[float, float]:
    """The distance and its standard error, by bootstrap of both samples."""
    rng = np.random.default_rng(seed)
    repeats = [
        wasserstein(rng.choice(first, len(first)), rng.choice(second, len(second)))
        for _ in range(draws)
    ]
    return wasserstein(first, second), float(np.std(repeats, ddof=1))
