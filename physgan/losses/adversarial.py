"""The adversarial games: for each, what the discriminator and what the generator lowers.

Scores are logits without bounds; D = sigmoid(score) where a game speaks of probabilities.
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
    """A game of two players.

    Attributes:
        discriminator: (scores of real samples (n,), of generated ones (n,)) -> what the
            discriminator lowers.
        generator: (real, generated) -> what the generator lowers.
    """

    discriminator: Callable[[jax.Array, jax.Array], jax.Array]
    generator: Callable[[jax.Array, jax.Array], jax.Array]


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


def cross_entropy(real: jax.Array, fake: jax.Array) -> jax.Array:
    """-E[ln D(real)] - E[ln(1 - D(fake))]: minus the value of the minimax game.

    Lowest at D = p / (p + q) for densities p of real and q of generated samples, where it is
    ln 4 - 2 JS(p, q) (Goodfellow et al. 2014, arXiv:1406.2661, eq. 1 and theorem 1).
    """
    return jax.nn.softplus(-real).mean() + jax.nn.softplus(fake).mean()


def saturating(real: jax.Array, fake: jax.Array) -> jax.Array:
    """E[ln(1 - D(fake))]: the minimax game's own; flat where D is sure of itself."""
    return -jax.nn.softplus(fake).mean()


def non_saturating(real: jax.Array, fake: jax.Array) -> jax.Array:
    """-E[ln D(fake)]: the same fixed point, steep where D is sure of itself."""
    return jax.nn.softplus(-fake).mean()


def squares(real: jax.Array, fake: jax.Array) -> jax.Array:
    """E[(score(real) - 1)^2] / 2 + E[score(fake)^2] / 2; lowest at score = p / (p + q).

    Least squares with labels 1 and 0 (Mao et al. 2017, arXiv:1611.04076, eq. 9).
    """
    return ((real - 1) ** 2).mean() / 2 + (fake**2).mean() / 2


def square(real: jax.Array, fake: jax.Array) -> jax.Array:
    """E[(score(fake) - 1)^2] / 2."""
    return ((fake - 1) ** 2).mean() / 2


def hinge(real: jax.Array, fake: jax.Array) -> jax.Array:
    """E[max(0, 1 - score(real))] + E[max(0, 1 + score(fake))]; lowest at sign(p - q).

    There it is 2 - 2 TV(p, q), TV the total variation (Lim and Ye 2017, arXiv:1705.02894).
    """
    return jax.nn.relu(1 - real).mean() + jax.nn.relu(1 + fake).mean()


def critic(real: jax.Array, fake: jax.Array) -> jax.Array:
    """E[score(fake)] - E[score(real)]: over all scores of slope 1 at most, lowest at -W1(p, q).

    Arjovsky, Chintala and Bottou 2017, arXiv:1701.07875, eq. 2.
    """
    return fake.mean() - real.mean()


def raised(real: jax.Array, fake: jax.Array) -> jax.Array:
    """-E[score(fake)]."""
    return -fake.mean()


LOSSES: dict[str, Loss] = {
    "relativistic": Loss(relativistic_discriminator_loss, relativistic_generator_loss),
    "saturating": Loss(cross_entropy, saturating),
    "non-saturating": Loss(cross_entropy, non_saturating),
    "least-squares": Loss(squares, square),
    "hinge": Loss(hinge, raised),
    "wasserstein": Loss(critic, raised),
}
"""Name in settings -> game."""
