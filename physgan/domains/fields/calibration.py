"""A filter that gives a generator's fields the mean power of the training samples."""

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from physgan.domains.fields.layout import FieldLayout
from physgan.domains.fields.regression import fit_log_polynomial
from physgan.domains.fields.spectrum import group_averages, group_numbers
from physgan.networks import Fixed

__all__ = ["SpectrumCalibration"]

_STEPS, _STEP = 10, 0.5
_LEAST = 1e-9
_ROWS = 256


class SpectrumCalibration(nnx.Module):
    """Factors of the amplitudes in each ring of wavenumbers, functions of the conditions.

    Zonal fields have a factor more for each wavenumber of the zonal mean. Adversarial training
    leaves the mean power of a ring off where a single sample hardly shows it: in rings with little
    power, and at the ends of a range. In the end it is measured on both sides, and the filter takes
    the difference off. Both are smoothed by the same polynomials: where these do not follow the
    power, both are off alike, and their ratio is not.

    Args:
        terms: functions of the conditions, the columns of `polynomial_basis`.
        layout: of the fields, whose edges touch.
    """

    def __init__(self, terms: int, layout: FieldLayout) -> None:
        self.layout = layout
        self.coefficients = Fixed(jnp.zeros((terms, self._numbers().max() + 1)))

    def __call__(self, fields: jax.Array, basis: jax.Array) -> jax.Array:
        """Filtered fields.

        Args:
            fields: network space, shape (n, rows, columns).
            basis: of the conditions, shape (n, terms).
        """
        return self._filtered(fields, basis, jax.lax.stop_gradient(self.coefficients[...]))

    def fit(
        self, samples: np.ndarray, at: np.ndarray, drawn: np.ndarray, drawn_at: np.ndarray
    ) -> None:
        """Find the factors by iteration, for network space is not proportional to the fields.

        Each step takes half the difference of the logarithms off, until that no longer helps.

        Args:
            samples: of the simulator, network space, shape (n, rows, columns).
            at: basis of their conditions, shape (n, terms).
            drawn: the generator's, with the present factors, shape (m, rows, columns).
            drawn_at: basis of theirs, shape (m, terms).
        """
        floor = _LEAST * float(self._power(jnp.asarray(samples[:_ROWS])).mean())
        power = jax.jit(lambda fields, basis, c: self._power(self._filtered(fields, basis, c)))

        def smooth(fields: np.ndarray, basis: np.ndarray, coefficients: np.ndarray) -> np.ndarray:
            parts = [slice(start, start + _ROWS) for start in range(0, len(fields), _ROWS)]
            given = np.asarray(basis, np.float32), np.asarray(coefficients, np.float32)
            found = [power(fields[part], given[0][part], given[1]) for part in parts]
            values = np.concatenate(found).astype(np.float64)
            return fit_log_polynomial(basis, values + floor)

        kept = change = np.zeros(self.coefficients[...].shape)
        wanted, least = smooth(samples, at, change), np.inf
        for _ in range(_STEPS):
            off = wanted - smooth(drawn, drawn_at, change)
            off[:, 0] = 0  # a field's mean is none of its waves
            size = float(np.square(drawn_at @ off).mean())
            if not size < least:
                break
            kept, least = change, size
            change = change + _STEP * off / 2
        self.coefficients[...] = self.coefficients[...] + jnp.asarray(kept, jnp.float32)

    def _filtered(self, fields: jax.Array, basis: jax.Array, coefficients: jax.Array) -> jax.Array:
        waves = jnp.fft.rfft2(fields)
        factors = jnp.exp(basis @ coefficients)[:, self._numbers()]
        return jnp.fft.irfft2(factors.astype(waves.dtype) * waves, self.layout.shape)

    def _power(self, samples: jax.Array) -> jax.Array:
        """Power of the fields in each group, shape (n, groups)."""
        waves = jnp.fft.rfft2(self.layout.decoded(samples))
        power = (waves.real**2 + waves.imag**2).reshape(len(waves), -1)
        layout = self.layout
        averages = group_averages(layout.shape, layout.spacing, zonal=layout.zonal)
        return power @ jnp.asarray(averages.T.toarray(), jnp.float32)

    def _numbers(self) -> np.ndarray:
        return group_numbers(self.layout.shape, self.layout.spacing, zonal=self.layout.zonal)
