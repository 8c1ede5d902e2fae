"""Fit of a Gaussian copula field: marginal distribution and spectrum, smooth in the conditions."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import scipy.fft
import scipy.special

from physgan.domains.fields.layout import FieldLayout
from physgan.domains.fields.regression import (
    fit_log_polynomial,
    fit_log_spectrum,
    fit_polynomial,
)
from physgan.domains.fields.spectrum import group_averages, in_chunks, modes_of
from physgan.domains.fields.symmetries import ISOTROPIC

__all__ = ["CopulaFieldState", "fit_state", "gaussian_spectra", "pixels_at", "torus_of"]

_MOST_PIXELS = 1 << 26
_MOST_MODES = 1 << 24
_MOST_QUANTILES = 1 << 22
_MOST_NODES = 128
_TAIL = np.geomspace(1e-5, 0.01, 20)
_LEVELS = np.concatenate([[0.0], _TAIL, np.linspace(0.02, 0.98, 97), 1 - _TAIL[::-1], [1.0]])
_HERMITE, _QUADRATURE = 40, 160
_CORRELATIONS = np.linspace(-1, 1, 801)
_ROUNDS = 40
_LEAST = 1e-7
_TINY = 1e-30


class CopulaFieldState(NamedTuple):
    """Coefficients of `polynomial_basis`, b functions of the conditions.

    Attributes:
        centre: of the mean of y, the values in network space, shape (b, 1).
        spread: of the logarithm of the variance of y, shape (b, 1).
        limits: smallest and largest value, shape (2,).
        edges: of bins of (y - mean) / deviation, ascending, shape (m + 1,).
        shares: of the logarithm of the share of pixels in each bin, shape (b, m).
        spectrum: of the logarithm of the Gaussian field's spectrum, shape (b, modes).
    """

    centre: np.ndarray
    spread: np.ndarray
    limits: np.ndarray
    edges: np.ndarray
    shares: np.ndarray
    spectrum: np.ndarray


def torus_of(layout: FieldLayout) -> tuple[int, int]:
    """Rows and columns of the torus that Gaussian fields are drawn on.

    It is twice as large where the edges of a field do not touch (circulant embedding: C. R.
    Dietrich, G. N. Newsam, SIAM J. Sci. Comput. 18, 1088, 1997).
    """
    rows, columns = layout.shape
    return (rows, columns) if layout.periodic else (2 * rows, 2 * columns)


def fit_state(
    layout: FieldLayout, fields: np.ndarray, basis: np.ndarray, lower: int
) -> CopulaFieldState:
    """Measure the marginal distribution and the spectrum of fields.

    The variance and the power of groups of modes may vary as all functions of the basis do; what
    is less well known follows lower ones.

    Args:
        layout: of the fields.
        fields: shape (n, rows, columns).
        basis: of the conditions, shape (n, b).
        lower: number of columns for the latter.
    """
    some = _spaced(len(fields), _MOST_PIXELS // fields[0].size)
    fields, basis = fields[some], basis[some]
    encoded = layout.encoded(fields)
    means = encoded.mean((1, 2), dtype=np.float64)
    centre = _extended(fit_polynomial(basis[:, :lower], means[:, None]), basis)
    moved = encoded - (basis @ centre)[:, :, None].astype(np.float32)
    square = np.square(moved, dtype=np.float64).mean((1, 2))
    spread = fit_log_polynomial(basis, np.maximum(square, _TINY)[:, None])
    moved *= np.exp(-(basis @ spread) / 2)[:, :, None].astype(np.float32)
    edges = _edges(moved)
    shares = fit_log_polynomial(basis[:, :lower], _histograms(moved, edges), counts=True)
    limits = np.array([fields.min(), fields.max()], np.float64)
    nothing = np.zeros((basis.shape[1], 0))
    state = CopulaFieldState(centre, spread, limits, edges, _extended(shares, basis), nothing)
    return state._replace(spectrum=_spectrum(layout, fields, basis, lower, state))


def pixels_at(
    layout: FieldLayout, state: CopulaFieldState, basis: np.ndarray, uniform: np.ndarray
) -> np.ndarray:
    """Quantiles of the marginal distributions: values (n, k) at levels (n, k) in [0, 1]."""
    shares = np.exp(basis @ state.shares)
    levels = np.concatenate([np.zeros((len(basis), 1)), shares.cumsum(1)], 1)
    levels /= levels[:, -1:]
    rows = zip(uniform, levels, strict=True)
    moved = np.stack([np.interp(u, own, state.edges) for u, own in rows])
    encoded = basis @ state.centre + np.exp(basis @ state.spread / 2) * moved
    return np.clip(layout.decoded(encoded), *state.limits)


def gaussian_spectra(
    state: CopulaFieldState, basis: np.ndarray, shape: Sequence[int]
) -> np.ndarray:
    """Spectra of Gaussian fields of unit variance on a torus, (n, rows, columns // 2 + 1)."""
    spectra = np.exp(basis @ state.spectrum).reshape(len(basis), shape[0], -1)
    return _unit(spectra, shape)


def _spectrum(
    layout: FieldLayout,
    fields: np.ndarray,
    basis: np.ndarray,
    lower: int,
    state: CopulaFieldState,
) -> np.ndarray:
    """Coefficients of the Gaussian field's spectrum: solved at some conditions, then regressed."""
    torus = torus_of(layout)
    some = _spaced(len(fields), _MOST_MODES // (torus[0] * (torus[1] // 2 + 1)))
    normal, weights = np.polynomial.hermite_e.hermegauss(_QUADRATURE)
    weights = weights / weights.sum()

    def at_normal(rows: np.ndarray) -> np.ndarray:
        levels = np.broadcast_to(scipy.special.ndtr(normal), (len(rows), _QUADRATURE))
        return pixels_at(layout, state, rows, levels)

    level = at_normal(basis[some]) @ weights
    power = in_chunks(lambda part: _power(layout, part), fields[some] - level[:, None, None])
    averages = group_averages(torus, layout.spacing, zonal=layout.zonal)
    modes = fit_log_spectrum(basis[some], lower, power.reshape(len(power), -1), averages)
    nodes = np.unique(basis[some], axis=0)
    nodes = nodes[_spaced(len(nodes), _MOST_NODES)]
    target = np.exp(nodes @ modes).reshape(len(nodes), torus[0], -1)
    found = _solved(layout, target, _hermite(at_normal(nodes), normal, weights))
    return fit_polynomial(nodes, np.log(found).reshape(len(nodes), -1))


def _extended(coefficients: np.ndarray, basis: np.ndarray) -> np.ndarray:
    """Coefficients of all functions, those of the further ones 0."""
    further = basis.shape[1] - len(coefficients)
    return np.pad(coefficients, ((0, further), (0, 0)))


def _power(layout: FieldLayout, fields: np.ndarray) -> np.ndarray:
    """|x(k)|^2 over pixels on the torus, averaged over symmetries, (n, rows, columns // 2 + 1).

    Where edges do not touch fields are windowed first, which smooths the spectrum.
    """
    torus, window = torus_of(layout), modes_of(layout).window
    windowed = fields if window is None else fields * window
    power = np.abs(scipy.fft.fft2(windowed, torus)) ** 2 / fields[0].size
    if layout.periodic:
        power += np.roll(power[:, ::-1], 1, 1)
        power /= 2
    if layout.names == ISOTROPIC and torus[0] == torus[1]:
        power = (power + power.swapaxes(1, 2)) / 2
    return np.asarray(power[:, :, : torus[1] // 2 + 1])


def _hermite(values: np.ndarray, normal: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Shares of the Hermite orders 1, 2, ... in the variance of functions of a normal number.

    Pairs of normal numbers with correlation r give values with correlation sum_n share_n r^n
    (Mehler's formula).
    """
    polynomials = [np.ones_like(normal), normal]
    for order in range(1, _HERMITE):
        last, before = polynomials[-1], polynomials[-2]
        polynomials.append((normal * last - np.sqrt(order) * before) / np.sqrt(order + 1))
    squares = (values @ (np.stack(polynomials[1:]) * weights).T) ** 2
    return np.asarray(squares / np.maximum(squares.sum(1, keepdims=True), _TINY))


def _solved(layout: FieldLayout, target: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Spectra of Gaussian fields whose transformed fields have the spectra `target`.

    The correlation function is transformed point by point, which is exact. Where the spectrum of
    the result has negative modes there is no such field; rounds of multiplying each mode with the
    ratio of target to outcome then come close.
    """
    torus = torus_of(layout)
    correlation = scipy.fft.irfft2(target, torus)
    correlation /= np.maximum(correlation[:, :1, :1], _TINY)
    wanted = np.maximum(scipy.fft.rfft2(correlation).real, _LEAST)
    maps = [_transformed(own) for own in shares]
    pairs = zip(maps, correlation, strict=True)
    spectra = scipy.fft.rfft2(
        np.stack([np.interp(c, np.maximum.accumulate(m), _CORRELATIONS) for m, c in pairs])
    ).real
    spectra = _unit(np.maximum(spectra, _LEAST), torus)
    for _ in range(_ROUNDS):
        own = scipy.fft.irfft2(spectra, torus)
        outcome = np.stack([np.interp(c, _CORRELATIONS, m) for m, c in zip(maps, own, strict=True)])
        got = np.maximum(scipy.fft.rfft2(outcome).real, _LEAST)
        spectra = _unit(np.maximum(spectra * np.sqrt(wanted / got), _LEAST), torus)
    return spectra


def _transformed(shares: np.ndarray) -> np.ndarray:
    """Correlations of the values at `_CORRELATIONS` of the normal numbers."""
    return np.asarray(np.polynomial.polynomial.polyval(_CORRELATIONS, [0.0, *shares]))


def _unit(spectra: np.ndarray, shape: Sequence[int]) -> np.ndarray:
    """Spectra of unit variance on a torus of this shape."""
    variance = scipy.fft.irfft2(spectra, shape)[:, :1, :1]
    return np.asarray(spectra / np.maximum(variance, _TINY))


def _edges(moved: np.ndarray) -> np.ndarray:
    """Edges of bins at levels from 1e-5 to 1 - 1e-5 of all pixels, and at their ends."""
    some = moved.ravel()[:: -(-moved.size // _MOST_QUANTILES)]
    edges = np.unique([moved.min(), *np.quantile(some, _LEVELS[1:-1]), moved.max()])
    return edges if len(edges) > 1 else edges[0] + np.array([-0.5, 0.5])


def _histograms(moved: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Share of each field's pixels in each bin, shape (n, m)."""
    bins = len(edges) - 1
    place = np.clip(np.searchsorted(edges, moved.reshape(len(moved), -1), "right") - 1, 0, bins - 1)
    place += bins * np.arange(len(moved))[:, None]
    counts = np.bincount(place.ravel(), minlength=bins * len(moved))
    return counts.reshape(len(moved), bins) / moved[0].size


def _spaced(count: int, most: int) -> slice:
    """At most `most` of `count` rows, equally spaced."""
    return slice(None, None, max(1, -(-count // max(most, 1))))
