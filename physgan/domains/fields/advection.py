"""Vorticity carried along by its own flow (JAX), with the spectrum of the training samples.

A Gaussian field lacks the filaments that a fluid draws vorticity out to. A few steps along its own
flow make most of them. Trajectories are followed backwards to where they began, and the field is
read there (semi-Lagrangian advection: A. Staniforth, J. Cote, Mon. Weather Rev. 119, 2206, 1991).
"""

from collections.abc import Mapping
from functools import cache, partial

import jax
import jax.numpy as jnp
import numpy as np
import scipy.fft
from flax import nnx

from physgan.domains.fields.features import physical_features
from physgan.domains.fields.layout import FieldLayout
from physgan.domains.fields.regression import fit_log_spectrum
from physgan.domains.fields.spectrum import group_averages, group_numbers, modes_of
from physgan.networks import Fixed
from physgan.networks.initial import scaled_normal

__all__ = ["Advection", "composed", "currents", "sampled"]

_SMALL = 1e-2
_STRENGTHS = (0.0, 0.15, 0.3, 0.45, 0.6)
_JUDGED = 512
_ROWS = 256
_OUTLIER = 4.0
_LEAST_SPREAD = 1e-4
_WEAK = 0.01
_TINY = 1e-6
_LEAST = 1e-9
_LEAST_EXCESS = 0.02
_HIDDEN = 64


class Advection(nnx.Module):
    """Moves fields along their own currents, and holds their spectrum.

    Currents are the gradient of the inverse Laplacian, turned and stretched by a 2 x 2 matrix for
    each step, a function of the conditions. A quarter turn makes it the velocity that belongs to a
    vorticity. A filter then gives each mode its share of the power.

    What a network adds is limited mode by mode: by sqrt(P / (P + w <P>)) for the power P of the
    training samples, with w = 1 for waves longer than those of most power and 0.01 for shorter
    ones. Else the noise of a convolution's output, which is white at long waves, floods modes that
    have next to none, as the largest scales of a flow with drag.

    In the end each ring of wavenumbers, and each wavenumber of the zonal mean, gets a factor: a
    function of the power in all of them and of the energy. That of a flow, which forcing and drag
    hold, fluctuates less than that of a Gaussian field.

    Args:
        terms: functions of the conditions, the columns of `polynomial_basis`.
        layout: of the fields, whose edges touch.
        steps: number of steps.
        embedding: width of the condition embedding.
        rngs: parameter keys.
    """

    def __init__(
        self, terms: int, layout: FieldLayout, steps: int, embedding: int, *, rngs: nnx.Rngs
    ) -> None:
        self.layout, self.steps = layout, steps
        rows, columns = layout.shape
        modes = (terms, rows, columns // 2 + 1)
        self.power, self.weak = Fixed(jnp.zeros(modes)), Fixed(jnp.full(modes[1:], _WEAK))
        self.gain = nnx.Param(jnp.zeros(modes))
        groups, initial = len(_groups(layout)), scaled_normal(_SMALL)
        self.spread = Fixed(jnp.ones(groups))
        self.matrices = nnx.Linear(embedding, 4 * steps, kernel_init=initial, rngs=rngs)
        self.sees = nnx.Linear(groups + embedding, _HIDDEN, kernel_init=scaled_normal(), rngs=rngs)
        self.sets = nnx.Linear(_HIDDEN, groups, kernel_init=initial, rngs=rngs)
        self.direct = nnx.Linear(groups, groups, kernel_init=initial, rngs=rngs)

    def initialise(
        self, samples: np.ndarray, fields: np.ndarray, basis: np.ndarray, lower: int
    ) -> None:
        """Choose the strength of the flow, and fit the filter.

        The strength is the one at which physical features of the moved fields agree best, on
        average, with those of the samples. Displacements of a step are up to 0.6 pixels, as a root
        mean square.

        Args:
            samples: network space, shape (n, rows, columns).
            fields: to be moved, at the same conditions.
            basis: of these conditions, shape (n, terms).
            lower: number of columns that a mode's share of the power in its group follows.
        """
        fitted = partial(fit_log_spectrum, basis, lower, averages=_groups(self.layout)[:-1])
        power = fitted(_powers(samples))
        some = slice(None, _JUDGED)
        trials = {strength: self._moved(fields[some], strength) for strength in _STRENGTHS}
        off = self._differences(samples[some], trials, basis[some, :lower])
        scores = {key: (z**2 / (1 + (z / _OUTLIER) ** 2)).mean() for key, z in off.items()}
        strength = min(_STRENGTHS, key=lambda each: scores[each])
        moved = self._moved(fields, strength)
        gain = (power - fitted(_powers(moved))) / 2
        waves = _amplified(moved[some], basis[some] @ gain)
        expected = np.exp(basis[some] @ power).astype(np.float32)
        excess = np.asarray(self._excess(jnp.asarray(waves), jnp.asarray(expected)))
        self.spread[...] = jnp.asarray(np.maximum(excess.std(0), _LEAST_EXCESS))
        bias = self.matrices.bias
        assert bias is not None
        bias[...] = jnp.tile(_turned(strength).ravel(), self.steps)
        self.gain[...] = jnp.asarray(gain.reshape(self.gain[...].shape), jnp.float32)
        self.power[...] = jnp.asarray(power.reshape(self.power[...].shape), jnp.float32)
        self.weak[...] = jnp.where(self._longest(expected.mean(0)), 1.0, _WEAK)

    def __call__(self, field: jax.Array, context: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Fields on twice the points of a side, and displacements in pixels, (n, rows, columns, 2).

        Args:
            field: shape (n, rows, columns).
            context: embedded conditions, shape (n, embedding).
        """
        matrices = self.matrices(context).reshape(-1, self.steps, 2, 2)
        return _advected(field, matrices)

    def filtered(
        self, moved: jax.Array, result: jax.Array, basis: jax.Array, context: jax.Array
    ) -> jax.Array:
        """Moved fields, filtered, with what a network has added to them, limited.

        Args:
            moved: shape (n, rows, columns).
            result: what a network has made of them, the same shape.
            basis: of the conditions, shape (n, terms).
            context: embedded conditions, shape (n, embedding).
        """
        power = jnp.exp(jnp.tensordot(basis, jax.lax.stop_gradient(self.power[...]), 1))
        weak = jax.lax.stop_gradient(self.weak[...]) * power.mean((1, 2), keepdims=True)
        limit = jnp.sqrt(power / (power + weak))
        gain = jnp.exp(jnp.tensordot(basis, self.gain[...], 1))
        begun, added = jnp.fft.rfft2(moved), jnp.fft.rfft2(result - moved)
        waves = gain.astype(begun.dtype) * begun + limit.astype(begun.dtype) * added
        excess = self._excess(waves, power) / jax.lax.stop_gradient(self.spread[...])
        hidden = nnx.silu(self.sees(jnp.concatenate([excess, context], -1)))
        factors = jnp.exp(self.sets(hidden) + self.direct(excess))[:, _members(self.layout)]
        return jnp.fft.irfft2(factors.astype(waves.dtype) * waves, self.layout.shape)

    def _longest(self, power: np.ndarray) -> np.ndarray:
        """Whether a mode is longer than those of the ring that has most power, (rows, ...)."""
        modes = modes_of(self.layout)
        strongest = int(np.argmax(modes.averages.T @ power))
        longer = (modes.ring >= 0) & (modes.ring < strongest)
        longer[0, 0] = True
        return longer

    def _excess(self, waves: jax.Array, power: jax.Array) -> jax.Array:
        """Logarithms of the power in each group and of the energy, over what is expected."""
        weights = _groups(self.layout).T
        found = (waves.real**2 + waves.imag**2).reshape(len(waves), -1) @ weights
        expected = power.reshape(len(power), -1) @ weights
        return jnp.log(found + _TINY * expected + _LEAST) - jnp.log(expected + _LEAST)

    def _differences(
        self, samples: np.ndarray, trials: Mapping[float, np.ndarray], basis: np.ndarray
    ) -> dict[float, np.ndarray]:
        """Of mean features of trials, once filtered, from those of samples, in deviations."""
        features = jax.jit(lambda part: physical_features(self.layout, part))
        real = np.asarray(features(jnp.asarray(samples)), np.float64)
        trend = basis @ np.linalg.lstsq(basis, real, rcond=None)[0]
        spread = (real - trend).std(0) + _LEAST_SPREAD
        averages, lower = _groups(self.layout)[:-1], basis.shape[1]
        fitted, found = partial(fit_log_spectrum, basis, lower, averages=averages), {}
        power = fitted(_powers(samples))
        for key, fields in trials.items():
            gain = basis @ (power - fitted(_powers(fields))) / 2
            waves = _amplified(fields, gain)
            filtered = scipy.fft.irfft2(waves, self.layout.shape).astype(np.float32)
            found[key] = (np.asarray(features(jnp.asarray(filtered))) - real).mean(0) / spread
        return found

    def _moved(self, fields: np.ndarray, strength: float) -> np.ndarray:
        """Fields after all steps of one strength."""
        matrices = jnp.broadcast_to(_turned(strength), (1, self.steps, 2, 2))
        parts = range(0, len(fields), _ROWS)
        moved = [_carried(jnp.asarray(fields[at : at + _ROWS]), matrices) for at in parts]
        return np.concatenate(moved)


def currents(field: jax.Array) -> jax.Array:
    """Gradient of the inverse Laplacian, rows first, (n, rows, columns, 2), of rms 1 per field."""
    rows, columns = field.shape[1:]
    north, east = scipy.fft.fftfreq(rows)[:, None], scipy.fft.rfftfreq(columns)
    gradient = 2j * np.pi * np.stack(np.broadcast_arrays(north, east))
    laplacian = (gradient**2).sum(0)
    laplacian[0, 0] = 1
    gradient[np.abs(gradient) == np.pi] = 0  # of the Nyquist wavenumber only the cosine is known
    found = jnp.fft.rfft2(field)[:, None] * (gradient / laplacian).astype(np.complex64)
    flow = jnp.fft.irfft2(found, (rows, columns)).transpose(0, 2, 3, 1)
    return flow * jax.lax.rsqrt((flow**2).sum(-1).mean((1, 2))[:, None, None, None] + _TINY)


def composed(first: jax.Array, then: jax.Array) -> jax.Array:
    """Displacements (n, rows, columns, 2) that lead to `then` and from there on by `first`."""
    return then + jnp.stack([_read(first[..., axis], then, 1) for axis in range(2)], -1)


def sampled(fine: jax.Array, shift: jax.Array) -> jax.Array:
    """Fields on twice the points of a side, read at displaced pixels (n, rows, columns, 2)."""
    return _read(fine, shift, 2)


@cache
def _groups(layout: FieldLayout) -> np.ndarray:
    """Weights that average over groups of modes and, last, give twice the energy.

    The latter up to a constant factor. float32, shape (groups + 1, modes).
    """
    modes = modes_of(layout)
    energy = modes.weight / modes.squares / modes.weight.sum()
    energy[0, 0] = 0
    averages = group_averages(layout.shape, layout.spacing, zonal=True)
    return np.concatenate([averages.toarray(), energy.reshape(1, -1)]).astype(np.float32)


def _members(layout: FieldLayout) -> np.ndarray:
    """Group of each mode, shape (rows, columns // 2 + 1)."""
    return group_numbers(layout.shape, layout.spacing, zonal=True)


def _advected(field: jax.Array, matrices: jax.Array) -> tuple[jax.Array, jax.Array]:
    fine, shift = _refined(field), jnp.zeros((*field.shape, 2))
    for step in range(matrices.shape[1]):
        flow = currents(sampled(fine, shift))
        shift = composed(shift, jnp.einsum("nija,nab->nijb", flow, matrices[:, step]))
    return fine, shift


@jax.jit
def _carried(field: jax.Array, matrices: jax.Array) -> jax.Array:
    """The field after steps with matrices (n or 1, steps, 2, 2)."""
    every = jnp.broadcast_to(matrices, (len(field), *matrices.shape[1:]))
    return sampled(*_advected(field, every))


def _refined(field: jax.Array) -> jax.Array:
    """The field on twice the points of a side, by Fourier interpolation."""
    rows, columns = field.shape[1:]
    waves = 4 * jnp.fft.rfft2(field)
    gap = jnp.zeros((len(field), rows, waves.shape[2]), waves.dtype)
    waves = jnp.concatenate([waves[:, : (rows + 1) // 2], gap, waves[:, (rows + 1) // 2 :]], 1)
    return jnp.fft.irfft2(waves, (2 * rows, 2 * columns))


def _read(field: jax.Array, shift: jax.Array, finer: int) -> jax.Array:
    """A field at displaced pixels, linear between its points, of which a pixel has `finer`^2."""
    count, rows, columns = field.shape
    down, across = (jnp.arange(side // finer, dtype=jnp.float32) for side in (rows, columns))
    y = finer * (down[:, None] + shift[..., 0])
    x = finer * (across + shift[..., 1])
    low, left = jnp.floor(y), jnp.floor(x)
    up, right = y - low, x - left
    low, left = low.astype(int), left.astype(int)
    flat = field.reshape(count, -1)

    def at(above: int, beside: int) -> jax.Array:
        place = (low + above) % rows * columns + (left + beside) % columns
        return jnp.take_along_axis(flat, place.reshape(count, -1), 1).reshape(y.shape)

    lower = (1 - right) * at(0, 0) + right * at(0, 1)
    upper = (1 - right) * at(1, 0) + right * at(1, 1)
    return (1 - up) * lower + up * upper


def _turned(strength: float) -> jax.Array:
    """A quarter turn that stretches: from the gradient of a stream function to its flow."""
    return strength * jnp.array([[0.0, 1.0], [-1.0, 0.0]])


def _amplified(fields: np.ndarray, gain: np.ndarray) -> np.ndarray:
    """Waves of fields, times the exponential of the gain (n, modes)."""
    waves = scipy.fft.rfft2(fields)
    return np.asarray(waves * np.exp(gain).reshape(waves.shape), waves.dtype)


def _powers(fields: np.ndarray) -> np.ndarray:
    """|x(k)|^2 of each mode, averaged over k and its mirror image, (n, modes)."""
    waves = scipy.fft.rfft2(fields.astype(np.float64))
    power = np.abs(waves) ** 2
    mirrored = np.roll(power[:, ::-1], 1, 1)
    return np.asarray(((power + mirrored) / 2).reshape(len(fields), -1))
