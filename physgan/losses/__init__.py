"""Adversarial losses, gradient penalties and spectral norms: pure functions of plain arrays."""

from physgan.losses.adversarial import (
    LOSSES,
    Loss,
    relativistic_discriminator_loss,
    relativistic_generator_loss,
)
from physgan.losses.penalties import PENALTIES, gradient_penalties, interpolates, unit_slope_penalty
from physgan.losses.spectral import spectral_norm, spectrally_normalised

__all__ = [
    "LOSSES",
    "PENALTIES",
    "Loss",
    "gradient_penalties",
    "interpolates",
    "relativistic_discriminator_loss",
    "relativistic_generator_loss",
    "spectral_norm",
    "spectrally_normalised",
    "unit_slope_penalty",
]
