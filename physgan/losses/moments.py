"""Distance between the moments of real and generated samples' features."""

import jax
import jax.numpy as jnp

__all__ = ["moment_distance"]

_TINY = 1e-12
_LARGEST, _LENGTH = 4.0, 0.7


def moment_distance(real: jax.Array, fake: jax.Array, conditions: jax.Array) -> jax.Array:
    """Unbiased squared distance between first and second moments of features, over conditions.

    The squared maximum mean discrepancy (A. Gretton et al. 2012, J. Mach. Learn. Res. 13, 723,
    lemma 6) of f features x and of conditions by the kernel

        k = (1 + y . y' / f)^2 exp(-|z - z'|^2 / (2 l^2)),    y = x / sqrt(1 + (x / 4)^2),

    where z are the conditions in standard deviations from the mean of the batch and l is 0.7. It
    compares the means of all y and of all products of two, smoothed over conditions that are
    apart by l; y is x but for outliers, of which an untrained generator makes many. Its mean is
    zero if all of these agree; a single value can be negative.

    Args:
        real: standardised features, shape (n, f), n > 1.
        fake: the same of generated samples at the same conditions.
        conditions: shape (n, c), any units.
    """
    spread = jnp.sqrt(conditions.var(0)) + _TINY
    place = (conditions - conditions.mean(0)) / spread
    apart = ((place[:, None] - place) ** 2).sum(-1)
    alike = jnp.exp(-apart / (2 * _LENGTH**2))
    number, features = real.shape
    weights = alike * (1 - jnp.eye(number)) / (number * (number - 1))

    def kernel(one: jax.Array, other: jax.Array) -> jax.Array:
        return (1 + one @ other.T / features) ** 2

    real, fake = (x / jnp.sqrt(1 + (x / _LARGEST) ** 2) for x in (real, fake))
    both = kernel(real, real) + kernel(fake, fake) - kernel(real, fake) - kernel(fake, real)
    return (weights * both).sum()
