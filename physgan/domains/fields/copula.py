"""The classical baseline of fields: a Gaussian field, each pixel through one function.

A Gaussian random field is drawn whose pixels, once they have the measured distribution of single
pixels, have the measured spectrum. Astronomers call it a Gaussian copula field, of which lognormal
maps are the case of a lognormal distribution (P. Coles, B. Jones, Mon. Not. R. Astron. Soc. 248, 1,
1991; R. J. Scherrer et al., Astrophys. J. 708, L9, 2010). Engineers call it a translation process
(M. Grigoriu, J. Eng. Mech. 110, 610, 1984).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import scipy.fft
import scipy.special

from physgan.domains.base import Described, Samples
from physgan.domains.copula.conditions import checked_conditions, event_noise
from physgan.domains.fields.copula_fit import (
    CopulaFieldState,
    fit_state,
    gaussian_spectra,
    pixels_at,
    torus_of,
)
from physgan.domains.fields.layout import FIELD, layout_of
from physgan.domains.fields.regression import (
    lower_terms,
    number_of_terms,
    polynomial_basis,
    since_version_2,
)
from physgan.domains.fitted_arrays import read_arrays, write_arrays
from physgan.errors import InputError
from simulators.protocol import Progress

__all__ = ["FieldCopula"]

_CHUNK_PIXELS = 1 << 20
_PRESENT_TERMS = 3
"""Version of a surrogate's files since which terms fall as they do now."""


class FieldCopula:
    """A source of fields, to compare surrogates with.

    The distribution of single pixels and the spectrum, by wavevector, are smooth functions of the
    conditions. What fields hold beyond both is a network's job: phases, that is filaments, vortices
    and their fronts, and the correlation of powers of different wavenumbers but for what the
    function of pixels brings about.

    Args:
        source: what has fields, conditions, grid and parameters of the samples.
        state: from `fit_state`.

    Good values: 1,000 training samples or more.
    Breaks when: no Gaussian field leads to the spectrum, as of a distribution with two peaks and
        strong anticorrelation; the spectrum is then the nearest found. Where edges do not touch
        the window smooths a steep spectrum, by 10 % and more. Effects of conditions that no
        polynomial of second degree follows are smoothed, too.

    Example:
        >>> copula = FieldCopula.fit(dataset.info, samples, conditions)  # doctest: +SKIP
        >>> copula.sample({"sigma_8": 0.8}, count=100, seed=1)  # doctest: +SKIP
    """

    name: str = "copula"
    summary: ClassVar[str] = "Gaussian field of the measured spectrum, each pixel transformed"
    size: int = 0

    def __init__(self, source: Described, state: CopulaFieldState) -> None:
        self.state = state
        self.layout = layout_of(source)
        self.conditions = tuple(source.conditions)

    @classmethod
    def fit(
        cls,
        source: Described,
        samples: Samples,
        conditions: Mapping[str, np.ndarray],
        *,
        seed: int = 0,
    ) -> Self:
        """Fit to samples.

        Args:
            source: describes them, such as a dataset's info.
            samples: shape (n, rows, columns).
            conditions: name -> shape (n,).
            seed: not used.

        Raises:
            InputError: for less than two samples, or samples of another shape.
        """
        layout, fields = layout_of(source), np.asarray(samples[FIELD])
        if len(fields) < 2 or fields.shape[1:] != layout.shape:
            raise InputError(
                f"expected two or more fields of shape {layout.shape}; got shape {fields.shape}"
            )
        basis = polynomial_basis(source.conditions, conditions, len(fields))
        return cls(source, fit_state(layout, fields, basis, lower_terms(len(source.conditions))))

    def sample(
        self,
        conditions: Mapping[str, Any],
        count: int,
        seed: int,
        *,
        first_event: int = 0,
        extrapolate: bool = False,
        progress: Progress | None = None,
    ) -> dict[str, np.ndarray]:
        """Draw events `first_event` to `first_event + count - 1` of the run `seed`.

        Args:
            conditions: name -> a number or shape (count,).
            count: number of samples.
            seed: the run.
            first_event: number of the first event within the run.
            extrapolate: whether to go on outside the fitted range, as at its edge.
            progress: called with (done, count) now and then.

        Returns:
            The field, shape (count, rows, columns).

        Raises:
            InputError: for missing, wrong or outlying conditions.
        """
        known = checked_conditions(self.conditions, conditions, count, extrapolate, self.name)
        torus = torus_of(self.layout)
        values = np.empty((count, *self.layout.shape), np.float32)
        step = max(1, _CHUNK_PIXELS // (torus[0] * torus[1]))
        for start in range(0, count, step):
            stop = min(start + step, count)
            part = {name: column[start:stop] for name, column in known.items()}
            basis = polynomial_basis(self.conditions, part, stop - start)
            noise = event_noise(seed, first_event + start, stop - start, torus[0] * torus[1])
            values[start:stop] = self._drawn(basis, noise.reshape(-1, *torus))
            if progress is not None:
                progress(stop, count)
        return {FIELD: values}

    def save(self, path: str | Path) -> None:
        """Write the fitted state to an npz file, without pickle."""
        write_arrays(path, self.state._asdict())

    @classmethod
    def load(cls, path: str | Path, source: Described) -> Self:
        """Read a file written by `save`, for samples as `source` describes them.

        Raises:
            InputError: if the file is not one.
        """
        arrays = read_arrays(path, CopulaFieldState._fields)
        functions = number_of_terms(len(source.conditions))
        if not _consistent(arrays, functions, torus_of(layout_of(source))):
            raise InputError(f"expected a file of {cls.__name__}.save; got {path}; fit it again")
        state = CopulaFieldState(**arrays)
        if getattr(source, "format_version", _PRESENT_TERMS) < _PRESENT_TERMS:
            factors = since_version_2(len(source.conditions))[:, None]
            fitted = ("centre", "spread", "shares", "spectrum")
            state = state._replace(**{name: factors * arrays[name] for name in fitted})
        return cls(source, state)

    def _drawn(self, basis: np.ndarray, noise: np.ndarray) -> np.ndarray:
        """Fields from white noise on the torus, shape (n, *torus)."""
        torus = noise.shape[1:]
        spectra = gaussian_spectra(self.state, basis, torus)
        normal = scipy.fft.irfft2(scipy.fft.rfft2(noise) * np.sqrt(spectra), torus)
        rows, columns = self.layout.shape
        uniform = scipy.special.ndtr(normal[:, :rows, :columns])
        found = pixels_at(self.layout, self.state, basis, uniform.reshape(len(basis), -1))
        return found.reshape(-1, rows, columns)


def _consistent(arrays: dict[str, np.ndarray], functions: int, torus: tuple[int, int]) -> bool:
    """Whether arrays from a file have the shapes and values of a `CopulaFieldState`."""
    if set(arrays) != set(CopulaFieldState._fields) or arrays["shares"].ndim != 2:
        return False
    bins = arrays["shares"].shape[1]
    shapes = {
        "centre": (functions, 1),
        "spread": (functions, 1),
        "limits": (2,),
        "edges": (bins + 1,),
        "shares": (functions, bins),
        "spectrum": (functions, torus[0] * (torus[1] // 2 + 1)),
    }
    return all(
        arrays[name].shape == shape
        and arrays[name].dtype == np.float64
        and bool(np.isfinite(arrays[name]).all())
        for name, shape in shapes.items()
    )
