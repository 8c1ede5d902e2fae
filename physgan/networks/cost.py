"""What a network costs to run: floating-point operations, counted by XLA."""

from collections.abc import Callable, Iterator
from typing import Any

import jax
from jax.extend.core import ClosedJaxpr, Jaxpr, jaxpr_as_fun

__all__ = ["flops_of"]


def flops_of(function: Callable[..., Any], *arguments: Any) -> float:
    """Floating-point operations of one call.

    XLA counts the program before it is compiled: a multiplication and an addition are two
    operations, elementary functions are not counted, and the body of a loop counts once. Loops of
    fixed length are therefore counted separately: F = C + sum over loops of
    (length F_body - C_body), with C XLA's count and F the true one.

    Args:
        function: of arrays; it may be jitted or not.
        arguments: arrays or `jax.ShapeDtypeStruct`.
    """
    return _true_flops(jax.make_jaxpr(function)(*arguments))


def _true_flops(program: ClosedJaxpr) -> float:
    total = _counted_flops(program)
    for length, body in _loops(program.jaxpr):
        total += length * _true_flops(body) - _counted_flops(body)
    return total


def _counted_flops(program: ClosedJaxpr) -> float:
    analysis = jax.jit(jaxpr_as_fun(program)).lower(*program.in_avals).cost_analysis()
    return float(analysis.get("flops", 0.0)) if analysis else 0.0


def _loops(program: Jaxpr) -> Iterator[tuple[int, ClosedJaxpr]]:
    """Length and body of every loop that is not inside another one."""
    for equation in program.eqns:
        if equation.primitive.name == "scan":
            yield equation.params["length"], equation.params["jaxpr"]
            continue
        for parameter in equation.params.values():
            inner = getattr(parameter, "jaxpr", parameter)
            if isinstance(inner, Jaxpr):
                yield from _loops(inner)
