"""Distributions of conditions: the right ones, and any part computable on its own.

The Kolmogorov-Smirnov tests have fixed seeds; with others each would fail once in 1,000 times.
"""

import numpy as np
import pytest
from scipy import stats

from physgan.data.distributions import DISTRIBUTIONS, make_distributions
from physgan.errors import InputError

RANGE = {"minimum": 1.0, "maximum": 10.0}
EXAMPLES = {
    "fixed": {"value": 2.5},
    "grid": {"values": [1.0, 2.0, 4.0]},
    "uniform": RANGE,
    "loguniform": RANGE,
    "sobol": RANGE,
}


def one(kind: str, seed: int = 3, **more):
    return make_distributions({"x": {"distribution": kind, **EXAMPLES[kind], **more}}, seed)["x"]


@pytest.mark.parametrize("kind", DISTRIBUTIONS)
def test_parts_fit_together(kind: str) -> None:
    drawn = one(kind)
    whole = drawn.draw(0, 9000)
    parts = [drawn.draw(0, 37), drawn.draw(37, 4059), drawn.draw(4096, 1), drawn.draw(4097, 4903)]
    np.testing.assert_array_equal(whole, np.concatenate(parts))
    assert whole.dtype == np.float64
    assert whole.min() >= drawn.minimum
    assert whole.max() <= drawn.maximum


@pytest.mark.parametrize("kind", ["uniform", "loguniform", "sobol"])
def test_seeds_and_names_give_other_values(kind: str) -> None:
    assert not np.array_equal(one(kind, 3).draw(0, 50), one(kind, 4).draw(0, 50))
    two = make_distributions({n: {"distribution": kind, **RANGE} for n in ("x", "y")}, 3)
    x, y = two["x"].draw(0, 4096), two["y"].draw(0, 4096)
    assert abs(np.corrcoef(x, y)[0, 1]) < 4 / np.sqrt(4096)


def test_distributions() -> None:
    uniform, log = one("uniform").draw(0, 20_000), one("loguniform").draw(0, 20_000)
    assert stats.kstest(uniform, "uniform", (1, 9)).pvalue > 1e-3
    assert stats.kstest(np.log10(log), "uniform", (0, 1)).pvalue > 1e-3
    spread = np.sort(one("sobol").draw(0, 1024))
    assert np.all(np.floor((spread - 1) / 9 * 1024) == np.arange(1024))
    spread = np.sort(np.log10(one("sobol", scale="log").draw(0, 1024)))
    assert np.all(np.floor(spread * 1024) == np.arange(1024))


@pytest.mark.parametrize("kind", ["uniform", "loguniform", "sobol"])
def test_held_out_bands_stay_empty_and_the_rest_even(kind: str) -> None:
    drawn = one(kind, held_out=[[2.0, 4.0], [9.5, 12.0]])
    values = drawn.draw(0, 16_384)
    assert drawn.support == ((1.0, 2.0), (4.0, 9.5))
    assert not np.any((values > 2) & (values < 4))
    assert not np.any(values > 9.5)
    below = np.log(2) / (np.log(2) + np.log(9.5 / 4)) if kind == "loguniform" else 1 / 6.5
    error = np.sqrt(below * (1 - below) / 16_384)
    assert abs(np.mean(values < 3) - below) < 4 * error


def test_grids_go_through_all_combinations() -> None:
    tables = {
        "a": {"distribution": "grid", "values": [1, 2]},
        "b": {"distribution": "grid", "values": [5, 6, 7]},
    }
    drawn = make_distributions(tables, 0)
    pairs = set(zip(drawn["a"].draw(0, 6), drawn["b"].draw(0, 6), strict=True))
    assert pairs == {(a, b) for a in (1, 2) for b in (5, 6, 7)}
    np.testing.assert_array_equal(one("grid").draw(4, 4), [2, 4, 1, 2])


@pytest.mark.parametrize("kind", DISTRIBUTIONS)
def test_values_are_repeated(kind: str) -> None:
    repeated = one(kind, repeat=12)
    assert (repeated.repeat, one(kind).repeat) == (12, 1)
    whole = repeated.draw(0, 1000)
    np.testing.assert_array_equal(whole, np.repeat(one(kind).draw(0, 84), 12)[:1000])
    parts = [repeated.draw(0, 37), repeated.draw(37, 11), repeated.draw(48, 952)]
    np.testing.assert_array_equal(whole, np.concatenate(parts))


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (
            {"distribution": "normal"},
            r"expected a distribution \(fixed, grid, .*\) for x; got 'normal'",
        ),
        ({}, r"expected a distribution .* for x; got None"),
        ({"distribution": "fixed", "value": "hot"}, r"expected a number as value of x; got 'hot'"),
        ({"distribution": "fixed", "law": "fixed", "value": 1}, r"expected only value .*; got law"),
        (
            {"distribution": "fixed", "value": 1, "repeat": 0},
            r"expected repeat of x as a whole number from 1; got 0",
        ),
        (
            {"distribution": "fixed", "value": 1, "repeat": 1.5},
            r"expected repeat of x as a whole number from 1; got 1\.5",
        ),
        (
            {"distribution": "fixed", "value": 1, "maximum": 2},
            r"expected only value .* of x; got maximum",
        ),
        (
            {"distribution": "uniform", "minimum": 2, "maximum": 1},
            r"minimum < maximum of x; got 2\.0, 1\.0",
        ),
        (
            {"distribution": "loguniform", "minimum": 0, "maximum": 1},
            r"positive minimum of x.*; got 0",
        ),
        ({"distribution": "grid", "values": []}, r"expected a list of numbers as values of x"),
        (
            {"distribution": "grid", "values": [1, 2.1], "held_out": [[2, 3]]},
            r"expected no x between 2\.0 and 3\.0 \(held out\); got 2\.1",
        ),
        (
            {"distribution": "uniform", **RANGE, "held_out": [[0, 11]]},
            r"expected some range of x to be left; all is held out",
        ),
        (
            {"distribution": "uniform", **RANGE, "held_out": [[3, 2]]},
            r"expected held_out of x as \[\[low, high\], \.\.\.\]; got \(3\.0, 2\.0\)",
        ),
    ],
)
def test_bad_distributions(table, message) -> None:
    with pytest.raises(InputError, match=message):
        make_distributions({"x": table}, 0)


@pytest.mark.parametrize("kind", DISTRIBUTIONS)
def test_the_former_key_is_accepted(kind: str) -> None:
    former = make_distributions({"x": {"law": kind, **EXAMPLES[kind]}}, 3)["x"]
    np.testing.assert_array_equal(former.draw(0, 99), one(kind).draw(0, 99))
