"""Fit of a copula: marginals in windows of the conditions, and correlations."""

from collections.abc import Iterable

import numpy as np
import scipy.linalg
import scipy.special

from physgan.domains.copula.tables import LEVELS, CopulaState, steps_between
from physgan.errors import InputError

__all__ = ["fit_state"]

_WINDOW = 800
_MOST_NODES = 24
_MOST_DISTINCT = 64
_SMALLEST_SHRINKAGE = 1e-3
"""Keeps eigenvalues above the rounding of float32 in thousands of dimensions."""

_NEAREST = 400
_MOST_POINTS = 64
_MOST_NUMBERS = 1 << 25
_FEW = 8
_APART = 1e3
_EFFECT_BINS = 8
_RIDGE = 10.0
_LEAST_LEVEL = 0.2
_SMALLEST_SQUARE = 1e-4

_PROBABILITIES = (1 - np.cos(np.pi * np.linspace(0, 1, LEVELS))) / 2
"""Chebyshev's points: steps of 1 % in the middle and of 0.01 % at either end."""


def fit_state(
    values: np.ndarray, places: np.ndarray, threshold: float, rng: np.random.Generator
) -> CopulaState:
    """Measure marginals in windows of neighbouring places, and the scores' correlation.

    With several conditions the windows are the nearest samples of the points of a grid, and trends
    within them are taken out by straight lines, as in a locally weighted regression (W. S.
    Cleveland, S. J. Devlin, J. Am. Stat. Assoc. 83, 596, 1988).

    Args:
        values: shape (n, v), 0 or positive.
        places: the conditions on the scale on which marginals are interpolated, shape (n,) for
            one and (n, c) for several.
        threshold: kept with the state.
        rng: breaks the ties of zeros.
    """
    if len(places) < 2:
        raise InputError(f"expected two samples or more; got {len(places)}; make more")
    parts: Iterable[tuple[np.ndarray, np.ndarray]]
    scores: Iterable[np.ndarray]
    if places.ndim == 1:
        groups = _groups(places)
        nodes = np.array([places[g].mean() for g in groups], np.float32)
        parts = (_marginals(values[g]) for g in groups)
        scores = (_scores(values[g], rng) for g in groups)
    else:
        nodes, windows, groups = _grid(values, places)
        pairs = zip(nodes, windows, strict=True)
        parts = (_marginals_at(values[w], places[w] - node) for node, w in pairs)
        scores = (_without_trend(_scores(values[g], rng), places[g]) for g in groups)
    empty, quantiles = (
        np.array(side, np.float32) for side in zip(*map(_single, parts), strict=True)
    )
    triangle = _factor(scores, values.shape[1])
    quantiles = _filled(empty, quantiles, steps_between(nodes))
    return CopulaState(nodes, empty, quantiles, triangle, np.array(threshold, np.float32))


def _single(part: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    return part[0].astype(np.float32), part[1].astype(np.float32)


def _factor(parts: Iterable[np.ndarray], width: int) -> np.ndarray:
    """The packed Cholesky factor of the correlation of scores, which come in parts (n, v)."""
    gram, count = np.zeros((width, width), np.float32), 0
    for scores in parts:
        gram += scores.T @ scores
        count += len(scores)
    correlation = _shrunk(gram, count)
    factor = scipy.linalg.cholesky(correlation, lower=True, overwrite_a=True, check_finite=False)
    return np.asarray(factor[np.tri(width, dtype=bool)], np.float32)


def _groups(places: np.ndarray) -> list[np.ndarray]:
    """Indices of the samples of each node: one for each place if they are few, else windows."""
    order = np.argsort(places, kind="stable")
    distinct = np.flatnonzero(np.diff(places[order])) + 1
    if len(distinct) < _MOST_DISTINCT:
        return np.split(order, distinct)
    return np.array_split(order, np.clip(len(order) // _WINDOW, 1, _MOST_NODES))


def _grid(
    values: np.ndarray, places: np.ndarray
) -> tuple[np.ndarray, list[np.ndarray], list[np.ndarray]]:
    """Points of a grid, float32 (k, c), their nearest samples, and the samples nearest to each.

    The grid is finest, and windows are narrowest, along the conditions on which the values depend
    most. A condition of few values has points at these, and windows that do not mix them.
    """
    count, columns = places.shape
    from scipy.spatial import cKDTree

    most = int(np.clip(_MOST_NUMBERS // (LEVELS * values.shape[1]), 2**columns, _MOST_POINTS))
    distinct = [np.unique(column) for column in places.T]
    effects = _effects(values, places)
    numbers = np.array([min(len(own), 2) for own in distinct])
    few = np.array([len(own) <= _FEW for own in distinct])
    for column in np.flatnonzero(few):
        wanted = np.where(np.arange(columns) == column, len(distinct[column]), numbers)
        few[column] = wanted.prod() <= most
        numbers = wanted if few[column] else numbers
    while not few.all():
        gaps = np.where(few, 0, effects / (numbers - 1 + few))
        numbers[gaps.argmax()] += 1
        if numbers.prod() > most:
            numbers[gaps.argmax()] -= 1
            break
    axes = [
        own if is_few else np.unique(np.quantile(place, np.linspace(0, 1, number)))
        for own, is_few, place, number in zip(distinct, few, places.T, numbers, strict=True)
    ]
    nodes = np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, columns)
    metric = np.where(few, _APART, effects) / np.maximum(np.ptp(places, axis=0), 1e-12)
    windows = cKDTree(places * metric).query(nodes * metric, k=min(count, _NEAREST))[1]
    nearest = cKDTree(nodes * metric).query(places * metric)[1]
    groups = [np.flatnonzero(nearest == number) for number in np.unique(nearest)]
    groups = [g for g in groups if len(g) > 1] or [np.arange(count)]
    return nodes.astype(np.float32), list(windows), groups


def _effects(values: np.ndarray, places: np.ndarray) -> np.ndarray:
    """How much the values depend on each condition, shape (c,), 0.01 or more.

    The root of the mean share of the variance of their roots between eight bins of the condition,
    less what chance gives. Where there are no zeros, whose share would tell, the distances of the
    roots from their means count as well, so that a spread which changes is seen.
    """
    roots = np.sqrt(values)
    if values.min() > 0:
        roots = np.concatenate([roots, np.abs(roots - roots.mean(0))], 1)
    total = np.maximum(roots.var(0), 1e-30)
    effects = []
    for place in places.T:
        bins = np.array_split(np.argsort(place, kind="stable"), _EFFECT_BINS)
        means = np.array([roots[rows].mean(0) for rows in bins if len(rows)])
        share = means.var(0) / total - (len(means) - 1) / len(values)
        effects.append(np.sqrt(max(float(share.mean()), 1e-4)))
    return np.array(effects)


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


def _marginals_at(values: np.ndarray, away: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """`_marginals` at the place from which the samples are `away`, shape (m, c).

    The share of zeros is a straight line's there; the others are multiplied by the ratio of their
    mean there to that at their own place, whose logarithm is a straight line. Where nothing is
    zero, so is the logarithm of the spread.
    """
    line = np.column_stack([np.ones(len(away)), away / np.maximum(np.abs(away).max(0), 1e-12)])
    lit = (values > 0).astype(np.float64)
    ridge = _RIDGE * np.diag(np.append(0, np.ones(away.shape[1])))
    zeros = np.linalg.solve(line.T @ line + ridge, line.T @ (1 - lit))[0]
    some = np.maximum(lit.sum(0), 1)
    mean = np.maximum(values.sum(0, dtype=np.float64) / some, 1e-30)
    products = (line[:, :, None] * line[:, None]).reshape(len(line), -1)
    gram = (lit.T @ products).reshape(len(some), *ridge.shape) + ridge + 1e-9 * np.eye(len(ridge))
    slope = np.linalg.solve(gram, ((values / mean).T @ line)[..., None])[..., 0]
    trend = line[:, 1:] @ (slope[:, 1:] / np.maximum(slope[:, 0], _LEAST_LEVEL)[:, None]).T
    shifted = values * np.exp(-np.clip(trend, -1, 1))
    if lit.all():
        shifted = _of_one_spread(shifted, line, ridge)
    quantiles = _marginals(shifted)[1]
    zeros = np.clip(zeros, 0, 1 - 1 / len(values))
    return np.where(lit.any(0), zeros, 1), quantiles


def _of_one_spread(values: np.ndarray, line: np.ndarray, ridge: np.ndarray) -> np.ndarray:
    """Values (m, v) whose deviations from their mean are scaled to the spread where `line` is 0."""
    mean = values.mean(0)
    away = values - mean
    squares = np.log(away**2 + _SMALLEST_SQUARE * away.var(0) + 1e-30)
    slope = np.linalg.solve(line.T @ line + ridge, line.T @ squares)
    return np.asarray(mean + away * np.exp(-np.clip(line[:, 1:] @ slope[1:] / 2, -1, 1)))


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


def _without_trend(scores: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Scores less their straight line in the conditions, of variance 1."""
    line = places - places.mean(0)
    line = line / np.maximum(np.abs(line).max(0), 1e-12)
    gram = line.T @ line + _RIDGE * np.eye(line.shape[1])
    rest = scores - line @ np.linalg.solve(gram, line.T @ scores)
    return np.asarray(rest / np.sqrt(np.maximum(np.mean(rest**2, 0), 1e-12)), np.float32)


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


def _filled(empty: np.ndarray, quantiles: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Give nodes where a variable is always zero the quantiles of the nearest where it is not."""
    distance = steps[:, :, None] + np.where(empty == 1, 2 * len(empty), 0)
    source = distance.argmin(1)
    for node in range(len(empty)):
        lacking = np.flatnonzero(source[node] != node)
        quantiles[node][:, lacking] = quantiles[source[node, lacking], :, lacking].T
    return quantiles
