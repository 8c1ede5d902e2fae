"""Matrix products and convolutions in ONNX."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from physgan.deployment.graph import Dimension, Graph, Value
from physgan.errors import InputError

__all__ = ["convolution", "dot_general"]


def dot_general(graph: Graph, equation: Any, values: list[Value]) -> Value:
    """A product over some axes, for each place along others (`jax.lax.dot_general`)."""
    (left_sum, right_sum), (left_batch, right_batch) = equation.params["dimension_numbers"]
    left, right = (
        graph.expand(value, atom.aval.shape)
        for value, atom in zip(values, equation.invars, strict=True)
    )
    aval = equation.outvars[0].aval
    if not left_batch and len(right.shape) == 2 and tuple(left_sum) == (len(left.shape) - 1,):
        if tuple(right_sum) == (1,):
            right = graph.transpose(right, (1, 0))
        return graph.add("MatMul", left, right, shape=aval.shape, dtype=aval.dtype)
    left_free = _others(left, left_batch, left_sum)
    right_free = _others(right, right_batch, right_sum)
    left = graph.transpose(left, [*left_batch, *left_free, *left_sum])
    right = graph.transpose(right, [*right_batch, *right_sum, *right_free])
    first, batch = len(left_batch), left.shape[: len(left_batch)]
    rows, summed = left.shape[first : first + len(left_free)], left.shape[-len(left_sum) :]
    columns = right.shape[first + len(right_sum) :]
    size = _product(summed)
    left = graph.reshape(left, [*batch, _product(rows), size])
    right = graph.reshape(right, [*batch, size, _product(columns)])
    shape = [*batch, _product(rows), _product(columns)]
    product = graph.add("MatMul", left, right, shape=shape, dtype=aval.dtype)
    return graph.reshape(product, aval.shape)


def convolution(graph: Graph, equation: Any, values: list[Value]) -> Value:
    """A convolution (`jax.lax.conv_general_dilated`)."""
    parameters = equation.params
    if set(parameters["lhs_dilation"]) != {1} or parameters["batch_group_count"] != 1:
        raise InputError("expected a plain convolution for ONNX export; got a transposed one")
    images, kernel = (
        graph.expand(value, atom.aval.shape)
        for value, atom in zip(values, equation.invars, strict=True)
    )
    numbers, aval = parameters["dimension_numbers"], equation.outvars[0].aval
    images = graph.transpose(images, numbers.lhs_spec)
    kernel = graph.transpose(kernel, numbers.rhs_spec)
    pads = [int(pair[side]) for side in (0, 1) for pair in parameters["padding"]]
    result = graph.add(
        "Conv",
        images,
        kernel,
        shape=[aval.shape[axis] for axis in numbers.out_spec],
        dtype=aval.dtype,
        strides=[int(step) for step in parameters["window_strides"]],
        dilations=[int(step) for step in parameters["rhs_dilation"]],
        pads=pads,
        group=int(parameters["feature_group_count"]),
    )
    return graph.transpose(result, np.argsort(numbers.out_spec).tolist())


def _others(value: Value, *used: Sequence[int]) -> list[int]:
    return [axis for axis in range(len(value.shape)) if not any(axis in each for each in used)]


def _product(lengths: Sequence[Dimension]) -> Dimension:
    result: Dimension = 1
    for length in lengths:
        result = result * length
    return result
