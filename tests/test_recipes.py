"""Recipes: complete, consistent with their simulators, and found wherever physgan is installed."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from physgan.data import Recipe, build_simulator, load_recipe, recipe_names
from physgan.data import recipes as module
from physgan.data.distributions import make_distributions
from physgan.data.schema import fingerprint
from physgan.data.simulation import default_shard_size, definition_of
from physgan.errors import InputError

T_C = 2.269185314213022
MINIMAL = """
[simulator]
name = "ising"
size = 8
[events]
count = 64
[conditions.temperature]
distribution = "uniform"
minimum = 1.5
maximum = 3.5
"""


@pytest.mark.parametrize("name", recipe_names())
def test_every_recipe_fits_its_simulator(name: str) -> None:
    recipe = load_recipe(name)
    simulator = build_simulator(recipe.simulator, recipe.parameters)
    drawn = make_distributions(recipe.conditions, recipe.seed)
    assert set(drawn) == {condition.name for condition in simulator.conditions}
    for condition in simulator.conditions:
        assert condition.minimum <= drawn[condition.name].minimum
        assert drawn[condition.name].maximum <= condition.maximum
        for point in recipe.benchmark["conditions"]:
            assert drawn[condition.name].minimum <= point[condition.name]
            assert point[condition.name] <= drawn[condition.name].maximum
    assert default_shard_size(simulator) % simulator.block_size == 0
    assert sum(recipe.splits.values()) == pytest.approx(1)
    assert definition_of(recipe)["count"] == recipe.count


@pytest.mark.parametrize("name", recipe_names())
def test_every_recipe_has_a_card_and_a_summary(name: str) -> None:
    recipe = load_recipe(name)
    assert recipe.card.startswith(f"# {name}\n")
    assert f"{recipe.count:,}" in recipe.card
    assert recipe.summary


@pytest.mark.parametrize(("size", "count"), [(16, 65_536), (32, 131_072), (64, 65_536)])
def test_ising_recipes_hold_out_what_the_benchmark_judges(size: int, count: int) -> None:
    recipe = load_recipe(f"ising-{size}")
    temperature = make_distributions(recipe.conditions, recipe.seed)["temperature"].draw(0, count)
    assert recipe.count == count
    assert recipe.parameters == {"size": size}
    lanes = temperature.reshape(-1, 64)
    assert np.all(lanes == lanes[0])
    assert np.all(np.diff(lanes[0]) > 0)
    for held_out in (2.1, 2.5):
        assert np.min(np.abs(temperature - held_out)) > 0.02
    at = [point["temperature"] for point in recipe.benchmark["conditions"]]
    assert at == [1.8, 2.1, T_C, 2.5, 3.0]
    assert np.min(np.abs(temperature - T_C)) == 0
    spacing = np.diff(lanes[0])
    assert np.all(spacing[np.abs(lanes[0][:-1] - T_C) < 0.03] < 0.0115)
    assert spacing.max() < 0.08


FINGERPRINTS = {
    ("calo-small", 4096): "1a558cd0da186afdacc24f8e852743a43c1ea23b53ca3a57ba5350e89db368a4",
    ("ising-16", 65_536): "8960dad1ff09056dca3dd45e6342e65417aa1feb3584ca7ced3cd123e1714bfc",
}
"""Of version 0.1.0, when the key `distribution` was `law`."""


@pytest.mark.parametrize(("name", "count"), FINGERPRINTS)
def test_datasets_begun_before_can_be_continued(name: str, count: int) -> None:
    definition = definition_of(replace(load_recipe(name), count=count))
    assert fingerprint(definition) == FINGERPRINTS[name, count]


def test_both_words_define_the_same_dataset(tmp_path: Path) -> None:
    (tmp_path / "new.toml").write_text(MINIMAL)
    (tmp_path / "old.toml").write_text(MINIMAL.replace("distribution =", "law ="))
    new, old = (definition_of(load_recipe(tmp_path / f"{name}.toml")) for name in ("new", "old"))
    assert list(new["conditions"]["temperature"]) == ["law", "minimum", "maximum"]
    assert new == old


@pytest.mark.parametrize("theta", [0.0, 0.25, 0.5])
def test_showers_of_calo_angle_move_with_depth_as_the_angle_says(theta: float) -> None:
    """Centre in x of 100 showers' energy in each layer, against tan(theta) z of the liquid argon.

    The line through them within 4.5 standard errors (jackknife over showers) and 6 %, for cells
    are up to 50 mm wide; the centre in y within 4.5 of 0.
    """
    recipe = load_recipe("calo-angle")
    simulator = build_simulator(recipe.simulator, recipe.parameters)
    samples = simulator.sample({"energy_mev": 1000.0, "theta": theta}, 100, 3)
    deposits = samples["deposits"].astype(np.float64)
    edges = {axis.name: np.array(axis.values) for axis in simulator.grid}
    x, y = ((edges[name][1:] + edges[name][:-1]) / 2 for name in "xy")
    depth = 16 * np.arange(10) + 10.0  # of two gaps of 4 mm behind 4 mm of lead each

    def found(rows: np.ndarray) -> np.ndarray:
        energy = deposits[rows].sum((0, 2, 3))
        centre = deposits[rows].sum((0, 3)) @ x / energy
        slope, _ = np.polyfit(depth, centre, 1, w=np.sqrt(energy))
        return np.array([slope, (deposits[rows].sum((0, 1, 2)) @ y) / energy.sum()])

    every = np.arange(100)
    left_out = np.array([found(np.delete(every, row)) for row in every])
    error = np.sqrt(99) * left_out.std(0)
    slope, side = found(every)
    assert abs(slope - np.tan(theta)) < 4.5 * error[0] + 0.06 * np.tan(theta)
    assert abs(side) < 4.5 * error[1]
    assert error[0] < 0.05


def test_a_recipe_of_your_own(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(MINIMAL)
    (tmp_path / "mine.md").write_text("# mine\n")
    recipe = load_recipe(tmp_path / "mine.toml")
    assert (recipe.name, recipe.simulator, recipe.parameters) == ("mine", "ising", {"size": 8})
    assert (recipe.count, recipe.seed, recipe.card) == (64, 0, "# mine\n")
    assert recipe.splits == module.DEFAULT_SPLITS


def test_recipes_of_an_installed_wheel(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "_recipes").mkdir()
    (tmp_path / "_recipes" / "packed.toml").write_text(MINIMAL)
    monkeypatch.setattr(module, "files", lambda package: tmp_path)
    assert recipe_names() == ["packed"]
    assert load_recipe("packed").count == 64


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("[events]", "[evnts]"), r"expected a table \[events\] in the recipe mine; got None"),
        (("count = 64", "cuont = 64"), r"got cuont"),
        (("count = 64", ""), r"expected simulator.name and events.count in mine"),
        (
            ("count = 64", "count = 0"),
            r"expected count as a whole number from 1 and below 2\^63; got 0",
        ),
        (
            ("count = 64", "count = 6.5"),
            r"expected count as a whole number from 1 and below 2\^63; got 6\.5",
        ),
        (
            ("count = 64", "count = 64\nseed = -1"),
            r"expected seed as a whole number from 0 and below 2\^63; got -1",
        ),
        (
            ('distribution = "uniform"', 'distribution = "normal"'),
            r"expected a distribution .* for temperature; got 'normal'",
        ),
        (("count = 64", "count = "), r"expected TOML in .*mine\.toml; got "),
        (("[events]", "[splits]\nexam = 0.5\n[events]"), r"expected the splits .*; got 'exam'"),
        (("[events]", "[splits]\ntrain = 1.5\n[events]"), r"shares that add up to at most 1"),
        (
            ("[events]", '[splits]\ntrain = "x"\n[events]'),
            "expected numbers as shares of the splits",
        ),
        (("count = 64", "count = " + "[" * 100_000), r"expected TOML in .*mine\.toml; got "),
        (("[simulator]", "train = 3\n[simulator]"), r"expected a table \[train\] in the recipe"),
        (("[events]", "[other]\n[events]"), r"expected only .* in mine; got other"),
    ],
)
def test_bad_recipes(tmp_path: Path, change: tuple[str, str], message: str) -> None:
    (tmp_path / "mine.toml").write_text(MINIMAL.replace(*change))
    with pytest.raises(InputError, match=message) as caught:
        load_recipe(tmp_path / "mine.toml")
    assert str(caught.value).isprintable()


def test_unknown_recipes() -> None:
    with pytest.raises(
        InputError, match=r"a recipe \(.*ising-16, .*\) or a \.toml file; got 'isng'"
    ):
        load_recipe("isng")
    with pytest.raises(InputError, match=r"expected a recipe; no\.toml does not exist"):
        load_recipe("no.toml")
    with pytest.raises(InputError, match="expected a distribution"):
        Recipe("x", "ising", {}, {"temperature": {"distribution": "?"}}, 10)
