"""Penalties on the gradient of the discriminator with respect to its inputs."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

__all__ = ["PENALTIES", "interpolates", "squared_gradient_norms", "unit_gradient_penalty"]

PENALTIES = ("r1-r2", "gradient-penalty", "none")
"""Names in settings: gradient 0 at the samples, gradient norm 1 between them, no penalty."""


def squared_gradient_norms(
    score: Callable[[Any], jax.Array], inputs: Any
) -> tuple[jax.Array, jax.Array]:
    """Scores and squared gradient norms |dD/dx|^2 of a batch, from one backward pass.

    The mean over real samples is R1, the mean over generated samples is R2 (Mescheder et al.
    2018, arXiv:1801.04406, eq. 9; zero-centred).

    Args:
        score: batch -> scores, shape (n,), each a function of one sample.
        inputs: a pytree of arrays (n, ...).

    Returns:
        (scores, squared norms), each of shape (n,), the norms summed over all elements.
    """
    scores, pull_back = jax.vjp(score, inputs)
    (gradients,) = pull_back(jnp.ones_like(scores))
    squares = [(leaf**2).reshape(len(leaf), -1).sum(-1) for leaf in jax.tree.leaves(gradients)]
    return scores, jnp.stack(squares).sum(0)


def unit_gradient_penalty(score: Callable[[Any], jax.Array], inputs: Any) -> jax.Array:
    """E[(|dD/dx| - 1)^2].

    At `interpolates` of real and generated samples this is the gradient penalty of Gulrajani et
    al. 2017, arXiv:1704.00028, eq. 3, whose weight is 10.

    Args:
        score: batch -> scores, shape (n,), each a function of one sample.
        inputs: a pytree of arrays (n, ...).
    """
    _, squares = squared_gradient_norms(score, inputs)
    norms = jnp.sqrt(jnp.maximum(squares, 1e-12))  # sqrt has no derivative at 0
    return ((norms - 1) ** 2).mean()


def interpolates(real: Any, fake: Any, share: jax.Array) -> Any:
    """Points on the straight lines from generated to real samples.

    Args:
        real: a pytree of arrays (n, ...).
        fake: generated samples, with the structure of `real`.
        share: weight of the real sample, shape (n,), in [0, 1].
    """

    def between(a: jax.Array, b: jax.Array) -> jax.Array:
        weight = share.reshape(-1, *(1,) * (a.ndim - 1))
        return weight * a + (1 - weight) * b

    return jax.tree.map(between, real, fake)
