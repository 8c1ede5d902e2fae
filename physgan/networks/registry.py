"""Generators by name, built from plain settings, so that a file can say which one it holds."""

from collections.abc import Mapping
from typing import Any

from flax import nnx

from physgan.networks.embedding import ConditionRange
from physgan.networks.spin_hierarchy import Head, SpinHierarchy

__all__ = ["GENERATORS", "build_generator"]

GENERATORS = {"spin-hierarchy": SpinHierarchy}
"""Network name -> class."""


def build_generator(settings: Mapping[str, Any], head: Head, seed: int = 0) -> SpinHierarchy:
    """A fresh generator.

    Args:
        settings: JSON values: "network", a key of `GENERATORS`; "ranges", a list of [minimum,
            maximum, scale]; and the network's other arguments.
        head: the domain's exact output layer.
        seed: of the initial parameters.
    """
    arguments = dict(settings)
    network = GENERATORS[arguments.pop("network")]
    ranges = tuple(ConditionRange(*span) for span in arguments.pop("ranges"))
    return network(ranges, head=head, rngs=nnx.Rngs(seed), **arguments)
