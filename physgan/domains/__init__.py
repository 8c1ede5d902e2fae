"""Kinds of samples: what they look like, what is measured on them, what leaves them alike."""

from physgan.domains.protocol import (
    Conditions,
    Domain,
    EnsembleObservable,
    Observable,
    Samples,
    Target,
)


__all__ = [
    "DOMAINS",
    "Conditions",
    "Domain",
    "EnsembleObservable",
    "Observable",
    "Samples",

    "Target",
]

DOMAINS: dict[str, Domain] = {}
"""Domain name -> domain."""
