"""How exactly an accelerator multiplies matrices; a CPU always does it in single precision."""

from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["PRECISIONS", "products_in"]

PRECISIONS = {
    "float32": "float32",
    "tensorfloat32": "default",
    "bfloat16": "BF16_BF16_F32",
}
"""Precision -> what JAX calls it. Sums are of single precision always. The factors have 24 bits, 11
(that is what JAX takes by default on NVIDIA GPUs), or 8."""


@contextmanager
def products_in(precision: str) -> Iterator[None]:
    """Precision of the matrix products and convolutions that are traced within.

    Also a decorator of functions that JAX traces. Derivatives are computed as what they derive.

    Args:
        precision: a key of `PRECISIONS`.
    """
    import jax

    with jax.default_matmul_precision(PRECISIONS[precision]):
        yield
