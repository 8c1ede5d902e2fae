"""Memory that compilation takes."""

from functools import cache
from typing import Any

import jax

from physgan.domains import Domain

__all__ = ["compiler_options"]

_LEAN = {"xla_cpu_use_fusion_emitters": False}


def compiler_options(domain: Domain) -> dict[str, Any]:
    """Options of `jax.jit` for programs that train generators of a domain.

    Where these consist of many kernels, XLA's older emitters of code are asked for on CPUs. They
    take 0.3 GB for the training step of 150 cells, the newer ones 1 GB. The code is as fast. A
    lattice's few large kernels are slower by 5 %.
    """
    return _LEAN if domain.many_kernels and _known() else {}


@cache
def _known() -> bool:
    """Whether this is a CPU, and its compiler knows the option."""
    if jax.default_backend() != "cpu":
        return False
    try:
        jax.jit(lambda: 0, compiler_options=_LEAN).lower().compile()
    except jax.errors.JaxRuntimeError:
        return False
    return True
