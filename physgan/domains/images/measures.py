"""Measures of a picture, in NumPy or JAX: moments of its brightness and its spectrum.

Brightness is the mean over the channels. Positions are in pixels from the picture's middle.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

__all__ = ["MEASURES", "feature_names", "features", "spectrum"]

_SOFT = 0.05
_TINY = 1e-6

Array = Any
"""An array of NumPy or JAX; `xp` is the module of the same library."""


def brightness(images: Array) -> Array:
    """Mean over the channels: (n, h, w, c) to (n, h, w)."""
    return images.mean(-1)


def intensity(images: Array, xp: Any) -> Array:
    """Mean over all pixels, shape (n,)."""
    return brightness(images).mean((1, 2))


def contrast(images: Array, xp: Any) -> Array:
    """Standard deviation over the pixels, shape (n,)."""
    values = brightness(images)
    mean = values.mean((1, 2), keepdims=True)
    return xp.sqrt(((values - mean) ** 2).mean((1, 2)) + _TINY**2)


def centre(images: Array, xp: Any, axis: int) -> Array:
    """Centre of gravity along an axis (0: rows, downwards; 1: columns), pixels, shape (n,)."""
    profile = _profile(images, axis)
    return (profile * _positions(profile)).sum(-1)


def width(images: Array, xp: Any, axis: int) -> Array:
    """Root of the second central moment along an axis, pixels, shape (n,)."""
    profile = _profile(images, axis)
    positions = _positions(profile)
    mean = (profile * positions).sum(-1)
    square = (profile * positions**2).sum(-1)
    return xp.sqrt(xp.maximum(square - mean**2, 0.0) + _TINY)


def lit(images: Array, xp: Any) -> Array:
    """Smooth share of pixels that are not black: the mean of b / (b + 0.05), shape (n,)."""
    values = brightness(images)
    return (values / (values + _SOFT)).mean((1, 2))


def spectrum(images: Array, xp: Any) -> Array:
    """Power by spatial frequency, the mean over rings 1, 2, ... cycles per picture: (n, k).

    |F|^2 / pixels of the brightness, whose mean over all frequencies is the mean square (Parseval).
    """
    values = brightness(images)
    height, across = values.shape[1:]
    power = xp.abs(xp.fft.fft2(values)) ** 2 / (height * across)
    return power.reshape(len(values), -1) @ xp.asarray(_rings(height, across))


def features(images: Array, xp: Any) -> Array:
    """All measures and the logarithm of the spectrum as columns, (n, f); differentiable."""
    columns = [measure(images, xp)[:, None] for measure in MEASURES.values()]
    return xp.concatenate([*columns, xp.log(spectrum(images, xp) + _TINY)], -1)


MEASURES: dict[str, Callable[[Array, Any], Array]] = {
    "intensity": intensity,
    "contrast": contrast,
    "centre_row": lambda images, xp: centre(images, xp, 0),
    "centre_column": lambda images, xp: centre(images, xp, 1),
    "width_row": lambda images, xp: width(images, xp, 0),
    "width_column": lambda images, xp: width(images, xp, 1),
    "lit": lit,
}
"""Name -> (images (n, h, w, c) in [0, 1], numpy or jax.numpy) -> shape (n,)."""


def feature_names(shape: Sequence[int]) -> tuple[str, ...]:
    """Names of the columns of `features` for pictures of this height and width."""
    rings = range(1, min(shape[:2]) // 2 + 1)
    names = (name.replace("_", " in ") for name in MEASURES)
    return (*names, *(f"log power at {ring} cycles" for ring in rings))


def _profile(images: Array, axis: int) -> Array:
    """Share of the brightness in each row or column, shape (n, length)."""
    profile = brightness(images).sum(2 - axis) + _TINY
    return profile / profile.sum(-1, keepdims=True)


def _positions(profile: Array) -> np.ndarray:
    length = profile.shape[-1]
    return (np.arange(length) - (length - 1) / 2).astype(np.float32)


def _rings(height: int, width: int) -> np.ndarray:
    """Weights that average over rings of frequencies, float32 (height * width, rings)."""
    rows = np.fft.fftfreq(height, 1 / height)[:, None]
    columns = np.fft.fftfreq(width, 1 / width)[None, :]
    ring = np.round(np.hypot(rows, columns)).astype(int).ravel()
    member = ring[:, None] == np.arange(1, min(height, width) // 2 + 1)
    return (member / np.maximum(member.sum(0), 1)).astype(np.float32)
