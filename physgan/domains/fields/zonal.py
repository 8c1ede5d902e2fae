"""Observables of vorticity on a plane whose rotation changes to the north.

Velocities follow from the stream function psi = -vorticity / k^2: u = -d psi/d north to the east,
v = d psi/d east to the north.
"""

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from physgan.domains.base import Conditions, EnsembleObservable, Observable, Samples
from physgan.domains.fields.layout import FIELD, FieldLayout
from physgan.domains.fields.spectrum import Modes, in_chunks, mode_power

__all__ = ["energies", "zonal_ensemble", "zonal_observables"]

_TINY = 1e-30


def energies(modes: Modes, fields: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Kinetic energy per mass in each mode, by the velocities to the north and to the east.

    Returns:
        Each of shape (n, rows, columns // 2 + 1); the sum over modes is the mean over the field.
    """
    squares = modes.squares
    area = modes.pixel * fields[0].size
    power = mode_power(modes, fields) * (modes.weight / (2 * area * squares**2))
    power[:, 0, 0] = 0
    return power * modes.east**2, power * modes.north**2


def zonal_observables(layout: FieldLayout, modes: Modes) -> tuple[Observable, ...]:
    """Energy, its share in the zonal mean, its anisotropy, and the zonal mean's spectrum."""
    unit = layout.unit_of(2, 2)
    north = np.abs(modes.north[1 : layout.shape[0] // 2, 0])
    scalars = (
        ("energy", "$E$", unit, "kinetic energy per mass", _energy),
        ("zonal_share", r"$E_{zonal}/E$", "1", "share of the zonal mean in the energy", _share),
        ("anisotropy", r"$A$", "1", "anisotropy (u^2 - v^2) / (u^2 + v^2)", _anisotropy),
    )
    found = [
        Observable(name, symbol, f_unit, words, _measured(partial(measure, modes)))
        for name, symbol, f_unit, words, measure in scalars
    ]
    spectrum = Observable(
        "zonal_power", "$Z(l)$", unit, "energy of the zonal mean by wavenumber to the north",
        _measured(partial(_zonal_spectrum, modes)),
        axis=("l", layout.wave_unit), along=tuple(north.tolist()),
    )  # fmt: skip
    return (*found, spectrum)


def zonal_ensemble(layout: FieldLayout, modes: Modes) -> tuple[EnsembleObservable, ...]:
    """The energy spectrum E(k) = P(k) / (4 pi k), whose integral over k is the energy."""
    along = modes.centres

    def spectrum(values: Mapping[str, np.ndarray], condition: Conditions) -> np.ndarray:
        return np.asarray(values["power"].mean(0) / (4 * np.pi * along))

    return (
        EnsembleObservable(
            "energy_spectrum", "$E(k)$", layout.unit_of(2, 3),
            "energy spectrum", "E(k) = P(k) / (4 pi k) with the vorticity's P(k)", spectrum,
            ("power",), axis=("k", layout.wave_unit), along=tuple(along.tolist()),
        ),
    )  # fmt: skip


def _measured(measure: Callable[[np.ndarray], np.ndarray]) -> Callable[..., np.ndarray]:
    def compute(samples: Samples, conditions: Conditions) -> np.ndarray:
        return in_chunks(measure, samples[FIELD])

    return compute


def _energy(modes: Modes, fields: np.ndarray) -> np.ndarray:
    northward, eastward = energies(modes, fields)
    return np.asarray((northward + eastward).sum((1, 2)))


def _share(modes: Modes, fields: np.ndarray) -> np.ndarray:
    northward, eastward = energies(modes, fields)
    total = (northward + eastward).sum((1, 2))
    return np.asarray(eastward[:, :, 0].sum(1) / np.maximum(total, _TINY))


def _anisotropy(modes: Modes, fields: np.ndarray) -> np.ndarray:
    v, u = (part.sum((1, 2)) for part in energies(modes, fields))
    return np.asarray((u - v) / np.maximum(u + v, _TINY))


def _zonal_spectrum(modes: Modes, fields: np.ndarray) -> np.ndarray:
    """Energy of the zonal mean at each wavenumber to the north, both signs, Nyquist left out."""
    zonal = energies(modes, fields)[1][:, :, 0]
    last = zonal.shape[1] // 2
    return np.asarray(zonal[:, 1:last] + zonal[:, :-last:-1])
