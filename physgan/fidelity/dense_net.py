"""The CaloChallenge's classifier of vectors: a dense network, trained in one call (JAX)."""

from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

__all__ = ["Split", "logits", "scores_of", "train"]

_SLOPE = 0.01
_ROWS = 1000

Parameters = list[tuple[Any, Any]]


class Split(NamedTuple):
    """Rows of a table with their labels.

    Attributes:
        rows: float32, shape (n, k).
        labels: 1 for real, 0 for fake, float32, shape (n,).
    """

    rows: Any
    labels: Any


def logits(parameters: Parameters, rows: jax.Array) -> jax.Array:
    """Log-odds that rows (n, k) are real, shape (n,); LeakyReLU between the layers."""
    *hidden, (weights, bias) = parameters
    values = rows
    for inner, offset in hidden:
        values = jax.nn.leaky_relu(values @ inner + offset, _SLOPE)
    return (values @ weights + bias)[:, 0]


def train(
    training: Split,
    selection: Split,
    *,
    width: int,
    layers: int = 3,
    epochs: int = 50,
    batch: int = 1000,
    rate: float = 2e-4,
    seed: int = 0,
) -> Parameters:
    """Weights of the epoch with the best accuracy on the selection split.

    Adam on the binary cross-entropy; every epoch is a fresh order, whose incomplete last batch
    is left out.

    Args:
        training: at least `batch` rows.
        selection: rows that choose the epoch.
        width: of the hidden layers.
        layers: number of them.
        epochs: passes over the training rows.
        batch: rows in a step.
        rate: of Adam.
        seed: of weights and order.
    """
    key, begin = jax.random.split(jax.random.key(seed))
    sizes = (training.rows.shape[1], *([width] * layers), 1)
    return _train(key, _initial(begin, sizes), training, selection, epochs, batch, rate)


def scores_of(parameters: Parameters, rows: np.ndarray) -> np.ndarray:
    """Log-odds of rows, a thousand at a time."""
    return np.asarray(_scores(parameters, rows), np.float64)


@jax.jit
def _scores(parameters: Parameters, rows: jax.Array) -> jax.Array:
    return jax.lax.map(partial(_one, parameters), jnp.asarray(rows), batch_size=_ROWS)


def _one(parameters: Parameters, row: jax.Array) -> jax.Array:
    return logits(parameters, row[None])[0]


@partial(jax.jit, static_argnums=(4, 5, 6), donate_argnums=(1,))
def _train(
    key: jax.Array,
    parameters: Parameters,
    training: Split,
    selection: Split,
    epochs: int,
    batch: int,
    rate: float,
) -> Parameters:
    optimiser = optax.adam(rate)
    rows, labels = (jnp.asarray(a) for a in training)
    steps = len(rows) // batch

    def loss(weights: Parameters, chosen: jax.Array) -> jax.Array:
        found = logits(weights, rows[chosen])
        return optax.sigmoid_binary_cross_entropy(found, labels[chosen]).mean()

    def step(carry: Any, chosen: jax.Array) -> tuple[Any, None]:
        weights, state = carry
        with jax.numpy_dtype_promotion("standard"):  # Optax raises floats to integers
            updates, state = optimiser.update(jax.grad(loss)(weights, chosen), state)
        return (optax.apply_updates(weights, updates), state), None

    def epoch(carry: Any, order: jax.Array) -> tuple[Any, None]:
        weights, state, best, kept = carry
        chosen = jax.random.permutation(order, len(rows))[: steps * batch]
        (weights, state), _ = jax.lax.scan(step, (weights, state), chosen.reshape(steps, batch))
        right = (_scores(weights, selection.rows) > 0) == (selection.labels > 0.5)
        accuracy = right.astype(jnp.float32).mean()
        better = accuracy > best
        kept = jax.tree.map(lambda new, old: jnp.where(better, new, old), weights, kept)
        return (weights, state, jnp.maximum(accuracy, best), kept), None

    start = (parameters, optimiser.init(parameters), jnp.float32(-1), parameters)
    (_, _, _, kept), _ = jax.lax.scan(epoch, start, jax.random.split(key, epochs))
    return kept


def _initial(key: jax.Array, sizes: tuple[int, ...]) -> Parameters:
    """Uniform within 1 / sqrt(inputs), as PyTorch's linear layers begin."""
    found = []
    for number, (inputs, outputs) in enumerate(pairwise(sizes)):
        weights, bias = jax.random.split(jax.random.fold_in(key, number))
        limit = inputs**-0.5
        found.append(
            (
                jax.random.uniform(weights, (inputs, outputs), minval=-limit, maxval=limit),
                jax.random.uniform(bias, (outputs,), minval=-limit, maxval=limit),
            )
        )
    return found
