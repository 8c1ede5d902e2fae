"""Textbook presets: the published training settings of a published network."""

from typing import Any

__all__ = ["TEXTBOOK_PRESETS"]

_TEXTBOOK = {
    "discriminator": "dcgan",
    "loss": "non-saturating",
    "penalty": "none",
    "likelihood_samples": 0,
    "adversarial_samples": 1_200_000,
    "head_start": 0,
    "rate_fall": 1.0,
    "first_beta2": 0.999,
    "beta2": 0.999,
    "checkpoint_samples": 60_000,
    "validation_samples": 2_048,
}

TEXTBOOK_PRESETS: dict[str, dict[str, Any]] = {
    "dcgan28": {
        **_TEXTBOOK,
        "batch_size": 32,
        "generator_rate": 2e-4,
        "discriminator_rate": 2e-4,
        "beta1": 0.5,
    },
    "dcgan16": {
        **_TEXTBOOK,
        "batch_size": 128,
        "generator_rate": 1e-4,
        "discriminator_rate": 1e-4,
        "beta1": 0.9,
    },
}
"""Network name -> settings, which override the domain's; recipe and user override them."""
