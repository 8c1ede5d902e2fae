"""What notebooks show: tables of simulators, datasets, surrogates and reports, and figures."""

import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import numpy as np
import pytest

from physgan.data import DatasetInfo, open_dataset, write_dataset
from physgan.errors import InputError
from physgan.surrogates import Description, Surrogate, load
from simulators import Condition, Field, Ising

EVIL = "<script>alert('x')</script>"
SPINS = Ising(8)
TEMPERATURES = np.linspace(1.5, 3.5, 8)


def rows(html: str) -> dict[str, str]:
    """The table's names and texts, and its title under ""."""
    title = re.findall("<b>(.*?)</b>", html)
    cells = re.findall(r"<tr><th[^>]*>(.*?)</th><td[^>]*>(.*?)</td></tr>", html)
    return {"": unescape(title[0]), **{name: unescape(text) for name, text in cells}}


def lattices() -> tuple[DatasetInfo, dict[str, np.ndarray], dict[str, np.ndarray]]:
    info = DatasetInfo(
        "spins", SPINS.fields, (Condition("temperature", "J/k_B", 1.5, 3.5),), SPINS.grid,
        "ising", "1", SPINS.parameters,
    )  # fmt: skip
    conditions = {"temperature": TEMPERATURES}
    return info, SPINS.sample(conditions, 8, seed=1), conditions


@pytest.fixture
def path(tmp_path: Path) -> Path:
    info, samples, conditions = lattices()
    write_dataset(tmp_path / "x.h5", samples, conditions, info)
    return tmp_path / "x.h5"


def test_a_simulator_says_what_goes_in_and_comes_out() -> None:
    found = rows(SPINS._repr_html_())
    assert found[""] == "Simulator ising"
    assert found["conditions"] == "temperature: 0.1 to 10 J/k_B"
    assert found["fields"] == "spins: (row, column), int8, spin"
    assert "size = 8" in found["parameters"]


def test_a_dataset_says_what_is_in_it(path: Path) -> None:
    found = rows(open_dataset(path)._repr_html_())
    assert found["samples"] == "8 of ising"
    assert found["conditions"] == "temperature: 1.5 to 3.5 J/k_B"
    assert found["fields"] == "spins: 8 x 8 (row, column), int8, spin"


def test_a_surrogate_says_what_it_emulates_and_how_it_was_trained() -> None:
    found = rows(load("calo-small")._repr_html_())
    assert found[""] == "Surrogate gan"
    assert found["emulates"] == "calorimeter 1"
    assert found["conditions"] == "energy_mev: 200 to 2000 MeV, logarithmic (kinetic energy)"
    assert "rejection (512,000 samples)" in found["training"]


def test_all_text_is_escaped(path: Path) -> None:
    """Names come from files of others."""
    info, _, _ = lattices()
    condition = Condition(EVIL, EVIL, 0.0, 1.0, "linear", EVIL)
    fields = (replace(info.fields[0], unit=EVIL, long_name=EVIL),)
    evil = replace(info, fields=fields, conditions=(condition,), parameters={EVIL: EVIL})
    dataset = open_dataset(path)
    dataset.info = replace(evil, simulator=EVIL, domain=EVIL)
    surrogate = load("calo-small")
    field = Field(EVIL, EVIL, (EVIL,), EVIL, EVIL)
    about = replace(
        surrogate.description, conditions=(condition,), fields=(field,), method=EVIL,
        recipe=EVIL, simulator=EVIL, parameters={EVIL: EVIL},
    )  # fmt: skip
    for shown in (dataset, Surrogate(about, surrogate.sampler)):
        html = shown._repr_html_()
        assert "&lt;script&gt;" in html
        assert "<script" not in html


def test_samples_are_shown_side_by_side_with_their_conditions(path: Path) -> None:
    figure = open_dataset(path).show(5, start=2)
    titles = [axes.get_title() for axes in figure.axes if axes.get_visible()]
    assert titles == [f"sample {n}\ntemperature {TEMPERATURES[n]:.4g} J/k_B" for n in range(2, 7)]
    shown = [np.asarray(axes.images[0].get_array()) for axes in figure.axes[:5]]
    np.testing.assert_array_equal(shown, open_dataset(path).read()[0]["spins"][2:7])
    assert len(open_dataset(path).show(5, start=6).axes) == 2


def test_a_notebook_draws_a_figure_without_pyplot(path: Path) -> None:
    for count in (1, 2):
        assert open_dataset(path).show(count)._repr_png_()[:4] == b"\x89PNG"


def test_a_surrogate_is_shown_at_a_condition() -> None:
    surrogate = load("calo-small")
    figure = surrogate.show(2, seed=3, energy_mev=500)
    assert [axes.get_title() for axes in figure.axes[:2]] == ["kinetic energy 500 MeV"] * 2
    drawn = np.asarray(figure.axes[1].images[0].get_array())
    made = surrogate.sample({"energy_mev": 500}, 2, seed=3)["deposits"][1]
    assert drawn.sum() == pytest.approx(made.sum(), rel=1e-5)
    assert figure.axes[2].get_ylabel() == "MeV"
    assert surrogate.show(1, energy_mev=500)._repr_png_()[:4] == b"\x89PNG"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"count": 0}, "1 to 64 samples to draw; got 0"),
        ({"count": 65}, "1 to 64"),
        ({"start": 8}, "a sample below 8; got 8"),
        ({"start": -1}, "a sample below 8; got -1"),
        ({"split": "test"}, "expected a split"),
    ],
)
def test_what_cannot_be_shown_is_refused(path: Path, arguments: dict, words: str) -> None:
    with pytest.raises(InputError, match=words):
        open_dataset(path).show(**arguments)


def test_a_surrogate_is_not_shown_outside_its_range() -> None:
    with pytest.raises(InputError, match=r"energy_mev in \[200, 2000\] MeV"):
        load("calo-small").show(energy_mev=5000)
    with pytest.raises(InputError, match="expected the conditions"):
        load("calo-small").show(temperature=2.27)


def test_a_fitted_surrogate_has_the_size_of_its_samples() -> None:
    info, _, _ = lattices()
    about = Description.of(info, "copula", 8)

    class Fitted:
        parameter_count = 1234

    found = rows(Surrogate(about, Fitted())._repr_html_())  # type: ignore[arg-type]
    assert found["fields"] == "spins: 8 x 8 (row, column), int8, spin"
    assert found["training"] == "fitted"
    assert found["size"].startswith("1,234 numbers")
