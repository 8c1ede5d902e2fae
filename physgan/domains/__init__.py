"""Kinds of samples: what they look like, what is measured on them, what leaves them alike."""

from physgan.domains.protocol import (
    Conditions,
    Domain,
    EnsembleObservable,
    LearnableDomain,
    Observable,
    Samples,
    Target,
)
from physgan.domains.spins import Spins

__all__ = [
    "DOMAINS",
    "Conditions",
    "Domain",
    "EnsembleObservable",
    "LearnableDomain",
    "Observable",
    "Samples",
    "Spins",
    "Target",
]

DOMAINS: dict[str, LearnableDomain] = {"spins": Spins()}
"""Domain name -> domain."""
