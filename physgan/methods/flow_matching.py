"""Conditional flow matching."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import jax

from physgan.methods.single_network import SingleNetworkMethod, SingleNetworkSettings
from physgan.networks import Flow
from physgan.training import Objective

__all__ = ["FlowMatching", "FlowMatchingSettings", "velocity_error"]


@dataclass(frozen=True)
class FlowMatchingSettings(SingleNetworkSettings):
    """Settings of flow matching.

    Args:
        ode_steps: steps of Heun's method when drawing samples, two evaluations per step.
    """

    from_one: ClassVar[tuple[str, ...]] = ("ode_steps",)

    validation_samples: int = 2_048
    ode_steps: int = 20


def velocity_error(
    network: Flow, key: jax.Array, samples: jax.Array, conditions: jax.Array
) -> jax.Array:
    """Squared error of the velocity on straight lines from noise to samples, shape (n,).

    |v((1 - t) x0 + t x1, t, c) - (x1 - x0)|^2 with x0 standard normal, x1 the sample and t uniform
    (Lipman et al. 2023, arXiv:2210.02747, eq. 23 with sigma_min = 0). The least squares solution
    is the field that carries the normal distribution into that of the samples.
    """
    value_key, start_key, time_key = jax.random.split(key, 3)
    variables = network.preprocessing.forward(samples, conditions, value_key)
    start = jax.random.normal(start_key, variables.shape)
    time = jax.random.uniform(time_key, (len(samples),))
    share = time.reshape(-1, *(1,) * (variables.ndim - 1))
    velocity = network.velocity((1 - share) * start + share * variables, time, conditions)
    return ((velocity - (variables - start)) ** 2).reshape(len(samples), -1).sum(-1)


class FlowMatching(SingleNetworkMethod):
    """A flow trained by least squares of its velocity."""

    name = "flow-matching"
    summary = "conditional flow matching: an ordinary differential equation from noise to samples"
    settings = FlowMatchingSettings
    network = "flow"
    options = ("ode_steps",)
    stage = "velocity"
    objective = Objective("velocity", "velocity", velocity_error)

    def defaults(self, suited: Mapping[str, Any]) -> dict[str, Any]:
        """The method's own `validation_samples`, since drawing by integration is slow."""
        table = super().defaults(suited)
        table.pop("validation_samples", None)
        return table
