"""The tables of a copula: marginals at places, and one correlation."""

from itertools import product
from typing import NamedTuple

import numpy as np
import scipy.special

__all__ = ["LEVELS", "CopulaState", "level_of", "quantile", "steps_between", "triangle_of"]

LEVELS = 161


class CopulaState(NamedTuple):
    """Marginals at k nodes, and one correlation, of v variables.

    Attributes:
        nodes: places, as `fit_state` was given them: of one condition increasing, shape (k,);
            of several the points of a grid, the last condition fastest, shape (k, c).
        empty: probability of an exact zero, shape (k, v).
        quantiles: of the values above zero, at `level_of`'s levels, shape (k, LEVELS, v).
        triangle: rows of the lower Cholesky factor of the correlation matrix of normal
            scores, packed, shape (v (v + 1) / 2,).
        threshold: the smallest cell that is not zero, or by how much all entries were raised,
            shape ().
    """

    nodes: np.ndarray
    empty: np.ndarray
    quantiles: np.ndarray
    triangle: np.ndarray
    threshold: np.ndarray


def quantile(state: CopulaState, scores: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Values (n, v) whose normal scores are given, at places (n,) or (n, c) between the nodes."""
    corners, shares = _between(state.nodes, places)
    empty = _blended([state.empty[corner] for corner in corners], shares[..., None])
    uniform = scipy.special.ndtr(scores)
    row, column = np.nonzero(uniform > empty)
    within = (uniform[row, column] - empty[row, column]) / (1 - empty[row, column])
    level = level_of(np.clip(within, 0, 1))
    below = np.minimum(level.astype(np.int64), LEVELS - 2)
    part = level - below
    width, table = state.empty.shape[1], state.quantiles.reshape(-1)
    found = []
    for corner in corners:
        index = (corner[row] * LEVELS + below) * width + column
        low = table[index]
        found.append(low + part * (table[index + width] - low))
    values = np.zeros(scores.shape)
    values[row, column] = _blended(found, shares[:, row])
    return values


def _between(nodes: np.ndarray, places: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
    """The nodes around each place, and how far it is from each lower one to the next, 0 to 1.

    Returns:
        (numbers of the 2^c corners, shape (n,) each, the last condition fastest; shares (c, n))
    """
    columns = places.reshape(len(places), -1).T
    lowers, uppers, shares = [], [], []
    for along, place in zip(_axes(nodes), columns, strict=True):
        lower = np.clip(np.searchsorted(along, place) - 1, 0, max(len(along) - 2, 0))
        upper = np.minimum(lower + 1, len(along) - 1)
        step = np.maximum(along[upper] - along[lower], 1e-12)
        shares.append(np.clip((place - along[lower]) / step, 0, 1))
        lowers.append(lower)
        uppers.append(upper)
    shape = [len(along) for along in _axes(nodes)]
    ends = product(*zip(lowers, uppers, strict=True))
    return [np.ravel_multi_index(corner, shape) for corner in ends], np.array(shares)


def _axes(nodes: np.ndarray) -> list[np.ndarray]:
    """Coordinates of the grid's points along each condition."""
    return [nodes] if nodes.ndim == 1 else [np.unique(column) for column in nodes.T]


def _blended(found: list[np.ndarray], shares: np.ndarray) -> np.ndarray:
    """Multilinear interpolation of what was found at the corners, the last condition first."""
    for share in shares[::-1]:
        found = [
            low + share * (high - low) for low, high in zip(found[::2], found[1::2], strict=True)
        ]
    return found[0]


def level_of(probability: np.ndarray) -> np.ndarray:
    """Where a probability lies among the levels: a float from 0 to LEVELS - 1."""
    return np.asarray(np.arccos(1 - 2 * probability) * ((LEVELS - 1) / np.pi))


def triangle_of(state: CopulaState) -> np.ndarray:
    """The lower Cholesky factor, float64 (v, v)."""
    width = state.empty.shape[1]
    factor = np.zeros((width, width))
    factor[np.tri(width, dtype=bool)] = state.triangle
    return factor


def steps_between(nodes: np.ndarray) -> np.ndarray:
    """How many steps the nodes are apart, (k, k)."""
    shape = [len(along) for along in _axes(nodes)]
    number = np.stack(np.unravel_index(np.arange(len(nodes)), shape), -1)
    return np.abs(number[:, None] - number).sum(-1)
