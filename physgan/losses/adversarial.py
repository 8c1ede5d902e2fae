"""Adversarial losses: the loss of the discriminator and the loss of the generator, both minimised.

Scores are unbounded logits. Where a loss is defined by probabilities, D = sigmoid(score).
"""

from collections.abc import Callable
from typing import NamedTuple

import jax

__all__ = [
    "LOSSES",
    "Loss",
    "relativistic_discriminator_loss",
    "relativistic_generator_loss",
]


class Loss(NamedTuple):
    """A pair of losses.

    Attributes:
        discriminator: (scores of real samples (n,), scores of generated samples (n,)) -> loss of
            the discriminator.
        generator: the same arguments -> loss of the generator.
    """

    discriminator: Callable[[jax.Array, jax.Array], jax.Array]
    generator: Callable[[jax.Array, jax.Array], jax.Array]


def relativistic_discriminator_loss(real: jax.Array, fake: jax.Array) -> jax.Array:
    """E[softplus(score(fake) - score(real))] over pairs; ln 2 for a constant score.

    Relativistic pairing (Jolicoeur-Martineau 2019, arXiv:1807.00734; Huang et al. 2024,
    arXiv:2501.05441, eq. 1).

    Args:
        real: scores of real samples, shape (n,).
        fake: scores of generated samples under the same conditions, shape (n,).
    """
    return jax.nn.softplus(fake - real).mean()


def relativistic_generator_loss(real: jax.Array, fake: jax.Array) -> jax.Array:
    """E[softplus(score(real) - score(fake))]: the discriminator's loss, real and fake exchanged."""
    return jax.nn.softplus(real - fake).mean()


def cross_entropy(real: jax.Array, fake: jax.Array) -> jax.Array:
    """-E[ln D(real)] - E[ln(1 - D(fake))]: the discriminator's loss in minimax training.

    The minimum is at D = p / (p + q) for densities p of real and q of generated samples. It is
    ln 4 - 2 JS(p, q) (Goodfellow et al. 2014, arXiv:1406.2661, eq. 1 and theorem 1).
    """
    return jax.nn.softplus(-real).mean() + jax.nn.softplus(fake).mean()


def saturating(real: jax.Array, fake: jax.Array) -> jax.Array:
    """E[ln(1 - D(fake))]: the minimax loss. Its gradient vanishes where D(fake) is near 0."""
    return -jax.nn.softplus(fake).mean()


def non_saturating(real: jax.Array, fake: jax.Array) -> jax.Array:
    """-E[ln D(fake)]: the same fixed point; its gradient does not vanish at D(fake) near 0."""
    return jax.nn.softplus(-fake).mean()


def least_squares_discriminator(real: jax.Array, fake: jax.Array) -> jax.Array:
    """E[(score(real) - 1)^2] / 2 + E[score(fake)^2] / 2; minimum at score = p / (p + q).

    Least squares with labels 1 and 0 (Mao et al. 2017, arXiv:1611.04076, eq. 9).
    """
    return ((real - 1) ** 2).mean() / 2 + (fake**2).mean() / 2


def least_squares_generator(real: jax.Array, fake: jax.Array) -> jax.Array:
    """E[(score(fake) - 1)^2] / 2."""
    return ((fake - 1) ** 2).mean() / 2


def hinge(real: jax.Array, fake: jax.Array) -> jax.Array:
    """E[max(0, 1 - score(real))] + E[max(0, 1 + score(fake))]; minimum at sign(p - q).

    The minimum is 2 - 2 TV(p, q), with TV the total variation distance (Lim and Ye 2017,
    arXiv:1705.02894).
    """
    return jax.nn.relu(1 - real).mean() + jax.nn.relu(1 + fake).mean()


def wasserstein(real: jax.Array, fake: jax.Array) -> jax.Array:
    """E[score(fake)] - E[score(real)].

    The minimum over all scores with Lipschitz constant 1 is -W1(p, q) (Arjovsky, Chintala and
    Bottou 2017, arXiv:1701.07875, eq. 2).
    """
    return fake.mean() - real.mean()


def negative_score(real: jax.Array, fake: jax.Array) -> jax.Array:
    """-E[score(fake)]."""
    return -fake.mean()


LOSSES: dict[str, Loss] = {
    "relativistic": Loss(relativistic_discriminator_loss, relativistic_generator_loss),
    "saturating": Loss(cross_entropy, saturating),
    "non-saturating": Loss(cross_entropy, non_saturating),
    "least-squares": Loss(least_squares_discriminator, least_squares_generator),
    "hinge": Loss(hinge, negative_score),
    "wasserstein": Loss(wasserstein, negative_score),
}
"""Name in settings -> pair of losses."""
