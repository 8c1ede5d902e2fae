"""Smooth functions of the conditions: polynomials, and exponentials of polynomials."""

import math
from collections.abc import Mapping, Sequence
from itertools import combinations_with_replacement
from typing import Any

import numpy as np
import scipy.linalg

from simulators.protocol import Condition

__all__ = [
    "fit_log_polynomial",
    "fit_log_spectrum",
    "fit_polynomial",
    "lower_terms",
    "number_of_terms",
    "polynomial_basis",
    "since_version_2",
]

_DEGREES = {1: 6, 2: 6, 3: 4}
_FALL = 1.5
_ROUNDING = 1e-9
_TINY = 1e-30
_STEPS = 40
_LARGEST_STEP = 1.0
_SMALLEST_STEP = 1e-4


def polynomial_basis(
    schema: Sequence[Condition], conditions: Mapping[str, Any], count: int, xp: Any = np
) -> Any:
    """Products of Chebyshev polynomials of the conditions, smaller for a larger total degree.

    The degree is up to six in one condition or two, four in three and two in more, and grows from
    column to column. Terms fall with its power 1.5: coefficients of one size are smaller terms
    where they vary faster, which suits the prior of `fit_log_polynomial`. Each condition is scaled
    to [-1, 1] over its range, on its own scale, and clipped to it.

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
    largest, ones = _degree(len(columns)), xp.ones(count)
    powers = [[ones, column] for column in columns]
    for known, column in zip(powers, columns, strict=True):
        while len(known) <= largest:
            known.append(2 * column * known[-1] - known[-2])
    products = [
        math.prod((powers[n][chosen.count(n)] for n in set(chosen)), start=ones)
        / max(degree, 1) ** _FALL
        for degree in range(largest + 1)
        for chosen in combinations_with_replacement(range(len(columns)), degree)
    ]
    return xp.stack(products, 1)


def since_version_2(conditions: int) -> np.ndarray:
    """Factors (b,) of coefficients in files of version 2, where terms fell with the degree."""
    largest = _degree(conditions)
    number = [math.comb(conditions + degree - 1, degree) for degree in range(largest + 1)]
    degrees = np.repeat(np.arange(largest + 1), number)
    return np.asarray(np.maximum(degrees, 1) ** (_FALL - 1))


def number_of_terms(conditions: int) -> int:
    """Columns of `polynomial_basis`."""
    degree = _degree(conditions)
    return math.comb(conditions + degree, degree)


def lower_terms(conditions: int) -> int:
    """Columns of `polynomial_basis` of second degree or less, of one condition of third."""
    return math.comb(conditions + 2, 2) if conditions != 1 else 4


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


def fit_log_spectrum(basis: np.ndarray, lower: int, power: np.ndarray, averages: Any) -> np.ndarray:
    """Coefficients (b, modes) of the logarithm of the mean power of modes.

    The power of a group of modes may vary as all functions of the basis do. The share of a mode in
    its group, of which each sample knows little, follows lower ones.

    Args:
        basis: shape (n, b).
        lower: number of columns for the shares.
        power: of modes, shape (n, modes).
        averages: weights that average over the modes of each group, shape (groups, modes); an array
            or a sparse one.
    """
    groups = fit_log_polynomial(basis, power @ averages.T)
    coefficients = np.asarray(groups[:, averages.argmax(0)])
    shares = fit_log_polynomial(basis[:, :lower], power / np.exp(basis @ coefficients))
    coefficients[:lower] += shares
    return coefficients


def _degree(conditions: int) -> int:
    return _DEGREES.get(conditions, 2)
