"""Surrogates that come with the package sample without training, in their own range."""

from pathlib import Path

import numpy as np
import pytest

import physgan
import simulators
from physgan.cli import run_command
from physgan.data import open_dataset, recipe_names
from physgan.domains import domain_of
from physgan.surrogates import pretrained_names

ENERGY = 10_000.0


@pytest.fixture(scope="module")
def deposits() -> np.ndarray:
    surrogate = physgan.load("calo-pb-lar")
    return np.asarray(surrogate.sample({"energy_mev": ENERGY}, 400, seed=1)["deposits"])


def test_names_are_those_of_recipes() -> None:
    assert set(pretrained_names()) <= set(recipe_names())
    assert "calo-pb-lar" in pretrained_names()


RECORDED = Path(__file__).parent / "recorded_showers.npz"
RANGES = {
    "calo-pb-lar": (1000.0, 20_000.0),
    "calo-pbwo4-lar": (1000.0, 20_000.0),
    "calo-small": (200.0, 2000.0),
}


@pytest.mark.parametrize("name", RANGES)
def test_showers_are_those_that_the_weights_have_always_drawn(name: str) -> None:
    """Four of 16, recorded when the weights were new; rounding may light a cell or not."""
    with np.load(RECORDED) as file:
        recorded = file[name]
    energies = {"energy_mev": np.geomspace(*RANGES[name], 16)}
    surrogate = physgan.load(name).without_certificate()  # one missed a target at its upper end
    drawn = surrogate.sample(energies, 16, seed=7)["deposits"][::4]
    close = np.isclose(drawn, recorded, rtol=1e-3, atol=1e-3)
    assert close.mean() > 0.999


def test_the_shipped_say_whose_weights_they_are() -> None:
    """Of all of them a discriminator taught the generator, or rejects its draws."""
    surrogates = {name: physgan.load(name) for name in pretrained_names()}
    assert {surrogate.name for surrogate in surrogates.values()} == {"gan"}
    rejecting = {name for name, surrogate in surrogates.items() if surrogate.rejects}
    assert rejecting == {"calo-pb-lar", "calo-pbwo4-lar", "calo-small"}


def test_certificates_are_of_the_weights_beside_them() -> None:
    surrogates = [physgan.load(name) for name in pretrained_names()]
    judged = [each for each in surrogates if each.certificate is not None]
    assert judged
    for surrogate in judged:
        about = surrogate.description
        assert surrogate.certificate.weights_sha256 == about.weights_sha256
        ranges = {c.name: (c.minimum, c.maximum) for c in about.conditions}
        assert surrogate.certificate.conditions == ranges


def test_showers_look_like_ten_gev_in_lead_and_argon(deposits: np.ndarray) -> None:
    """Visible share, its spread, shower maximum and empty cells, in wide windows."""
    assert deposits.shape == (400, 25, 12, 8)
    total = deposits.sum((1, 2, 3), dtype=np.float64) / ENERGY
    assert 0.15 < total.mean() < 0.30
    assert 0.01 < total.std() / total.mean() < 0.06
    assert 4 <= deposits.sum((2, 3)).mean(0).argmax() <= 12
    assert 0.3 < (deposits == 0).mean() < 0.9
    assert deposits[deposits > 0].min() > 0.0149


def test_showers_have_no_preferred_direction(deposits: np.ndarray) -> None:
    """Mean shares of the 12 sectors agree: chi^2 of 11 below 45, exceeded once in 200,000."""
    sectors = deposits.sum((1, 3), dtype=np.float64)
    share = sectors / sectors.sum(1, keepdims=True)
    error = share.std(0) / np.sqrt(len(share))
    assert np.sum(((share.mean(0) - 1 / 12) / error) ** 2) < 45


def test_maps_of_the_sky_are_those_of_their_simulator() -> None:
    """Scatter of pixels and voids of a run of the simulator at each place, in wide windows: sixteen
    maps scatter by a tenth. Held-out values of all three conditions are among them."""
    surrogate = physgan.load("cosmology-64")
    assert surrogate.name == "gan"
    simulator = simulators.Cosmology(**surrogate.description.parameters)
    for place in (
        {"omega_m": 0.3, "sigma_8": 0.8, "redshift": 0.5},
        {"omega_m": 0.4, "sigma_8": 0.9, "redshift": 0.0},
    ):
        real, maps = (s.sample(place, 36, seed=1)["values"] for s in (simulator, surrogate))
        assert maps.shape == (36, 64, 64)
        assert maps.min() > -1
        logarithms = [np.log1p(each) for each in (real, maps)]
        spreads = [each.std() for each in logarithms]
        assert spreads[1] == pytest.approx(spreads[0], rel=0.1)
        smallest = [each.min((1, 2)).mean() for each in logarithms]
        assert smallest[1] == pytest.approx(smallest[0], abs=0.15)
        skewness = [((x - x.mean()) ** 3).mean() / x.std() ** 3 for x in logarithms]
        assert skewness[1] == pytest.approx(skewness[0], abs=0.15)


def test_flows_have_eddies_without_beta_and_jets_with_it() -> None:
    """64 draws at two places. Jets hold .087 and .335 of the energy of the dataset's snapshots
    there (beta up to 0.6 and from 7.4, drag below 0.014); eddies have tails, waves have none."""
    surrogate = physgan.load("turbulence-64").without_certificate()  # missed without beta
    observables = {o.name: o for o in domain_of(surrogate.description).observables}
    means = {}
    for beta, share in ((0.3, 0.087), (7.7, 0.335)):
        values = surrogate.sample({"beta": beta, "drag": 0.012}, 64, seed=1)
        means[beta] = {n: o.compute(values, {}).mean() for n, o in observables.items()}
        assert means[beta]["zonal_share"] == pytest.approx(share, abs=0.07)
        assert 0.85 < values["values"].std() < 1.1
        assert np.abs(values["values"].mean((1, 2))).max() < 0.05
    assert means[0.3]["kurtosis"] > means[7.7]["kurtosis"] + 0.25
    assert means[7.7]["anisotropy"] > 0.3 > abs(means[0.3]["anisotropy"]) + 0.2


def test_the_command_line_takes_gev(tmp_path: Path) -> None:
    out = tmp_path / "made.h5"
    command = [
        "sample",
        "calo-small",
        "--energy-gev",
        "0.5:1.5",
        "--count",
        "50",
        "--out",
        str(out),
    ]
    assert run_command(command) == 0
    samples, conditions = open_dataset(out).read()
    assert samples["deposits"].shape == (50, 10, 6, 5)
    assert 500 <= conditions["energy_mev"].min() < 1000 < conditions["energy_mev"].max() <= 1500


def test_other_energies_are_refused() -> None:
    with pytest.raises(physgan.InputError, match="trained range"):
        physgan.load("calo-pb-lar").sample({"energy_mev": 50_000.0}, 1, seed=1)
