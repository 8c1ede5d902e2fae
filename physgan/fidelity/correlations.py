"""Pearson coefficients between the components of an observable, such as layers' energies."""

import numpy as np

__all__ = ["correlation_difference", "pearson"]


def pearson(values: np.ndarray) -> np.ndarray:
    """Pearson coefficients of all pairs of components; 0 where a component is constant.

    Args:
        values: shape (n, k).

    Returns:
        shape (k, k), 1 on the diagonal.
    """
    centred = values.astype(np.float64) - values.mean(0, dtype=np.float64)
    spread = np.sqrt((centred**2).sum(0))
    scale = np.abs(values).max(0) * np.sqrt(len(values))
    constant = spread <= 1e-6 * scale
    centred /= np.where(constant, 1.0, spread)
    centred[:, constant] = 0.0
    coefficients = centred.T @ centred
    np.fill_diagonal(coefficients, 1.0)
    return np.asarray(coefficients)


def correlation_difference(
    real: np.ndarray, fake: np.ndarray, seed: int = 0, draws: int = 30
) -> tuple[float, float]:
    """Largest absolute difference of a Pearson coefficient, and its error by bootstrap.

    Args:
        real: shape (n, k).
        fake: shape (m, k).
        seed: of the bootstrap.
        draws: bootstrap repeats.
    """
    rng = np.random.default_rng(seed)
    repeats = [
        _largest(*(side[rng.integers(0, len(side), len(side))] for side in (real, fake)))
        for _ in range(draws)
    ]
    return _largest(real, fake), float(np.std(repeats, ddof=1))


def _largest(real: np.ndarray, fake: np.ndarray) -> float:
    return float(np.abs(pearson(real) - pearson(fake)).max())
