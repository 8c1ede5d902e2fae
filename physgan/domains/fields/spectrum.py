"""Fourier modes of fields: power in rings of wavenumbers, and fields of a band of them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.fft
import scipy.sparse

from physgan.domains.fields.layout import FieldLayout

__all__ = [
    "Modes",
    "band_fields",
    "conjugate_weights",
    "group_averages",
    "group_numbers",
    "in_chunks",
    "mode_power",
    "modes_of",
    "ring_power",
]

_CHUNK_PIXELS = 1 << 20


@dataclass(frozen=True)
class Modes:
    """The modes of a field of real numbers: a half plane of wavevectors, and rings of them.

    A ring is as wide as the smallest wavenumber along the shorter side; ring r is centred on r
    widths. The rings end at the smaller Nyquist wavenumber.

    Args:
        north: wavenumber along the columns, shape (rows, 1).
        east: wavenumber along the rows, shape (1, columns // 2 + 1).
        weight: 2 for a mode that also stands for its complex conjugate, else 1.
        ring: number of each mode's ring, from 0; -1 for the mean and beyond the last ring.
        window: that fields are multiplied with, of mean square 1; None on a torus.
        pixel: area of one.
    """

    north: np.ndarray
    east: np.ndarray
    weight: np.ndarray
    ring: np.ndarray
    window: np.ndarray | None
    pixel: float

    @property
    def squares(self) -> np.ndarray:
        """Squared wavenumbers, those of the mean 1, which has no direction."""
        squares = self.north**2 + self.east**2
        squares[0, 0] = 1
        return squares

    @property
    def counts(self) -> np.ndarray:
        """Modes of the full plane in each ring, conjugates counted: degrees of freedom."""
        rings = self.ring >= 0
        return np.bincount(self.ring[rings], self.weight[rings])

    @property
    def centres(self) -> np.ndarray:
        """Mean wavenumber of each ring's modes."""
        return self.averages.T @ np.sqrt(self.squares).ravel()

    @property
    def averages(self) -> scipy.sparse.csr_array:
        """Weights that average modes over each ring, sparse, shape (modes, rings)."""
        return _averages(self.ring, self.weight).T.tocsr()


def modes_of(layout: FieldLayout) -> Modes:
    """The modes of a layout's fields.

    A field whose edges do not touch is multiplied with a Hann window in both directions. Amplitudes
    that leak from a wavenumber fall with the third power of the distance from it. But neighbouring
    rings are correlated, and a ring has fewer degrees of freedom than modes: scatter is larger.
    """
    rows, columns = layout.shape
    height, width = layout.spacing
    north = 2 * np.pi * scipy.fft.fftfreq(rows, height)[:, None]
    east = 2 * np.pi * scipy.fft.rfftfreq(columns, width)[None, :]
    step = max(2 * np.pi / (rows * height), 2 * np.pi / (columns * width))
    nyquist = min(np.pi / height, np.pi / width)
    ring = np.rint(np.hypot(north, east) / step).astype(int) - 1
    last = max(int(nyquist / step - 0.5 + 1e-9), 1)
    ring[(ring < 0) | (ring >= last)] = -1
    weight = np.broadcast_to(conjugate_weights(columns), ring.shape)
    window = None if layout.periodic else _hann(rows)[:, None] * _hann(columns)
    return Modes(north, east, weight, ring, window, height * width)


def conjugate_weights(columns: int) -> np.ndarray:
    """2 for a column of `rfft2` that stands for its complex conjugates too, else 1."""
    number = np.arange(columns // 2 + 1)
    return np.where((number > 0) & (2 * number != columns), 2.0, 1.0)


def group_numbers(
    shape: tuple[int, int], spacing: tuple[float, float], *, zonal: bool
) -> np.ndarray:
    """Number of each mode's group on a torus, shape (rows, columns // 2 + 1).

    The first groups are rings as wide as the smallest wavenumber along the shorter side, from the
    mean on; the last ring holds all modes beyond. Zonal fields have a group more for each
    wavenumber of the zonal mean, which belongs to no ring.

    Args:
        shape: rows and columns.
        spacing: height and width of a pixel.
        zonal: whether to tell the zonal mean from other modes.
    """
    rows, columns = shape
    north = np.abs(scipy.fft.fftfreq(rows, spacing[0]))[:, None]
    east = scipy.fft.rfftfreq(columns, spacing[1])[None, :]
    largest = min(shape) // 2
    number = np.hypot(north, east) / max(north[1, 0], east[0, 1])
    index = np.minimum(np.rint(number), largest).astype(int)
    if zonal:
        index[1:, 0] = largest + np.rint(north[1:, 0] / north[1, 0]).astype(int)
    return np.unique(index, return_inverse=True)[1].reshape(index.shape)


def group_averages(
    shape: tuple[int, int], spacing: tuple[float, float], *, zonal: bool
) -> scipy.sparse.csr_array:
    """Weights that average over each group of `group_numbers`, sparse, shape (groups, modes)."""
    number = group_numbers(shape, spacing, zonal=zonal)
    return _averages(number, np.broadcast_to(conjugate_weights(shape[1]), number.shape))


def mode_power(modes: Modes, fields: np.ndarray) -> np.ndarray:
    """P(k) = A |x(k)|^2 of each mode, with A the field's area and x(k) the mean of x exp(-ikr).

    The mean over all modes, times their number over A, is the field's mean square.

    Args:
        modes: of the layout.
        fields: shape (n, rows, columns).

    Returns:
        shape (n, rows, columns // 2 + 1), the fields' unit squared times an area.
    """
    waves = scipy.fft.rfft2(_windowed(modes, fields))
    power = waves.real**2 + waves.imag**2
    power *= modes.pixel / fields[0].size
    return power


def ring_power(modes: Modes, fields: np.ndarray) -> np.ndarray:
    """P(k), the mean over the modes of each ring, shape (n, rings)."""
    averages = modes.averages

    def part(some: np.ndarray) -> np.ndarray:
        return mode_power(modes, some).reshape(len(some), -1) @ averages

    return in_chunks(part, fields)


def band_fields(modes: Modes, fields: np.ndarray, first: int, beyond: int) -> np.ndarray:
    """The fields' parts in rings `first` to `beyond` - 1, shape (n, rows, columns)."""
    waves = scipy.fft.rfft2(_windowed(modes, fields))
    waves *= (modes.ring >= first) & (modes.ring < beyond)
    return np.asarray(scipy.fft.irfft2(waves, fields.shape[1:]))


def in_chunks(function: Callable[[np.ndarray], np.ndarray], fields: np.ndarray) -> np.ndarray:
    """A function of fields in float64, some at a time, to keep within the processor's caches."""
    step = max(1, _CHUNK_PIXELS // max(fields[:1].size, 1))
    starts = range(0, max(1, len(fields)), step)
    return np.concatenate(
        [function(np.asarray(fields[start : start + step], np.float64)) for start in starts]
    )


def _averages(number: np.ndarray, weight: np.ndarray) -> scipy.sparse.csr_array:
    """Weighted averages over the modes of each number from 0, shape (numbers, modes)."""
    (modes,) = np.nonzero(number.ravel() >= 0)
    groups, weights = number.ravel()[modes], weight.ravel()[modes]
    weights = weights / np.bincount(groups, weights)[groups]
    return scipy.sparse.csr_array((weights, (groups, modes)), shape=(number.max() + 1, number.size))


def _windowed(modes: Modes, fields: np.ndarray) -> np.ndarray:
    if modes.window is None:
        return fields
    return (fields - fields.mean((1, 2), keepdims=True)) * modes.window


def _hann(length: int) -> np.ndarray:
    """A Hann window at the centres of pixels, of mean square 1."""
    window = np.sin(np.pi * (np.arange(length) + 0.5) / length) ** 2
    return np.asarray(window / np.sqrt((window**2).mean()))
