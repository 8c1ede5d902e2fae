"""The conditional variational autoencoder's objective."""

import jax
import jax.numpy as jnp

from physgan.networks import Autoencoder
from physgan.training.objective import Objective

__all__ = ["EVIDENCE", "negative_evidence"]


def negative_evidence(
    network: Autoencoder, key: jax.Array, samples: jax.Array, conditions: jax.Array
) -> jax.Array:
    """A bound of -ln p(sample | conditions), shape (n,), nats, of the numbers that stand for it.

    KL(q(z | x, c) || N(0, 1)) - E[ln p(x | z, c)], the expectation by one draw z = mean +
    deviation * noise (Kingma and Welling 2014, arXiv:1312.6114, eq. 10; with conditions Sohn et
    al. 2015, eq. 4, with a prior that does not depend on them).
    """
    value_key, latent_key = jax.random.split(key)
    values = network.values.raised(samples, conditions, value_key)
    mean, log_deviation = network.encode(values, conditions)
    noise = jax.random.normal(latent_key, mean.shape)
    latents = mean + jnp.exp(log_deviation) * noise
    divergence = (jnp.exp(2 * log_deviation) + mean**2 - 1) / 2 - log_deviation
    written, threshold = network.decode(latents, conditions), network.values.lit(conditions)
    missing = network.law.surprise(written, values, threshold)
    return divergence.sum(-1) + missing.reshape(len(samples), -1).sum(-1)


EVIDENCE = Objective("evidence", "evidence", negative_evidence)
"""The negative lower bound of the evidence."""
