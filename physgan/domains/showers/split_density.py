"""Density of the split of an energy into two parts, each zero or at least a threshold."""

import math
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

__all__ = ["LogBins", "Spectra", "SplitDensity"]

_SMALLEST = 1e-30
_SMALLEST_TAIL = 1e-7
_SMALLEST_DENSITY = 1e-3
_LEAST_EXCESS = 1e-6
_MARGIN = 0.5
_PSEUDO_COUNT = 3.0
_NONE = np.zeros(0)
_IMPOSSIBLE = -1e9

_NARROW, _WIDE = 0.06, 0.1
"""Widths of bins in ln(energy / threshold)."""


@dataclass(frozen=True)
class LogBins:
    """Bins of u = ln(energy / threshold) from 0: narrow in a window, wide below and above.

    Args:
        below: number of wide bins below the window.
        narrow: number of narrow bins.
        above: number of wide bins above it.
    """

    below: int = 0
    narrow: int = 110
    above: int = 102

    @property
    def count(self) -> int:
        """Number of bins."""
        return self.below + self.narrow + self.above

    @property
    def window(self) -> tuple[float, float]:
        """Where bins are narrow."""
        return _WIDE * self.below, _WIDE * self.below + _NARROW * self.narrow

    @property
    def widths(self) -> np.ndarray:
        """Shape (count,)."""
        widths = np.array([_WIDE, _NARROW, _WIDE], np.float32)
        return np.repeat(widths, [self.below, self.narrow, self.above])

    @property
    def edges(self) -> np.ndarray:
        """Shape (count + 1,)."""
        return np.append(0, np.cumsum(self.widths, dtype=np.float64)).astype(np.float32)

    def find(self, u: jax.Array) -> tuple[jax.Array, jax.Array]:
        """(number of each u's bin, distance from its lower edge); u is clipped to the range."""
        edges, (first, last) = self.edges, self.window
        u = jnp.clip(u, 0, edges[-1] - _WIDE / 2**10)
        position = jnp.where(
            u < last,
            self.below + (u - first) / _NARROW,
            self.below + self.narrow + (u - last) / _WIDE,
        )
        position = jnp.where(u < first, u / _WIDE, position) if self.below else position
        index = jnp.clip(position.astype(jnp.int32), 0, self.count - 1)
        return index, u - _at(jnp.asarray(edges), index)


@partial(jax.tree_util.register_dataclass, data_fields=["density", "below"], meta_fields=["bins"])
@dataclass(frozen=True)
class Spectra:
    """Histogram densities of u = ln(x / t), shared by many splits.

    Args:
        density: per unit of u, shape (bins, k).
        below: probability below each bin, shape (bins, k).
        bins: of u.
    """

    density: jax.Array
    below: jax.Array
    bins: LogBins

    @staticmethod
    def initial(count: int, bins: LogBins, u: np.ndarray = _NONE) -> np.ndarray:
        """Logits (bins, count) of the density of values u, each in a wide window of its own.

        The windows are centred up to the end of the narrow bins. Without values the density is
        flat.
        """
        middle = (bins.edges[:-1] + bins.edges[1:])[:, None] / 2
        distance = middle - np.linspace(_MARGIN, bins.window[1] - _MARGIN, count)
        counts = np.histogram(u, bins.edges)[0] if u.size else bins.widths
        weights = counts + _PSEUDO_COUNT * bins.widths
        return (np.log(weights)[:, None] - np.log1p(distance**2)).astype(np.float32)

    @classmethod
    def of(cls, logits: Any, bins: LogBins) -> "Spectra":
        """The histograms whose log probabilities, up to constants, are `logits` (bins, k).

        None: no histograms.
        """
        if logits is None:
            return cls(jnp.zeros((bins.count, 0)), jnp.zeros((bins.count, 0)), bins)
        logits = jnp.asarray(logits)
        probability = jax.nn.softmax(logits, 0)
        below = jnp.cumsum(probability, 0) - probability
        return cls(probability / bins.widths[:, None], below, bins)

    def at(self, u: jax.Array) -> jax.Array:
        """Densities at u, shape (..., k)."""
        return _at(self.density, self.bins.find(u)[0])

    def up_to(self, u: jax.Array) -> jax.Array:
        """Probabilities below u, shape (..., k); zero below the threshold."""
        index, distance = self.bins.find(u)
        return _at(self.below, index) + _at(self.density, index) * distance[..., None]

    def quantile(self, number: jax.Array, probability: jax.Array) -> jax.Array:
        """The u below which histogram `number` has this probability, shape (...).

        The bin is found by bisection.
        """
        bits = self.bins.count.bit_length()

        def entry(table: jax.Array, row: jax.Array) -> jax.Array:
            return _at(table.reshape(-1), row * table.shape[1] + number)

        def halve(step: int, low: jax.Array) -> jax.Array:
            middle = jnp.minimum(low + (1 << (bits - 1 - step)), self.bins.count - 1)
            return jnp.where(entry(self.below, middle) <= probability, middle, low)

        low = jax.lax.fori_loop(0, bits, halve, jnp.zeros(number.shape, jnp.int32))
        density = jnp.maximum(entry(self.density, low), _SMALLEST)
        distance = (probability - entry(self.below, low)) / density
        first, last = (
            _at(jnp.asarray(side), low) for side in (self.bins.edges[:-1], self.bins.edges[1:])
        )
        return jnp.clip(first + distance, first, last)


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
    ) -> tuple[jax.Array, jax.Array]:
        """Draw both parts, with the gradient described below.

        Args:
            parameters: shape (..., size).
            spectra: see `negative_log_likelihood`.
            energy: E, shape (...).
            noise: uniform on [0, 1), shape (..., 2).

        Returns:
            (x, E - x), shape (...) each. Both are right to rounding of their own size, even where
            E has no digits for the smaller one. Where both are positive, the gradient of z is that
            of the mixture's quantile at fixed probability (implicit reparametrisation, Figurnov et
            al. 2018, arXiv:1805.08498). The gradient of the choice between the three cases is
            straight-through, which is biased.
        """
        return _draw(self, parameters, spectra, energy, noise)

    def drawn(
        self, parameters: jax.Array, spectra: Spectra, energy: jax.Array, noise: jax.Array
    ) -> tuple[jax.Array, jax.Array]:
        """The draw without its gradient."""
        t, k, j = self.threshold, self.components, self.spectra
        logits, mean, scale = self._parts(parameters, energy)
        weights, below = self._weights(logits, spectra, energy)
        case = _category(weights, noise[..., 0])
        z = _logistic_draw(case - 2, mean, scale, noise[..., 1:2])
        free = jnp.maximum(energy - 2 * t, 0)
        x, y = (t + free * jax.nn.sigmoid(signed) for signed in (z, -z))
        if j:
            number = jnp.clip(case - 2 - k, 0, 2 * j - 1)
            probability = noise[..., 1] * _pick(below, number)
            part = t * jnp.exp(spectra.quantile(number, probability))
            part = jnp.clip(part, t, jnp.maximum(energy - t, t))
            rest = jnp.maximum(energy - part, t)
            alone, left = case < 2 + k, number < j
            x = jnp.where(alone, x, jnp.where(left, part, rest))
            y = jnp.where(alone, y, jnp.where(left, rest, part))
        shared, none = case >= 2, jnp.zeros_like(energy)
        x = jnp.where(shared, x, jnp.where(case == 0, energy, none))
        return x, jnp.where(shared, y, jnp.where(case == 1, energy, none))

    def smooth_draw(
        self, parameters: jax.Array, spectra: Spectra, energy: jax.Array, x: jax.Array
    ) -> jax.Array:
        """The left part x of a draw, with the gradient described in `draw`."""
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

    def draw_position(
        self, parameters: jax.Array, bounds: tuple[float, float], noise: jax.Array
    ) -> jax.Array:
        """Draw from a mixture of logistic distributions; see `position_negative_log_density`."""
        low, high = bounds
        log_weight, mean, scale = self._mixture(parameters)
        first, last = (jax.nn.sigmoid((bound - mean) / scale) for bound in bounds)
        weight = jnp.exp(log_weight)
        inside = weight * (last - first)
        component = _category(inside, noise[..., 0])
        probability = first + noise[..., 1:2] * (last - first)
        z = jnp.clip(_logistic_draw(component, mean, scale, probability), low, high)
        z = jax.lax.stop_gradient(z)
        below = jax.nn.sigmoid((z[..., None] - mean) / scale)
        whole = jnp.maximum(inside.sum(-1), _SMALLEST_TAIL)
        density = (weight * below * (1 - below) / scale).sum(-1) / whole
        share = (weight * (below - first)).sum(-1) / whole
        return z + _implicit(share, jax.lax.stop_gradient(density))

    def position_negative_log_density(
        self, parameters: jax.Array, bounds: tuple[float, float], z: jax.Array
    ) -> jax.Array:
        """-ln of the density that `draw_position` draws from.

        Args:
            parameters: weights, means and scales of the mixture, shape (..., 3 components).
            bounds: between which the mixture is cut; positions beyond count as if there.
            z: positions, shape (...).
        """
        weight, mean, scale = self._mixture(parameters)
        first, last = (jax.nn.sigmoid((bound - mean) / scale) for bound in bounds)
        whole = jnp.maximum((jnp.exp(weight) * (last - first)).sum(-1), _SMALLEST_TAIL)
        u = (jnp.clip(z, *bounds)[..., None] - mean) / scale
        density = jax.nn.logsumexp(weight + _logistic(u) - jnp.log(scale), -1)
        return jnp.log(whole) - density

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
        """(z, ln dx/dz); parts are as far above t as rounding can tell."""
        t = self.threshold
        x, y = (jnp.log(jnp.maximum(part / t - 1, _LEAST_EXCESS)) for part in (left, right))
        return x - y, math.log(t) + x + y - jnp.logaddexp(x, y)


@partial(jax.custom_jvp, nondiff_argnums=(0,))
def _draw(
    density: SplitDensity,
    parameters: jax.Array,
    spectra: Spectra,
    energy: jax.Array,
    noise: jax.Array,
) -> tuple[jax.Array, jax.Array]:
    """The draw without its gradient, which `SplitDensity.smooth_draw` defines."""
    return density.drawn(parameters, spectra, energy, noise)


@_draw.defjvp
def _draw_jvp(density: SplitDensity, primals: Any, tangents: Any) -> tuple[Any, Any]:
    both = density.drawn(*primals)
    smooth = partial(density.smooth_draw, x=both[0])
    slope = jax.jvp(smooth, primals[:3], tangents[:3])[1]
    return both, (slope, tangents[2] - slope)


def _at(table: jax.Array, rows: jax.Array) -> jax.Array:
    """Rows of a table, all of which it has; plain indexing would look for negative ones, too."""
    return jnp.take(table, rows, axis=0, mode="clip")


def _category(weights: jax.Array, noise: jax.Array) -> jax.Array:
    """Draw an index with these probabilities, up to a factor, given one uniform number."""
    up_to = jnp.triu(jnp.ones(2 * weights.shape[-1:]))
    cumulative = weights @ up_to  # several times as fast as cumsum on a CPU
    return (noise[..., None] * cumulative[..., -1:] >= cumulative[..., :-1]).sum(-1)


def _pick(values: jax.Array, number: jax.Array) -> jax.Array:
    """One of the last axis."""
    return jnp.take_along_axis(values, number[..., None], -1)[..., 0]


def _logistic_draw(
    component: jax.Array, mean: jax.Array, scale: jax.Array, probability: jax.Array
) -> jax.Array:
    """One component's quantile at its probability (..., k); 0 if there is no such component."""
    pick = jnp.arange(mean.shape[-1]) == component[..., None]
    u = jnp.clip(probability, _SMALLEST_TAIL, 1 - _SMALLEST_TAIL)
    quantile = jnp.log(u / (1 - u))
    return jnp.where(pick, mean + scale * quantile, 0).sum(-1)


def _implicit(below: jax.Array, density: jax.Array) -> jax.Array:
    """Zero, with the gradient -dF/dtheta / p of a quantile of the distribution F."""
    return -(below - jax.lax.stop_gradient(below)) / jnp.maximum(density, _SMALLEST_DENSITY)


def _logistic(u: jax.Array) -> jax.Array:
    """Logarithm of the standard logistic density."""
    return -jnp.abs(u) - 2 * jnp.log1p(jnp.exp(-jnp.abs(u)))
