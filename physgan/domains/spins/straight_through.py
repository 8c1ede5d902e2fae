"""Discrete draws with straight-through gradients."""

import jax
import jax.numpy as jnp

__all__ = ["spins_from_logits"]


def spins_from_logits(logits: jax.Array, noise: jax.Array) -> jax.Array:
    """Draw +1 with probability sigmoid(logit), else -1.

    The value is an exact Bernoulli draw; the gradient is that of its mean, tanh(logit / 2)
    (straight-through estimator, Bengio, Leonard and Courville 2013, arXiv:1308.3432).

    Args:
        logits: any shape.
        noise: uniform on [0, 1), same shape.

    Returns:
        +1.0 and -1.0, same shape.
    """
    mean = jnp.tanh(logits / 2)
    hard = jnp.where(2 * noise - 1 < mean, 1.0, -1.0)
    return hard + (mean - jax.lax.stop_gradient(mean))  # exactly hard
