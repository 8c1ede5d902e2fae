"""Units of conditions: kinds, exact conversion, and names that state a unit."""

import math
from dataclasses import asdict

import numpy as np
import pytest

from simulators import Condition
from simulators.units import UNITS, convert, kind_of, option_units, unit_in_name, units_of

CONVERTIBLE = [unit for unit, (_, size) in UNITS.items() if size is not None]


@pytest.mark.parametrize(
    ("value", "unit", "to", "expected"),
    [
        (2.3, "GeV", "MeV", 2300.0),
        (2.01, "GeV", "MeV", 2010.0),  # 2.01 * 1000.0 is 2009.9999999999998
        (1.1, "TeV", "eV", 1.1e12),
        (2300.0, "MeV", "GeV", 2.3),
        (7.0, "keV", "MeV", 0.007),
        (0.3, "cm", "mm", 3.0),
        (1.7, "um", "mm", 0.0017),
        (0.1, "m", "cm", 10.0),
        (180.0, "deg", "rad", math.pi),
        (-90.0, "deg", "rad", -math.pi / 2),
        (math.pi, "rad", "deg", 180.0),
        (250.0, "mrad", "rad", 0.25),
        (2.5, "J/k_B", "J/k_B", 2.5),
    ],
)
def test_one_number_is_converted_without_rounding_twice(
    value: float, unit: str, to: str, expected: float
) -> None:
    assert convert(value, unit, to) == expected


@pytest.mark.parametrize("unit", CONVERTIBLE)
def test_there_and_back(unit: str, rng: np.random.Generator) -> None:
    values = rng.uniform(-1e3, 1e3, 100)
    for other in units_of(kind_of(unit)):
        there = convert(values, unit, other)
        np.testing.assert_allclose(convert(there, other, unit), values, rtol=5e-16)
        np.testing.assert_allclose([convert(float(v), unit, other) for v in values], there, 5e-16)


@pytest.mark.parametrize(
    ("unit", "to"),
    [("GeV", "mm"), ("K", "J/k_B"), ("J/k_B", "K"), ("1", "MeV"), ("rad", "furlong")],
)
def test_units_that_do_not_convert(unit: str, to: str) -> None:
    with pytest.raises(ValueError, match=f"expected a unit that converts to {to}; got {unit}"):
        convert(1.0, unit, to)


def test_the_kind_of_a_condition_follows_from_its_unit_and_is_not_stored() -> None:
    kinds = {"MeV": "energy", "rad": "angle", "mm": "length", "J/k_B": "temperature", "1": ""}
    for unit, kind in kinds.items():
        condition = Condition("c", unit, 0.0, 1.0)
        assert condition.kind == kind
        assert "kind" not in asdict(condition)


def test_names_that_state_a_unit() -> None:
    assert option_units("energy_mev", "MeV")["energy_gev"] == "GeV"
    assert option_units("x_mm", "mm") == {"x_um": "um", "x_mm": "mm", "x_cm": "cm", "x_m": "m"}
    assert option_units("theta", "rad")["theta_deg"] == "deg"
    assert option_units("label", "1") == {"label": "1"}
    names = ("energy_mev", "x_mm", "theta", "sigma_8", "particle", "gev")
    assert [unit_in_name(name) for name in names] == ["MeV", "mm", "", "", "", ""]
