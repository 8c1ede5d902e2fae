"""Density of the split of an energy into two parts, each zero or at least a threshold."""

import math
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

__all__ = ["LogBins", "Spectra", "SplitDensity"]

_SMALLEST = 1e-30
_SMALLEST_TAIL = 1e-7
_SMALLEST_DENSITY = 1e-3
_LARGEST_LOGIT = 14.0
_IMPOSSIBLE = -1e9

# Widths in ln(energy / threshold): fine below _FINE_BINS bins, then coarse.
_FINE, _FINE_BINS = 0.06, 110
_COARSE, _COARSE_BINS = 0.1, 102


class LogBins:
    """Bins of u = ln(energy / threshold) from 0 to 16.8: narrow up to 6.6, wide above."""

    widths = np.repeat(np.array([_FINE, _COARSE], np.float32), [_FINE_BINS, _COARSE_BINS])
    edges = np.concatenate([[0.0], np.cumsum(widths, dtype=np.float64)]).astype(np.float32)
    count = _FINE_BINS + _COARSE_BINS

    @classmethod
    def find(cls, u: jax.Array) -> tuple[jax.Array, jax.Array]:
        """(number of each u's bin, distance from its lower edge); u is clipped to the range."""
        u = jnp.clip(u, 0, cls.edges[-1] - _COARSE / 2**10)
        change = _FINE * _FINE_BINS
        position = jnp.where(u < change, u / _FINE, _FINE_BINS + (u - change) / _COARSE)
        index = jnp.clip(position.astype(jnp.int32), 0, cls.count - 1)
        return index, u - jnp.asarray(cls.edges)[index]


class Spectra(NamedTuple):
    """Histogram densities of u = ln(x / t), shared by many splits.

    Attributes:
        density: per unit of u, shape (bins, k).
        below: probability below each bin, shape (bins, k).
    """

    density: jax.Array
    below: jax.Array

    @staticmethod
    def initial(count: int) -> np.ndarray:
        """Logits of wide densities of u, centred from 0.5 to 6, shape (bins, count)."""
        middle = (LogBins.edges[:-1] + LogBins.edges[1:])[:, None] / 2
        distance = middle - np.linspace(0.5, 6.0, count)
        return (np.log(LogBins.widths)[:, None] - np.log1p(distance**2)).astype(np.float32)

    @classmethod
    def of(cls, logits: Any) -> "Spectra":
        """The histograms whose log probabilities, up to constants, are `logits` (bins, k).

        None: no histograms.
        """
        if logits is None:
            return cls(jnp.zeros((LogBins.count, 0)), jnp.zeros((LogBins.count, 0)))
        logits = jnp.asarray(logits)
        probability = jax.nn.softmax(logits, 0)
        below = jnp.cumsum(probability, 0) - probability
        return cls(probability / LogBins.widths[:, None], below)

    def at(self, u: jax.Array) -> jax.Array:
        """Densities at u, shape (..., k)."""
        return self.density[LogBins.find(u)[0]]

    def up_to(self, u: jax.Array) -> jax.Array:
        """Probabilities below u, shape (..., k); zero below the threshold."""
        index, distance = LogBins.find(u)
        return self.below[index] + self.density[index] * distance[..., None]

    def quantile(self, number: jax.Array, probability: jax.Array) -> jax.Array:
        """The u below which histogram `number` has this probability, shape (...).

        The bin is found by bisection.
        """
        bits = LogBins.count.bit_length()

        def halve(step: int, low: jax.Array) -> jax.Array:
            middle = jnp.minimum(low + (1 << (bits - 1 - step)), LogBins.count - 1)
            return jnp.where(self.below[middle, number] <= probability, middle, low)

        low = jax.lax.fori_loop(0, bits, halve, jnp.zeros(number.shape, jnp.int32))
        density = jnp.maximum(self.density[low, number], _SMALLEST)
        distance = (probability - self.below[low, number]) / density
        edges = jnp.asarray(LogBins.edges)
        return jnp.clip(edges[low] + distance, edges[low], edges[low + 1])


@dataclass(frozen=True)
class SplitDensity:
    """A density of the left part x of an energy E; the right part is E - x.

    There are three cases: all energy is left, all is right, or both parts are at least the
    threshold t, which needs E >= 2 t. The third case is a mixture of

    - logistic distributions of z = ln(x - t) - ln(E - x - t), whose tails give x a finite density
      at the threshold;
    - histograms of ln(x / t), cut at E - t. They hold what belongs to an absolute energy of the
      left part, whatever the right part is: peaks of minimum-ionising particles, Compton edges;
    - as many of ln((E - x) / t) for the right part.

    The histograms are shared by many splits (`Spectra`); a split has their weights.

    Args:
        threshold: t, unit of the energies.
        components: logistic distributions in the mixture.
        spectra: histograms for each of the two parts.
    """

    threshold: float
    components: int = 3
    spectra: int = 0

    @property
    def size(self) -> int:
        """Number of parameters of one split, the last axis of `parameters` below."""
        return 2 + 3 * self.components + 2 * self.spectra

    def negative_log_likelihood(
        self, parameters: jax.Array, spectra: Spectra, left: jax.Array, right: jax.Array
    ) -> jax.Array:
        """-ln p of a split in nats, as a density of z where both parts are positive.

        Args:
            parameters: shape (..., size).
            spectra: of the left parts, then those of the right parts: 2 `spectra`.
            left: x, shape (...).
            right: E - x, shape (...).
        """
        t, k, j = self.threshold, self.components, self.spectra
        energy = left + right
        logits, mean, scale = self._parts(parameters, energy)
        z, log_slope = self._position(left, right)
        u = (z[..., None] - mean) / scale
        shared = jax.nn.logsumexp(logits[..., 2 : 2 + k] + _logistic(u) - jnp.log(scale), -1)
        if j:
            weights = jnp.exp(logits[..., 2 + k :])
            x, y = jnp.maximum(left, t), jnp.maximum(right, t)
            some = (weights[..., :j] * spectra.at(self._level(x))[..., :j]).sum(-1) / x
            some += (weights[..., j:] * spectra.at(self._level(y))[..., j:]).sum(-1) / y
            shared = jnp.logaddexp(shared, jnp.log(jnp.maximum(some, _SMALLEST)) + log_slope)
        one_sided = jnp.where(left > right, logits[..., 0], logits[..., 1])
        both = (left > t / 2) & (right > t / 2)
        weights = self._weights(logits, spectra, energy)[0]
        whole = jnp.log(jnp.maximum(weights.sum(-1), _SMALLEST))
        return jnp.where(energy > t / 2, whole - jnp.where(both, shared, one_sided), 0.0)

    def draw(
        self, parameters: jax.Array, spectra: Spectra, energy: jax.Array, noise: jax.Array
    ) -> jax.Array:
        """Draw left parts, with the gradient described below.

        Args:
            parameters: shape (..., size).
            spectra: see `negative_log_likelihood`.
            energy: E, shape (...).
            noise: uniform on [0, 1), shape (..., 2).

        Returns:
            x, shape (...). Where both parts are positive, the gradient of z is that of the
            mixture's quantile at fixed probability (implicit reparametrisation, Figurnov et al.
            2018, arXiv:1805.08498). The gradient of the choice between the three cases is
            straight-through, which is biased.
        """
        return _draw(self, parameters, spectra, energy, noise)

    def drawn(
        self, parameters: jax.Array, spectra: Spectra, energy: jax.Array, noise: jax.Array
    ) -> jax.Array:
        """The draw without its gradient."""
        t, k, j = self.threshold, self.components, self.spectra
        logits, mean, scale = self._parts(parameters, energy)
        weights, below = self._weights(logits, spectra, energy)
        case = _category(weights, noise[..., 0])
        x = self.share(energy, _logistic_draw(case - 2, mean, scale, noise[..., 1]))
        if j:
            number = jnp.clip(case - 2 - k, 0, 2 * j - 1)
            probability = noise[..., 1] * _pick(below, number)
            part = t * jnp.exp(spectra.quantile(number, probability))
            part = jnp.clip(part, t, jnp.maximum(energy - t, t))
            x = jnp.where(case < 2 + k, x, jnp.where(number < j, part, energy - part))
        return jnp.where(case >= 2, x, jnp.where(case == 0, energy, 0.0))

    def smooth_draw(
        self, parameters: jax.Array, spectra: Spectra, energy: jax.Array, x: jax.Array
    ) -> jax.Array:
        """The value of a draw x, with the gradient described in `draw`."""
        fixed = jax.lax.stop_gradient
        both = (x > 0) & (x < energy)
        inside = fixed(jnp.where(both, x, energy / 2))
        below, density = jax.jvp(
            lambda x: self._below(parameters, spectra, energy, x),
            (inside,),
            (jnp.ones_like(inside),),
        )
        slope = fixed(jnp.exp(self._position(inside, energy - inside)[1]))
        shared = inside + slope * _implicit(below, fixed(density) * slope)
        hard = jnp.where(both, shared, jnp.where(x > 0, energy, 0.0))
        weights = self._weights(self._parts(parameters, energy)[0], spectra, energy)[0]
        probability = weights / weights.sum(-1, keepdims=True)
        expected = probability[..., 0] * fixed(energy)
        expected += probability[..., 2:].sum(-1) * inside
        return hard + (expected - fixed(expected))

    def share(self, energy: jax.Array, z: jax.Array) -> jax.Array:
        """The left part where both are positive."""
        free = jnp.maximum(energy - 2 * self.threshold, 0)
        return self.threshold + free * jax.nn.sigmoid(z)

    def draw_position(self, parameters: jax.Array, noise: jax.Array) -> jax.Array:
        """Draw from a mixture of logistic distributions; see `position_negative_log_density`."""
        log_weight, mean, scale = self._mixture(parameters)
        weight = jnp.exp(log_weight)
        component = _category(weight, noise[..., 0])
        z = jax.lax.stop_gradient(_logistic_draw(component, mean, scale, noise[..., 1]))
        below = jax.nn.sigmoid((z[..., None] - mean) / scale)
        density = (weight * below * (1 - below) / scale).sum(-1)
        return z + _implicit((weight * below).sum(-1), jax.lax.stop_gradient(density))

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
        """Logits (left, right, logistic components, histograms), means and scales.

        The largest logit is zero. A scale above one makes the density of x infinite at the
        threshold; a mixture without histograms has no other means to reach small energies.
        """
        k = self.components
        logits, mean, scale = jnp.split(parameters, [self.size - 2 * k, self.size - k], -1)
        possible = (energy >= 2 * self.threshold)[..., None]
        possible = possible | (jnp.arange(logits.shape[-1]) < 2)
        logits = jnp.where(possible, logits, _IMPOSSIBLE)
        logits -= jax.lax.stop_gradient(logits.max(-1, keepdims=True))
        spread = jnp.linspace(-2.0, 2.0, k) if k > 1 else jnp.zeros(1)
        widest = 0.0 if self.spectra else 3.0
        return logits, mean + spread, jnp.exp(jnp.clip(scale, -6.0, widest))

    def _weights(
        self, logits: jax.Array, spectra: Spectra, energy: jax.Array
    ) -> tuple[jax.Array, jax.Array]:
        """(weights of all cases, up to a factor; probability of each histogram below E - t)."""
        weights = jnp.exp(logits)
        alone = 2 + self.components
        if not self.spectra:
            return weights, weights[..., alone:]
        below = spectra.up_to(self._level(energy - self.threshold))
        return jnp.concatenate([weights[..., :alone], weights[..., alone:] * below], -1), below

    def _below(
        self, parameters: jax.Array, spectra: Spectra, energy: jax.Array, x: jax.Array
    ) -> jax.Array:
        """Probability that the left part is below x, where both parts are positive."""
        k, j = self.components, self.spectra
        logits, mean, scale = self._parts(parameters, energy)
        weights, whole = self._weights(logits, spectra, energy)
        z = self._position(x, energy - x)[0]
        below = jax.nn.sigmoid((z[..., None] - mean) / scale)
        share = (weights[..., 2 : 2 + k] * below).sum(-1)
        if j:
            left = spectra.up_to(self._level(x))[..., :j]
            right = spectra.up_to(self._level(energy - x))[..., j:]
            below = jnp.concatenate([left, whole[..., j:] - right], -1)
            share += (jnp.exp(logits[..., 2 + k :]) * below).sum(-1)
        return share / jnp.maximum(weights[..., 2:].sum(-1), _SMALLEST_TAIL)

    def _level(self, energy: jax.Array) -> jax.Array:
        """The variable u = ln(energy / t), zero below t."""
        return jnp.log(jnp.maximum(energy / self.threshold, 1.0))

    def _position(self, left: jax.Array, right: jax.Array) -> tuple[jax.Array, jax.Array]:
        """(z, ln dx/dz), limited to what the rounding of x allows."""
        t, smallest = self.threshold, math.exp(-_LARGEST_LOGIT)
        x, y = (jnp.log(jnp.maximum(part / t - 1, smallest)) for part in (left, right))
        z = jnp.clip(x - y, -_LARGEST_LOGIT, _LARGEST_LOGIT)
        return z, math.log(t) + x + y - jnp.logaddexp(x, y)


@partial(jax.custom_jvp, nondiff_argnums=(0,))
def _draw(
    density: SplitDensity,
    parameters: jax.Array,
    spectra: Spectra,
    energy: jax.Array,
    noise: jax.Array,
) -> jax.Array:
    """The draw without its gradient, which `SplitDensity.smooth_draw` defines."""
    return density.drawn(parameters, spectra, energy, noise)


@_draw.defjvp
def _draw_jvp(density: SplitDensity, primals: Any, tangents: Any) -> tuple[jax.Array, jax.Array]:
    x = density.drawn(*primals)
    smooth = partial(density.smooth_draw, x=x)
    return x, jax.jvp(smooth, primals[:3], tangents[:3])[1]


def _category(weights: jax.Array, noise: jax.Array) -> jax.Array:
    """Draw an index with these probabilities, up to a factor, given one uniform number."""
    up_to = jnp.triu(jnp.ones(2 * weights.shape[-1:]))
    cumulative = weights @ up_to  # several times as fast as cumsum on a CPU
    return (noise[..., None] * cumulative[..., -1:] >= cumulative[..., :-1]).sum(-1)


def _pick(values: jax.Array, number: jax.Array) -> jax.Array:
    """One of the last axis."""
    return jnp.take_along_axis(values, number[..., None], -1)[..., 0]


def _logistic_draw(
    component: jax.Array, mean: jax.Array, scale: jax.Array, noise: jax.Array
) -> jax.Array:
    """Draw from one component, given one uniform number; 0 if there is no such component."""
    pick = jnp.arange(mean.shape[-1]) == component[..., None]
    u = jnp.clip(noise, _SMALLEST_TAIL, 1 - _SMALLEST_TAIL)
    quantile = jnp.log(u / (1 - u))
    return jnp.where(pick, mean + scale * quantile[..., None], 0).sum(-1)


def _implicit(below: jax.Array, density: jax.Array) -> jax.Array:
    """Zero, with the gradient -dF/dtheta / p of a quantile of the distribution F."""
    return -(below - jax.lax.stop_gradient(below)) / jnp.maximum(density, _SMALLEST_DENSITY)


def _logistic(u: jax.Array) -> jax.Array:
    """Logarithm of the standard logistic density."""
    return -jnp.abs(u) - 2 * jnp.log1p(jnp.exp(-jnp.abs(u)))
