"""Put features on one scale, whatever the conditions."""

import jax.numpy as jnp
import numpy as np
import scipy.linalg
import scipy.sparse

from physgan.networks.scale import ConditionalScale, Scale, SmoothScale, condition_basis

__all__ = ["fit_scale"]

_SMALLEST_DEVIATION = 1e-3
_ROUNDING = 1e-6
_FEWEST = 16
_FEWEST_OF_SEVERAL = 32
_MOST_NODES = 16
_RIDGE = 1e-3
_BEYOND = 1e3
_MOST_SAMPLES = 32_768
_STEPS = 40
_LARGEST_STEP = 1.0
_SMALLEST_STEP = 1e-3


def fit_scale(
    features: np.ndarray, conditions: np.ndarray, nodes: int = 64, *, common_floor: float = 0.0
) -> Scale:
    """Measure mean and deviation of `features` as functions of the conditions.

    Args:
        features: shape (n, f).
        conditions: shape (n, c).
        nodes: of one condition, bins of equally many samples; fewer where it takes fewer values or
            where there are not 16 samples for each, whose deviation would be one of chance; at
            least two. Of several, nodes of each condition at equal shares of the samples, 16 at
            most, with 32 samples or more for each of the c^2 k coefficients; every s-th sample
            if there are more than 32,768.
        common_floor: lower bound of every deviation in units of all features' rms spread, so
            that what hardly ever varies is not blown up; 0 for none.

    Returns:
        The scale, with deviations bounded below by 1e-3 of each feature's spread over all.
    """
    smallest = _SMALLEST_DEVIATION * features.std(0) + 1e-12
    if common_floor:
        smallest = np.maximum(smallest, common_floor * np.sqrt(features.var(0).mean()))
    count, columns = conditions.shape
    if columns < 2:
        condition = conditions[:, 0] if columns else conditions.sum(1)
        return _fit_bins(features, condition, nodes, smallest)
    nodes = int(np.clip(count // (_FEWEST_OF_SEVERAL * columns**2), 2, min(nodes, _MOST_NODES)))
    rows = slice(None, None, -(-count // _MOST_SAMPLES))
    return _fit_smooth(features[rows], conditions[rows], nodes, smallest)


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
    """Least squares for the mean, then a log-linear model of the squared residuals.

    The latter is the gamma model with logarithmic link (P. McCullagh, J. Nelder, Generalized
    Linear Models, chapter 8), solved by Fisher's scoring with half steps of bounded length: the
    squares of the standardised residuals then have mean 1 along every basis function.
    """
    known = [_axis(conditions[:, c], nodes) for c in range(conditions.shape[1])]
    logarithmic, low, high, along = (jnp.asarray(side, jnp.float32) for side in zip(*known))
    axes = logarithmic, jnp.stack([low, high]), along
    smallest = np.maximum(smallest, _ROUNDING * np.abs(features).max(0))
    basis = scipy.sparse.csr_array(
        np.asarray(condition_basis(*axes, jnp.asarray(conditions, jnp.float32)))
    )
    gram = (basis.T @ basis).toarray() + _RIDGE * np.eye(basis.shape[1])
    factor = scipy.linalg.cho_factor(gram)

    def fitted(targets: np.ndarray) -> np.ndarray:
        return scipy.linalg.cho_solve(factor, basis.T @ targets)

    centre = features.mean(0)
    mean = fitted(features - centre)
    squares = (features - centre - basis @ mean) ** 2 + smallest**2
    level = np.log(squares.mean(0))
    log_variance = np.zeros_like(mean)
    for _ in range(_STEPS):
        step = fitted(squares * np.exp(-level - basis @ log_variance) - 1) / 2
        longest = np.abs(basis @ step).max(0)
        log_variance += step * np.minimum(1, _LARGEST_STEP / np.maximum(longest, 1e-12))
        if longest.max() < _SMALLEST_STEP:
            break
    mean[:nodes] += centre  # the first condition's hats add up to 1
    log_variance[:nodes] += level
    arrays = (mean, log_variance / 2, smallest)
    return SmoothScale(*axes, *(jnp.asarray(a, jnp.float32) for a in arrays))


def _axis(condition: np.ndarray, nodes: int) -> tuple[bool, float, float, np.ndarray]:
    """Whether a condition counts by its logarithm, its ends and nodes on that scale.

    The scale is the one on which the values are spread more evenly. There is a node at each value
    if they are few, else nodes at equal shares of the samples.
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
