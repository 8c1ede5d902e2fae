"""Generators by name, built from plain settings, so that a file can say which one it holds."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
from flax import nnx

from physgan.networks.dense_discriminator import DenseDiscriminator
from physgan.networks.discriminator import Discriminator
from physgan.networks.embedding import ConditionRange
from physgan.networks.generator import Generator
from physgan.networks.shower_cascade import ShowerCascade
from physgan.networks.spin_hierarchy import SpinHierarchy

__all__ = ["GENERATORS", "build_discriminator", "build_generator"]

GENERATORS: dict[str, Callable[..., Generator]] = {
    "shower-cascade": ShowerCascade,
    "spin-hierarchy": SpinHierarchy,
}
"""Network name -> class."""


def build_generator(
    settings: Mapping[str, Any],
    exact_parts: Mapping[str, Callable[..., jax.Array]],
    seed: int = 0,
) -> Generator:
    """A fresh generator.

    Args:
        settings: JSON values: "network", a key of `GENERATORS`; "ranges", a list of [minimum,
            maximum, scale]; and the network's other arguments.
        exact_parts: the domain's exact layers, by argument name.
        seed: of the initial parameters.
    """
    arguments = dict(settings)
    network = GENERATORS[arguments.pop("network")]
    ranges = tuple(ConditionRange(*span) for span in arguments.pop("ranges"))
    return network(ranges, rngs=nnx.Rngs(seed), **arguments, **exact_parts)


def build_discriminator(
    shape: Sequence[int],
    features: int,
    ranges: Sequence[Sequence[Any]],
    *,
    width: int,
    blocks: int,
    embedding: int,
    seed: int = 0,
) -> nnx.Module:
    """A fresh discriminator: convolutional for images, dense for vectors.

    Args:
        shape: of a sample: (height, width, channels) or (k,).
        features: number of physical features.
        ranges: [minimum, maximum, scale] of the conditions.
        width: of its layers.
        blocks: residual blocks.
        embedding: width of the condition embedding.
        seed: of the initial parameters.
    """
    network = Discriminator if len(shape) == 3 else DenseDiscriminator
    spans = tuple(ConditionRange(*span) for span in ranges)
    return network(
        spans, shape[-1], features, width=width, blocks=blocks, embedding=embedding,
        rngs=nnx.Rngs(seed),
    )  # fmt: skip
