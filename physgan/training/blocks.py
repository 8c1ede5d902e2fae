"""A batch in blocks: what a step touches at once then stays in the processor's cache."""

import math
from collections.abc import Callable
from typing import Any

import jax

__all__ = ["blockwise_gradient", "blockwise_mean", "number_of_blocks"]

_VALUES = 16_384
"""Values of the samples in a block: on a CPU of 1 MiB cache a core, 8,192 to 65,536 do as well."""


def number_of_blocks(batch: jax.Array) -> int:
    """A power of two that divides the batch, for blocks of some 16,384 values.

    One block on devices that are not CPUs: they want large arrays.

    Args:
        batch: shape (n, ...).
    """
    if jax.default_backend() != "cpu":
        return 1
    return math.gcd(len(batch), 1 << max(0, (batch.size // _VALUES).bit_length() - 1))


def blockwise_mean(
    function: Callable[..., Any], blocks: int, *, has_aux: bool = False
) -> Callable[..., Any]:
    """The mean over blocks of a batch of a function that is itself a mean over its batch.

    For gradients, sums of whose terms are wanted and not the terms. A block has samples from the
    whole batch, k, k + blocks, k + 2 blocks ...: a batch that is spread over devices stays so.

    Args:
        function: (parameters, key, *arrays (n, ...)) -> pytree of arrays.
        blocks: number of blocks, a divisor of n.
        has_aux: whether it returns a pair: that pytree, and an array (n, ...) with a row a sample.
    """
    if blocks == 1:
        return function

    def mean(parameters: Any, key: jax.Array, *arrays: jax.Array) -> Any:
        parts = [a.reshape(-1, blocks, *a.shape[1:]).swapaxes(0, 1) for a in arrays]
        keys = jax.random.split(key, blocks)
        found = jax.lax.map(lambda part: function(parameters, *part), (keys, *parts))
        means, rows = found if has_aux else (found, None)
        means = jax.tree.map(lambda values: values.mean(0), means)
        return (means, _joined(rows)) if has_aux else means

    return mean


def blockwise_gradient(function: Callable[..., jax.Array], blocks: int) -> Callable[..., Any]:
    """The same mean of a scalar, and its gradient with respect to the first array.

    Args:
        function: (parameters, key, *arrays (n, ...)) -> scalar, a mean over its batch.
        blocks: number of blocks, a divisor of n.

    Returns:
        (parameters, key, *arrays (n, ...)) -> (scalar, gradient, shape of the first array).
    """
    gradient = jax.value_and_grad(function, argnums=2)
    mean_of = blockwise_mean(gradient, blocks, has_aux=True)

    def mean(parameters: Any, key: jax.Array, *arrays: jax.Array) -> tuple[jax.Array, jax.Array]:
        value, slopes = mean_of(parameters, key, *arrays)
        return value, slopes / blocks

    return mean


def _joined(rows: Any) -> Any:
    """Rows of the samples of each block, (blocks, n / blocks, ...), in the batch's order."""
    ordered = rows.swapaxes(0, 1)
    return ordered.reshape(-1, *ordered.shape[2:])
