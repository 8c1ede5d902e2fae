"""Fit of the scales that standardise features at all conditions."""

import jax
import jax.numpy as jnp
import numpy as np
import scipy.linalg
from threadpoolctl import threadpool_limits

from physgan.domains import Domain
from physgan.networks.scale import ConditionalScale, Scale, SmoothScale, condition_basis
from physgan.training.model import evaluated

__all__ = ["CONSTANT", "feature_scale", "fit_scale"]

CONSTANT = 0.1
"""Standard deviation of a standardised feature below which it is constant but for rounding."""

_SMALLEST_DEVIATION = 1e-3
_SMALLEST_LOCAL = 0.03
_ROUNDING = 1e-6
_FEWEST = 16
_FEWEST_OF_SEVERAL = 32
_MOST_NODES = 16
_RIDGE = 1e-3
_BEYOND = 1e3
_MOST_SAMPLES = 16_384
_SMALL_CHANGE = 1e-6
_CHANGES = 100
_STEPS = 25
_LARGEST_STEP = 1.0
_SMALLEST_STEP = 1e-2


def feature_scale(domain: Domain, samples: np.ndarray, conditions: np.ndarray) -> Scale:
    """The scale of the domain's physical features.

    Features that vary by rounding alone are not amplified. A deviation is at least a hundred times
    the rms change of the feature when each entry of a sample is changed by a part in a million.

    Args:
        domain: of the samples.
        samples: network space, shape (n, ...).
        conditions: shape (n, c).
    """
    features = evaluated(domain.physical_features, samples)
    some = np.asarray(samples[:_MOST_SAMPLES], np.float32)
    signs = np.random.default_rng(0).choice([-_SMALL_CHANGE, _SMALL_CHANGE], some.shape)
    changed = evaluated(domain.physical_features, (some * (1 + signs)).astype(np.float32))
    change = np.sqrt(np.square(changed - features[: len(some)], dtype=np.float64).mean(0))
    return fit_scale(features, conditions, smallest=_CHANGES * change)


def fit_scale(
    features: np.ndarray,
    conditions: np.ndarray,
    nodes: int = 64,
    *,
    common_floor: float = 0.0,
    smallest: np.ndarray | float = 0.0,
) -> Scale:
    """Measure mean and deviation of `features` as functions of the conditions.

    Args:
        features: shape (n, f).
        conditions: shape (n, c).
        nodes: largest number of nodes. For one condition, nodes are bins of equally many samples.
            There are at least two; there are fewer than `nodes` if the condition takes fewer
            values, or if a bin would have less than 16 samples. For several conditions, nodes of
            each condition are at equal shares of the samples. There are at most 16, with 32
            samples or more for each of the c^2 k coefficients. The fit then uses at most 16,384
            samples, every s-th one.
        common_floor: lower bound of every deviation in units of the rms deviation of all features,
            so that nearly constant features are not amplified; 0 for none.
        smallest: lower bound of the deviation of each feature, shape (f,).

    Returns:
        The scale. Deviations are bounded below by 1e-3 of each feature's deviation over all
        samples. For several conditions the bound is also 0.03 of the rms residual, since few
        samples lie in a corner of the conditions.
    """
    least = np.maximum(smallest, _SMALLEST_DEVIATION * features.std(0) + 1e-12)
    if common_floor:
        least = np.maximum(least, common_floor * np.sqrt(features.var(0).mean()))
    count, columns = conditions.shape
    if columns < 2:
        condition = conditions[:, 0] if columns else conditions.sum(1)
        return _fit_bins(features, condition, nodes, least)
    nodes = int(np.clip(count // (_FEWEST_OF_SEVERAL * columns**2), 2, min(nodes, _MOST_NODES)))
    rows = slice(None, None, -(-count // _MOST_SAMPLES))
    with threadpool_limits(1):  # the matrices are small
        return _fit_smooth(features[rows], conditions[rows], nodes, least)


def _fit_bins(
    features: np.ndarray, condition: np.ndarray, nodes: int, smallest: np.ndarray
) -> ConditionalScale:
    most = min(len(np.unique(condition)), len(condition) // _FEWEST)
    nodes = int(np.clip(most, 2, nodes))
    parts = np.array_split(np.argsort(condition, kind="stable"), nodes)
    centres = np.array([condition[part].mean() for part in parts])
    centres += np.arange(nodes) * 1e-6 * (np.ptp(condition) + 1)  # strictly ascending
    return ConditionalScale(
        jnp.asarray(centres, jnp.float32),
        jnp.asarray([features[part].mean(0) for part in parts], jnp.float32),
        jnp.asarray([np.maximum(features[part].std(0), smallest) for part in parts], jnp.float32),
    )


def _fit_smooth(
    features: np.ndarray, conditions: np.ndarray, nodes: int, smallest: np.ndarray
) -> SmoothScale:
    """Least squares for the mean, then weighted least squares by the fitted deviations."""
    fitted_axes = [_axis(conditions[:, c], nodes) for c in range(conditions.shape[1])]
    logarithmic, low, high, along = (
        jnp.asarray(side, jnp.float32) for side in zip(*fitted_axes, strict=True)
    )
    axes = logarithmic, jnp.stack([low, high]), along
    functions = jax.jit(condition_basis)(*axes, jnp.asarray(conditions, jnp.float32))
    basis = np.asarray(functions, np.float64)
    centre = features.mean(0)
    centred = features - centre
    mean = _solved(basis.T @ basis, basis.T @ centred)
    smallest = np.maximum(smallest, _ROUNDING * np.abs(features).max(0))
    smallest = np.maximum(smallest, _SMALLEST_LOCAL * (centred - basis @ mean).std(0))
    log_variance = _log_variance(basis, (centred - basis @ mean) ** 2 + smallest**2)
    for number, weights in enumerate(np.exp(-(basis @ log_variance)).T):
        weighted = basis.T * (weights / weights.mean())
        mean[:, number] = _solved(weighted @ basis, weighted @ centred[:, number])
    log_variance = _log_variance(basis, (centred - basis @ mean) ** 2 + smallest**2)
    mean[:nodes] += centre  # the first condition's hats add up to 1
    arrays = (mean, log_variance / 2, smallest)
    return SmoothScale(*axes, *(jnp.asarray(a, jnp.float32) for a in arrays))


def _log_variance(basis: np.ndarray, squares: np.ndarray) -> np.ndarray:
    """Coefficients (b, f) of the logarithm of the mean of `squares`, shape (n, f).

    The gamma model with logarithmic link (P. McCullagh, J. Nelder, Generalized Linear Models,
    chapter 8), solved by Fisher scoring with half steps of bounded length. At the solution, the
    ratios of the squares to the model have mean 1 along every basis function.
    """
    level = squares.mean(0)
    gram, coefficients = basis.T @ basis, np.zeros((basis.shape[1], len(level)))
    model = np.zeros_like(squares)
    for _ in range(_STEPS):
        step = _solved(gram, basis.T @ (squares / level * np.exp(-model) - 1)) / 2
        change = basis @ step
        longest = np.abs(change).max(0)
        shorter = _LARGEST_STEP / np.maximum(longest, _LARGEST_STEP)
        coefficients += step * shorter
        model += change * shorter
        if longest.max() < _SMALLEST_STEP:
            break
    return coefficients + _solved(gram, basis.sum(0))[:, None] * np.log(level)


def _solved(gram: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Solution of the normal equations, with a small ridge because the basis is redundant."""
    return np.asarray(scipy.linalg.solve(gram + _RIDGE * np.eye(len(gram)), right, assume_a="pos"))


def _axis(condition: np.ndarray, nodes: int) -> tuple[bool, float, float, np.ndarray]:
    """Whether a condition enters by its logarithm, and its ends and nodes on that scale.

    The scale is linear or logarithmic, whichever spreads the values more evenly. If there are few
    distinct values, each is a node. Otherwise the nodes are at equal shares of the samples.
    """
    distinct = np.unique(condition)
    logarithmic = bool(distinct[0] > 0) and _unevenness(np.log(condition)) < _unevenness(condition)
    if logarithmic:
        condition, distinct = np.log(condition), np.log(distinct)
    low, high = float(distinct[0]), float(distinct[-1])
    if len(distinct) > nodes:
        distinct = np.quantile(condition, np.linspace(0, 1, nodes))
    beyond = 1 + np.arange(nodes - len(distinct))
    return logarithmic, low, high, np.append(distinct, high + _BEYOND * beyond * (high - low + 1))


def _unevenness(values: np.ndarray) -> float:
    """Distance of the values' distribution from the uniform one over their range."""
    ordered = np.sort(values)
    even = np.linspace(ordered[0], ordered[-1], len(ordered))
    return float(np.abs(ordered - even).mean() / max(float(np.ptp(ordered)), 1e-30))
