"""Explanations of generated samples: sensitivities, latents, attributions of the discriminator."""

from physgan.explain.attribution import Attribution, attribute, integrated_gradients
from physgan.explain.differences import Sensitivity, condition_sensitivity, neighbours
from physgan.explain.explain import explain
from physgan.explain.fixed_noise import FixedNoiseSampler
from physgan.explain.jacobians import Jacobians, jacobians
from physgan.explain.latents import Effect, latent_groups, latent_path, total_effects

__all__ = [
    "Attribution",
    "Effect",
    "FixedNoiseSampler",
    "Jacobians",
    "Sensitivity",
    "attribute",
    "condition_sensitivity",
    "explain",
    "integrated_gradients",
    "jacobians",
    "latent_groups",
    "latent_path",
    "neighbours",
    "total_effects",
]
