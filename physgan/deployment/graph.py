"""An ONNX graph under construction: nodes, constants, and values that are broadcast when needed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from physgan.data.extras import library
from physgan.errors import InputError

__all__ = ["Dimension", "Graph", "Tensor", "Value"]

Dimension = Any
"""A length: an integer, or a multiple of the symbolic batch size."""


class Tensor(NamedTuple):
    """A value of the graph.

    Attributes:
        name: in the graph.
        shape: its lengths there. A 1 stands for any length that is broadcast when it is needed.
        dtype: of its entries.
    """

    name: str
    shape: tuple[Dimension, ...]
    dtype: np.dtype


Value = Tensor | np.ndarray
"""A value of the graph, or a constant that is known while the graph is made."""


@dataclass
class Graph:
    """Nodes of a graph, or of the body of a loop in it.

    Args:
        batch: the symbolic batch size.
        outer: the graph that this body belongs to; None for the model's own.
        nodes: protocol buffers, in the order of execution.
        initialisers: constants by their bytes; those of the outermost graph serve all.
        counter: of names, one for all.
    """

    batch: Dimension
    outer: "Graph | None" = None
    nodes: list[Any] = field(default_factory=list)
    initialisers: dict[tuple, Any] = field(default_factory=dict)
    counter: list[int] = field(default_factory=lambda: [0])

    def body(self) -> "Graph":
        """A graph for the body of a loop, which sees all names of this one."""
        return Graph(self.batch, self, [], self.initialisers, self.counter)

    def fresh(self, stem: str) -> str:
        """A new name."""
        self.counter[0] += 1
        return f"{stem}_{self.counter[0]}"

    def name(self, value: Value) -> str:
        """The name of a value; a constant becomes an initialiser."""
        if isinstance(value, Tensor):
            return value.name
        key = (value.dtype.str, value.shape, value.tobytes())
        if key not in self.initialisers:
            helper = library("onnx.numpy_helper", "to write ONNX")
            array = np.array(value, order="C")
            self.initialisers[key] = helper.from_array(array, self.fresh("constant"))
        return str(self.initialisers[key].name)

    def node(
        self, kind: str, inputs: Sequence[Value | str], outputs: Sequence[str], **attributes: Any
    ) -> None:
        """Append a node with named outputs."""
        helper = library("onnx.helper", "to write ONNX")
        names = [item if isinstance(item, str) else self.name(item) for item in inputs]
        self.nodes.append(helper.make_node(kind, names, outputs, **attributes))

    def add(
        self,
        kind: str,
        *inputs: Value | str,
        shape: Sequence[Dimension],
        dtype: Any,
        **attributes: Any,
    ) -> Tensor:
        """Append a node with one output of this shape and type."""
        name = self.fresh(kind)
        self.node(kind, inputs, [name], **attributes)
        return Tensor(name, tuple(shape), np.dtype(dtype))

    def cast(self, value: Value, dtype: Any) -> Value:
        """The value in another type."""
        wanted = np.dtype(dtype)
        if value.dtype == wanted:
            return value
        if isinstance(value, np.ndarray):
            return value.astype(wanted)
        onnx_type = library("onnx.helper", "to write ONNX").np_dtype_to_tensor_dtype(wanted)
        return self.add("Cast", value, shape=value.shape, dtype=wanted, to=onnx_type)

    def reshape(self, value: Value, shape: Sequence[Dimension]) -> Value:
        """The value in another shape of as many entries."""
        if tuple(value.shape) == tuple(shape):
            return value
        if isinstance(value, np.ndarray):
            return value.reshape(shape)
        if sum(not isinstance(length, int) for length in shape) > 1:
            raise InputError(f"expected one dimension of the batch in a shape; got {tuple(shape)}")
        lengths = np.array([d if isinstance(d, int) else -1 for d in shape], np.int64)
        return self.add("Reshape", value, lengths, shape=shape, dtype=value.dtype)

    def expand(self, value: Value, shape: Sequence[Dimension]) -> Value:
        """The value at its full shape: lengths of 1 that stood for others are repeated."""
        shape = tuple(shape)
        if tuple(value.shape) == shape:
            return value
        if isinstance(value, np.ndarray) and all(isinstance(length, int) for length in shape):
            return np.broadcast_to(value, shape)
        wanted = [
            1 if before == after else after
            for before, after in zip(value.shape, shape, strict=True)
        ]
        return self.add("Expand", value, self._lengths(wanted), shape=shape, dtype=value.dtype)

    def transpose(self, value: Value, order: Sequence[int]) -> Value:
        """The value with its axes in another order."""
        order = [int(axis) for axis in order]
        if order == list(range(len(order))):
            return value
        if isinstance(value, np.ndarray):
            return np.ascontiguousarray(value.transpose(order))
        shape = [value.shape[axis] for axis in order]
        return self.add("Transpose", value, shape=shape, dtype=value.dtype, perm=order)

    def _lengths(self, shape: Sequence[Dimension]) -> Value | str:
        """Lengths as a tensor; those of the batch are read when the model runs."""
        if all(isinstance(length, int) for length in shape):
            return np.array(shape, np.int64)
        parts: list[Value | str] = []
        for length in shape:
            if isinstance(length, int):
                parts.append(np.array([length], np.int64))
                continue
            times = length // self.batch
            if not isinstance(times, int) or times * self.batch != length:
                raise InputError(f"expected a multiple of the batch size; got {length}")
            one = [1]
            parts.append(
                self.add("Mul", "batch_size", np.array(one, np.int64) * times, shape=one,
                         dtype=np.int64)
            )  # fmt: skip
        return self.add("Concat", *parts, shape=[len(shape)], dtype=np.int64, axis=0)
