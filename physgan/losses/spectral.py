"""Spectral normalisation: every layer divided by its largest singular value.

Miyato et al. 2018, arXiv:1802.05957. Power iteration starts afresh at every call, so there is no
state to carry. Its 30 rounds cost less than the forward pass of one sample through the layer.
"""

from typing import Any

import jax
import jax.numpy as jnp

__all__ = ["spectral_norm", "spectrally_normalised"]

_ROUNDS = 30


def spectral_norm(kernel: jax.Array) -> jax.Array:
    """Largest singular value of a kernel as a matrix (all input axes, outputs).

    Its gradient is u v^T, with the singular vectors u and v held fixed.

    Args:
        kernel: shape (..., outputs).

    Breaks when: the two largest singular values differ by less than a per cent; the result is
    then too small by less than that.
    """
    matrix = kernel.reshape(-1, kernel.shape[-1])
    fixed = jax.lax.stop_gradient(matrix)

    def rounds(_: int, right: jax.Array) -> jax.Array:
        return _unit(fixed.T @ _unit(fixed @ right))

    start = _unit(jnp.cos(jnp.arange(1.0, matrix.shape[1] + 1) ** 2))  # no symmetry of its own
    right = jax.lax.fori_loop(0, _ROUNDS, rounds, start)
    return _unit(fixed @ right) @ matrix @ right


def spectrally_normalised(parameters: Any) -> Any:
    """Parameters with every array called "kernel" divided by its spectral norm."""

    def divided(path: tuple[Any, ...], leaf: jax.Array) -> jax.Array:
        return leaf / spectral_norm(leaf) if path[-1] == jax.tree_util.DictKey("kernel") else leaf

    return jax.tree_util.tree_map_with_path(divided, parameters)


def _unit(vector: jax.Array) -> jax.Array:
    return vector / (jnp.sqrt((vector**2).sum()) + 1e-12)
