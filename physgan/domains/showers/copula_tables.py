"""What the copula of showers needs to know of a training set: marginals and correlations."""

from typing import NamedTuple

import numpy as np
import scipy.linalg
import scipy.special

from physgan.errors import InputError

__all__ = ["LEVELS", "CopulaState", "fit_state", "level_of", "triangle_of"]

LEVELS = 161
_WINDOW = 800
_MOST_NODES = 24
_MOST_DISTINCT = 64
_SMALLEST_SHRINKAGE = 1e-3
"""Keeps eigenvalues above the rounding of float32 in thousands of dimensions."""

_PROBABILITIES = (1 - np.cos(np.pi * np.linspace(0, 1, LEVELS))) / 2
"""Chebyshev's points: steps of 1 % in the middle and of 0.01 % at either end."""


class CopulaState(NamedTuple):
    """Marginals at k nodes, and one correlation, of v variables.

    Attributes:
        nodes: increasing, shape (k,): what `fit_state` was given as places.
        empty: probability of an exact zero, shape (k, v).
        quantiles: of the values above zero, at `level_of`'s levels, shape (k, LEVELS, v).
        triangle: rows of the lower Cholesky factor of the correlation matrix of normal
            scores, packed, shape (v (v + 1) / 2,).
        threshold: the smallest deposit of a cell, MeV, shape ().
    """

    nodes: np.ndarray
    empty: np.ndarray
    quantiles: np.ndarray
    triangle: np.ndarray
    threshold: np.ndarray


def fit_state(
    values: np.ndarray, places: np.ndarray, threshold: float, rng: np.random.Generator
) -> CopulaState:
    """Measure marginals in windows of neighbouring places, and the scores' correlation.

    Args:
        values: shape (n, v), 0 or positive.
        places: the condition on the scale on which marginals are interpolated, shape (n,).
        threshold: kept with the state.
        rng: breaks the ties of zeros.
    """
    groups = _groups(places)
    width = values.shape[1]
    nodes = np.array([places[g].mean() for g in groups], np.float32)
    empty = np.empty((len(groups), width), np.float32)
    quantiles = np.empty((len(groups), LEVELS, width), np.float32)
    gram = np.zeros((width, width), np.float32)
    for i, group in enumerate(groups):
        part = values[group]
        empty[i], quantiles[i] = _marginals(part)
        scores = _scores(part, rng)
        gram += scores.T @ scores
    correlation = _shrunk(gram, len(values))
    factor = scipy.linalg.cholesky(correlation, lower=True, overwrite_a=True, check_finite=False)
    triangle = factor[np.tri(width, dtype=bool)].astype(np.float32)
    filled = _filled(empty, quantiles)
    return CopulaState(nodes, empty, filled, triangle, np.array(threshold, np.float32))


def level_of(probability: np.ndarray) -> np.ndarray:
    """Where a probability lies among the levels: a float from 0 to LEVELS - 1."""
    return np.asarray(np.arccos(1 - 2 * probability) * ((LEVELS - 1) / np.pi))


def triangle_of(state: CopulaState) -> np.ndarray:
    """The lower Cholesky factor, float64 (v, v)."""
    width = state.empty.shape[1]
    factor = np.zeros((width, width))
    factor[np.tri(width, dtype=bool)] = state.triangle
    return factor


def _groups(places: np.ndarray) -> list[np.ndarray]:
    """Indices of the samples of each node: one for each place if they are few, else windows."""
    if len(places) < 2:
        raise InputError(f"expected two showers or more; got {len(places)}; make more")
    order = np.argsort(places, kind="stable")
    distinct = np.flatnonzero(np.diff(places[order])) + 1
    if len(distinct) < _MOST_DISTINCT:
        return np.split(order, distinct)
    return np.array_split(order, np.clip(len(order) // _WINDOW, 1, _MOST_NODES))


def _marginals(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Share of zeros (v,), and quantiles (LEVELS, v) of the others (0 where there are none)."""
    count = len(values)
    ordered = np.sort(values, axis=0)
    zeros = np.count_nonzero(ordered <= 0, axis=0)
    rows = zeros + _PROBABILITIES[:, None] * np.maximum(count - 1 - zeros, 0)
    below = np.minimum(rows.astype(np.int64), count - 1)
    above = np.minimum(below + 1, count - 1)
    low, high = (np.take_along_axis(ordered, i, axis=0) for i in (below, above))
    return zeros / count, low + (rows - below) * (high - low)


def _scores(values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Normal scores of the ranks within each column, zeros in random order, of variance 1."""
    count = len(values)
    broken = np.where(values > 0, values, -rng.random(values.shape, np.float32))
    by_rank = scipy.special.ndtri((np.arange(count) + 0.5) / count)
    by_rank /= np.sqrt(np.mean(by_rank**2)) if count > 1 else 1.0
    scores = np.empty(values.shape, np.float32)
    order = np.argsort(broken, axis=0)
    np.put_along_axis(scores, order, by_rank.astype(np.float32)[:, None], axis=0)
    return scores


def _shrunk(gram: np.ndarray, count: int) -> np.ndarray:
    """The correlation matrix, shrunk towards none as its sampling errors demand.

    J. Schaefer, K. Strimmer, Stat. Appl. Genet. Mol. Biol. 4, 32 (2005), target D, with the
    variance (1 - r^2)^2 / n of a correlation.
    """
    size = np.sqrt(np.maximum(np.diag(gram), 1e-12))
    correlation = gram / size
    correlation /= size[:, None]
    np.fill_diagonal(correlation, 0)
    squares = correlation**2
    noise = np.sum((1 - squares) ** 2, dtype=np.float64) - len(squares)
    signal = max(float(squares.sum(dtype=np.float64)), 1e-12)
    shrinkage = float(np.clip(noise / count / signal, _SMALLEST_SHRINKAGE, 1))
    correlation *= np.float32(1 - shrinkage)
    np.fill_diagonal(correlation, 1)
    return correlation


def _filled(empty: np.ndarray, quantiles: np.ndarray) -> np.ndarray:
    """Give nodes where a variable is always zero the quantiles of the nearest where it is not."""
    steps = np.abs(np.subtract.outer(np.arange(len(empty)), np.arange(len(empty))))
    distance = steps[:, :, None] + np.where(empty == 1, 2 * len(empty), 0)
    source = distance.argmin(1)
    for node in range(len(empty)):
        lacking = np.flatnonzero(source[node] != node)
        quantiles[node][:, lacking] = quantiles[source[node, lacking], :, lacking].T
    return quantiles
