"""Kinds of samples: what they look like, what is measured on them, what leaves them alike."""

from collections.abc import Callable

from physgan.domains.images import Images
from physgan.domains.points import Points
from physgan.domains.protocol import (
    Conditions,
    Described,
    Domain,
    EnsembleObservable,
    LearnableDomain,
    Observable,
    Samples,
    Target,
)
from physgan.domains.showers import Showers
from physgan.domains.spins import Spins
from physgan.errors import InputError

__all__ = [
    "DOMAINS",
    "Conditions",
    "Described",
    "Domain",
    "EnsembleObservable",
    "Images",
    "LearnableDomain",
    "Observable",
    "Points",
    "Samples",
    "Showers",
    "Spins",
    "Target",
    "domain_of",
]

DOMAINS: dict[str, Callable[[Described], LearnableDomain]] = {
    "images": Images,
    "points": Points,
    "showers": Showers,
    "spins": lambda source: Spins(),
}
"""Domain name -> the domain of what is so described."""


def domain_of(source: Described) -> LearnableDomain:
    """The domain of a dataset's, a simulator's or a surrogate's samples.

    Raises:
        InputError: if there is no such domain, or the samples are not laid out as it expects.
    """
    if source.domain not in DOMAINS:
        raise InputError(f"expected domain in {sorted(DOMAINS)}; got {source.domain!r}")
    return DOMAINS[source.domain](source)
