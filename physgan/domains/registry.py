"""Domains by name."""

from physgan.domains.base import Described, Domain
from physgan.domains.cells import Cells
from physgan.domains.fields import Fields
from physgan.domains.images import Images
from physgan.domains.points import Points
from physgan.domains.showers import Showers
from physgan.domains.spins import Spins
from physgan.domains.units import check_units
from physgan.errors import InputError, nearest

__all__ = ["DOMAINS", "domain_of", "domain_type"]

DOMAINS: dict[str, type[Domain]] = {
    domain.name: domain for domain in (Cells, Fields, Images, Points, Showers, Spins)
}
"""Domain name -> class."""


def domain_type(name: str) -> type[Domain]:
    """The class of a domain.

    Raises:
        InputError: if there is no such domain.
    """
    if name not in DOMAINS:
        raise InputError(
            f"expected a domain ({', '.join(DOMAINS)}); got {name!r}{nearest(name, DOMAINS)}"
        )
    return DOMAINS[name]


def domain_of(source: Described) -> Domain:
    """The domain of a dataset's, a simulator's or a surrogate's samples.

    Raises:
        InputError: if there is no such domain, or the samples do not have its layout or unit.
    """
    domain = domain_type(source.domain)
    check_units(domain, source)
    return domain(source)
