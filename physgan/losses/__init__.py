"""Adversarial losses, gradient penalties and spectral norms: pure functions of arrays."""

from physgan.losses.adversarial import (
    LOSSES,
    Loss,
    relativistic_discriminator_loss,
    relativistic_generator_loss,
)
from physgan.losses.moments import moment_distance
from physgan.losses.penalties import (
    PENALTIES,
    interpolates,
    squared_gradient_norms,
    unit_gradient_penalty,
)
from physgan.losses.spectral import spectral_norm, spectrally_normalised

__all__ = [
    "LOSSES",
    "PENALTIES",
    "Loss",
    "interpolates",
    "moment_distance",
    "relativistic_discriminator_loss",
    "relativistic_generator_loss",
    "spectral_norm",
    "spectrally_normalised",
    "squared_gradient_norms",
    "unit_gradient_penalty",
]
