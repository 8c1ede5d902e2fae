"""Large-scale structure of a flat LCDM universe by a particle-mesh N-body code."""

from simulators.cosmology.model import Cosmology

__all__ = ["Cosmology"]
