"""Memory that compilation takes, and leaves behind."""

import ctypes
from functools import cache
from typing import Any

import jax

from physgan.domains import Domain

__all__ = ["compiler_options", "return_freed_memory"]

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


def return_freed_memory() -> None:
    """Give memory that the compiler has freed back to the operating system, with glibc only.

    The C library keeps it otherwise: 0.7 GB after the training step of 150 cells.
    """
    try:
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    except (OSError, AttributeError):
        return
