"""Generators and discriminators, in Flax NNX; nothing here knows of files or of training."""

from physgan.networks.autoencoder import Autoencoder
from physgan.networks.cost import flops_of
from physgan.networks.discriminator import ResidualDiscriminator
from physgan.networks.embedding import ConditionEmbedding, ConditionRange
from physgan.networks.flow import Flow
from physgan.networks.generator import Calibrated, Generator, Initialised, LikelihoodGenerator
from physgan.networks.preprocessing import (
    Fixed,
    Preprocessing,
    Standardisation,
    bounded_normal,
    normal_negative_log_density,
    normal_velocity,
)
from physgan.networks.registry import (
    DISCRIMINATORS,
    GENERATORS,
    GENERIC_GENERATORS,
    build_discriminator,
    build_generator,
    generic_settings,
)
from physgan.networks.rejection import Inputs, Rejection
from physgan.networks.weights import named_leaves, nested_like, pack_parameters

__all__ = [
    "DISCRIMINATORS",
    "GENERATORS",
    "GENERIC_GENERATORS",
    "Autoencoder",
    "Calibrated",
    "ConditionEmbedding",
    "ConditionRange",
    "Fixed",
    "Flow",
    "Generator",
    "Initialised",
    "Inputs",
    "LikelihoodGenerator",
    "Preprocessing",
    "Rejection",
    "ResidualDiscriminator",
    "Standardisation",
    "bounded_normal",
    "build_discriminator",
    "build_generator",
    "flops_of",
    "generic_settings",
    "named_leaves",
    "nested_like",
    "normal_negative_log_density",
    "normal_velocity",
    "pack_parameters",
]
