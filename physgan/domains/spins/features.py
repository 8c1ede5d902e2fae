"""Physical observables of a lattice, as further inputs of the discriminator (JAX)."""

import jax
import jax.numpy as jnp

__all__ = ["feature_names", "physical_features"]


def physical_features(spins: jax.Array) -> jax.Array:
    """Observables of each lattice, differentiable with respect to the spins.

    Energy per site, |m|, m^2, the mean products of diagonal neighbours and of the four
    spins of a plaquette, and the axes' mean of C(r) at r = 2, 4, ... L/2.

    Args:
        spins: shape (n, L, L), near +1 and -1.

    Returns:
        shape (n, 5 + log2(L/2)); all even under a global flip.
    """
    right, below = jnp.roll(spins, -1, 2), jnp.roll(spins, -1, 1)
    diagonal = jnp.roll(right, -1, 1)
    magnetisation = spins.mean((1, 2))
    columns = [
        -(spins * (right + below)).mean((1, 2)),
        jnp.abs(magnetisation),
        magnetisation**2,
        (spins * diagonal + right * below).mean((1, 2)) / 2,
        (spins * right * below * diagonal).mean((1, 2)),
    ]
    size = spins.shape[1]
    for distance in (2**k for k in range(1, size.bit_length() - 1)):
        shifted = jnp.roll(spins, distance, 1) + jnp.roll(spins, distance, 2)
        columns.append((spins * shifted).mean((1, 2)) / 2)
    return jnp.stack(columns, -1)


def feature_names(size: int) -> tuple[str, ...]:
    """Names of the columns of `physical_features` for lattices of this size."""
    distances = [2**k for k in range(1, size.bit_length() - 1)]
    first = ("energy", "|magnetisation|", "magnetisation^2", "diagonal neighbours", "plaquettes")
    return (*first, *(f"correlation at {distance}" for distance in distances))
