"""Shape of the sets where fields exceed a threshold: Minkowski functionals and peaks.

Thresholds are counted from each field's own mean in units of its own standard deviation, so that
they depend on no other field.
"""

import math

import numpy as np

from physgan.domains.fields.layout import FieldLayout

__all__ = ["PEAKS", "THRESHOLDS", "gaussian_functionals", "minkowski", "peak_density", "standard"]

THRESHOLDS = np.linspace(-3, 3, 13)
"""Thresholds of the Minkowski functionals, in standard deviations."""

PEAKS = np.arange(-1.0, 5.0)
"""Heights above which peaks are counted, in standard deviations."""

_TINY = 1e-12


def standard(layout: FieldLayout, fields: np.ndarray) -> np.ndarray:
    """Each field less its mean, over its standard deviation; 0 where it is constant."""
    centred = fields - fields.mean((1, 2), keepdims=True)
    spread = np.sqrt((centred**2).mean((1, 2), keepdims=True))
    return np.asarray(centred / np.maximum(spread, _TINY * layout.scale))


def minkowski(layout: FieldLayout, fields: np.ndarray) -> np.ndarray:
    """The Minkowski functionals of the sets above `THRESHOLDS`, per area.

    V0 is the share of the pixels, exactly. V1 is a quarter of the boundary's length, by Crofton's
    formula on the grid's lines in two directions: pi/4 times the mean of the lengths of the sides
    between a pixel inside and one outside. It is right on average where the boundary prefers no
    direction. V2 is the Euler characteristic, components less holes: the mean of that of pixels
    joined by their sides, and of pixels joined by sides or corners. On a torus each of the two is
    exact for its set; their mean is odd under a change of the field's sign. A field whose edges
    touch nothing is counted on its inner vertices.

    References: H. Tomita, Prog. Theor. Phys. 76, 952 (1986); J. Schmalzing, K. M. Gorski, Mon. Not.
    R. Astron. Soc. 297, 355 (1998), whose norms these are.

    Breaks when: the field changes within a pixel. V1 and V2 then miss boundaries and components. Of
    Gaussian fields with correlation exp(-r^2 / 2 c^2), V1 is 2 to 4 % and V2 1 to 8 % low, most at
    high thresholds, where c is two pixels; where c is three, less than 1 % and 2 %.

    Returns:
        shape (n, 3, thresholds): V0; V1, 1 over a length; V2, 1 over an area.
    """
    height, width = layout.spacing
    level = np.searchsorted(THRESHOLDS, standard(layout, fields)).astype(np.int8)
    here, right, below, diagonal = _corners(layout, level)
    inside = _above(here)
    low = (np.minimum(here, right), np.minimum(here, below))
    high = (np.maximum(here, right), np.maximum(here, below))
    across, down = (_above(most) - _above(least) for most, least in zip(high, low, strict=True))
    faces = _above(np.minimum(low[0], np.minimum(below, diagonal)))
    vertices = _above(np.maximum(high[0], np.maximum(below, diagonal)))
    by_sides = inside - _above(low[0]) - _above(low[1]) + faces
    by_corners = inside - _above(high[0]) - _above(high[1]) + vertices
    v0 = _above(level)
    v1 = (across / width + down / height) * (math.pi / 16)
    v2 = (by_sides + by_corners) / (2 * height * width)
    return np.stack([v0, v1, v2], 1)


def gaussian_functionals(slope: float) -> np.ndarray:
    """Expected functionals of a Gaussian field, shape (3, thresholds).

    v0 = erfc(nu / sqrt 2) / 2, v1 = s exp(-nu^2 / 2) / 8 and
    v2 = s^2 nu exp(-nu^2 / 2) / (2 pi)^(3/2).

    Args:
        slope: s, the root of the mean square of the derivative in one direction, over the standard
            deviation.
    """
    bell = np.exp(-(THRESHOLDS**2) / 2)
    share = np.array([math.erfc(nu / math.sqrt(2)) / 2 for nu in THRESHOLDS])
    euler = slope**2 * THRESHOLDS * bell / (2 * math.pi) ** 1.5
    return np.stack([share, slope * bell / 8, euler])


def peak_density(layout: FieldLayout, fields: np.ndarray) -> np.ndarray:
    """Pixels above all their eight neighbours and above `PEAKS`, per area, shape (n, heights).

    A field whose edges touch nothing has none along its edges.
    """
    values = standard(layout, fields)
    middle, above, below = _lines(layout, values, 1)
    columns = np.maximum(np.maximum(above, below), middle)
    _, left, right = _lines(layout, columns, 2)
    own, _, _ = _lines(layout, middle, 2)
    up, down = _lines(layout, above, 2)[0], _lines(layout, below, 2)[0]
    peak = own > np.maximum(np.maximum(left, right), np.maximum(up, down))
    level = np.where(peak, np.searchsorted(PEAKS, own), 0).astype(np.int8)
    return _above(level, len(PEAKS)) / np.prod(layout.spacing)


def _corners(layout: FieldLayout, level: np.ndarray) -> tuple[np.ndarray, ...]:
    """Each pixel, and its neighbours to the right, below, and below to the right."""
    if not layout.periodic:
        return level[:, :-1, :-1], level[:, :-1, 1:], level[:, 1:, :-1], level[:, 1:, 1:]
    right, below = np.roll(level, -1, 2), np.roll(level, -1, 1)
    return level, right, below, np.roll(right, -1, 1)


def _lines(layout: FieldLayout, values: np.ndarray, axis: int) -> tuple[np.ndarray, ...]:
    """Each pixel, the one before and the one after along an axis."""
    if layout.periodic:
        return values, np.roll(values, 1, axis), np.roll(values, -1, axis)
    inner = np.moveaxis(values, axis, 0)
    parts = inner[1:-1], inner[:-2], inner[2:]
    return tuple(np.moveaxis(part, 0, axis) for part in parts)


def _above(level: np.ndarray, thresholds: int = len(THRESHOLDS)) -> np.ndarray:
    """Share of entries above each threshold, given how many they exceed, shape (n, thresholds)."""
    count = len(level)
    flat = level.reshape(count, -1)
    place = flat + (thresholds + 1) * np.arange(count, dtype=np.int32)[:, None]
    counts = np.bincount(place.ravel(), minlength=count * (thresholds + 1))
    counts = counts.reshape(count, -1)
    return np.asarray(counts[:, :0:-1].cumsum(1)[:, ::-1] / max(flat.shape[1], 1))
