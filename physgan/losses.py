"""Adversarial losses and gradient penalties: pure functions of scores and gradients."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

__all__ = [
    "gradient_penalties",
    "relativistic_discriminator_loss",
    "relativistic_generator_loss",
]


def relativistic_discriminator_loss(real: jax.Array, fake: jax.Array) -> jax.Array:
    """E[softplus(D(fake) - D(real))] over pairs; ln 2 where D cannot tell.

    Relativistic pairing (Jolicoeur-Martineau 2019, arXiv:1807.00734; Huang et al. 2024,
    arXiv:2501.05441, eq. 1).

    Args:
        real: scores of real samples, shape (n,).
        fake: scores of generated samples under the same conditions, shape (n,).
    """
    return jax.nn.softplus(fake - real).mean()


def relativistic_generator_loss(real: jax.Array, fake: jax.Array) -> jax.Array:
    """E[softplus(D(real) - D(fake))]: the discriminator's loss with the roles exchanged."""
    return jax.nn.softplus(real - fake).mean()


def gradient_penalties(
    score: Callable[[Any], jax.Array], inputs: Any
) -> tuple[jax.Array, jax.Array]:
    """Scores and squared gradient norms |dD/dx|^2 of a batch, from one pass back.

    With real and generated samples in one batch, the two halves' means are R1 and R2
    (Mescheder et al. 2018, arXiv:1801.04406, eq. 9; zero-centred).

    Args:
        score: a function of a batch that mixes no samples, to shape (n,).
        inputs: a pytree of arrays (n, ...).

    Returns:
        (scores, squared norms), each of shape (n,), the norms summed over all elements.
    """
    scores, pull_back = jax.vjp(score, inputs)
    (gradients,) = pull_back(jnp.ones_like(scores))
    squares = [(leaf**2).reshape(len(leaf), -1).sum(-1) for leaf in jax.tree.leaves(gradients)]
    return scores, jnp.stack(squares).sum(0)
