"""Fields as real variables for autoencoders and flows."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
import scipy.fft

from physgan.networks import Standardisation

__all__ = ["WhitenedField", "mode_variances"]

_LEAST = 1e-6
_ROWS = 256


class WhitenedField(Standardisation):
    """Fields whose Fourier modes all have variance one; of a white Gaussian field this is the end.

    The mean is taken off, and each mode divided by the standard deviation of its ring of
    wavenumbers, over training samples of all conditions. No place is special, as is right on a
    torus; the filter is linear and undone exactly. What is left to learn are the conditions' effect
    and what is not Gaussian, at all scales alike: by pixels, the largest scales would be all that
    counts. A scale for each pixel and condition would take gigabytes to fit.

    Args:
        shape: of a sample in network space, (rows, columns).
        mean: over pixels and training samples.
        variances: of modes by ring, from `mode_variances`; one number for pixels that are only
            standardised.
        nodes: not used.
        conditions: not used.
    """

    standardised = False

    def __init__(
        self,
        shape: Sequence[int],
        *,
        mean: float = 0.0,
        variances: Sequence[float] = (1.0,),
        nodes: int = 0,
        conditions: int = 1,
    ) -> None:
        super().__init__(shape)
        self.mean = mean
        self.variances = tuple(variances)

    def variable_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Pictures of one channel."""
        return (*shape, 1)

    def raw(self, samples: jax.Array, key: jax.Array) -> jax.Array:
        """Whitened fields."""
        return self._filtered(samples - self.mean, 1 / self._deviations())

    def restored(self, raw: jax.Array) -> jax.Array:
        """Fields."""
        fields = raw.reshape(len(raw), *self.sample_shape)
        return self._filtered(fields, self._deviations()) + self.mean

    def _deviations(self) -> np.ndarray:
        """Standard deviation of each mode, float32 (rows, columns // 2 + 1)."""
        ring = np.minimum(_rings(self.sample_shape), len(self.variances) - 1)
        floor = _LEAST * max(self.variances)
        return np.sqrt(np.maximum(self.variances, floor))[ring].astype(np.float32)

    def _filtered(self, fields: jax.Array, factors: np.ndarray) -> jax.Array:
        waves = jnp.fft.rfft2(fields) * factors.astype(np.complex64)
        filtered = jnp.fft.irfft2(waves, s=self.sample_shape)
        return filtered.reshape(len(fields), self.size)


def mode_variances(array: np.ndarray) -> list[float]:
    """Mean |x(k)|^2 over pixels by ring of wavenumbers, of fields (n, rows, columns) less a mean.

    Rings are as wide as the smallest wavenumber along the shorter side, in pixels; the first is the
    fields' own mean. White fields of variance one have 1 in each.
    """
    rings, total = _rings(array.shape[1:]), 0.0
    for start in range(0, len(array), _ROWS):
        waves = scipy.fft.rfft2(array[start : start + _ROWS].astype(np.float64))
        total = total + (np.abs(waves) ** 2).sum(0)
    counts = np.maximum(np.bincount(rings.ravel()), 1)
    sums = np.bincount(rings.ravel(), np.ravel(total))
    return [float(value) for value in sums / (counts * array.size)]


def _rings(shape: Sequence[int]) -> np.ndarray:
    rows, columns = shape
    number = np.hypot(scipy.fft.fftfreq(rows)[:, None], scipy.fft.rfftfreq(columns))
    return np.rint(number * min(rows, columns)).astype(int)
