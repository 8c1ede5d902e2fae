"""Validation of the generator on samples that are not used in training."""

from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp
import numpy as np

from physgan.fidelity.condition_bins import condition_bins
from physgan.training.model import Model
from physgan.training.objective import Objective
from physgan.training.state import Parameters

__all__ = ["DISTANCE", "feature_distance", "validator"]

DISTANCE = "validation_distance"
"""Key of the distance of features among the validation metrics."""

_CHUNK = 512
_BINS = 16
_FEWEST = 8
_SMALLEST_SPREAD = 0.01


def feature_distance(real: np.ndarray, fake: np.ndarray, conditions: np.ndarray) -> float:
    """Root mean square difference of the features' means and log spreads, bin by bin.

    To each spread 0.01 is added in quadrature: a rare feature may not occur in one of the sets.

    Args:
        real: standardised features, shape (n, f).
        fake: of generated samples at the same conditions, shape (n, f).
        conditions: shape (n, c). There are 16 bins of equally many samples in the space of all
            conditions, or fewer so that each has 8 samples. Equal values are ranked by their order.

    Returns:
        The distance, in standard deviations. For two sets of n samples of the same distribution it
        is about sqrt(1.5 * 16 * 2 / n).
    """
    differences = []
    bins = min(_BINS, max(1, len(conditions) // _FEWEST))
    columns = conditions if conditions.shape[1] else np.zeros((len(conditions), 1))
    order = np.argsort(np.argsort(columns, axis=0, kind="stable"), axis=0)
    for (part,) in condition_bins(order, bins):
        differences.append(real[part].mean(0) - fake[part].mean(0))
        spreads = [np.hypot(side[part].std(0), _SMALLEST_SPREAD) for side in (real, fake)]
        differences.append(np.log(spreads[0] / spreads[1]))
    return float(np.sqrt(np.mean(np.square(differences))))


def validator(
    model: Model,
    samples: np.ndarray,
    conditions: np.ndarray,
    seed: int,
    objectives: Sequence[Objective] = (),
) -> Callable[[Parameters], dict[str, float]]:
    """A function that evaluates generator parameters on a validation split.

    Args:
        model: generates.
        samples: network space, shape (n, ...).
        conditions: shape (n, c).
        seed: of the generated samples, the same at every call.
        objectives: evaluated, too.

    Returns:
        parameters -> {"validation_distance": ...}, and the `score` of every objective, such as
        "validation_nll".
    """
    count = len(samples) // _CHUNK * _CHUNK or len(samples)
    chunk = min(_CHUNK, count)

    @jax.jit
    def evaluate(
        parameters: Parameters, key: jax.Array, x: jax.Array, c: jax.Array
    ) -> tuple[jax.Array, ...]:
        real = x.astype(jnp.float32)
        fake = model.generate(parameters, key, c)
        features = model.validation_features(real, c), model.validation_features(fake, c)
        values = [model.objective_value(o, parameters, key, real, c) for o in objectives]
        return *features, *values

    def validate(parameters: Parameters) -> dict[str, float]:
        parts = []
        for start in range(0, count, chunk):
            key = jax.random.fold_in(jax.random.key(seed), start)
            rows = slice(start, start + chunk)
            parts.append(evaluate(parameters, key, samples[rows], conditions[rows]))
        real, fake = (np.concatenate([np.asarray(part[i]) for part in parts]) for i in (0, 1))
        scores = {DISTANCE: feature_distance(real, fake, conditions[:count])}
        for number, objective in enumerate(objectives, 2):
            scores[objective.score] = float(np.mean([float(part[number]) for part in parts]))
        return scores

    return validate
