"""The exact output layer: spins in equilibrium with their four neighbours."""

import jax
import jax.numpy as jnp

__all__ = ["heat_bath_logits", "sublattice_log_weight"]


def heat_bath_logits(neighbours: jax.Array, conditions: jax.Array) -> jax.Array:
    """Logits of p(s = +1 | neighbours) = sigmoid(2 (sum of neighbours) / T), without field.

    Sites of one checkerboard sublattice do not interact, so drawing them all from these logits
    is exact (Glauber 1963, J. Math. Phys. 4, 294).

    Args:
        neighbours: sum of the four neighbours, shape (n, ...).
        conditions: shape (n, 1), T in J/k_B.

    Returns:
        shape of `neighbours`.
    """
    temperature = conditions[:, 0].reshape(-1, *(1,) * (neighbours.ndim - 1))
    return 2 * neighbours / temperature


def sublattice_log_weight(spins: jax.Array, conditions: jax.Array) -> jax.Array:
    """Logarithm of the Boltzmann weight of the even checkerboard sublattice, without field.

    The odd sites, which are independent given the even ones, are summed over: each gives
    2 cosh(h / T), h the sum of its four neighbours (decoration: Fisher 1959, Phys. Rev. 113, 969).

    Args:
        spins: shape (n, L, L), L even; those of the odd sublattice are not read.
        conditions: shape (n, 1), T in J/k_B.

    Returns:
        shape (n,), up to -ln Z.
    """
    rows = jnp.arange(spins.shape[1])
    odd = (rows[:, None] + rows) % 2 == 1
    total = sum(jnp.roll(spins, step, axis) for step in (1, -1) for axis in (1, 2))
    neighbours = jnp.asarray(total) / conditions[:, :1, None]
    return jnp.where(odd, jnp.logaddexp(neighbours, -neighbours), 0).sum((1, 2))
