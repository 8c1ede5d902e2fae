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
from physgan.domains.cells import Cells
from physgan.domains.fields import Fields
from physgan.domains.images import Images
from physgan.domains.importer import Importer
from physgan.domains.physical import check_samples, verify
from physgan.domains.points import Points
from physgan.domains.registry import DOMAINS, domain_of, domain_type
from physgan.domains.showers import Showers
from physgan.domains.spins import Spins

__all__ = [
    "DOMAINS",
    "Baseline",
    "Cells",
    "Conditions",
    "Described",
    "Domain",
    "EnsembleObservable",
    "Fields",
    "Images",
    "Importer",
    "Observable",
    "Points",
    "Samples",
    "Showers",
    "Spectrum",
    "Spins",
    "Target",
    "check_samples",
    "domain_of",
    "domain_type",
    "verify",
]
