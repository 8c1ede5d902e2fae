"""Gaussian copulas, the classical baselines of most domains."""

from physgan.domains.copula.entries import Copula
from physgan.domains.copula.layers import LayeredCopula
from physgan.domains.copula.tables import CopulaState

__all__ = ["Copula", "CopulaState", "LayeredCopula"]
