"""Observables of a field, as further inputs of the discriminator (JAX)."""

import math
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np

from physgan.domains.fields.layout import FieldLayout
from physgan.domains.fields.observables import bands_of
from physgan.domains.fields.spectrum import modes_of

__all__ = ["feature_names", "physical_features"]

_PLACES = np.linspace(-4, 4, 33)
_STEP = 0.25
_THRESHOLDS = np.linspace(-2, 3, 11)
_HEIGHTS = np.linspace(-2, 3, 6)
_SOFTNESS = 0.1
_PEAK_SOFTNESS = 0.1
_TINY = 1e-6
_SMALL_SKEWNESS = 0.01
_LARGEST = 15.0
"""Network space beyond which an untrained network's values would overflow once squared."""


def physical_features(layout: FieldLayout, array: jax.Array) -> jax.Array:
    """Observables of each field, differentiable with respect to its values.

    Of y, the field in network space: mean, variance, skewness, kurtosis, extremes, and the means of
    tanh((y - a) / 0.25) at 33 places a, a smooth distribution function. Of y in its own standard
    deviations: Minkowski functionals of the sets above thresholds, as `morphology.minkowski` counts
    them in pixels, smoothed over a tenth of a standard deviation; the density of peaks and of
    troughs above heights, a pixel being a peak as far as it exceeds its eight neighbours by a
    tenth. Of both x and y: logarithms of the power in rings of wavenumbers, mean magnitude and
    skewness in octaves. Of x above a lower edge: the logarithm of the mean.

    Of zonal fields, whose sign a mirror image changes, quantities that change with it are left out
    or averaged over both signs; of a skewness there is the magnitude, smooth at zero. Rings are
    without the zonal mean, and three things are added: logarithms of the zonal mean's power, but
    for the Nyquist wavenumber, where pseudo-spectral solvers have none; that of the energy of x as
    a vorticity; and of y, in octaves, the mean of cos 2 phi and the squared mean of sin 2 phi,
    where phi is the direction of a wavevector, each weighted by its power.

    Args:
        layout: of the fields.
        array: network space, shape (n, rows, columns).

    Returns:
        shape (n, f); see `feature_names`.
    """
    values = layout.scaled(jnp.clip(array, -_LARGEST, _LARGEST))
    own, log_variance = _standardised(array)
    even = [log_variance, (own**4).mean((1, 2))[:, None]]
    if layout.lower is not None:
        even.append(jnp.log(values.mean((1, 2)))[:, None])
    both = [_waves(layout, field) for field in (values, array)]
    for waves in both:
        even += [*_log_powers(layout, waves), *_octaves(layout, waves)]
    odd = _by_sign(layout, array, own)
    if layout.zonal:
        even += [*_directions(layout, both[1]), _log_energy(layout, both[0])]
        odd = (odd + _by_sign(layout, -array, -own)) / 2
    else:
        even.append(array.mean((1, 2))[:, None])
    even.append(_skewness(layout, own, (1, 2))[:, None])
    return jnp.concatenate([*even, odd], -1)


def feature_names(layout: FieldLayout) -> tuple[str, ...]:
    """Names of the columns of `physical_features`."""
    modes, unit = modes_of(layout), layout.wave_unit
    skewness = "magnitude of the skewness" if layout.zonal else "skewness"
    names = ["log variance of y", "kurtosis of y"]
    if layout.lower is not None:
        names.append("log mean above the lower edge")
    starts = [modes.centres[first] for first, _ in bands_of(modes)]
    for field in ("x", "y"):
        names += [f"log power of {field} at k = {k:.3g} {unit}" for k in modes.centres]
        if layout.zonal:
            count = (layout.shape[0] - 1) // 2
            names += [
                f"log zonal power of {field} at l = {number}" for number in range(1, count + 1)
            ]
        names += [f"sparsity of {field} from k = {k:.3g} {unit}" for k in starts]
        names += [f"{skewness} of {field} from k = {k:.3g} {unit}" for k in starts]
    if layout.zonal:
        kinds = ("direction", "tilt")
        names += [f"{what} from k = {k:.3g} {unit}" for what in kinds for k in starts]
        names.append("log energy of x")
    else:
        names.append("mean of y")
    names.append(f"{skewness} of y")
    names += [f"values below {x:.4g}" for x in layout.decoded(_PLACES)]
    names += ["smallest y", "largest y"]
    names += [f"share above {nu:g} sigma" for nu in _THRESHOLDS]
    names += [f"boundary at {nu:g} sigma" for nu in _THRESHOLDS]
    names += [f"Euler characteristic at {nu:g} sigma" for nu in _THRESHOLDS]
    names += [f"peaks above {nu:g} sigma" for nu in _HEIGHTS]
    return (*names, *(f"troughs above {nu:g} sigma" for nu in _HEIGHTS))


def _standardised(values: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Values less their mean over their standard deviation, and ln of the variance, (n, 1)."""
    centred = values - values.mean((1, 2), keepdims=True)
    variance = (centred**2).mean((1, 2), keepdims=True) + _TINY
    return centred * jax.lax.rsqrt(variance), jnp.log(variance[:, :, 0])


def _waves(layout: FieldLayout, values: jax.Array) -> jax.Array:
    """Fourier transform of fields less their means, (n, rows, columns // 2 + 1)."""
    return jnp.fft.rfft2((values - values.mean((1, 2), keepdims=True)) * _modes(layout)[1])


def _log_powers(layout: FieldLayout, waves: jax.Array) -> list[jax.Array]:
    """Logarithms of the power in rings, as a variance, and of the zonal mean's by wavenumber."""
    power = (waves.real**2 + waves.imag**2) / math.prod(layout.shape)
    found = [jnp.log(power.reshape(len(power), -1) @ _modes(layout)[0] + _TINY)]
    if layout.zonal:
        zonal = power[:, 1 : (layout.shape[0] + 1) // 2, 0]
        found.append(jnp.log(zonal + _TINY))
    return found


def _octaves(layout: FieldLayout, waves: jax.Array) -> list[jax.Array]:
    """Mean magnitude, and a function of the skewness, of fields in octaves of wavenumbers."""
    parts = jnp.fft.irfft2(waves[:, None] * _modes(layout)[2], layout.shape)
    variance = (parts**2).mean((2, 3), keepdims=True)
    parts = parts * jax.lax.rsqrt(variance + _TINY)
    return [jnp.abs(parts).mean((2, 3)), jnp.arcsinh(_skewness(layout, parts, (2, 3)))]


def _skewness(layout: FieldLayout, own: jax.Array, axes: tuple[int, int]) -> jax.Array:
    """Of fields in their own standard deviations, over axes; of zonal ones a smooth magnitude."""
    skewness = (own**3).mean(axes)
    return jnp.sqrt(skewness**2 + _SMALL_SKEWNESS**2) if layout.zonal else skewness


def _log_energy(layout: FieldLayout, waves: jax.Array) -> jax.Array:
    """Logarithm of the mean of |x(k) / k|^2, k in waves along the shorter side, (n, 1)."""
    modes = modes_of(layout)
    step = max(abs(modes.north[1, 0]), modes.east[0, 1])
    weights = modes.weight * step**2 / modes.squares / math.prod(layout.shape) ** 2
    energy = (waves.real**2 + waves.imag**2) * weights.astype(np.float32)
    return jnp.log(energy.sum((1, 2)) + _TINY)[:, None]


def _directions(layout: FieldLayout, waves: jax.Array) -> list[jax.Array]:
    """Means of cos 2 phi, and squared ones of sin 2 phi, in octaves of wavenumbers."""
    power = (waves.real**2 + waves.imag**2).reshape(len(waves), -1)
    along, across, total = (power @ weights for weights in _quadrupoles(layout))
    total += _TINY * math.prod(layout.shape)
    return [along / total, (across / total) ** 2]


@cache
def _quadrupoles(layout: FieldLayout) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weights of modes, cos 2 phi, sin 2 phi and 1 in each octave, float32 (modes, octaves)."""
    modes = modes_of(layout)
    angle = 2 * np.arctan2(modes.north, modes.east)
    masks = _modes(layout)[2].real * modes.weight
    weights = [masks * each for each in (np.cos(angle), np.sin(angle), np.ones_like(angle))]
    cosine, sine, one = (w.reshape(len(masks), -1).T.astype(np.float32) for w in weights)
    return cosine, sine, one


@cache
def _modes(layout: FieldLayout) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Averages over rings, the window, and octaves as masks (octaves, rows, columns // 2 + 1).

    The averages leave out the zonal mean of zonal fields.
    """
    modes = modes_of(layout)
    averages = modes.averages.toarray()
    if layout.zonal:
        averages = averages * (np.arange(len(averages)) % modes.ring.shape[1] > 0)[:, None]
        averages = averages / averages.sum(0)
    window = np.ones((1, 1)) if modes.window is None else modes.window
    masks = [(modes.ring >= first) & (modes.ring < beyond) for first, beyond in bands_of(modes)]
    return (
        averages.astype(np.float32),
        window.astype(np.float32),
        np.stack(masks).astype(np.complex64),
    )


def _by_sign(layout: FieldLayout, array: jax.Array, own: jax.Array) -> jax.Array:
    """Extremes and functions of a threshold, of y and of y in its own standard deviations."""
    columns = [jnp.tanh((array - a) / _STEP).mean((1, 2)) for a in _PLACES]
    columns += [array.min((1, 2)), array.max((1, 2))]
    columns += _functionals(layout, own)
    peaks, troughs = _extremes(layout, own)
    high = [jax.nn.sigmoid((own - nu) / _SOFTNESS) for nu in _HEIGHTS]
    columns += [(kind * share).mean((1, 2)) for kind in (peaks, troughs) for share in high]
    return jnp.stack(columns, -1)


def _functionals(layout: FieldLayout, own: jax.Array) -> list[jax.Array]:
    """Share above each threshold, sides of its boundary, and Euler characteristic, per pixel."""
    here, right, below = own, jnp.roll(own, -1, 2), jnp.roll(own, -1, 1)
    corners = [here, right, below, jnp.roll(right, -1, 1)]
    if not layout.periodic:
        corners = [corner[:, :-1, :-1] for corner in corners]
    pairs = [(corners[0], corners[1]), (corners[0], corners[2])]
    low, high = [jnp.minimum(*pair) for pair in pairs], [jnp.maximum(*pair) for pair in pairs]
    face = jnp.minimum(low[0], jnp.minimum(*corners[2:]))
    vertex = jnp.maximum(high[0], jnp.maximum(*corners[2:]))
    fields = jnp.stack([corners[0], *low, *high, face, vertex], 1)
    soft = [jax.nn.sigmoid((fields - nu) / _SOFTNESS).mean((2, 3)) for nu in _THRESHOLDS]
    shares = [each[:, 0] for each in soft]
    lengths = [each[:, 3:5].sum(1) - each[:, 1:3].sum(1) for each in soft]
    euler = [each[:, 0] - each[:, 1:5].sum(1) / 2 + each[:, 5:].sum(1) / 2 for each in soft]
    return [*shares, *lengths, *euler]


def _extremes(layout: FieldLayout, own: jax.Array) -> tuple[jax.Array, jax.Array]:
    """How far each pixel is a peak and a trough among its eight neighbours, from 0 to 1 each."""
    peak = trough = jnp.zeros_like(own)
    for shift in ((0, 1), (1, 0), (1, 1), (1, -1)):
        rise = (own - jnp.roll(own, shift, (1, 2))) / _PEAK_SOFTNESS
        back = jnp.roll(rise, (-shift[0], -shift[1]), (1, 2))
        peak += jax.nn.log_sigmoid(rise) + jax.nn.log_sigmoid(-back)
        trough += jax.nn.log_sigmoid(-rise) + jax.nn.log_sigmoid(back)
    return jnp.exp(peak) * _inside(layout), jnp.exp(trough) * _inside(layout)


@cache
def _inside(layout: FieldLayout) -> np.ndarray:
    """1 for pixels that have all their neighbours, 0 for others, float32 (rows, columns)."""
    inside = np.ones(layout.shape, np.float32)
    if not layout.periodic:
        inside[[0, -1]] = inside[:, [0, -1]] = 0
    return inside
