"""Surrogates: trained sources of samples, to load, inspect and sample from."""

from physgan.surrogates.description import Description, TrainingStage
from physgan.surrogates.fitted import FittedSampler
from physgan.surrogates.network import NetworkSampler
from physgan.surrogates.pretrained import pretrained_folder, pretrained_names
from physgan.surrogates.surrogate import Sampler, Surrogate, load

__all__ = [
    "Description",
    "FittedSampler",
    "NetworkSampler",
    "Sampler",
    "Surrogate",
    "TrainingStage",
    "load",
    "pretrained_folder",
    "pretrained_names",
]
