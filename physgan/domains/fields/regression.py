"""Smooth functions of the conditions: polynomials, and exponentials of polynomials."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import scipy.linalg

from simulators.protocol import Condition

__all__ = ["fit_log_polynomial", "fit_polynomial", "polynomial_basis"]

_ROUNDING = 1e-9
_TINY = 1e-30
_STEPS = 40
_LARGEST_STEP = 1.0
_SMALLEST_STEP = 1e-4


def polynomial_basis(
    schema: Sequence[Condition], conditions: Mapping[str, Any], count: int, xp: Any = np
) -> Any:
    """1, and all products of two or fewer conditions; of one condition, powers to the third.

    Each condition is scaled to [-1, 1] over its range, on its own scale, and clipped to it.

    Args:
        schema: descriptions of the conditions.
        conditions: name -> number or shape (count,).
        count: number of rows.
        xp: NumPy, for float64, or jax.numpy.

    Returns:
        shape (count, b).
    """
    columns = []
    for c in schema:
        value = xp.broadcast_to(xp.asarray(conditions[c.name], float), count)
        low, high = c.minimum, c.maximum
        if c.scale == "log":
            value, low, high = xp.log(value), float(np.log(low)), float(np.log(high))
        columns.append(xp.clip(2 * (value - low) / max(high - low, _TINY) - 1, -1, 1))
    squares = [a * b for n, a in enumerate(columns) for b in columns[n:]]
    cubes = [columns[0] ** 3] if len(columns) == 1 else []
    return xp.stack([xp.ones(count), *columns, *squares, *cubes], 1)


def fit_polynomial(basis: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Coefficients (b, f) of the mean of values (n, f), by least squares."""
    gram = basis.T @ basis + _ROUNDING * len(basis) * np.eye(basis.shape[1])
    return np.asarray(scipy.linalg.solve(gram, basis.T @ values, assume_a="pos"))


def fit_log_polynomial(
    basis: np.ndarray, values: np.ndarray, *, counts: bool = False
) -> np.ndarray:
    """Coefficients (b, f) of the logarithm of the mean of values (n, f), 0 or positive.

    Generalised linear models with a logarithmic link (P. McCullagh, J. Nelder, Generalized Linear
    Models, chapters 6 and 8), by Fisher scoring with steps of bounded length. Coefficients but the
    first have a normal prior of deviation 1, which matters where values are rare.

    Args:
        basis: shape (n, b).
        values: shape (n, f).
        counts: whether the variance of values grows with their mean, as that of counts, and not
            with its square, as that of powers.
    """
    level = np.maximum(values.mean(0), _TINY)
    ratio = values / level
    free = np.arange(basis.shape[1]) > 0
    prior = free[:, None] * ratio.var(0) + _ROUNDING * len(basis)
    products = (basis[:, :, None] * basis[:, None, :]).reshape(len(basis), -1)
    coefficients = np.zeros((basis.shape[1], values.shape[1]))
    for _ in range(_STEPS):
        model = np.exp(basis @ coefficients)
        slope = basis.T @ (ratio - model if counts else ratio / model - 1) - prior * coefficients
        weights = model if counts else np.ones((len(basis), 1))
        gram = (products.T @ weights).T.reshape(-1, basis.shape[1], basis.shape[1])
        gram = gram + np.eye(basis.shape[1]) * prior.T[:, :, None]
        step = np.linalg.solve(gram, slope.T[:, :, None])[:, :, 0].T
        longest = np.abs(basis @ step).max(0)
        coefficients += step * (_LARGEST_STEP / np.maximum(longest, _LARGEST_STEP))
        if longest.max() < _SMALLEST_STEP:
            break
    coefficients[0] += np.log(level)
    return coefficients
