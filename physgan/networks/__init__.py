"""Generators and discriminators, in Flax NNX; nothing here knows of files or of training."""

from physgan.networks.autoencoder import Autoencoder
from physgan.networks.cost import flops_of
from physgan.networks.discriminator import Discriminator
from physgan.networks.embedding import ConditionEmbedding, ConditionRange
from physgan.networks.flow import Flow
from physgan.networks.generator import Generator, LikelihoodGenerator
from physgan.networks.registry import (
    DISCRIMINATORS,
    GENERATORS,
    PLAIN_GENERATORS,
    build_discriminator,
    build_generator,
    plain_settings,
)
from physgan.networks.shower_cascade import ShowerCascade
from physgan.networks.spin_hierarchy import SpinHierarchy
from physgan.networks.straight_through import spins_from_logits
from physgan.networks.values import Values
from physgan.networks.weights import pack_parameters, unpack_parameters

__all__ = [
    "DISCRIMINATORS",
    "GENERATORS",
    "PLAIN_GENERATORS",
    "Autoencoder",
    "ConditionEmbedding",
    "ConditionRange",
    "Discriminator",
    "Flow",
    "Generator",
    "LikelihoodGenerator",
    "ShowerCascade",
    "SpinHierarchy",
    "Values",
    "build_discriminator",
    "build_generator",
    "flops_of",
    "pack_parameters",
    "plain_settings",
    "spins_from_logits",
    "unpack_parameters",
]
