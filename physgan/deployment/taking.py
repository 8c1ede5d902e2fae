"""Entries at computed places: JAX's gather and scatter-add in ONNX."""

from typing import Any

import numpy as np

from physgan.deployment.graph import Dimension, Graph, Value
from physgan.errors import InputError

__all__ = ["gather", "scatter_add"]


def gather(graph: Graph, equation: Any, values: list[Value]) -> Value:
    """Entries or whole slices of an array at given places (`jax.lax.gather`).

    Along each axis of the array, one entry is taken at a given place, or all of them, or the one
    that the place along an axis of the batch says. Indexing by arrays of integers needs no other
    kind. Places beyond the array are moved to its edge, or give the fill value.
    """
    parameters = equation.params
    numbers, sizes = parameters["dimension_numbers"], parameters["slice_sizes"]
    lengths = equation.invars[0].aval.shape
    array = graph.expand(values[0], lengths)
    places = graph.expand(values[1], equation.invars[1].aval.shape)
    aval = equation.outvars[0].aval
    batched = [int(axis) for axis in numbers.operand_batching_dims]
    indexed = [int(axis) for axis in numbers.start_index_map]
    gone = {int(axis) for axis in numbers.collapsed_slice_dims} | set(batched)
    whole = [n for n in range(len(lengths)) if n not in indexed and n not in batched]
    if any(sizes[n] != 1 for n in indexed) or any(sizes[n] != lengths[n] for n in whole):
        raise InputError("expected indexing by integers for ONNX export; got slices at places")

    if isinstance(places, np.ndarray) and len(indexed) == 1 and not batched:
        simple = _columns(graph, equation, array, places, indexed[0])
        if simple is not None:
            return simple
    along = [int(axis) for axis in numbers.start_indices_batching_dims]
    rank = len(places.shape) - 1
    others = [axis for axis in range(rank) if axis not in along]
    array = graph.transpose(array, [*batched, *indexed, *whole])
    places = graph.transpose(places, [*along, *others, rank])
    most = np.array([lengths[n] - 1 for n in indexed], np.int32)
    places = graph.cast(places, np.int32)
    mode = str(parameters["mode"]).rpartition(".")[2]
    inside = _inside(graph, places, most) if mode == "FILL_OR_DROP" else None
    shape: list[Dimension] = [*places.shape[:-1], *(lengths[n] for n in whole)]
    taken = _taken(graph, array, _bounded(graph, places, most), len(batched), shape)
    if inside is not None:
        mask = graph.reshape(inside, [*places.shape[:-1], *(1 for _ in whole)])
        fill = np.asarray(_fill(parameters["fill_value"], aval.dtype))
        taken = graph.add("Where", mask, taken, fill, shape=shape, dtype=aval.dtype)

    kept = [n for n in range(len(lengths)) if n in indexed and n not in gone]
    taken = graph.reshape(taken, [*shape, *(1 for _ in kept)])
    return graph.transpose(taken, _order(numbers, len(aval.shape), [*along, *others], whole, kept))


def _order(
    numbers: Any, rank: int, batch: list[int], whole: list[int], kept: list[int]
) -> list[int]:
    """For each axis of the result, its number in an array (batch, whole, kept).

    Args:
        numbers: dimension numbers of the gather.
        rank: of the result.
        batch: axes of the places, in the array's order.
        whole: axes that were taken whole, in the array's order.
        kept: axes of length 1 that were indexed and stay.
    """
    offsets = [int(axis) for axis in numbers.offset_dims]
    of_batch = [axis for axis in range(rank) if axis not in offsets]
    order = [0] * rank
    for new, axis in enumerate(batch):
        order[of_batch[axis]] = new
    of_array = {n: len(batch) + k for k, n in enumerate([*whole, *kept])}
    for axis, n in zip(offsets, sorted(of_array), strict=True):
        order[axis] = of_array[n]
    return order


def _columns(
    graph: Graph, equation: Any, array: Value, places: np.ndarray, axis: int
) -> Value | None:
    """Known places in the array along one axis, whose order of axes JAX keeps; else None."""
    numbers, aval = equation.params["dimension_numbers"], equation.outvars[0].aval
    flat = places[..., 0]
    rank, after = flat.ndim, len(array.shape) - axis - 1
    offsets = [*range(axis), *range(axis + rank, axis + rank + after)]
    kept = tuple(map(int, numbers.collapsed_slice_dims)) == (axis,)
    inside = flat.size and flat.min() >= 0 and flat.max() < array.shape[axis]
    if not (kept and inside and list(map(int, numbers.offset_dims)) == offsets):
        return None
    return graph.add("Gather", array, flat, shape=aval.shape, dtype=aval.dtype, axis=axis)


def scatter_add(graph: Graph, equation: Any, values: list[Value]) -> Value:
    """An array with numbers added at given places (`jax.lax.scatter_add`), which are in the array.

    The axes of the array are those of the batch, then those of the places.
    """
    numbers, aval = equation.params["dimension_numbers"], equation.outvars[0].aval
    batched, rank = len(numbers.operand_batching_dims), len(aval.shape)
    indexed = list(range(batched, rank))
    if (
        numbers.update_window_dims
        or list(map(int, numbers.scatter_dims_to_operand_dims)) != indexed
        or list(map(int, numbers.operand_batching_dims)) != list(range(batched))
        or list(map(int, numbers.scatter_indices_batching_dims)) != list(range(batched))
    ):
        raise InputError("expected addition to single entries for ONNX export; got to slices")
    array, places, more = (
        graph.expand(value, atom.aval.shape)
        for value, atom in zip(values, equation.invars, strict=True)
    )
    lengths = [aval.shape[n] for n in indexed]
    steps = np.append(np.cumprod(lengths[:0:-1])[::-1], 1).astype(np.int32)
    scaled = graph.add("Mul", places, steps, shape=places.shape, dtype=np.int32)
    place = graph.add(
        "ReduceSum",
        scaled,
        np.array([-1], np.int64),
        shape=places.shape[:-1],
        dtype=np.int32,
        keepdims=0,
    )
    batch, count = aval.shape[:batched], int(np.prod(places.shape[batched:-1]))
    result = graph.add(
        "ScatterElements",
        graph.reshape(array, [*batch, int(np.prod(lengths))]),
        graph.reshape(graph.cast(place, np.int64), [*batch, count]),
        graph.reshape(more, [*batch, count]),
        shape=[*batch, int(np.prod(lengths))],
        dtype=aval.dtype,
        axis=batched,
        reduction="add",
    )
    return graph.reshape(result, aval.shape)


def _taken(
    graph: Graph, array: Value, places: Value, batched: int, shape: list[Dimension]
) -> Value:
    """Entries of an array (batch, indexed, whole) at places (batch, others, index)."""
    if batched or places.shape[-1] > 1:
        places = graph.cast(places, np.int64)
        return graph.add(
            "GatherND", array, places, shape=shape, dtype=array.dtype, batch_dims=batched
        )
    places = graph.reshape(places, places.shape[:-1])
    return graph.add("Gather", array, places, shape=shape, dtype=array.dtype, axis=0)


def _bounded(graph: Graph, places: Value, most: np.ndarray) -> Value:
    """Places moved to the nearest in the array."""
    zero = np.zeros(1, np.int32)
    if isinstance(places, np.ndarray):
        return np.clip(places, zero, most)
    positive = graph.add("Max", places, zero, shape=places.shape, dtype=np.int32)
    return graph.add("Min", positive, most, shape=places.shape, dtype=np.int32)


def _inside(graph: Graph, places: Value, most: np.ndarray) -> Value:
    """Whether all indices of a place are within the array."""
    zero = np.zeros(1, np.int32)
    parts = [
        graph.add("GreaterOrEqual", places, zero, shape=places.shape, dtype=bool),
        graph.add("LessOrEqual", places, most, shape=places.shape, dtype=bool),
    ]
    both = graph.add("And", *parts, shape=places.shape, dtype=bool)
    least = graph.add(
        "ReduceMin",
        graph.cast(both, np.int32),
        np.array([-1], np.int64),
        shape=places.shape[:-1],
        dtype=np.int32,
        keepdims=0,
    )
    return graph.cast(least, bool)


def _fill(value: Any, dtype: Any) -> Any:
    if value is not None:
        return np.asarray(value, dtype)
    kind = np.dtype(dtype)
    if np.issubdtype(kind, np.floating):
        return np.asarray(np.nan, kind)
    return np.asarray(np.iinfo(kind).min if kind != np.dtype(bool) else True, kind)
