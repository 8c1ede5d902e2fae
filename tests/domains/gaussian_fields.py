"""Gaussian random fields of a known spectrum, and layouts of fields."""

import numpy as np

from physgan.domains.fields.layout import FieldLayout
from physgan.domains.fields.spectrum import Modes, modes_of
from simulators.protocol import Axis

ISOTROPIC, ZONAL, PLAIN = ("y", "x"), ("north", "east"), ("row", "column")


def layout(names: tuple[str, str] = ISOTROPIC, side: int = 64, pixel: float = 2.0) -> FieldLayout:
    axes = [Axis(n, "Mpc/h", tuple((pixel * (np.arange(side) + 0.5)).tolist())) for n in names]
    return FieldLayout((axes[0], axes[1]), "K", "value", 1.0)


def bell(modes: Modes, length: float) -> np.ndarray:
    """The spectrum of unit variance with correlation exp(-r^2 / 2 length^2), without its mean."""
    power = 2 * np.pi * length**2 * np.exp(-modes.squares * length**2 / 2)
    power[0, 0] = 0
    return power


def gaussian(fields: FieldLayout, power: np.ndarray, count: int, seed: int = 0) -> np.ndarray:
    """Gaussian fields with P(k) = `power` at each mode of the torus, (count, rows, columns)."""
    noise = np.random.default_rng(seed).normal(size=(count, *fields.shape))
    waves = np.fft.rfft2(noise) * np.sqrt(power / modes_of(fields).pixel)
    return np.fft.irfft2(waves, s=fields.shape)
