"""The CaloChallenge's classifier of vectors: a dense network, trained in one call (JAX)."""

from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any, ClassVar, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from physgan.fidelity.two_sample import Scores, Split

__all__ = ["DenseNetwork", "Labelled", "logits", "scores_of", "train"]

_SLOPE = 0.01
_ROWS = 1000
_LARGE = 20_000
_COLUMNS = 128

Parameters = list[tuple[Any, Any]]


@dataclass(frozen=True)
class DenseNetwork:
    """Settings of the CaloChallenge's classifier, scaled to small sets.

    C. Krause et al., arXiv:2410.21611, section 4; a `TwoSampleClassifier` of vectors.

    Args:
        width: of the hidden layers. None: 2048 as in the Challenge from 20,000 samples a class,
            and 256 below, where wider networks take ten times as long and find no more.
        layers: hidden layers.
        epochs: passes over the training rows, at most.
        patience: epochs without a better accuracy on the selection rows that end a training; the
            Challenge has no such end, but small sets are learnt by heart in a few epochs.
        batch: None: 1000, or fewer where an epoch would have less than 24 steps, since the
            Challenge's 100,000 samples a class give a training 6,000 steps, and small sets with
            batches of 1000 would end before the network has moved.
        rate: of Adam.
        standardise: centre every column and divide it by its spread plus the mean spread of
            all, by the training rows. The Challenge does not; without it, columns of a
            ten-thousandth are hardly seen on small sets (an AUC of 0.55 where 0.92 is right),
            columns of a thousandth are.
        repeats: see `TwoSampleClassifier`.
    """

    width: int | None = None
    layers: int = 3
    epochs: int = 50
    patience: int = 10
    batch: int | None = None
    rate: float = 2e-4
    standardise: bool = True
    repeats: int = 2

    name: ClassVar[str] = "network"
    label: ClassVar[str] = "dense network"
    selects: ClassVar[bool] = True

    @property
    def effort(self) -> str:
        """See `TwoSampleClassifier`."""
        return f"at most {self.epochs} epochs"

    def scores(self, rows: np.ndarray, labels: np.ndarray, split: Split, seed: int) -> Scores:
        """See `TwoSampleClassifier`; the epoch of the best accuracy is selected."""
        count = len(split.train)
        centre, spread = _standard(rows[split.train]) if self.standardise else (0.0, 1.0)
        training, selection, test = (
            Labelled(((rows[part] - centre) / spread).astype(np.float32), labels[part])
            for part in split
        )
        parameters = train(
            training,
            selection,
            width=self.width or (2048 if len(rows) >= 2 * _LARGE else 256),
            layers=self.layers,
            epochs=self.epochs,
            patience=self.patience,
            batch=min(count, self.batch or min(1000, max(32, count // 24))),
            rate=self.rate,
            seed=seed,
        )
        return Scores(scores_of(parameters, selection.rows), scores_of(parameters, test.rows))


class Labelled(NamedTuple):
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
    training: Labelled,
    selection: Labelled,
    *,
    width: int,
    layers: int = 3,
    epochs: int = 50,
    patience: int = 10,
    batch: int = 1000,
    rate: float = 2e-4,
    seed: int = 0,
) -> Parameters:
    """Weights of the epoch with the best accuracy on the selection rows.

    Adam on the binary cross-entropy; every epoch is a fresh order, whose incomplete last batch
    is left out.

    Args:
        training: at least `batch` rows.
        selection: rows that choose the epoch.
        width: of the hidden layers.
        layers: number of them.
        epochs: passes over the training rows, at most.
        patience: epochs without a better accuracy that end the training.
        batch: rows in a step.
        rate: of Adam.
        seed: of weights and order.
    """
    key, begin = jax.random.split(jax.random.key(seed))
    columns = training.rows.shape[1]
    parameters = _initial(begin, (columns, *([width] * layers), 1))
    weights, bias = parameters[0]
    parameters[0] = (_padded(weights, 0), bias)
    training, selection = (side._replace(rows=_padded(side.rows)) for side in (training, selection))
    settings = (epochs, patience, batch, rate)
    trained = _train(key, parameters, training, selection, *settings)
    return [(trained[0][0][:columns], trained[0][1]), *trained[1:]]


def scores_of(parameters: Parameters, rows: np.ndarray) -> np.ndarray:
    """Log-odds of rows, a thousand at a time."""
    (weights, bias), *others = parameters
    padded = [(_padded(weights, 0), bias), *others]
    return np.asarray(_scores(padded, _padded(rows)), np.float64)


def _padded(array: Any, axis: int = 1) -> Any:
    """The array with zeros up to a multiple of 128 columns, so that views share a program."""
    widths = [(0, 0), (0, 0)]
    widths[axis] = (0, -array.shape[axis] % _COLUMNS)
    return jnp.pad(jnp.asarray(array), widths)


@jax.jit
def _scores(parameters: Parameters, rows: jax.Array) -> jax.Array:
    return jax.lax.map(partial(_one, parameters), jnp.asarray(rows), batch_size=_ROWS)


def _one(parameters: Parameters, row: jax.Array) -> jax.Array:
    return logits(parameters, row[None])[0]


@partial(jax.jit, static_argnums=(4, 6, 7), donate_argnums=(1,))
def _train(
    key: jax.Array,
    parameters: Parameters,
    training: Labelled,
    selection: Labelled,
    epochs: int,
    patience: int,
    batch: int,
    rate: float,
) -> Parameters:
    optimiser = optax.adam(rate)
    rows, labels = (jnp.asarray(a) for a in training)
    steps = len(rows) // batch

    def loss(weights: Parameters, chosen: jax.Array) -> jax.Array:
        log_odds = logits(weights, rows[chosen])
        return optax.sigmoid_binary_cross_entropy(log_odds, labels[chosen]).mean()

    def step(carry: Any, chosen: jax.Array) -> tuple[Any, None]:
        weights, state = carry
        with jax.numpy_dtype_promotion("standard"):  # Optax raises floats to integers
            updates, state = optimiser.update(jax.grad(loss)(weights, chosen), state)
        return (optax.apply_updates(weights, updates), state), None

    def epoch(carry: Any) -> Any:
        number, best_at, weights, state, best, kept = carry
        chosen = jax.random.permutation(orders[number], len(rows))[: steps * batch]
        (weights, state), _ = jax.lax.scan(step, (weights, state), chosen.reshape(steps, batch))
        right = (_scores(weights, selection.rows) > 0) == (selection.labels > 0.5)
        accuracy = right.astype(jnp.float32).mean()
        better = accuracy > best
        kept = jax.tree.map(lambda new, old: jnp.where(better, new, old), weights, kept)
        best_at = jnp.where(better, number, best_at)
        return number + 1, best_at, weights, state, jnp.maximum(accuracy, best), kept

    def goes_on(carry: Any) -> Any:
        number, best_at, *_ = carry
        return (number < epochs) & (number - best_at <= patience)

    orders = jax.random.split(key, epochs)
    begin = (jnp.int32(0), jnp.int32(0), parameters, optimiser.init(parameters), jnp.float32(-1))
    *_, kept = jax.lax.while_loop(goes_on, epoch, (*begin, parameters))
    return kept


def _initial(key: jax.Array, sizes: tuple[int, ...]) -> Parameters:
    """Uniform within 1 / sqrt(inputs), as PyTorch's linear layers begin."""
    layers = []
    for number, (inputs, outputs) in enumerate(pairwise(sizes)):
        weights, bias = jax.random.split(jax.random.fold_in(key, number))
        limit = inputs**-0.5
        layers.append(
            (
                jax.random.uniform(weights, (inputs, outputs), minval=-limit, maxval=limit),
                jax.random.uniform(bias, (outputs,), minval=-limit, maxval=limit),
            )
        )
    return layers


def _standard(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What to subtract and what to divide by, shape (k,) each."""
    spread = rows.std(0)
    return rows.mean(0), spread + max(float(spread.mean()), 1e-30)
