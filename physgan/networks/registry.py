"""Networks by name, built from JSON values, so that a file can say which network it holds."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from inspect import signature
from typing import Any

from flax import nnx

from physgan.errors import InputError
from physgan.networks.autoencoder import Autoencoder
from physgan.networks.dcgan import Dcgan16, Dcgan28
from physgan.networks.dense_discriminator import DenseDiscriminator
from physgan.networks.dense_generator import DenseGenerator, MixtureGenerator
from physgan.networks.discriminator import ResidualDiscriminator
from physgan.networks.embedding import ConditionRange
from physgan.networks.flow import Flow
from physgan.networks.generator import Generator
from physgan.networks.textbook_discriminators import (
    DcganDiscriminator,
    DenseBatchNormDiscriminator,
)

__all__ = [
    "DISCRIMINATORS",
    "GENERATORS",
    "GENERIC_GENERATORS",
    "build_discriminator",
    "build_generator",
    "generic_settings",
]

GENERIC_GENERATORS: dict[str, Callable[..., Generator]] = {
    "dcgan16": Dcgan16,
    "dcgan28": Dcgan28,
    "dense": DenseGenerator,
    "dense-mixture": MixtureGenerator,
}
"""Network name -> class of the networks that need only the shape of a domain's samples."""

GENERATORS: dict[str, Callable[..., Generator]] = {
    **GENERIC_GENERATORS,
    "autoencoder": Autoencoder,
    "flow": Flow,
}
"""Network name -> class of the networks that serve every domain; domains add their own."""

TEXTBOOK_DISCRIMINATORS: dict[str, Callable[..., nnx.Module]] = {
    "dcgan": DcganDiscriminator,
    "dcgan-batch-norm": partial(DcganDiscriminator, batch_norm=True),
    "dense-batch-norm": DenseBatchNormDiscriminator,
}

DISCRIMINATORS = ("residual", "fourier", *TEXTBOOK_DISCRIMINATORS)
"""Names of the discriminators; "residual", the default, is convolutional or dense by the shape."""


def generic_settings(
    network: str, shape: Sequence[int], common: Mapping[str, Any], domain: str
) -> dict[str, Any]:
    """Settings for `build_generator` of one of `GENERIC_GENERATORS`.

    Args:
        network: its name.
        shape: of a sample.
        common: settings of all networks; those that this network does not take are dropped.
        domain: name for the message.

    Raises:
        InputError: if there is no such network.
    """
    if network not in GENERIC_GENERATORS:
        names = ", ".join(GENERIC_GENERATORS)
        raise InputError(
            f"expected a network for {domain} ({names}, or none for its own); got {network!r}"
        )
    arguments = _arguments(GENERIC_GENERATORS[network])
    settings = {name: value for name, value in common.items() if name in arguments}
    return {"network": network, "shape": list(shape), **settings}


def build_generator(
    settings: Mapping[str, Any],
    parts: Mapping[str, Any] | None = None,
    seed: int = 0,
    *,
    generators: Mapping[str, Callable[..., Generator]] = GENERATORS,
) -> Generator:
    """A fresh generator.

    Args:
        settings: JSON values: "network", a key of `generators`; "ranges", a list of [minimum,
            maximum, scale]; and the network's other arguments.
        parts: arguments that are not JSON values, such as exact layers or a preprocessing; those
            that the network does not take are dropped.
        seed: of the initial parameters.
        generators: network name -> class.
    """
    arguments = dict(settings)
    network = generators[arguments.pop("network")]
    ranges = tuple(ConditionRange(*span) for span in arguments.pop("ranges"))
    names = _arguments(network)
    arguments |= {name: part for name, part in (parts or {}).items() if name in names}
    return network(ranges, rngs=nnx.Rngs(seed), **arguments)


def _arguments(network: Callable[..., Generator]) -> set[str]:
    """Names of a constructor's arguments; Flax hides them in the signature of the class."""
    return set(signature(network.__init__).parameters)


def build_discriminator(
    shape: Sequence[int],
    features: int,
    ranges: Sequence[Sequence[Any]],
    *,
    name: str = "",
    width: int,
    blocks: int,
    embedding: int,
    seed: int = 0,
) -> nnx.Module:
    """A fresh discriminator.

    Args:
        shape: of a sample: (height, width, channels) or (k,).
        features: number of physical features.
        ranges: [minimum, maximum, scale] of the conditions.
        name: one of `DISCRIMINATORS`; "" or "residual" is convolutional for images and dense for
            vectors; "fourier" is dense, with waves of the vectors as further inputs.
        width: of its layers.
        blocks: residual blocks.
        embedding: width of the condition embedding.
        seed: of the initial parameters.

    Raises:
        InputError: for an unknown name, or samples of a shape that it cannot take.
    """
    spans = tuple(ConditionRange(*span) for span in ranges)
    if name in TEXTBOOK_DISCRIMINATORS:
        textbook = TEXTBOOK_DISCRIMINATORS[name]
        return textbook(spans, shape, embedding=embedding, rngs=nnx.Rngs(seed))
    if name not in ("", "residual", "fourier"):
        raise InputError(f"expected a discriminator ({', '.join(DISCRIMINATORS)}); got {name!r}")
    if name == "fourier" and len(shape) != 1:
        raise InputError(f"expected vectors for the discriminator fourier; got shape {shape}")
    dense = partial(DenseDiscriminator, with_waves=name == "fourier")
    network = ResidualDiscriminator if len(shape) == 3 else dense
    if len(shape) == 3:
        _check_halvings(shape, blocks)
    return network(
        spans, shape[-1], features, width=width, blocks=blocks, embedding=embedding,
        rngs=nnx.Rngs(seed),
    )  # fmt: skip


def _check_halvings(shape: Sequence[int], blocks: int) -> None:
    """Refuse images that the residual discriminator cannot halve after each block."""
    height, width = shape[0], shape[1]
    for halving in range(1 + blocks):
        if halving and height <= 4:
            return
        if height % 2 or width % 2:
            raise InputError(
                "expected images that can be halved down to sides of 4 for the discriminator "
                f"residual; got shape {tuple(shape)}; use dcgan"
            )
        height, width = height // 2, width // 2
