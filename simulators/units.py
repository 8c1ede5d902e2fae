"""Units of conditions: which kind of quantity each measures, and conversion within a kind."""

import math
from fractions import Fraction
from typing import TypeVar

import numpy as np

__all__ = ["UNITS", "convert", "kind_of", "option_units", "unit_in_name", "units_of"]

Values = TypeVar("Values", float, np.ndarray)

UNITS: dict[str, tuple[str, Fraction | None]] = {
    "eV": ("energy", Fraction(1)),
    "keV": ("energy", Fraction(10**3)),
    "MeV": ("energy", Fraction(10**6)),
    "GeV": ("energy", Fraction(10**9)),
    "TeV": ("energy", Fraction(10**12)),
    "rad": ("angle", Fraction(1)),
    "mrad": ("angle", Fraction(1, 1000)),
    "deg": ("angle", Fraction(math.pi) / 180),
    "um": ("length", Fraction(1)),
    "mm": ("length", Fraction(10**3)),
    "cm": ("length", Fraction(10**4)),
    "m": ("length", Fraction(10**6)),
    "J/k_B": ("temperature", None),
    "K": ("temperature", None),
}
"""Unit -> kind of quantity, and size in the kind's first unit; None: it converts to no other."""


def kind_of(unit: str) -> str:
    """Kind of quantity that a unit measures, such as "energy"; "" for "1" and unknown units."""
    return UNITS[unit][0] if unit in UNITS else ""


def units_of(kind: str) -> list[str]:
    """All units of a kind."""
    return [unit for unit, (its_kind, _) in UNITS.items() if its_kind == kind]


def convert(values: Values, unit: str, to: str) -> Values:
    """Convert values from one unit to another of the same kind.

    One number is converted as the decimal that it is written as, so 2.01 GeV are 2010.0 MeV; an
    array by one multiplication or division with a whole number, where there is one.

    Raises:
        ValueError: for units that do not convert.
    """
    if unit == to:
        return values
    (kind, size), (wanted_kind, wanted_size) = (UNITS.get(name, ("", None)) for name in (unit, to))
    if kind != wanted_kind or size is None or wanted_size is None:
        raise ValueError(f"expected a unit that converts to {to}; got {unit}")
    ratio = size / wanted_size
    if isinstance(values, np.ndarray):
        return values * float(ratio) if ratio >= 1 else values / float(1 / ratio)
    if not math.isfinite(values):
        return values
    return float(Fraction(repr(float(values))) * ratio)


def option_units(name: str, unit: str) -> dict[str, str]:
    """Names under which a condition may be given, and the unit that each states.

    The unit of a condition is the end of its name in lower case (energy_mev, x_mm) or is not in
    its name (theta).

    Example:
        >>> option_units("theta", "rad")
        {'theta_rad': 'rad', 'theta_mrad': 'mrad', 'theta_deg': 'deg', 'theta': 'rad'}
    """
    stem = name.removesuffix(f"_{unit.lower()}")
    others = units_of(kind_of(unit)) if kind_of(unit) else []
    return {**{f"{stem}_{other.lower()}": other for other in others}, name: unit}


def unit_in_name(name: str) -> str:
    """Unit that the end of a name states: "MeV" for "energy_mev"; "" if there is none."""
    end = name.rpartition("_")[2] if "_" in name else ""
    return next((unit for unit in UNITS if unit.lower() == end), "")
