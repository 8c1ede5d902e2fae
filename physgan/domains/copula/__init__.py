"""Gaussian copulas, the classical baselines of most domains."""

from physgan.domains.copula.entries import Copula
from physgan.domains.copula.layers import LayeredCopula

__all__ = ["Copula", "LayeredCopula"]
