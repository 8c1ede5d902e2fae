"""A small classifier of real samples, trained here on the domain at hand, and what it sees."""

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from physgan.fidelity.convnet import Network, Parameters, initialise, logits, penultimate, trainer

__all__ = ["Classifier", "train_classifier"]

_BATCH = 128
_CHUNK = 512


@dataclass(frozen=True)
class Classifier:
    """A trained network that sorts samples into classes.

    Args:
        network: sizes.
        parameters: of the network.
        centre: of every column, taken off vectors.
        width: that they are divided by.
    """

    network: Network
    parameters: Parameters
    centre: np.ndarray
    width: np.ndarray

    def probabilities(self, inputs: np.ndarray) -> np.ndarray:
        """Of the classes, float64 (n, classes), for inputs as in `train_classifier`."""
        log_odds = self._applied(logits, inputs)
        odds = np.exp(log_odds - log_odds.max(1, keepdims=True))
        return np.asarray(odds / odds.sum(1, keepdims=True))

    def features(self, inputs: np.ndarray) -> np.ndarray:
        """The penultimate layer, float64 (n, hidden)."""
        return self._applied(penultimate, inputs)

    def _applied(self, function: Any, inputs: np.ndarray) -> np.ndarray:
        see = jax.jit(function, static_argnums=0)
        images = _as_images(inputs, self.centre, self.width)
        nothing = jnp.zeros((_CHUNK, 0), jnp.float32)
        parts = []
        for start in range(0, len(images), _CHUNK):
            rows = np.resize(np.arange(start, min(start + _CHUNK, len(images))), _CHUNK)
            parts.append(np.asarray(see(self.network, self.parameters, images[rows], nothing)))
        return np.concatenate(parts)[: len(images)].astype(np.float64)


def train_classifier(
    inputs: np.ndarray,
    labels: np.ndarray,
    classes: int,
    *,
    periodic: bool = False,
    budget: int = 40_000,
    seed: int = 0,
) -> Classifier:
    """Train on real samples with Adam on the cross-entropy, a cosine schedule to the end.

    Args:
        inputs: images (n, height, width, channels) of order one, or vectors (n, k), which are
            standardised.
        labels: 0 ... classes - 1, shape (n,).
        classes: their number.
        periodic: whether opposite edges of an image touch, so that no place is special.
        budget: samples shown, all told.
        seed: of weights and order.
    """
    vectors = inputs.ndim == 2
    centre = inputs.mean(0) if vectors else np.zeros(1, np.float32)
    width = np.maximum(inputs.std(0), 1e-6) if vectors else np.ones(1, np.float32)
    images = _as_images(inputs, centre, width)
    network = (
        Network((64, 64), kernel=1, periodic=False, classes=classes)
        if vectors
        else Network(
            periodic=periodic, classes=classes, size=None if periodic else images.shape[1:3]
        )
    )
    steps = max(1, budget // _BATCH)
    init, step, _ = trainer(network, steps)
    parameters = initialise(network, seed, images.shape[-1], 0)
    state = init(parameters)
    nothing = np.zeros((_BATCH, 0), np.float32)
    rng = np.random.default_rng(seed)
    whole = np.concatenate(
        [rng.permutation(len(images)) for _ in range(steps * _BATCH // len(images) + 1)]
    )
    for rows in whole[: steps * _BATCH].reshape(steps, _BATCH):
        parameters, state = step(
            parameters, state, images[rows], nothing, labels[rows].astype(np.int32)
        )
    return Classifier(network, parameters, centre, width)


def _as_images(inputs: np.ndarray, centre: np.ndarray, width: np.ndarray) -> np.ndarray:
    """Vectors as images of one pixel."""
    values = ((inputs - centre) / width).astype(np.float32)
    return values[:, None, None, :] if values.ndim == 2 else values
