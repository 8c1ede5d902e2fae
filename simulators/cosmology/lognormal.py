"""Lognormal maps with a given power spectrum: delta = exp(g - s^2 / 2) - 1 for a Gaussian field g.

Correlation functions are related exactly by xi = exp(xi_g) - 1 (P. Coles, B. Jones, Mon. Not. R.
Astron. Soc. 248, 1, 1991). Maps are square and periodic. The power of a wave is the mean of
|FFT(delta)|^2 / pixels^2, so that the variance of a pixel is the mean of the power over all waves.
"""

import numpy as np
from numpy.typing import NDArray

__all__ = ["gaussian_power", "lognormal_maps", "skewness"]

Array = NDArray[np.float64]


def gaussian_power(power: Array) -> Array:
    """Power of the Gaussian field g behind lognormal maps.

    Args:
        power: of the maps, for every wave of the full FFT, shape (pixels, pixels), even in the
            wavenumber.

    Returns:
        shape (pixels, pixels). Waves of which a Gaussian field would need negative power get none;
        then the spectrum of the maps is not exactly the given one.

    Raises:
        ValueError: for a shape that is not square, or a correlation of -1 or below.
    """
    if power.ndim != 2 or power.shape[0] != power.shape[1]:
        raise ValueError(f"expected the power of a square map; got shape {power.shape}")
    correlation = np.fft.ifft2(power).real
    if not correlation.min() > -1:
        raise ValueError(
            f"expected a correlation above -1 of lognormal maps; got {correlation.min():.3g}"
        )
    return np.maximum(np.fft.fft2(np.log1p(correlation)).real, 0)


def lognormal_maps(gaussian: Array, count: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Draw independent lognormal maps.

    Args:
        gaussian: power of the Gaussian field, as from `gaussian_power`.
        count: number of maps.
        rng: draws count x pixels^2 normal numbers.

    Returns:
        shape (count, pixels, pixels), of mean 0 on average and above -1.
    """
    pixels = len(gaussian)
    waves = np.fft.rfft2(rng.standard_normal((count, pixels, pixels)))
    waves *= np.sqrt(gaussian[:, : pixels // 2 + 1])
    field = np.fft.irfft2(waves, (pixels, pixels))
    return np.expm1(field - gaussian.mean() / 2).astype(np.float32)


def skewness(variance: float) -> float:
    """Third moment over variance^(3/2) of a lognormal overdensity of that variance.

    With w = 1 + variance it is (w + 2) sqrt(w - 1).
    """
    return float((variance + 3) * np.sqrt(variance))
