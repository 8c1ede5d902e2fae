"""What every simulator promises, by one short call of each.

A new simulator needs an entry in `SIMULATIONS`.
"""

import json
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pytest

from simulators import SIMULATORS

every_simulator = pytest.mark.parametrize("name", SIMULATORS)


class Simulation(NamedTuple):
    """A call of a simulator.

    Attributes:
        parameters: of the simulator.
        conditions: condition name -> (smallest, largest) value of the events.
        count: number of events, more than a block.
    """

    parameters: dict[str, Any]
    conditions: dict[str, tuple[float, float]]
    count: int


_STACK = {"layers": 2, "absorber": "Pb", "absorber_mm": 5.0, "gap": "LAr", "gap_mm": 5.0}

SIMULATIONS: dict[str, Simulation] = {
    "ising": Simulation({"size": 4}, {"temperature": (2.0, 3.0)}, 8192 + 16),
    "calorimeter": Simulation(
        {"slabs": [_STACK], "cells": {"r_mm": [0, 20, 80], "alpha": 4}, "range_cut_mm": 5.0},
        {"energy_mev": (50.0, 100.0)},
        16,
    ),
    "gaussian-ring": Simulation({"modes": 3}, {}, 4096 + 16),
    "turbulence": Simulation(
        {"size": 18, "forcing": 3.0}, {"beta": (0.0, 2.0), "drag": (0.08, 0.1)}, 16
    ),
    "cosmology": Simulation(
        {"particles": 8, "pixels": 8, "side": 50.0, "steps": 2},
        {"omega_m": (0.2, 0.4), "sigma_8": (0.7, 0.9), "redshift": (0.0, 1.0)},
        12 + 8,
    ),
}
"""Simulator -> a short call of it."""


def simulator(name: str) -> tuple[Any, dict[str, np.ndarray], int]:
    """A small simulator, conditions of its events and their number."""
    if name not in SIMULATIONS:
        pytest.fail(f"the simulator {name} has no tiny call; add one to SIMULATIONS in {__file__}")
    call = SIMULATIONS[name]
    conditions = {n: np.linspace(*span, call.count) for n, span in call.conditions.items()}
    return SIMULATORS[name](**call.parameters), conditions, call.count


@cache
def events(name: str, seed: int = 1) -> dict[str, np.ndarray]:
    source, conditions, count = simulator(name)
    return source.sample(conditions, count, seed)


def assert_equal(samples: dict[str, np.ndarray], others: dict[str, np.ndarray]) -> None:
    assert samples.keys() == others.keys()
    for field, array in samples.items():
        np.testing.assert_array_equal(array, others[field], err_msg=field)


@every_simulator
def test_it_is_registered_under_its_name(name: str) -> None:
    assert simulator(name)[0].name == name


@every_simulator
def test_samples_are_what_fields_and_grid_say(name: str) -> None:
    source, _, count = simulator(name)
    lengths = {axis.name: len(axis.values) for axis in source.grid}
    assert events(name).keys() == {field.name for field in source.fields}
    for field in source.fields:
        array = events(name)[field.name]
        assert array.dtype == field.dtype
        assert len(array) == count
        for length, axis in zip(array.shape[1:], field.axes, strict=True):
            assert lengths[axis] in (length, length + 1), f"{axis}: centres or edges of its bins"
        assert np.all(np.isfinite(array))
        assert len(np.unique(array.reshape(count, -1), axis=0)) > 8


@every_simulator
def test_a_seed_gives_the_same_events_again_and_another_others(name: str) -> None:
    source, conditions, count = simulator(name)
    assert_equal(source.sample(conditions, count, 1), events(name))
    other = events(name, seed=2)
    assert any(np.any(array != other[field]) for field, array in events(name).items())


@every_simulator
def test_two_calls_at_a_block_give_the_bytes_of_one(name: str) -> None:
    """An event depends on the seed, its number and the conditions of its block alone."""
    source, conditions, count = simulator(name)
    block = -(-count // 2 // source.block_size) * source.block_size
    assert 0 < block < count, "the tiny call has to be longer than a block"
    parts = [
        source.sample(
            {n: values[first:last] for n, values in conditions.items()},
            last - first,
            1,
            first_event=first,
        )
        for first, last in ((0, block), (block, count))
    ]
    whole = {field: np.concatenate([part[field] for part in parts]) for field in parts[0]}
    assert_equal(whole, events(name))


@every_simulator
def test_its_parameters_rebuild_it(name: str) -> None:
    source, conditions, count = simulator(name)
    again = SIMULATORS[name](**json.loads(json.dumps(source.parameters)))
    assert again.parameters == source.parameters
    assert (again.fields, again.grid, again.conditions) == (
        source.fields, source.grid, source.conditions
    )  # fmt: skip
    assert_equal(again.sample(conditions, count, 1), events(name))


@every_simulator
def test_conditions_that_are_missing_unknown_or_out_of_range_are_refused(name: str) -> None:
    source, conditions, count = simulator(name)
    bad = [({**conditions, "colour": 1.0}, "colour")]
    for condition in source.conditions:
        rest = {n: values for n, values in conditions.items() if n != condition.name}
        bad.append((rest, condition.name))
        beyond = (condition.minimum - 1, condition.maximum + 1, np.nan, np.ones(count + 1))
        bad += [({**rest, condition.name: values}, condition.name) for values in beyond]
    for wrong, word in bad:
        with pytest.raises(ValueError, match=f"expected .*{word}"):
            source.sample(wrong, count, 1)


@every_simulator
def test_counts_and_seeds_that_are_none_are_refused(name: str) -> None:
    source, conditions, _ = simulator(name)
    some = {n: values[0] for n, values in conditions.items()}
    for count, seed, first in ((-1, 0, 0), (1.5, 0, 0), (1, -1, 0), (1, 0.5, 0), (1, 0, -1)):
        with pytest.raises(ValueError, match=r"expected .*; got"):
            source.sample(some, count, seed, first_event=first)
    assert {len(array) for array in source.sample(some, 0, 0).values()} == {0}


@every_simulator
def test_a_notebook_shows_what_goes_in_and_comes_out(name: str) -> None:
    source, _, _ = simulator(name)
    html = source._repr_html_()
    for each in (*source.conditions, *source.fields):
        assert f"{each.name}: " in html
    assert all(f"{parameter} = " in html for parameter in source.parameters)
