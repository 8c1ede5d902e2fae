"""Conditional flow matching's objective."""

import jax

from physgan.networks import Flow
from physgan.training.objective import Objective

__all__ = ["VELOCITY", "velocity_error"]


def velocity_error(
    network: Flow, key: jax.Array, samples: jax.Array, conditions: jax.Array
) -> jax.Array:
    """Squared error of the velocity along straight lines from noise to sample, shape (n,).

    |v((1 - t) x0 + t x1, t, c) - (x1 - x0)|^2 with x0 standard normal, x1 the sample and t uniform
    (Lipman et al. 2023, arXiv:2210.02747, eq. 23 with sigma_min = 0). The least squares solution
    is the field that carries the normal law into that of the samples.
    """
    value_key, start_key, time_key = jax.random.split(key, 3)
    values = network.values.raised(samples, conditions, value_key)
    start = jax.random.normal(start_key, values.shape)
    time = jax.random.uniform(time_key, (len(samples),))
    share = time.reshape(-1, *(1,) * (values.ndim - 1))
    found = network.velocity((1 - share) * start + share * values, time, conditions)
    return ((found - (values - start)) ** 2).reshape(len(samples), -1).sum(-1)


VELOCITY = Objective("velocity", "velocity", velocity_error)
"""Least squares of velocities."""
