"""Put features on one scale, condition by condition."""

import jax.numpy as jnp
import numpy as np

from physgan.networks.scale import ConditionalScale, first_condition

__all__ = ["ConditionalScale", "first_condition", "fit_scale"]

_SMALLEST_DEVIATION = 1e-3
_FEWEST = 16


def fit_scale(
    features: np.ndarray, condition: np.ndarray, nodes: int = 64, *, common_floor: float = 0.0
) -> ConditionalScale:
    """Measure mean and deviation of `features` in `nodes` bins of equally many samples.

    Args:
        features: shape (n, f).
        condition: shape (n,).
        nodes: bins; fewer where the condition takes fewer values or where there are not 16
            samples for each, whose deviation would be one of chance; at least two.
        common_floor: lower bound of every deviation in units of all features' rms spread, so
            that what hardly ever varies is not blown up; 0 for none.

    Returns:
        The scale, with deviations bounded below by 1e-3 of each feature's spread over all.
    """
    most = min(len(np.unique(condition)), len(condition) // _FEWEST)
    nodes = int(np.clip(most, 2, nodes))
    parts = np.array_split(np.argsort(condition, kind="stable"), nodes)
    smallest = _SMALLEST_DEVIATION * features.std(0) + 1e-12
    if common_floor:
        smallest = np.maximum(smallest, common_floor * np.sqrt(features.var(0).mean()))
    centres = np.array([condition[part].mean() for part in parts])
    centres += np.arange(nodes) * 1e-6 * (np.ptp(condition) + 1)  # strictly ascending
    return ConditionalScale(
        jnp.asarray(centres, jnp.float32),
        jnp.asarray([features[part].mean(0) for part in parts], jnp.float32),
        jnp.asarray([np.maximum(features[part].std(0), smallest) for part in parts], jnp.float32),
    )
