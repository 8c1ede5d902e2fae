"""Surrogates: trained sources of samples, to load, inspect and sample from."""

from physgan.surrogates.certificate import CERTIFICATE, Certificate, Place, read_certificate
from physgan.surrogates.description import Description, TrainingStage
from physgan.surrogates.fitted import FittedSampler
from physgan.surrogates.network import NetworkSampler
from physgan.surrogates.pretrained import pretrained_folder, pretrained_names
from physgan.surrogates.surrogate import Sampler, Surrogate, folder_of, load

__all__ = [
    "CERTIFICATE",
    "Certificate",
    "Description",
    "FittedSampler",
    "NetworkSampler",
    "Place",
    "Sampler",
    "Surrogate",
    "TrainingStage",
    "folder_of",
    "load",
    "pretrained_folder",
    "pretrained_names",
    "read_certificate",
]
