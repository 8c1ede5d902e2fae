"""Arrays on the devices of all processes: batches are split, the rest is replicated."""

from typing import Any, TypeVar

import jax
import numpy as np
from jax.experimental.multihost_utils import broadcast_one_to_all
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec

from physgan.errors import InputError

__all__ = [
    "check_batch",
    "device_mesh",
    "is_first",
    "local",
    "replicate",
    "replicated",
    "several_processes",
    "split_batch",
]

Tree = TypeVar("Tree")


def device_mesh() -> Mesh:
    """All devices of all processes in one row, whether one CPU or many GPUs."""
    return jax.make_mesh((jax.device_count(),), ("batch",), axis_types=(AxisType.Auto,))


def several_processes() -> bool:
    """Whether several processes train together, by `jax.distributed`."""
    return jax.distributed.is_initialized() and jax.process_count() > 1


def is_first() -> bool:
    """Whether this is the process that validates and writes: the only one, or the first."""
    return not several_processes() or jax.process_index() == 0


def split_batch(mesh: Mesh, rows: np.ndarray, *arrays: np.ndarray) -> tuple[jax.Array, ...]:
    """Rows of arrays on the devices, split along their first axis.

    Args:
        mesh: of all devices.
        rows: numbers of the rows, shape (n,), the same in all processes.
        arrays: shape (m, ...). A process reads the rows of its own devices.

    Returns:
        Arrays of shape (n, ...).
    """
    sharding = NamedSharding(mesh, PartitionSpec("batch"))

    def split(array: np.ndarray) -> jax.Array:
        def part(place: Any) -> np.ndarray:
            return array[rows[place[0]]]

        return jax.make_array_from_callback((len(rows), *array.shape[1:]), sharding, part)

    return tuple(split(array) for array in arrays)


def replicated(mesh: Mesh) -> NamedSharding:
    """The placement of arrays that every device has as a whole."""
    return NamedSharding(mesh, PartitionSpec())


def replicate(mesh: Mesh, tree: Tree) -> Tree:
    """Put a whole pytree on every device; of several processes' trees, that of the first.

    Args:
        mesh: of all devices.
        tree: arrays of the same shapes and types in all processes.
    """
    if several_processes():
        tree = broadcast_one_to_all(jax.tree.map(np.asarray, tree))
    return jax.device_put(tree, replicated(mesh))


def local(tree: Tree) -> Tree:
    """A replicated pytree on one device of this process: what others do does not matter to it."""
    return jax.tree.map(lambda array: array.addressable_data(0), tree)


def check_batch(mesh: Mesh, batch_size: int) -> None:
    """Refuse a batch that does not divide over the devices."""
    if batch_size < 1 or batch_size % mesh.size:
        raise InputError(
            f"expected a batch_size that {mesh.size} devices divide evenly; got {batch_size}"
        )
