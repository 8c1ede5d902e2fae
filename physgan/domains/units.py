"""Units of a domain's samples and of their conditions."""

from physgan.domains.base import Described, Domain
from physgan.errors import InputError
from simulators.units import UNITS, unit_in_name

__all__ = ["check_spelling", "check_units"]


def check_units(domain: type[Domain], source: Described) -> None:
    """Refuse samples in another unit than the domain's, and conditions that contradict their names.

    Args:
        domain: of the samples.
        source: describes them.

    Raises:
        InputError: naming the first of them.
    """
    importer = domain.importer
    for field in source.fields:
        if importer is None or importer.units is None or field.name != domain.field:
            continue
        if field.unit != importer.unit:
            raise InputError(
                f"expected {field.name} in {importer.unit}; got {field.unit!r}; "
                "physgan import converts units"
            )
    for condition in source.conditions:
        check_spelling(condition.unit, condition.name)
        stated = unit_in_name(condition.name)
        if len(stated) > 1 and condition.unit != stated:  # sigma_m need not be in metres
            raise InputError(
                f"expected {condition.name} in {stated}, as its name says; got {condition.unit!r}"
            )
        if condition.scale == "log" and condition.minimum <= 0:
            raise InputError(
                f"expected a positive range of {condition.name}, whose scale is logarithmic; got "
                f"{condition.minimum:g} to {condition.maximum:g} {condition.unit}"
            )


def check_spelling(unit: str, name: str) -> None:
    """Refuse GEV for GeV: a unit of one's own is kept as it is, and measures no kind of quantity.

    Units of one letter may be anything.

    Raises:
        InputError: for a known unit in other letters.
    """
    alike = [known for known in UNITS if known.lower() == unit.lower()]
    if alike and unit not in UNITS and len(unit) > 1:
        raise InputError(f"expected the unit {alike[0]} of {name} as it is written; got {unit}")
