"""ONNX operators for JAX's primitives.

A translator takes the graph, the equation and the values of its operands, and returns the value of
the result, or a list of several.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from physgan.deployment.graph import Dimension, Graph, Tensor, Value
from physgan.deployment.products import convolution, dot_general
from physgan.deployment.taking import gather, scatter_add
from physgan.errors import InputError

__all__ = ["OPERATORS"]

Translator = Callable[[Graph, Any, list[Value]], Value | list[Value]]

_ELEMENTWISE = {
    "add": "Add", "add_any": "Add", "sub": "Sub", "mul": "Mul", "div": "Div", "max": "Max",
    "min": "Min", "pow": "Pow", "neg": "Neg", "abs": "Abs", "sign": "Sign", "floor": "Floor",
    "ceil": "Ceil", "exp": "Exp", "log": "Log", "sqrt": "Sqrt", "tanh": "Tanh", "sin": "Sin",
    "cos": "Cos", "sinh": "Sinh", "cosh": "Cosh", "asinh": "Asinh", "erf": "Erf", "and": "And",
    "or": "Or", "xor": "Xor", "not": "Not",
}  # fmt: skip
_COMPARISONS = {
    "lt": "Less", "le": "LessOrEqual", "lt_to": "Less", "le_to": "LessOrEqual", "gt": "Greater",
    "ge": "GreaterOrEqual", "eq": "Equal",
}  # fmt: skip
_REDUCTIONS = {
    "reduce_sum": "ReduceSum",
    "reduce_max": "ReduceMax",
    "reduce_min": "ReduceMin",
    "reduce_prod": "ReduceProd",
}
_BITWISE = ("and", "or", "xor", "not")


def _elementwise(graph: Graph, equation: Any, values: list[Value], kind: str = "") -> Value:
    dtype = equation.outvars[0].aval.dtype
    name = equation.primitive.name
    if name in _BITWISE and np.dtype(dtype) != np.dtype(bool):
        raise InputError(f"expected {name} of truth values for ONNX export; got it of {dtype}")
    shape = _broadcast([value.shape for value in values])
    return graph.add(kind or _ELEMENTWISE[name], *values, shape=shape, dtype=dtype)


def _broadcast(shapes: Sequence[Sequence[Dimension]]) -> tuple[Dimension, ...]:
    """The shape of an operator's result; scalars have no axes."""
    rank = max(len(shape) for shape in shapes)
    padded = [(1,) * (rank - len(shape)) + tuple(shape) for shape in shapes]
    return tuple(
        next((d for d in lengths if not _is_one(d)), 1) for lengths in zip(*padded, strict=True)
    )


def _is_one(length: Dimension) -> bool:
    return isinstance(length, int) and length == 1


def _same(graph: Graph, equation: Any, values: list[Value]) -> list[Value]:
    return values


def _round(graph: Graph, equation: Any, values: list[Value]) -> Value:
    if int(equation.params["rounding_method"]) != 1:
        raise InputError("expected round to even for ONNX export; got another; use jnp.round")
    return _elementwise(graph, equation, values, "Round")


def _remainder(graph: Graph, equation: Any, values: list[Value]) -> Value:
    dtype, shape = values[0].dtype, _broadcast([value.shape for value in values])
    return graph.add("Mod", *values, shape=shape, dtype=dtype, fmod=1)


def _shift_left(graph: Graph, equation: Any, values: list[Value]) -> Value:
    two = np.asarray(2, values[0].dtype)
    power = graph.add("Pow", two, values[1], shape=values[1].shape, dtype=values[1].dtype)
    return _elementwise(graph, equation, [values[0], power], "Mul")


def _convert(graph: Graph, equation: Any, values: list[Value]) -> Value:
    return graph.cast(values[0], equation.params["new_dtype"])


def _select(graph: Graph, equation: Any, values: list[Value]) -> Value:
    which, *cases = values
    if which.dtype != np.dtype(bool) or len(cases) != 2:
        raise InputError("expected a choice between two for ONNX export; got one of several")
    dtype = cases[0].dtype
    kept = dtype in (np.float32, np.int32, np.int64)
    one, other = (case if kept else graph.cast(case, np.int32) for case in reversed(cases))
    shape = _broadcast([value.shape for value in values])
    chosen = graph.add("Where", which, one, other, shape=shape, dtype=one.dtype)
    return graph.cast(chosen, dtype)


def _reduce(graph: Graph, equation: Any, values: list[Value]) -> Value:
    axes = sorted(int(axis) for axis in equation.params["axes"])
    lengths = equation.invars[0].aval.shape
    full = graph.expand(
        values[0], [lengths[n] if n in axes else d for n, d in enumerate(values[0].shape)]
    )
    return graph.add(
        _REDUCTIONS[equation.primitive.name],
        full,
        np.array(axes, np.int64),
        shape=[d for n, d in enumerate(full.shape) if n not in axes],
        dtype=equation.outvars[0].aval.dtype,
        keepdims=0,
    )


def _argument(graph: Graph, equation: Any, values: list[Value], kind: str) -> Value:
    (axis,) = equation.params["axes"]
    full = graph.expand(values[0], equation.invars[0].aval.shape)
    shape = [d for n, d in enumerate(full.shape) if n != axis]
    found = graph.add(kind, full, shape=shape, dtype=np.int64, axis=int(axis), keepdims=0)
    return graph.cast(found, equation.outvars[0].aval.dtype)


def _cumulative_sum(graph: Graph, equation: Any, values: list[Value]) -> Value:
    full = graph.expand(values[0], equation.invars[0].aval.shape)
    axis, reverse = equation.params["axis"], equation.params["reverse"]
    return graph.add(
        "CumSum",
        full,
        np.array(axis, np.int64),
        shape=full.shape,
        dtype=full.dtype,
        reverse=int(reverse),
    )


def _iota(graph: Graph, equation: Any, values: list[Value]) -> Value:
    parameters = equation.params
    axis, shape = parameters["dimension"], parameters["shape"]
    lengths = [length if n == axis else 1 for n, length in enumerate(shape)]
    if not isinstance(shape[axis], int):
        raise InputError("expected iota of a fixed length for ONNX export; got one of the batch")
    return np.arange(shape[axis], dtype=parameters["dtype"]).reshape(lengths)


def _broadcast_in_dim(graph: Graph, equation: Any, values: list[Value]) -> Value:
    """New axes of length 1; they are repeated where that is needed."""
    lengths = [1] * len(equation.params["shape"])
    for axis, length in zip(equation.params["broadcast_dimensions"], values[0].shape, strict=True):
        lengths[int(axis)] = length
    return graph.reshape(values[0], lengths)


def _reshape(graph: Graph, equation: Any, values: list[Value]) -> Value:
    full = graph.expand(values[0], equation.invars[0].aval.shape)
    return graph.reshape(full, equation.outvars[0].aval.shape)


def _squeeze(graph: Graph, equation: Any, values: list[Value]) -> Value:
    gone = {int(axis) for axis in equation.params["dimensions"]}
    return graph.reshape(values[0], [d for n, d in enumerate(values[0].shape) if n not in gone])


def _expand_dims(graph: Graph, equation: Any, values: list[Value]) -> Value:
    rank, rest = len(equation.outvars[0].aval.shape), list(values[0].shape)
    new = {int(axis) for axis in equation.params["dimensions"]}
    return graph.reshape(values[0], [1 if n in new else rest.pop(0) for n in range(rank)])


def _transpose(graph: Graph, equation: Any, values: list[Value]) -> Value:
    return graph.transpose(values[0], equation.params["permutation"])


def _concatenate(graph: Graph, equation: Any, values: list[Value]) -> Value:
    axis = int(equation.params["dimension"])
    full = [graph.expand(v, a.aval.shape) for v, a in zip(values, equation.invars, strict=True)]
    aval = equation.outvars[0].aval
    return graph.add("Concat", *full, shape=aval.shape, dtype=aval.dtype, axis=axis)


def _stack(graph: Graph, equation: Any, values: list[Value]) -> Value:
    axis, aval = int(equation.params["axis"]), equation.outvars[0].aval
    shape = [1 if n == axis else d for n, d in enumerate(aval.shape)]
    each = [
        graph.reshape(graph.expand(v, a.aval.shape), shape)
        for v, a in zip(values, equation.invars, strict=True)
    ]
    return graph.add("Concat", *each, shape=aval.shape, dtype=aval.dtype, axis=axis)


def _split(graph: Graph, equation: Any, values: list[Value]) -> list[Value]:
    axis, sizes = int(equation.params["axis"]), [int(s) for s in equation.params["sizes"]]
    full = graph.expand(values[0], equation.invars[0].aval.shape)
    outputs = [
        Tensor(graph.fresh("Split"), tuple(out.aval.shape), full.dtype) for out in equation.outvars
    ]
    graph.node(
        "Split", [full, np.array(sizes, np.int64)], [each.name for each in outputs], axis=axis
    )
    return list(outputs)


def _slice(graph: Graph, equation: Any, values: list[Value]) -> Value:
    parameters, before = equation.params, equation.invars[0].aval.shape
    strides = parameters["strides"] or (1,) * len(before)
    bounds = zip(
        parameters["start_indices"], parameters["limit_indices"], strides, before, strict=True
    )
    cut = [
        (axis, start, stop, step)
        for axis, (start, stop, step, length) in enumerate(bounds)
        if values[0].shape[axis] == length and (start, stop, step) != (0, length, 1)
    ]
    after = equation.outvars[0].aval.shape
    shape = list(values[0].shape)
    for axis, *_ in cut:
        shape[axis] = after[axis]
    return _sliced(graph, values[0], cut, shape)


def _sliced(
    graph: Graph, value: Value, cut: Sequence[Sequence[int]], shape: Sequence[Dimension]
) -> Value:
    """Rows (axis, start, stop, step) of each axis that is cut."""
    if not cut:
        return value
    axes, *bounds = (np.array(column, np.int64) for column in zip(*cut, strict=True))
    starts, stops, steps = bounds
    return graph.add("Slice", value, starts, stops, axes, steps, shape=shape, dtype=value.dtype)


def _reverse(graph: Graph, equation: Any, values: list[Value]) -> Value:
    cut = [
        (int(axis), -1, np.iinfo(np.int64).min, -1)
        for axis in equation.params["dimensions"]
        if not _is_one(values[0].shape[axis])
    ]
    return _sliced(graph, values[0], cut, values[0].shape)


def _pad(graph: Graph, equation: Any, values: list[Value]) -> Value:
    edges = equation.params["padding_config"]
    if any(between for *_, between in edges):
        raise InputError("expected padding at the edges for ONNX export; got some between entries")
    full = graph.expand(values[0], equation.invars[0].aval.shape)
    widths = [int(edge[side]) for side in (0, 1) for edge in edges]
    aval = equation.outvars[0].aval
    return graph.add(
        "Pad", full, np.array(widths, np.int64), values[1], shape=aval.shape, dtype=aval.dtype
    )


OPERATORS: dict[str, Translator] = {
    **dict.fromkeys(_ELEMENTWISE, _elementwise),
    **{name: partial(_elementwise, kind=kind) for name, kind in _COMPARISONS.items()},
    **dict.fromkeys(_REDUCTIONS, _reduce),
    "argmax": partial(_argument, kind="ArgMax"),
    "argmin": partial(_argument, kind="ArgMin"),
    "broadcast_in_dim": _broadcast_in_dim,
    "concatenate": _concatenate,
    "conv_general_dilated": convolution,
    "convert_element_type": _convert,
    "copy": _same,
    "cumsum": _cumulative_sum,
    "dot_general": dot_general,
    "expand_dims": _expand_dims,
    "gather": gather,
    "iota": _iota,
    "pad": _pad,
    "rem": _remainder,
    "reshape": _reshape,
    "rev": _reverse,
    "round": _round,
    "scatter-add": scatter_add,
    "select_n": _select,
    "shift_left": _shift_left,
    "slice": _slice,
    "split": _split,
    "squeeze": _squeeze,
    "stack": _stack,
    "stop_gradient": _same,
    "transpose": _transpose,
}
"""Primitive -> its translator."""
