"""A generator of fields: a Gaussian copula field, reshaped by a convolutional network.

A field with noise at every scale is drawn first, with the training samples' power spectrum and
distribution of single pixels, both functions of the conditions: the classical baseline of the
domain (`copula`). Vorticity is then carried along by its own flow (`Advection`). A convolutional
network of the form of a U (O. Ronneberger et al. 2015, arXiv:1505.04597) moves matter into
filaments, or vorticity into vortices and fronts. Its last layer starts near zero: the untrained
generator is the baseline, with advection where there is any. Convolutions wrap the edges. After
training, a filter gives drawn fields the mean power of the training samples (`calibration`).
"""

import itertools
import math
from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import scipy.special
from flax import nnx

from physgan.domains.fields.advection import Advection, composed, currents, sampled
from physgan.domains.fields.calibration import SpectrumCalibration
from physgan.domains.fields.copula_fit import fit_state, pixels_at, torus_of
from physgan.domains.fields.layout import FieldLayout
from physgan.domains.fields.regression import (
    fit_polynomial,
    lower_terms,
    number_of_terms,
    polynomial_basis,
    since_version_2,
)
from physgan.domains.fields.spectrum import conjugate_weights
from physgan.networks import ConditionEmbedding, ConditionRange, Fixed
from physgan.networks.generic import normal_latents
from physgan.networks.initial import scaled_normal
from physgan.networks.periodic import PeriodicConvolution
from physgan.networks.residual import ConvolutionBlock
from simulators.protocol import Condition

__all__ = ["FieldTransformer"]

_NODES = np.linspace(-4.5, 4.5, 37)
_COARSEST = 8
_MOST_ROWS = 4096
_ROWS = 256
_SMALL = 1e-2
_MOST_SAMPLES, _MOST_DRAWN = 16384, 12288
_PIXELS_DRAWN, _PIXELS_AT_ONCE = 1 << 26, 1 << 20


class FieldTransformer(nnx.Module):
    """Conditional generator of fields.

    Args:
        ranges: trained ranges of the conditions.
        layout: of the fields.
        width: channels of the convolutions on patches of 2 x 2 pixels; with every halving of the
            resolution they double.
        depth: residual blocks at each resolution, on the way down and on the way up.
        embedding: width of the condition embedding.
        steps: number of steps of `Advection`, 0 for none.
        calibrated: whether there is a filter that is fitted after training, see
            `SpectrumCalibration`; where edges do not touch there is none.
        rngs: parameter keys.
    """

    def __init__(
        self,
        ranges: tuple[ConditionRange, ...],
        layout: FieldLayout,
        *,
        width: int = 16,
        depth: int = 1,
        embedding: int = 64,
        steps: int = 0,
        calibrated: bool = False,
        rngs: nnx.Rngs,
    ) -> None:
        self.layout = layout
        self.schema = tuple(
            Condition(str(number), "1", *span) for number, span in enumerate(ranges)
        )
        terms = number_of_terms(len(ranges))
        torus = torus_of(layout)
        self.spectrum = Fixed(jnp.zeros((terms, torus[0], torus[1] // 2 + 1)))
        self.pixels = Fixed(jnp.zeros((terms, len(_NODES))))
        self.advection = nnx.List(
            [Advection(terms, layout, steps, embedding, rngs=rngs)] if steps else []
        )
        self.calibration = nnx.List(
            [SpectrumCalibration(terms, layout)] if calibrated and layout.periodic else []
        )
        self.embed = ConditionEmbedding(ranges, embedding, rngs=rngs)
        self.patch, levels = _resolutions(layout.shape)
        widths = [width << level for level in range(levels)]
        blocks = depth * (2 * levels - 1)

        def stage(channels: int) -> nnx.List:
            return nnx.List(
                ConvolutionBlock(channels, blocks, context=embedding, rngs=rngs)
                for _ in range(depth)
            )

        def mixed(inputs: int, outputs: int) -> PeriodicConvolution:
            return PeriodicConvolution(inputs, outputs, 1, rngs=rngs)

        pairs = list(itertools.pairwise(widths))
        vectors = 2 if steps else 0
        self.stem = PeriodicConvolution((2 + vectors) * self.patch**2, width, rngs=rngs)
        self.down = nnx.List(stage(channels) for channels in widths)
        self.coarser = nnx.List(mixed(fine, coarse) for fine, coarse in pairs)
        self.finer = nnx.List(mixed(coarse, fine) for fine, coarse in pairs)
        self.up = nnx.List(stage(channels) for channels in widths[:-1])
        channels = max(width // 2, 1)
        self.unfold = mixed(width, channels * self.patch**2)
        self.tell = nnx.Linear(embedding, channels, kernel_init=scaled_normal(), rngs=rngs)
        self.fine = PeriodicConvolution(channels + 1, width, rngs=rngs)
        self.last = PeriodicConvolution(width, 1 + vectors, 1, gain=_SMALL, rngs=rngs)

    def initialise(self, samples: np.ndarray, conditions: np.ndarray) -> None:
        """Fit the Gaussian copula field to samples (n, rows, columns) at conditions (n, c)."""
        basis = self._basis(np.asarray(conditions, np.float64), np)
        lower = lower_terms(len(self.schema))
        state = fit_state(self.layout, self.layout.decoded(samples), basis, lower)
        some = slice(None, None, -(-len(basis) // _MOST_ROWS))
        basis, samples, conditions = basis[some], samples[some], conditions[some]
        levels = np.broadcast_to(scipy.special.ndtr(_NODES), (len(basis), len(_NODES)))
        pixels = self.layout.encoded(pixels_at(self.layout, state, basis, levels))
        self.pixels[...] = jnp.asarray(fit_polynomial(basis, pixels), jnp.float32)
        spectrum = state.spectrum.reshape(self.spectrum[...].shape)
        self.spectrum[...] = jnp.asarray(spectrum, jnp.float32)
        for advection in self.advection:
            fields = _in_batches(jax.jit(self._random_copula), conditions, _ROWS)
            advection.initialise(samples, fields, basis, lower)

    def calibrate(self, samples: np.ndarray, conditions: np.ndarray) -> None:
        """Fit the filter to samples (n, rows, columns) at conditions (n, c), and fields drawn here.

        Half of these are drawn at the samples' conditions, half all over the ranges, so that the
        filter is right in bands that the samples leave out.
        """
        some = slice(None, None, -(-len(samples) // _MOST_SAMPLES))
        samples, conditions = samples[some], np.asarray(conditions[some], np.float64)
        half = max(1, min(_MOST_DRAWN, _PIXELS_DRAWN // samples[0].size) // 2)
        again = np.resize(np.arange(len(conditions)), half)
        drawn_at = np.concatenate([conditions[again], self._spread(half)])
        bases = [self._basis(each, np) for each in (conditions, drawn_at)]
        graph, state = nnx.split(self)

        @jax.jit
        def draw(state: nnx.State, key: jax.Array, given: jax.Array) -> jax.Array:
            noise = jax.random.uniform(key, (len(given), self.noise_size()))
            return nnx.merge(graph, state)(noise, given)

        for calibration in self.calibration:
            rows = max(1, min(_ROWS, _PIXELS_AT_ONCE // samples[0].size))
            drawn = _in_batches(partial(draw, state), drawn_at, rows)
            calibration.fit(samples, bases[0], drawn, bases[1])

    def noise_size(self, size: int | None = None) -> int:
        """Two uniform numbers for each pixel; five where edges do not touch."""
        return math.prod(torus_of(self.layout)) + math.prod(self.layout.shape)

    def __call__(self, noise: jax.Array, conditions: jax.Array) -> jax.Array:
        """Noise (n, noise_size) on [0, 1) and conditions (n, c) to fields (n, rows, columns)."""
        rows, columns = self.layout.shape
        normal = normal_latents(noise)
        field = self._copula(normal[:, : -rows * columns], conditions)
        white = normal[:, -rows * columns :].reshape(field.shape)
        context = self.embed(conditions)
        inputs = jnp.stack([field, white], -1)
        for advection in self.advection:
            finer, shift = advection(field, context)
            field = sampled(finer, shift)
            inputs = jnp.concatenate([jnp.stack([field, white], -1), currents(field)], -1)
        hidden = self.stem(_folded(inputs, self.patch))
        kept = []
        for level, blocks in enumerate(self.down):
            if level:
                kept.append(hidden)
                hidden = self.coarser[level - 1](_halved(hidden))
            for block in blocks:
                hidden = block(hidden, context)
        for level in reversed(range(len(self.up))):
            hidden = (kept.pop() + _doubled(self.finer[level](hidden))) * 0.5**0.5
            for block in self.up[level]:
                hidden = block(hidden, context)
        fine = _unfolded(self.unfold(hidden), self.patch) + self.tell(context)[:, None, None]
        fine = self.fine(nnx.silu(jnp.concatenate([fine, field[..., None]], -1)))
        change = self.last(nnx.silu(fine))
        for advection in self.advection:
            result = sampled(finer, composed(shift, change[..., 1:])) + change[..., 0]
            result = advection.filtered(field, result, self._basis(conditions, jnp), context)
            return self._calibrated(result, conditions)
        return self._calibrated(field + change[..., 0], conditions)

    def rescale_version_2(self) -> None:
        """Rescale the coefficients of a file of version 2, and those of advection."""
        factors = jnp.asarray(since_version_2(len(self.schema)), jnp.float32)
        fitted: list[nnx.Variable[jax.Array]] = [self.spectrum, self.pixels]
        for advection in self.advection:
            fitted += [advection.power, advection.gain]
        for variable in fitted:
            values = variable[...]
            variable[...] = values * factors.reshape(-1, *[1] * (values.ndim - 1))

    def _spread(self, count: int) -> np.ndarray:
        """Random conditions all over their ranges, shape (count, c)."""
        conditions = np.random.default_rng(0).random((count, len(self.schema)))
        for column, c in zip(conditions.T, self.schema, strict=True):
            logarithmic = c.scale == "log"
            low, high = np.log([c.minimum, c.maximum]) if logarithmic else (c.minimum, c.maximum)
            column[:] = low + (high - low) * column
            column[:] = np.exp(column) if logarithmic else column
        return conditions

    def _calibrated(self, fields: jax.Array, conditions: jax.Array) -> jax.Array:
        for calibration in self.calibration:
            fields = calibration(fields, self._basis(conditions, jnp))
        return fields

    def _random_copula(self, key: jax.Array, conditions: jax.Array) -> jax.Array:
        normal = jax.random.normal(key, (len(conditions), math.prod(torus_of(self.layout))))
        return self._copula(normal, conditions)

    def _copula(self, normal: jax.Array, conditions: jax.Array) -> jax.Array:
        """The Gaussian copula field of normal numbers (n, pixels of the torus)."""
        rows, columns = self.layout.shape
        torus, basis = torus_of(self.layout), self._basis(conditions, jnp)
        spectrum, pixels = (jax.lax.stop_gradient(v[...]) for v in (self.spectrum, self.pixels))
        power = jnp.exp(jnp.tensordot(basis, spectrum, 1))
        variance = (power * _conjugates(torus)).mean((1, 2), keepdims=True)
        waves = jnp.fft.rfft2(normal.reshape(-1, *torus))
        coloured = waves * jnp.sqrt(power / variance).astype(waves.dtype)
        gaussian = jnp.fft.irfft2(coloured, torus)[:, :rows, :columns]
        return _interpolated(gaussian, basis @ pixels)

    def _basis(self, conditions: Any, xp: Any) -> Any:
        named = {c.name: conditions[:, index] for index, c in enumerate(self.schema)}
        return polynomial_basis(self.schema, named, len(conditions), xp)


def _in_batches(
    draw: Callable[[jax.Array, jax.Array], jax.Array], conditions: np.ndarray, rows: int
) -> np.ndarray:
    """Fields that a function of keys and conditions draws, `rows` at a time, conditions (n, c)."""
    rows, fields = min(rows, len(conditions)), []
    for start in range(0, len(conditions), rows):
        given = np.resize(conditions[start : start + rows], (rows, conditions.shape[1]))
        key = jax.random.fold_in(jax.random.key(0), start)
        fields.append(np.asarray(draw(key, jnp.asarray(given, jnp.float32))))
    return np.concatenate(fields)[: len(conditions)]


def _resolutions(shape: tuple[int, int]) -> tuple[int, int]:
    """Side of the patches, 2 or 1, and number of resolutions down to sides of some 8 patches."""
    side = math.gcd(*shape)
    patch, levels = 2 - side % 2, 1
    while side % (patch << levels) == 0 and min(shape) >= _COARSEST * patch << levels:
        levels += 1
    return patch, levels


def _conjugates(shape: tuple[int, int]) -> np.ndarray:
    """Weights whose mean over the entries of `rfft2` is the mean over all modes."""
    weights = conjugate_weights(shape[1])
    return np.asarray(weights / weights.mean(), np.float32)


def _interpolated(gaussian: jax.Array, values: jax.Array) -> jax.Array:
    """Functions of pixels (n, h, w), linear between `values` (n, nodes) at `_NODES`."""
    step = _NODES[1] - _NODES[0]
    slopes = jnp.diff(values, axis=1) / step
    bends = jnp.diff(slopes, axis=1)
    result = values[:, :1, None] + slopes[:, :1, None] * (gaussian - _NODES[0])
    for node, bend in zip(_NODES[1:-1], bends.T, strict=True):
        result += bend[:, None, None] * jax.nn.relu(gaussian - node)
    return result


def _folded(images: jax.Array, side: int) -> jax.Array:
    """Patches of pixels to channels: (n, h, w, c) to (n, h / side, w / side, c side^2)."""
    count, height, width, channels = images.shape
    cells = images.reshape(count, height // side, side, width // side, side, channels)
    return cells.transpose(0, 1, 3, 2, 4, 5).reshape(count, height // side, width // side, -1)


def _unfolded(images: jax.Array, side: int) -> jax.Array:
    """Inverse of `_folded`."""
    count, height, width, channels = images.shape
    cells = images.reshape(count, height, width, side, side, channels // side**2)
    return cells.transpose(0, 1, 3, 2, 4, 5).reshape(count, height * side, width * side, -1)


def _halved(images: jax.Array) -> jax.Array:
    """Means of 2 x 2 pixels."""
    count, height, width, channels = images.shape
    return images.reshape(count, height // 2, 2, width // 2, 2, channels).mean((2, 4))


def _doubled(images: jax.Array) -> jax.Array:
    """Every pixel to 2 x 2 equal ones."""
    return jnp.repeat(jnp.repeat(images, 2, 1), 2, 2)
