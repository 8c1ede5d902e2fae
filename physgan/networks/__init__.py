"""Generators and discriminators, in Flax NNX; nothing here knows of files or of training."""

from physgan.networks.discriminator import Discriminator
from physgan.networks.embedding import ConditionEmbedding, ConditionRange
from physgan.networks.generator import Generator
from physgan.networks.registry import GENERATORS, build_discriminator, build_generator
from physgan.networks.shower_cascade import ShowerCascade
from physgan.networks.spin_hierarchy import SpinHierarchy
from physgan.networks.straight_through import spins_from_logits
from physgan.networks.weights import pack_parameters, unpack_parameters

__all__ = [
    "GENERATORS",
    "ConditionEmbedding",
    "ConditionRange",
    "Discriminator",
    "Generator",
    "ShowerCascade",
    "SpinHierarchy",
    "build_discriminator",
    "build_generator",
    "pack_parameters",
    "spins_from_logits",
    "unpack_parameters",
]
