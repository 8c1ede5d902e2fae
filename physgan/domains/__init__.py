"""Kinds of samples, each with its layout, observables, symmetries and networks."""

from physgan.domains.base import (
    Baseline,
    Conditions,
    Described,
    Domain,
    EnsembleObservable,
    Observable,
    Samples,
    Spectrum,
    Target,
)
from physgan.domains.importer import Importer
from physgan.domains.physical import check_samples, verify
from physgan.domains.registry import DOMAINS, domain_of, domain_type

__all__ = [
    "DOMAINS",
    "Baseline",
    "Conditions",
    "Described",
    "Domain",
    "EnsembleObservable",
    "Importer",
    "Observable",
    "Samples",
    "Spectrum",
    "Target",
    "check_samples",
    "domain_of",
    "domain_type",
    "verify",
]
