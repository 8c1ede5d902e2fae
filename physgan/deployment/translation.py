"""Translation of JAX programs to ONNX, equation by equation.

What depends on no input is computed here, once. Short loops are written out, others become ONNX's
Scan. Values are broadcast only where an operator needs it.
"""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np
from jax.extend.core import ClosedJaxpr, Literal

from physgan.data.extras import library
from physgan.deployment.decompositions import DECOMPOSITIONS
from physgan.deployment.graph import Dimension, Graph, Tensor, Value
from physgan.deployment.operators import OPERATORS
from physgan.errors import InputError

__all__ = ["OPSET", "onnx_model"]

OPSET = 18
_IR_VERSION = 9
_WRITTEN_OUT = 600
"""Largest number of equations of a loop that is written out."""

_CALLS = {
    "jit": "jaxpr",
    "pjit": "jaxpr",
    "closed_call": "call_jaxpr",
    "core_call": "call_jaxpr",
    "custom_jvp_call": "call_jaxpr",
    "custom_vjp_call": "call_jaxpr",
    "custom_vjp_call_jaxpr": "fun_jaxpr",
    "remat2": "jaxpr",
    "checkpoint": "jaxpr",
}
"""Primitive that calls a program -> the parameter that has it."""


def onnx_model(
    function: Callable[..., dict[str, jax.Array]],
    batch: Dimension,
    inputs: dict[str, jax.ShapeDtypeStruct],
    metadata: dict[str, str],
) -> Any:
    """The ONNX model of a function of arrays.

    Args:
        function: takes the inputs in their order, returns arrays by name.
        batch: the symbolic size, first length of all inputs and outputs.
        inputs: name -> shape and type.
        metadata: texts stored with the model.

    Raises:
        InputError: naming the primitive, if the program has one that is not translated.
    """
    helper = library("onnx.helper", "to write ONNX")
    closed, shapes = jax.make_jaxpr(function, return_shape=True)(*inputs.values())
    graph = Graph(batch)
    values: list[Value] = [
        Tensor(name, tuple(like.shape), np.dtype(like.dtype)) for name, like in inputs.items()
    ]
    first = next(iter(inputs))
    graph.node("Shape", [first], ["batch_size"], start=0, end=1)
    results = _translate(graph, closed, values)
    names = sorted(shapes)  # the order of a dict's leaves
    for name, value, aval in zip(names, results, closed.out_avals, strict=True):
        graph.node("Identity", [graph.expand(value, aval.shape)], [name])
    body = helper.make_graph(
        graph.nodes,
        "surrogate",
        [_described(helper, name, like) for name, like in inputs.items()],
        [_described(helper, name, shapes[name]) for name in names],
        list(graph.initialisers.values()),
    )
    model = helper.make_model(
        body,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=_IR_VERSION,
        producer_name="physgan",
    )
    helper.set_model_props(model, metadata)
    library("onnx.checker", "to write ONNX").check_model(model)
    return model


def _described(helper: Any, name: str, like: Any) -> Any:
    """Name, type and shape of an input or output."""
    kind = helper.np_dtype_to_tensor_dtype(np.dtype(like.dtype))
    return helper.make_tensor_value_info(name, kind, ["batch", *map(int, like.shape[1:])])


def _translate(graph: Graph, closed: ClosedJaxpr, inputs: Sequence[Value]) -> list[Value]:
    """Values of a program's outputs; its equations become nodes of the graph."""
    jaxpr = closed.jaxpr
    known: dict[Any, Value] = dict(zip(jaxpr.invars, inputs, strict=True))
    known |= {v: np.asarray(c) for v, c in zip(jaxpr.constvars, closed.consts, strict=True)}

    def read(atom: Any) -> Value:
        if isinstance(atom, Literal):
            return np.asarray(atom.val, np.dtype(getattr(atom.aval, "dtype", None)))
        return known[atom]

    for equation in jaxpr.eqns:
        values = [read(atom) for atom in equation.invars]
        results = _equation(graph, equation, values)
        known.update(zip(equation.outvars, results, strict=True))
    return [read(atom) for atom in jaxpr.outvars]


def _equation(graph: Graph, equation: Any, values: list[Value]) -> list[Value]:
    name, parameters = equation.primitive.name, equation.params
    if name in _CALLS:
        return _translate(graph, _closed(parameters[_CALLS[name]]), values)
    if _is_constant(equation, values):
        return _computed(equation, values)
    if name == "scan":
        return _scan(graph, equation, values)
    if name in DECOMPOSITIONS:
        likes = [jax.ShapeDtypeStruct(v.aval.shape, v.aval.dtype) for v in equation.invars]
        simpler = jax.make_jaxpr(lambda *arrays: DECOMPOSITIONS[name](*arrays, **parameters))
        return _translate(graph, simpler(*likes), values)
    if name not in OPERATORS:
        raise InputError(
            f"expected a network of operations that ONNX export knows; got {name}; "
            "give --stablehlo, which exports all"
        )
    result = OPERATORS[name](graph, equation, values)
    return result if isinstance(result, list) else [result]


def _closed(program: Any) -> ClosedJaxpr:
    return program if isinstance(program, ClosedJaxpr) else ClosedJaxpr(program, [])


def _is_constant(equation: Any, values: Sequence[Value]) -> bool:
    """Whether an equation can be computed now."""
    return all(
        isinstance(value, np.ndarray) and value.shape == tuple(atom.aval.shape)
        for value, atom in zip(values, equation.invars, strict=True)
    ) and all(isinstance(length, int) for out in equation.outvars for length in out.aval.shape)


def _computed(equation: Any, values: Sequence[Value]) -> list[Value]:
    results = equation.primitive.bind(*map(jax.numpy.asarray, values), **equation.params)
    several = results if equation.primitive.multiple_results else [results]
    return [np.asarray(result) for result in several]


def _scan(graph: Graph, equation: Any, values: list[Value]) -> list[Value]:
    """A loop of known length over the first axis of some inputs."""
    parameters = equation.params
    closed, length = parameters["jaxpr"], parameters["length"]
    constants, carried = parameters["num_consts"], parameters["num_carry"]
    fixed, carry = values[:constants], values[constants : constants + carried]
    atoms = equation.invars[constants + carried :]
    rows = [
        graph.expand(value, atom.aval.shape)
        for value, atom in zip(values[constants + carried :], atoms, strict=True)
    ]
    short = length * len(closed.jaxpr.eqns) <= _WRITTEN_OUT
    if short and not rows and len(carry) == len(equation.outvars):
        for _ in range(length):
            carry = _translate(graph, closed, [*fixed, *carry])
        return carry
    return _loop(graph, equation, fixed, carry, rows or [np.arange(length, dtype=np.int64)])


def _loop(
    graph: Graph, equation: Any, fixed: list[Value], carry: list[Value], rows: list[Value]
) -> list[Value]:
    """A Scan over the rows of some arrays; a loop that has none of its own counts."""
    closed, reverse = equation.params["jaxpr"], int(equation.params["reverse"])
    avals = [variable.aval for variable in closed.jaxpr.invars[len(fixed) :]]
    carried = list(zip(carry, avals, strict=False))
    start = [graph.expand(value, aval.shape) for value, aval in carried]
    arguments = [
        *(
            Tensor(graph.fresh("carry"), tuple(aval.shape), np.dtype(aval.dtype))
            for _, aval in carried
        ),
        *(Tensor(graph.fresh("row"), tuple(row.shape[1:]), row.dtype) for row in rows),
    ]
    outputs = [
        Tensor(graph.fresh("scanned"), tuple(out.aval.shape), np.dtype(out.aval.dtype))
        for out in equation.outvars
    ]
    more = len(outputs) - len(carry)
    graph.node(
        "Scan",
        [*start, *rows],
        [output.name for output in outputs],
        num_scan_inputs=len(rows),
        scan_input_directions=[reverse] * len(rows),
        **({"scan_output_directions": [reverse] * more} if more else {}),
        body=_body(graph, closed, fixed, arguments, len(avals)),
    )
    return list(outputs)


def _body(
    graph: Graph, closed: ClosedJaxpr, fixed: list[Value], arguments: list[Tensor], used: int
) -> Any:
    """The body of a Scan, a graph of its own; its program uses the first arguments."""
    helper = library("onnx.helper", "to write ONNX")
    body, names = graph.body(), []
    for value, aval in zip(
        _translate(body, closed, [*fixed, *arguments[:used]]), closed.out_avals, strict=True
    ):
        names.append(graph.fresh("result"))
        body.node("Identity", [body.expand(value, aval.shape)], [names[-1]])

    def typed(name: str, dtype: Any) -> Any:
        kind = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
        return helper.make_tensor_value_info(name, kind, None)

    return helper.make_graph(
        body.nodes,
        graph.fresh("body"),
        [typed(argument.name, argument.dtype) for argument in arguments],
        [typed(name, aval.dtype) for name, aval in zip(names, closed.out_avals, strict=True)],
    )
