"""The conditional variational autoencoder."""

from dataclasses import dataclass
from typing import ClassVar

import jax
import jax.numpy as jnp

from physgan.methods.single_network import SingleNetworkMethod, SingleNetworkSettings
from physgan.networks import Autoencoder
from physgan.training import Objective

__all__ = ["Vae", "VaeSettings", "negative_evidence"]


@dataclass(frozen=True)
class VaeSettings(SingleNetworkSettings):
    """Settings of a variational autoencoder.

    Args:
        latents: number of latent variables.
    """

    from_one: ClassVar[tuple[str, ...]] = ("latents",)

    latents: int = 32


def negative_evidence(
    network: Autoencoder, key: jax.Array, samples: jax.Array, conditions: jax.Array
) -> jax.Array:
    """Negative evidence lower bound of the preprocessed variables, shape (n,), nats.

    KL(q(z | x, c) || N(0, 1)) - E[ln p(x | z, c)], with the expectation estimated by one draw
    z = mean + deviation * noise (Kingma and Welling 2014, arXiv:1312.6114, eq. 10; with conditions
    Sohn et al. 2015, eq. 4). The prior does not depend on the conditions.
    """
    value_key, latent_key = jax.random.split(key)
    variables = network.preprocessing.forward(samples, conditions, value_key)
    mean, log_deviation = network.encode(variables, conditions)
    noise = jax.random.normal(latent_key, mean.shape)
    latents = mean + jnp.exp(log_deviation) * noise
    divergence = (jnp.exp(2 * log_deviation) + mean**2 - 1) / 2 - log_deviation
    outputs = network.decode(latents, conditions)
    reconstruction = network.preprocessing.negative_log_likelihood(outputs, variables, conditions)
    return divergence.sum(-1) + reconstruction.reshape(len(samples), -1).sum(-1)


class Vae(SingleNetworkMethod):
    """A variational autoencoder trained on the evidence lower bound."""

    name = "vae"
    summary = "conditional variational autoencoder"
    settings = VaeSettings
    network = "autoencoder"
    options = ("latents",)
    stage = "evidence"
    objective = Objective("evidence", "evidence", negative_evidence)
