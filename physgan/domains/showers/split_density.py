"""Density of the split of an energy into two parts, each zero or at least a threshold."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

__all__ = ["SplitDensity"]

_SMALLEST = 1e-30
_SMALLEST_TAIL = 1e-7
_SMALLEST_DENSITY = 1e-3
_LARGEST_LOGIT = 14.0
_IMPOSSIBLE = -1e9


@dataclass(frozen=True)
class SplitDensity:
    """A density of the left part x of an energy E; the right part is E - x.

    There are three cases: all energy is left, all is right, or both parts are at least the
    threshold t, which needs E >= 2 t. In the third case z = ln(x - t) - ln(E - x - t) has a
    mixture of logistic distributions, whose tails give x a finite density at the threshold.

    Args:
        threshold: t, unit of the energies.
        components: logistic distributions in the mixture.
    """

    threshold: float
    components: int = 3

    @property
    def size(self) -> int:
        """Number of parameters of one split, the last axis of `parameters` below."""
        return 2 + 3 * self.components

    def negative_log_likelihood(
        self, parameters: jax.Array, energy: jax.Array, left: jax.Array
    ) -> jax.Array:
        """-ln p(left | energy) in nats, as a density of z where both parts are positive.

        Args:
            parameters: shape (..., size).
            energy: E, shape (...).
            left: x, shape (...).
        """
        t = self.threshold
        right = energy - left
        choice, mean, scale = self._parts(parameters, energy)
        z = self._position(left, right)
        u = (z[..., None] - mean) / scale
        shared = jax.nn.logsumexp(choice[..., 2:] + _logistic(u) - jnp.log(scale), -1)
        one_sided = jnp.where(left > right, choice[..., 0], choice[..., 1])
        both = (left > t / 2) & (right > t / 2)
        return jnp.where(energy > t / 2, -jnp.where(both, shared, one_sided), 0.0)

    def draw(self, parameters: jax.Array, energy: jax.Array, noise: jax.Array) -> jax.Array:
        """Draw left parts, with the gradient described below.

        Args:
            parameters: shape (..., size).
            energy: E, shape (...).
            noise: uniform on [0, 1), shape (..., 2).

        Returns:
            x, shape (...). Where both parts are positive, the gradient of z is that of the
            mixture's quantile at fixed probability (implicit reparametrisation, Figurnov et al.
            2018, arXiv:1805.08498). The gradient of the choice between the three cases is
            straight-through, which is biased.
        """
        return _draw(self, parameters, energy, noise)

    def drawn_case(
        self, parameters: jax.Array, energy: jax.Array, noise: jax.Array
    ) -> tuple[jax.Array, jax.Array]:
        """(0 for all left, 1 for all right, else the component's number + 2; z)."""
        choice, mean, scale = self._parts(parameters, energy)
        case = _category(choice, noise[..., 0])
        return case, _logistic_draw(case - 2, mean, scale, noise[..., 1])

    def smooth_draw(
        self, parameters: jax.Array, energy: jax.Array, case: jax.Array, z: jax.Array
    ) -> jax.Array:
        """The value of a `drawn_case`, with the gradient described in `draw`."""
        choice, mean, scale = self._parts(parameters, energy)
        z = _with_gradient(z, choice[..., 2:], mean, scale)
        shared = self.share(energy, z)
        hard = jnp.where(case >= 2, shared, jnp.where(case == 0, energy, 0.0))
        probability = jnp.exp(choice)
        fixed_energy, fixed_share = jax.lax.stop_gradient((energy, shared))
        expected = probability[..., 0] * fixed_energy
        expected += probability[..., 2:].sum(-1) * fixed_share
        return hard + (expected - jax.lax.stop_gradient(expected))

    def share(self, energy: jax.Array, z: jax.Array) -> jax.Array:
        """The left part where both are positive."""
        free = jnp.maximum(energy - 2 * self.threshold, 0)
        return self.threshold + free * jax.nn.sigmoid(z)

    def draw_position(self, parameters: jax.Array, noise: jax.Array) -> jax.Array:
        """Draw from a mixture of logistic distributions; see `position_negative_log_density`."""
        weight, mean, scale = self._mixture(parameters)
        component = _category(weight, noise[..., 0])
        z = _logistic_draw(component, mean, scale, noise[..., 1])
        return _with_gradient(z, weight, mean, scale)

    def position_negative_log_density(self, parameters: jax.Array, z: jax.Array) -> jax.Array:
        """-ln of the density that `draw_position` draws from, parameters (..., 3 components)."""
        weight, mean, scale = self._mixture(parameters)
        u = (z[..., None] - mean) / scale
        return -jax.nn.logsumexp(weight + _logistic(u) - jnp.log(scale), -1)

    def _mixture(self, parameters: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
        weight, mean, scale = jnp.split(parameters, 3, -1)
        spread = jnp.linspace(-1.0, 1.0, self.components)
        return jax.nn.log_softmax(weight, -1), mean + spread, jnp.exp(jnp.clip(scale, -6.0, 3.0))

    def _parts(
        self, parameters: jax.Array, energy: jax.Array
    ) -> tuple[jax.Array, jax.Array, jax.Array]:
        """Log probabilities (left, right, components ...), means and scales."""
        k = self.components
        choice = parameters[..., : k + 2]
        shareable = (energy >= 2 * self.threshold)[..., None] | (jnp.arange(k + 2) < 2)
        choice = jax.nn.log_softmax(jnp.where(shareable, choice, _IMPOSSIBLE), -1)
        spread = jnp.linspace(-2.0, 2.0, k) if k > 1 else jnp.zeros(1)
        mean = parameters[..., k + 2 : 2 * k + 2] + spread
        scale = jnp.exp(jnp.clip(parameters[..., 2 * k + 2 :], -6.0, 3.0))
        return choice, mean, scale

    def _position(self, left: jax.Array, right: jax.Array) -> jax.Array:
        t = self.threshold
        z = jnp.log(jnp.maximum(left - t, _SMALLEST)) - jnp.log(jnp.maximum(right - t, _SMALLEST))
        return jnp.clip(z, -_LARGEST_LOGIT, _LARGEST_LOGIT)


@partial(jax.custom_jvp, nondiff_argnums=(0,))
def _draw(
    density: SplitDensity, parameters: jax.Array, energy: jax.Array, noise: jax.Array
) -> jax.Array:
    """The draw without its gradient, which `SplitDensity.smooth_draw` defines."""
    case, z = density.drawn_case(parameters, energy, noise)
    return jnp.where(case >= 2, density.share(energy, z), jnp.where(case == 0, energy, 0.0))


@_draw.defjvp
def _draw_jvp(density: SplitDensity, primals: Any, tangents: Any) -> tuple[jax.Array, jax.Array]:
    parameters, energy, noise = primals
    case, z = density.drawn_case(parameters, energy, noise)
    return jax.jvp(
        lambda p, e: density.smooth_draw(p, e, case, z), (parameters, energy), tangents[:2]
    )


def _category(log_weights: jax.Array, noise: jax.Array) -> jax.Array:
    """Draw an index with these probabilities, given one uniform number."""
    cumulative = jnp.cumsum(jnp.exp(log_weights), -1)
    return (noise[..., None] * cumulative[..., -1:] >= cumulative[..., :-1]).sum(-1)


def _logistic_draw(
    component: jax.Array, mean: jax.Array, scale: jax.Array, noise: jax.Array
) -> jax.Array:
    """Draw from one component, given one uniform number."""
    pick = jnp.arange(mean.shape[-1]) == component[..., None]
    u = jnp.clip(noise, _SMALLEST_TAIL, 1 - _SMALLEST_TAIL)
    quantile = jnp.log(u / (1 - u))
    return jnp.where(pick, mean + scale * quantile[..., None], 0).sum(-1)


def _with_gradient(
    z: jax.Array, log_weights: jax.Array, mean: jax.Array, scale: jax.Array
) -> jax.Array:
    """Give z the gradient -dF/dtheta / p of a quantile; F is the mixture's cumulative function."""
    z = jax.lax.stop_gradient(z)
    weight = jax.nn.softmax(log_weights, -1)
    below = jax.nn.sigmoid((z[..., None] - mean) / scale)
    distribution = (weight * below).sum(-1)
    density = (weight * below * (1 - below) / scale).sum(-1)
    factor = -1 / jnp.maximum(jax.lax.stop_gradient(density), _SMALLEST_DENSITY)
    return z + factor * (distribution - jax.lax.stop_gradient(distribution))


def _logistic(u: jax.Array) -> jax.Array:
    """Logarithm of the standard logistic density."""
    return -jnp.abs(u) - 2 * jnp.log1p(jnp.exp(-jnp.abs(u)))
