"""The exact output layer: spins in equilibrium with their four neighbours."""

import jax

__all__ = ["heat_bath_logits"]


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
