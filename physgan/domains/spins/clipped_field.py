"""Gaussian random fields with a threshold at a given share of +1 sites (pure functions, JAX)."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from physgan.domains.spins import clipped_nodes
from physgan.domains.spins.heat_bath import heat_bath_logits

__all__ = ["ClippedState", "draw", "event_keys", "fit", "heat_bath"]

_ROUNDS = 8
_FITTING_SAMPLES = 512
_BISECTIONS = 32


class ClippedState(NamedTuple):
    """The fitted model at t temperatures ("nodes").

    Attributes:
        temperatures: the nodes, increasing, shape (t,), J/k_B.
        quantiles: of |m|, equally spaced levels from 0 to 1, shape (t, q).
        spectra: power of the Gaussian field, mean 1 over all k, 0 at k = 0; half plane of a
            real transform, shape (t, L, L//2 + 1).
        limits: lowest and highest temperature of the training set, shape (2,), J/k_B.
    """

    temperatures: jax.Array
    quantiles: jax.Array
    spectra: jax.Array
    limits: jax.Array


def fit(spins: np.ndarray, temperatures: np.ndarray, seed: int = 0) -> ClippedState:
    """Fit to lattices without external field.

    The spectrum is found by fixed-point iteration: fields are drawn and thresholded, and the power
    at each k is multiplied by the measured S(k) over that of the thresholded fields.

    Args:
        spins: shape (n, L, L), +1 and -1.
        temperatures: shape (n,), J/k_B.
        seed: of the fields drawn during the fit.

    Returns:
        The fitted state.

    Raises:
        InputError: if the shapes or values are not those.
    """
    clipped_nodes.check_training_set(spins, temperatures)
    nodes = clipped_nodes.measure(spins, temperatures)
    limits = [temperatures.min(), temperatures.max()]
    target = jnp.asarray(nodes.structure, jnp.float32)
    state = ClippedState(
        jnp.asarray(nodes.temperatures, jnp.float32),
        jnp.asarray(nodes.quantiles, jnp.float32),
        _first_guess(target),
        jnp.asarray(limits, jnp.float32),
    )
    for turn in range(_ROUNDS):
        keys = event_keys(seed, turn * len(target), len(target))
        state = state._replace(spectra=_improved(state, target, keys))
    return state


def event_keys(seed: int, first_event: int, count: int) -> jax.Array:
    """One random key for each event, a function of only the seed and the event's number."""
    events = jnp.arange(first_event, first_event + count, dtype=jnp.uint32)
    return jax.vmap(jax.random.fold_in, (None, 0))(jax.random.key(seed), events)


def draw(
    state: ClippedState, keys: jax.Array, temperatures: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """Random lattices, and the Gaussian fields before the threshold.

    Args:
        state: from `fit`.
        keys: one for each lattice, shape (n,).
        temperatures: shape (n,), J/k_B; beyond the nodes the nearest node is used.

    Returns:
        spins, int8, and fields, float32 of mean 0 and variance 1, both (n, L, L).
    """
    return jax.vmap(_draw_one, (None, 0, 0))(state, keys, temperatures)


def heat_bath(spins: jax.Array, keys: jax.Array, temperatures: jax.Array) -> jax.Array:
    """Draw one checkerboard sublattice anew, exactly, given the other; its parity is random.

    See `heat_bath_logits`.

    Args:
        spins: int8 (n, L, L), L even.
        keys: one for each lattice, shape (n,).
        temperatures: shape (n,), J/k_B.

    Returns:
        int8 (n, L, L).
    """
    count, size, _ = spins.shape
    neighbours = sum(jnp.roll(spins, by, axis) for by in (-1, 1) for axis in (1, 2))
    logits = heat_bath_logits(jnp.asarray(neighbours, jnp.float32), temperatures[:, None])
    levels = jax.vmap(lambda key: jax.random.uniform(key, (size**2 + 1,)))(keys)
    up = levels[:, 1:].reshape(count, size, size) < jax.nn.sigmoid(logits)
    parity = jnp.sum(jnp.indices((size, size)), 0) % 2
    redrawn = parity == (levels[:, :1, None] < 0.5).astype(jnp.int32)
    return jnp.where(redrawn, jnp.where(up, 1, -1).astype(jnp.int8), spins)


def _draw_one(
    state: ClippedState, key: jax.Array, temperature: jax.Array
) -> tuple[jax.Array, jax.Array]:
    quantiles, spectrum = _at(state, temperature)
    size = spectrum.shape[0]
    normals = jax.random.normal(key, (size**2 + 1,))  # flat: compiles eight times faster
    field = _coloured(normals[1:].reshape(size, size), spectrum)
    level = jax.scipy.special.erf(normals[0] * np.sqrt(0.5))  # uniform in (-1, 1)
    levels = jnp.linspace(0.0, 1.0, len(quantiles))
    magnetisation = jnp.sign(level) * jnp.interp(jnp.abs(level), levels, quantiles)
    highest = jnp.round(size**2 * (1 + magnetisation) / 2).astype(jnp.int32)
    return jnp.where(field > _threshold(field, highest), 1, -1).astype(jnp.int8), field


def _at(state: ClippedState, temperature: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Quantiles and spectrum at a temperature, linear between the nodes."""
    count = len(state.temperatures)
    place = jnp.interp(temperature, state.temperatures, jnp.arange(count, dtype=jnp.float32))
    low = jnp.clip(place.astype(jnp.int32), 0, max(0, count - 2))
    weight = place - low.astype(jnp.float32)
    high = jnp.minimum(low + 1, count - 1)
    quantiles, spectrum = (
        (1 - weight) * table[low] + weight * table[high]
        for table in (state.quantiles, state.spectra)
    )
    return quantiles, spectrum


def _coloured(noise: jax.Array, spectrum: jax.Array) -> jax.Array:
    """Give white noise (L, L) a power spectrum."""
    waves = jnp.fft.rfft2(noise)
    return jnp.fft.irfft2(waves * jnp.sqrt(spectrum).astype(waves.dtype), noise.shape)


def _threshold(field: jax.Array, highest: jax.Array) -> jax.Array:
    """The value that `highest` of the sites exceed, by bisection (sorting is slow on a CPU)."""

    def halve(_: int, bounds: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        low, high = bounds
        middle = (low + high) / 2
        too_many = jnp.sum(field > middle) > highest
        return jnp.where(too_many, middle, low), jnp.where(too_many, high, middle)

    bounds = (field.min() - 1, field.max())
    return jax.lax.fori_loop(0, _BISECTIONS, halve, bounds)[1]


def _normalised(spectra: jax.Array) -> jax.Array:
    """Scale each spectrum (t, L, L//2 + 1) so that the field has variance 1 and mean 0."""
    size = spectra.shape[1]
    spectra = spectra.at[:, 0, 0].set(0.0)
    mirrored = spectra[:, :, 1 : (size + 1) // 2].sum((1, 2))
    return spectra * size**2 / (spectra.sum((1, 2)) + mirrored)[:, None, None]


def _first_guess(target: jax.Array) -> jax.Array:
    """Spectra of the fields whose signs have the correlations of S(k): rho = sin(pi C / 2).

    Exact for thresholds at m = 0 (Van Vleck and Middleton, Proc. IEEE 54, 2, 1966).
    """
    size = target.shape[1]
    connected = jnp.fft.irfft2(target.at[:, 0, 0].set(0.0), (size, size))
    correlations = connected / connected[:, :1, :1]
    spectra = jnp.fft.rfft2(jnp.sin(jnp.pi / 2 * correlations)).real
    return _normalised(jnp.maximum(spectra, 0.1 * target))


@jax.jit
def _improved(state: ClippedState, target: jax.Array, keys: jax.Array) -> jax.Array:
    """One fixed-point step of the spectra (t, L, L//2 + 1) towards the target S(k)."""

    def structure(node: tuple[jax.Array, jax.Array]) -> jax.Array:
        temperature, key = node
        several = jnp.full(_FITTING_SAMPLES, temperature)
        spins, _ = draw(state, jax.random.split(key, _FITTING_SAMPLES), several)
        waves = jnp.fft.rfft2(spins.astype(jnp.float32))
        return jnp.mean(jnp.abs(waves) ** 2, 0) / spins[0].size

    measured = _symmetrised(jax.lax.map(structure, (state.temperatures, keys)))
    ratio = target / jnp.maximum(measured, 1e-6)
    return _normalised(state.spectra * jnp.clip(ratio, 0.2, 5.0))


def _symmetrised(half: jax.Array) -> jax.Array:
    """Average a half plane (t, L, L//2 + 1) over the square's symmetries."""
    size = half.shape[1]
    half = (half + jnp.roll(half[:, ::-1], 1, 1)) / 2
    quarter = half[:, : size // 2 + 1]
    quarter = (quarter + quarter.transpose(0, 2, 1)) / 2
    lower = quarter[:, 1 : (size + 1) // 2][:, ::-1]
    return jnp.concatenate([quarter, lower], 1)
