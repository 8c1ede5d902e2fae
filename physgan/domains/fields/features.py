"""Observables of a field, as further inputs of the discriminator (JAX)."""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np

from physgan.domains.fields.layout import FieldLayout
from physgan.domains.fields.spectrum import modes_of

__all__ = ["feature_names", "physical_features"]

_PLACES = np.linspace(-4, 4, 17)
_STEP = 0.5
_THRESHOLDS = np.linspace(-2, 2, 5)
_SOFTNESS = 0.25
_TINY = 1e-6
_LARGEST = 15.0
"""arcsinh beyond which an untrained network's values would overflow once squared."""


def physical_features(layout: FieldLayout, array: jax.Array) -> jax.Array:
    """Observables of each field, differentiable with respect to its values.

    Of y = arcsinh((x - offset) / scale): mean, skewness, kurtosis, and the means of
    tanh((y - a) / 0.5) at 17 places a, a smooth distribution function. Of x: logarithms of the
    variance and of the power in rings of wavenumbers; the share of the field above thresholds in
    its own standard deviations, and the length of their boundary, both smoothed over a quarter of
    a standard deviation. Of zonal fields, whose sign a mirror image changes, mean and skewness are
    left out, functions of a threshold are averaged over both signs, and logarithms of the zonal
    mean's power are added.

    Args:
        layout: of the fields.
        array: network space, shape (n, rows, columns).

    Returns:
        shape (n, f); see `feature_names`.
    """
    values = jnp.sinh(jnp.clip(array, -_LARGEST, _LARGEST))
    unit, log_variance = _standardised(values)
    own, _ = _standardised(array)
    even = [log_variance, (own**4).mean((1, 2))[:, None], *_log_powers(layout, values)]
    odd = _by_sign(layout, array, unit)
    if layout.zonal:
        odd = (odd + _by_sign(layout, -array, -unit)) / 2
    else:
        even += [array.mean((1, 2))[:, None], (own**3).mean((1, 2))[:, None]]
    return jnp.concatenate([*even, odd], -1)


def feature_names(layout: FieldLayout) -> tuple[str, ...]:
    """Names of the columns of `physical_features`."""
    modes, unit = modes_of(layout), layout.wave_unit
    names = ["log variance", "kurtosis"]
    names += [f"log power at k = {k:.3g} {unit}" for k in modes.centres]
    if layout.zonal:
        count = layout.shape[0] // 2
        names += [f"log zonal power at l = {number}" for number in range(1, count + 1)]
    else:
        names += ["mean", "skewness"]
    names += [f"values below {layout.offset + layout.scale * x:.4g}" for x in np.sinh(_PLACES)]
    names += [f"share above {nu:g} sigma" for nu in _THRESHOLDS]
    return (*names, *(f"boundary at {nu:g} sigma" for nu in _THRESHOLDS))


def _standardised(values: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Values less their mean over their standard deviation, and ln of the variance, (n, 1)."""
    centred = values - values.mean((1, 2), keepdims=True)
    variance = (centred**2).mean((1, 2), keepdims=True) + _TINY
    return centred * jax.lax.rsqrt(variance), jnp.log(variance[:, :, 0])


def _log_powers(layout: FieldLayout, values: jax.Array) -> list[jax.Array]:
    """Logarithms of the power in rings, as a variance, and of the zonal mean's by wavenumber."""
    averages, window = _weights(layout)
    waves = jnp.fft.rfft2((values - values.mean((1, 2), keepdims=True)) * window)
    power = (waves.real**2 + waves.imag**2) / values[0].size
    found = [jnp.log(power.reshape(len(power), -1) @ averages + _TINY)]
    if layout.zonal:
        zonal = power[:, 1 : layout.shape[0] // 2 + 1, 0]
        found.append(jnp.log(zonal + _TINY))
    return found


@cache
def _weights(layout: FieldLayout) -> tuple[np.ndarray, np.ndarray]:
    modes = modes_of(layout)
    window = np.ones((1, 1)) if modes.window is None else modes.window
    return modes.averages.astype(np.float32), window.astype(np.float32)


def _by_sign(layout: FieldLayout, array: jax.Array, unit: jax.Array) -> jax.Array:
    """Functions of a threshold."""
    steep = _slope(layout, unit)
    columns = [jnp.tanh((array - a) / _STEP).mean((1, 2)) for a in _PLACES]
    soft = [jax.nn.sigmoid((unit - nu) / _SOFTNESS) for nu in _THRESHOLDS]
    columns += [share.mean((1, 2)) for share in soft]
    columns += [(share * (1 - share) / _SOFTNESS * steep).mean((1, 2)) for share in soft]
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
