"""Validation of the generator on samples that are not used in training."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from physgan.fidelity.condition_bins import condition_bins
from physgan.training.memory import compiler_options
from physgan.training.model import Model
from physgan.training.objective import Objective
from physgan.training.state import Parameters

__all__ = ["DISTANCE", "Validated", "Validator", "feature_distance", "in_chunks"]

DISTANCE = "validation_distance"
"""Key of the distance of features among the validation metrics."""

_CHUNK = 512
_BINS = 16
_FEWEST = 8
_SMALLEST_SPREAD = 0.01
_MOST_DEVIATIONS = 10.0


def feature_distance(real: np.ndarray, fake: np.ndarray, conditions: np.ndarray) -> float:
    """Root mean square difference of the features' means and log spreads, bin by bin.

    To each spread 0.01 is added in quadrature: a rare feature may not occur in one of the sets.
    Where it occurs it may be thousands of its deviations, of which ten count.

    Args:
        real: standardised features, shape (n, f).
        fake: of generated samples at the same conditions, shape (n, f).
        conditions: shape (n, c). There are 16 bins of equally many samples in the space of all
            conditions, or fewer so that each has 8 samples. Equal values are ranked by their order.

    Returns:
        The distance, in standard deviations. For two sets of n samples of the same distribution it
        is about sqrt(1.5 * 16 * 2 / n).
    """
    limits = -_MOST_DEVIATIONS, _MOST_DEVIATIONS
    real, fake = np.clip(real, *limits), np.clip(fake, *limits)
    differences = []
    bins = min(_BINS, max(1, len(conditions) // _FEWEST))
    columns = conditions if conditions.shape[1] else np.zeros((len(conditions), 1))
    order = np.argsort(np.argsort(columns, axis=0, kind="stable"), axis=0)
    for (part,) in condition_bins(order, bins):
        differences.append(real[part].mean(0) - fake[part].mean(0))
        spreads = [np.hypot(side[part].std(0), _SMALLEST_SPREAD) for side in (real, fake)]
        differences.append(np.log(spreads[0] / spreads[1]))
    return float(np.sqrt(np.mean(np.square(differences))))


def in_chunks(
    evaluate: Callable[[jax.Array, np.ndarray, np.ndarray], Any],
    samples: np.ndarray,
    conditions: np.ndarray,
    seed: int,
) -> list[Any]:
    """Values of equally long chunks, each with a key of its own; a rest is left out.

    Args:
        evaluate: (key, samples (k, ...), conditions (k, c)) -> values.
        samples: shape (n, ...).
        conditions: shape (n, c).
        seed: of the keys.
    """
    chunk = min(_CHUNK, len(samples))
    parts = []
    for start in range(0, len(samples) - chunk + 1, chunk):
        key, rows = jax.random.fold_in(jax.random.key(seed), start), slice(start, start + chunk)
        parts.append(evaluate(key, samples[rows], conditions[rows]))
    return parts


class Validated(NamedTuple):
    """What an evaluation found.

    Attributes:
        scores: "validation_distance", and the `score` of each objective, such as "validation_nll".
        losses: score -> objective of each event, shape (n,).
    """

    scores: dict[str, float]
    losses: dict[str, np.ndarray]


class Validator:
    """Evaluates generator parameters on a validation split.

    Args:
        model: generates.
        samples: network space, shape (n, ...).
        conditions: shape (n, c).
        seed: of the generated samples, the same at every call.
    """

    def __init__(
        self, model: Model, samples: np.ndarray, conditions: np.ndarray, seed: int
    ) -> None:
        self.model, self.samples, self.conditions, self.seed = model, samples, conditions, seed

        compiled = partial(jax.jit, compiler_options=compiler_options(model.domain))

        @compiled
        def features(
            parameters: Parameters, key: jax.Array, x: jax.Array, c: jax.Array
        ) -> tuple[jax.Array, jax.Array]:
            fake = model.generate(parameters, key, c)
            real = x.astype(jnp.float32)
            return model.validation_features(real, c), model.validation_features(fake, c)

        @partial(compiled, static_argnums=0)
        def losses(
            objective: Objective, parameters: Parameters, key: jax.Array, x: jax.Array, c: jax.Array
        ) -> jax.Array:
            return model.event_losses(objective, parameters, key, x.astype(jnp.float32), c)

        self._features, self._losses = features, losses

    def __call__(self, parameters: Parameters, stage: Objective | None = None) -> Validated:
        """Evaluate by the distance of features, the model's objective and that of the stage."""
        samples, conditions = self.samples, self.conditions
        parts = in_chunks(partial(self._features, parameters), samples, conditions, self.seed)
        real, fake = (np.concatenate(part) for part in zip(*parts, strict=True))
        scores = {DISTANCE: feature_distance(real, fake, conditions[: len(real)])}
        every: dict[str, np.ndarray] = {}
        for objective in dict.fromkeys((self.model.objective, stage)):
            if objective is not None:
                losses = self.losses(objective, parameters, samples, conditions)
                every[objective.score] = losses
                scores[objective.score] = float(losses.mean()) / self.model.unit(objective)
        return Validated(scores, every)

    def losses(
        self,
        objective: Objective,
        parameters: Parameters,
        samples: np.ndarray,
        conditions: np.ndarray,
    ) -> np.ndarray:
        """An objective of every event, float64 (n,).

        Chunks are equally long, so the last two may share events.
        """
        found = np.empty(len(samples))
        chunk = min(_CHUNK, len(samples))
        for first in range(0, len(samples), chunk):
            start = min(first, len(samples) - chunk)
            key, rows = (
                jax.random.fold_in(jax.random.key(self.seed), start),
                slice(start, start + chunk),
            )
            found[rows] = self._losses(objective, parameters, key, samples[rows], conditions[rows])
        return found
