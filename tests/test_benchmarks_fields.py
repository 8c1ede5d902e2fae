"""benchmarks/fields.py: figures of maps that differ in known ways, and a whole run."""

import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from physgan.domains import domain_of
from simulators.cosmology import Cosmology

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
DOMAIN = domain_of(Cosmology(particles=16, pixels=16, quantity="convergence"))
RECIPE = """
[simulator]
name = "cosmology"
particles = 16
pixels = 16
steps = 3
slabs = 2

[events]
count = 384

[conditions.omega_m]
distribution = "uniform"
minimum = 0.2
maximum = 0.4
held_out = [[0.28, 0.32]]
repeat = 6

[conditions.sigma_8]
distribution = "fixed"
value = 0.8

[conditions.redshift]
distribution = "fixed"
value = 0.0

[benchmark]
count = 60
conditions = [
  { omega_m = 0.25, sigma_8 = 0.8, redshift = 0.0 },
  { omega_m = 0.3, sigma_8 = 0.8, redshift = 0.0 },
]
"""


@pytest.fixture(scope="module", autouse=True)
def path() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(BENCHMARKS)
        yield


@pytest.fixture(scope="module")
def of(path: None) -> Any:
    return importlib.import_module("lib.field_figures")


def gaussian_maps(count: int, seed: int, spread: float = 0.3) -> np.ndarray:
    """White noise whose neighbours are averaged, with an amplitude of each map's own."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=(count, 16, 16))
    maps = noise + np.roll(noise, 1, 1) + np.roll(noise, 1, 2)
    return np.asarray(maps * np.exp(spread * rng.normal(size=(count, 1, 1))), np.float32)


def test_figures_of_maps_that_differ_in_known_ways(of: Any) -> None:
    """Larger by a tenth: P by 21 %, W1 a tenth of <|x|>; the rest is in each map's own units."""
    maps = gaussian_maps(200, 1)
    truth, larger, shifted = (of.measured(DOMAIN, m) for m in (maps, 1.1 * maps, maps + 0.2))
    found = of.figures(DOMAIN, truth, larger, 0)
    assert found["power"].value == pytest.approx(21, rel=1e-4)
    assert found["one-point"].value == pytest.approx(0.1 * np.abs(maps).mean(), rel=0.01)
    assert found["covariance"].raw == pytest.approx(0, abs=1e-3)
    assert found["minkowski"].value == pytest.approx(0, abs=1e-3)
    assert of.figures(DOMAIN, truth, shifted, 0)["one-point"].value == pytest.approx(0.2, rel=0.01)


def test_a_common_amplitude_is_what_couples_bins_of_the_spectrum(of: Any) -> None:
    """Without it ln P of different bins do not vary together: all of the covariance is missed."""
    maps, apart = gaussian_maps(400, 1), gaussian_maps(400, 2, spread=0.0)
    found = of.figures(DOMAIN, of.measured(DOMAIN, maps), of.measured(DOMAIN, apart), 0)
    assert found["covariance"].value == pytest.approx(100, abs=6)


def test_truth_against_truth_is_within_its_errors(of: Any) -> None:
    one, other = (of.measured(DOMAIN, gaussian_maps(400, seed)) for seed in (1, 2))
    found = of.figures(DOMAIN, one, other, 0)
    assert found["covariance"].value < 3 * found["covariance"].error
    assert found["covariance"].raw > found["covariance"].value
    for name in ("power", "minkowski"):
        assert found[name].value < 5 * found[name].error
    assert 0.3 < found["one-point"].value / of.chance(DOMAIN, one, other, 0) < 3


def test_maps_of_a_run_count_as_one(of: Any) -> None:
    """Four copies of every map, as one run of four, have the errors of the maps themselves."""
    truth, maps = of.measured(DOMAIN, gaussian_maps(60, 1)), gaussian_maps(60, 2)
    copies = np.repeat(maps, 4, 0)
    alone, together, apart = (
        of.figures(DOMAIN, truth, of.measured(DOMAIN, m, run), 0)["power"].error
        for m, run in ((maps, 1), (copies, 4), (copies, 1))
    )
    assert together == pytest.approx(alone, rel=1e-6)
    assert apart < 0.9 * together


def test_the_break_even_is_where_both_cost_the_same() -> None:
    break_even = importlib.import_module("lib.field_table").break_even
    maps = break_even(1000, 0.2, 300.0, 0.3, 0.1)
    assert 1000 * 0.2 + 300.0 + maps * 0.1 == pytest.approx(maps * 0.3)
    assert break_even(1000, 0.2, 300.0, 0.1, 0.1) is None
    assert break_even(1000, 0.2, None, 0.3, 0.1) is None


def test_a_whole_run_and_its_continuation(tmp_path: Path) -> None:
    recipe = tmp_path / "small.toml"
    recipe.write_text(RECIPE)
    script = importlib.import_module("fields")
    words = f"{tmp_path} --recipe {recipe} --out {tmp_path} --only copula --classified 30"
    script.main([*words.split(), "--shown", "512"])
    store, table = tmp_path / "fields_small.json", (tmp_path / "fields_small.md").read_text()
    found = json.loads(store.read_text())
    again, copula = found["rows"]["truth B"], found["rows"]["copula"]
    assert [each["held_out"] for each in again["truth"]] == [[], ["omega_m"]]
    assert copula["all"]["power"][0] == max(row["power"][0] for row in copula["rows"])
    assert copula["training"]["cpu_seconds"] > 0
    assert f"omega_m {0.3:g}*" in table
    assert (tmp_path / "fields_small.png").stat().st_size > 50_000

    script.main([*words.split(), "--shown", "512"])
    assert json.loads(store.read_text())["rows"] == found["rows"]
