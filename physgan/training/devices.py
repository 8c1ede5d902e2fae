"""Placement of arrays on devices: batches are split over all devices, the rest is replicated."""

from typing import Any, TypeVar

import jax
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec

from physgan.errors import InputError

__all__ = ["check_batch", "device_mesh", "replicate", "split_batch"]

Tree = TypeVar("Tree")


def device_mesh() -> Mesh:
    """All devices in one row, whether one CPU or many GPUs."""
    return jax.make_mesh((jax.device_count(),), ("batch",), axis_types=(AxisType.Auto,))


def split_batch(mesh: Mesh, *arrays: Any) -> tuple[jax.Array, ...]:
    """Put arrays on the devices, split along their first axis."""
    sharding = NamedSharding(mesh, PartitionSpec("batch"))
    return tuple(jax.device_put(array, sharding) for array in arrays)


def replicate(mesh: Mesh, tree: Tree) -> Tree:
    """Put a whole pytree on every device."""
    return jax.device_put(tree, NamedSharding(mesh, PartitionSpec()))


def check_batch(mesh: Mesh, batch_size: int) -> None:
    """Refuse a batch that does not divide over the devices."""
    if batch_size < 1 or batch_size % mesh.size:
        raise InputError(
            f"expected a batch_size that {mesh.size} devices divide evenly; got {batch_size}"
        )
