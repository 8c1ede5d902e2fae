"""A small convolutional network for images: the strongest classifier that minutes allow.

Three 3 x 3 convolutions at full, half and quarter resolution; the mean of every channel at
every scale, joined by the conditions, goes through one hidden layer. Global means make it
independent of where in the image something is, and of the image's size; a network made for images
of one size can see the last scale place by place instead.
"""

from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import pairwise
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

__all__ = ["Network", "Trainer", "initialise", "logits", "penultimate", "trainer"]

Parameters = dict[str, Any]


@dataclass(frozen=True)
class Network:
    """Sizes of the network.

    Args:
        channels: features at each scale.
        hidden: width of the layer after pooling.
        periodic: whether opposite edges of an image touch.
        kernel: width of the convolutions; 1 for vectors, which are images of one pixel.
        classes: that images are sorted into; 0 for real or fake.
        size: (height, width) of the images, if the last scale is seen place by place.
    """

    channels: tuple[int, ...] = (16, 16, 32)
    hidden: int = 64
    periodic: bool = True
    kernel: int = 3
    classes: int = 0
    size: tuple[int, int] | None = None

    @property
    def places(self) -> int:
        """Places of the last scale that are told apart."""
        if self.size is None:
            return 1
        height, width = self.size
        for _ in self.channels[1:]:
            if min(height, width) > 3:
                height, width = height // 2, width // 2
        return height * width


def initialise(network: Network, seed: int, inputs: int, conditions: int) -> Parameters:
    """Random weights for images of `inputs` channels and `conditions` condition values."""
    rng = np.random.default_rng(seed)
    sizes = (inputs, *network.channels)
    k = network.kernel
    convolutions = [
        _normal(rng, (k, k, a, b), np.sqrt(2 / (k * k * a))) for a, b in pairwise(sizes)
    ]
    outputs = (network.hidden, network.classes) if network.classes else (network.hidden,)
    width = sum(network.channels[:-1]) + network.places * network.channels[-1] + conditions
    return {
        "convolutions": convolutions,
        "biases": [np.zeros(c, np.float32) for c in network.channels],
        "inner": _normal(rng, (width, network.hidden), np.sqrt(2 / width)),
        "inner_bias": np.zeros(network.hidden, np.float32),
        "outer": _normal(rng, outputs, np.sqrt(1 / network.hidden)),
    }


def logits(
    network: Network, parameters: Parameters, images: jax.Array, conditions: jax.Array
) -> jax.Array:
    """Log-odds that images (n, h, w, c) at conditions (n, k) are real, shape (n,).

    With classes, logarithms of their probabilities up to a constant, shape (n, classes).
    """
    return penultimate(network, parameters, images, conditions) @ parameters["outer"]


def penultimate(
    network: Network, parameters: Parameters, images: jax.Array, conditions: jax.Array
) -> jax.Array:
    """What the last layer sees of the images, shape (n, hidden)."""
    features = [conditions]
    values = images
    for number, (weights, bias) in enumerate(
        zip(parameters["convolutions"], parameters["biases"], strict=True)
    ):
        if number and min(values.shape[1:3]) > 3:
            values = _halve(values)
        values = jax.nn.leaky_relu(_convolve(values, weights, network.periodic) + bias, 0.2)
        features.append(values.mean((1, 2)))
    if network.size is not None:
        features[-1] = values.reshape(len(values), -1)
    joined = jnp.concatenate(features, axis=1)
    return jax.nn.leaky_relu(joined @ parameters["inner"] + parameters["inner_bias"], 0.2)


class Trainer(NamedTuple):
    """Compiled functions of one network and schedule.

    Attributes:
        init: parameters -> optimiser state.
        step: (parameters, state, images, conditions, labels) -> new parameters and state.
        score: (parameters, images, conditions) -> log-odds.
    """

    init: Any
    step: Any
    score: Any


@lru_cache(maxsize=8)
def trainer(network: Network, steps: int, rate: float = 3e-3) -> Trainer:
    """Adam with a cosine schedule over `steps`; compiled once however often it is used."""
    optimiser = optax.adam(optax.cosine_decay_schedule(rate, steps))

    def loss(parameters: Parameters, images: Any, conditions: Any, labels: Any) -> jax.Array:
        scores = logits(network, parameters, images, conditions)
        if network.classes:
            return optax.softmax_cross_entropy_with_integer_labels(scores, labels).mean()
        return optax.sigmoid_binary_cross_entropy(scores, labels).mean()

    @partial(jax.jit, donate_argnums=(0, 1))
    def step(parameters: Parameters, state: Any, *batch: Any) -> tuple[Parameters, Any]:
        with jax.numpy_dtype_promotion("standard"):  # Optax raises floats to integers
            updates, state = optimiser.update(jax.grad(loss)(parameters, *batch), state)
        return optax.apply_updates(parameters, updates), state

    return Trainer(optimiser.init, step, jax.jit(partial(logits, network)))


def _normal(rng: np.random.Generator, shape: tuple[int, ...], width: float) -> np.ndarray:
    return (width * rng.normal(size=shape)).astype(np.float32)


def _halve(values: jax.Array) -> jax.Array:
    """Means over 2 x 2 blocks; an odd last row or column is left out."""
    count, height, width, channels = values.shape
    even = values[:, : height // 2 * 2, : width // 2 * 2]
    return even.reshape(count, height // 2, 2, width // 2, 2, channels).mean((2, 4))


def _convolve(values: jax.Array, weights: jax.Array, periodic: bool) -> jax.Array:
    mode = "wrap" if periodic else "constant"
    edge = (len(weights) // 2, len(weights) // 2)
    padded = jnp.pad(values, ((0, 0), edge, edge, (0, 0)), mode=mode)
    return jax.lax.conv_general_dilated(
        padded, weights, (1, 1), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC")
    )
