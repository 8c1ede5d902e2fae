"""Observables of a field, as further inputs of the discriminator (JAX)."""

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
_SOFTNESS = 0.2
_PEAK_SOFTNESS = 0.1
_TINY = 1e-6
_LARGEST = 15.0
"""Network space beyond which an untrained network's values would overflow once squared."""


def physical_features(layout: FieldLayout, array: jax.Array) -> jax.Array:
    """Observables of each field, differentiable with respect to its values.

    Of y, the field in network space: mean, variance, skewness, kurtosis, extremes, and the means of
    tanh((y - a) / 0.25) at 33 places a, a smooth distribution function. Of y in its own standard
    deviations: the share above thresholds and the length of its boundary, both smoothed over a
    fifth of a standard deviation; the density of peaks above heights and of troughs below them, a
    pixel being a peak as far as it exceeds its eight neighbours by a tenth. Of both x and y:
    logarithms of the power in rings of wavenumbers, skewness and mean magnitude in octaves.

    Of zonal fields, whose sign a mirror image changes, quantities that change with it are left out
    or averaged over both signs, and logarithms of the zonal mean's power are added.

    Args:
        layout: of the fields.
        array: network space, shape (n, rows, columns).

    Returns:
        shape (n, f); see `feature_names`.
    """
    bounded = jnp.clip(array, -_LARGEST, _LARGEST)
    values = jnp.sinh(bounded) if layout.lower is None else jnp.exp(bounded)
    own, log_variance = _standardised(array)
    even = [log_variance, (own**4).mean((1, 2))[:, None]]
    for field in (values, array):
        waves = _waves(layout, field)
        even += [*_log_powers(layout, waves), *_octaves(layout, waves)]
    odd = _by_sign(layout, array, own)
    if layout.zonal:
        odd = (odd + _by_sign(layout, -array, -own)) / 2
    else:
        even += [array.mean((1, 2))[:, None], (own**3).mean((1, 2))[:, None]]
    return jnp.concatenate([*even, odd], -1)


def feature_names(layout: FieldLayout) -> tuple[str, ...]:
    """Names of the columns of `physical_features`."""
    modes, unit = modes_of(layout), layout.wave_unit
    names = ["log variance of y", "kurtosis of y"]
    starts = [modes.centres[first] for first, _ in bands_of(modes)]
    for field in ("x", "y"):
        names += [f"log power of {field} at k = {k:.3g} {unit}" for k in modes.centres]
        if layout.zonal:
            count = layout.shape[0] // 2
            names += [f"log zonal power of {field} at l = {l}" for l in range(1, count + 1)]
        names += [f"sparsity of {field} from k = {k:.3g} {unit}" for k in starts]
        if not layout.zonal:
            names += [f"skewness of {field} from k = {k:.3g} {unit}" for k in starts]
    if not layout.zonal:
        names += ["mean of y", "skewness of y"]
    names += [f"values below {x:.4g}" for x in layout.decoded(_PLACES)]
    names += ["smallest y", "largest y"]
    names += [f"share above {nu:g} sigma" for nu in _THRESHOLDS]
    names += [f"boundary at {nu:g} sigma" for nu in _THRESHOLDS]
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
    power = (waves.real**2 + waves.imag**2) / np.prod(layout.shape)
    found = [jnp.log(power.reshape(len(power), -1) @ _modes(layout)[0] + _TINY)]
    if layout.zonal:
        zonal = power[:, 1 : layout.shape[0] // 2 + 1, 0]
        found.append(jnp.log(zonal + _TINY))
    return found


def _octaves(layout: FieldLayout, waves: jax.Array) -> list[jax.Array]:
    """Mean magnitude, and arcsinh of the skewness, of fields in octaves of wavenumbers."""
    parts = jnp.fft.irfft2(waves[:, None] * _modes(layout)[2], layout.shape)
    variance = (parts**2).mean((2, 3), keepdims=True)
    parts = parts * jax.lax.rsqrt(variance + _TINY)
    sparsity = jnp.abs(parts).mean((2, 3))
    return [sparsity] if layout.zonal else [sparsity, jnp.arcsinh((parts**3).mean((2, 3)))]


@cache
def _modes(layout: FieldLayout) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Averages over rings, the window, and octaves as masks (octaves, rows, columns // 2 + 1)."""
    modes = modes_of(layout)
    window = np.ones((1, 1)) if modes.window is None else modes.window
    masks = [(modes.ring >= first) & (modes.ring < beyond) for first, beyond in bands_of(modes)]
    parts = (modes.averages, window, np.stack(masks))
    averages, window, octaves = (np.asarray(part, np.float32) for part in parts)
    return averages, window, octaves


def _by_sign(layout: FieldLayout, array: jax.Array, own: jax.Array) -> jax.Array:
    """Extremes and functions of a threshold, of y and of y in its own standard deviations."""
    columns = [jnp.tanh((array - a) / _STEP).mean((1, 2)) for a in _PLACES]
    columns += [array.min((1, 2)), array.max((1, 2))]
    steep = _slope(layout, own)
    soft = [jax.nn.sigmoid((own - nu) / _SOFTNESS) for nu in _THRESHOLDS]
    columns += [share.mean((1, 2)) for share in soft]
    columns += [(share * (1 - share) / _SOFTNESS * steep).mean((1, 2)) for share in soft]
    peaks, troughs = _extremes(layout, own)
    high = [jax.nn.sigmoid((own - nu) / _SOFTNESS) for nu in _HEIGHTS]
    columns += [(kind * share).mean((1, 2)) for kind in (peaks, troughs) for share in high]
    return jnp.stack(columns, -1)


def _slope(layout: FieldLayout, values: jax.Array) -> jax.Array:
    """Magnitude of the gradient per pixel, by central differences."""
    steps = []
    for axis in (1, 2):
        after, before = jnp.roll(values, -1, axis), jnp.roll(values, 1, axis)
        step = (after - before) / 2
        if not layout.periodic:
            inner = jnp.arange(values.shape[axis])
            inside = (inner > 0) & (inner < values.shape[axis] - 1)
            step = jnp.where(inside.reshape((-1, 1) if axis == 1 else (1, -1)), step, 0)
        steps.append(step**2)
    return jnp.sqrt(steps[0] + steps[1] + _TINY)


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
