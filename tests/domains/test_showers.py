"""The domain of showers: observables in closed form, symmetries, views, network space."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tiny_showers import cylinder, described, ragged

from physgan.domains import Showers
from physgan.domains.showers.split_density import LogBins
from physgan.domains.showers.symmetries import random_rotation, random_square_symmetry
from physgan.domains.showers.views import cell_energies

SECTORS = 12
CYLINDER = Showers(cylinder(4, SECTORS, (0.0, 2.0, 6.0, 20.0)))
BOXES = Showers(described({"layer": range(2), "x": range(-4, 5, 2), "y": range(-4, 5, 2)}))
UNEQUAL = Showers(ragged())
ALL = {"cylinder": CYLINDER, "boxes": BOXES, "unequal": UNEQUAL}


def measured(domain: Showers, deposits: np.ndarray, energy: float = 100.0) -> dict[str, np.ndarray]:
    given = {"deposits": np.asarray(deposits, np.float32)}, {"energy_mev": energy}
    return {o.name: o.compute(*given) for o in domain.observables}


def random_showers(domain: Showers, rng: np.random.Generator, count: int = 50) -> np.ndarray:
    deposits = rng.exponential(size=(count, *domain.cells.axes))
    return np.where(deposits < 0.5, 0, deposits).astype(np.float32)


def test_one_cell() -> None:
    deposits = np.zeros((1, 4, SECTORS, 3))
    deposits[0, 1, 7, 2] = 25.0
    found = measured(CYLINDER, deposits)
    angle = -np.pi + 7.5 * np.pi / 6
    assert found["response"] == pytest.approx([0.25])
    assert found["layer_energy"].tolist() == [[0, 25, 0, 0]]
    assert found["centre_eta"][0] == pytest.approx([0, 13 * np.cos(angle), 0, 0])
    assert found["centre_phi"][0] == pytest.approx([0, 13 * np.sin(angle), 0, 0])
    assert found["centre_r"][0] == pytest.approx([0, 13, 0, 0])
    for name in ("width_eta", "width_phi", "width_r"):
        assert found[name][0] == pytest.approx([0, 0, 0, 0], abs=1e-6)
    assert found["sparsity"][0] == pytest.approx([1, 35 / 36, 1, 1])


def test_two_equal_cells() -> None:
    """Their centre is half way, and the width half of their distance."""
    deposits = np.zeros((1, 2, 4, 4))
    deposits[0, 0, 0, 1] = deposits[0, 0, 2, 1] = 3.0  # x = -3 and 1, y = -1
    found = measured(BOXES, deposits)
    assert found["centre_x"][0] == pytest.approx([-1, 0])
    assert found["width_x"][0] == pytest.approx([2, 0])
    assert found["centre_y"][0] == pytest.approx([-1, 0])
    assert found["width_y"][0] == pytest.approx([0, 0], abs=1e-6)
    assert found["centre_r"][0, 0] == pytest.approx((np.sqrt(10) + np.sqrt(2)) / 2)
    assert found["width_r"][0, 0] == pytest.approx((np.sqrt(10) - np.sqrt(2)) / 2)
    assert found["sparsity"][0] == pytest.approx([14 / 16, 1])


def test_unequal_layers_count_their_own_cells() -> None:
    deposits = np.zeros((1, 27))
    deposits[0, 1] = 1.0  # of 3 rings
    deposits[0, [3, 13]] = 2.0  # opposite sectors of the inner ring, of 20 cells
    found = measured(UNEQUAL, deposits)
    assert found["sparsity"][0] == pytest.approx([2 / 3, 18 / 20, 1])
    assert found["centre_eta"][0] == pytest.approx([0, 0, 0])
    assert found["centre_r"][0] == pytest.approx([7.5, 1, 0])
    assert found["width_eta"][0, 1] == pytest.approx(abs(np.cos(np.pi / 10)))
    assert found["width_phi"][0, 1] == pytest.approx(abs(np.sin(np.pi / 10)))


@pytest.mark.parametrize("domain", ALL.values(), ids=ALL)
def test_nothing_at_all(domain: Showers) -> None:
    found = measured(domain, np.zeros((2, *domain.cells.axes)))
    assert all(np.isfinite(values).all() for values in found.values())
    assert not found["response"].any()
    assert np.all(found["sparsity"] == 1)


def test_turning_by_a_sector(rng: np.random.Generator) -> None:
    """The centre turns by 30 degrees; radii and layer energies stay."""
    deposits = random_showers(CYLINDER, rng)
    before, after = measured(CYLINDER, deposits), measured(CYLINDER, np.roll(deposits, 1, axis=2))
    centres = [found["centre_eta"] + 1j * found["centre_phi"] for found in (before, after)]
    np.testing.assert_allclose(centres[1], centres[0] * np.exp(1j * np.pi / 6), atol=1e-9)
    for name in ("response", "layer_energy", "sparsity", "centre_r", "width_r"):
        np.testing.assert_allclose(after[name], before[name], rtol=1e-6)
    widths = [found["width_eta"] ** 2 + found["width_phi"] ** 2 for found in (before, after)]
    np.testing.assert_allclose(widths[1], widths[0], rtol=1e-6)


def test_mirrored_showers(rng: np.random.Generator) -> None:
    deposits = random_showers(CYLINDER, rng)
    before, after = measured(CYLINDER, deposits), measured(CYLINDER, deposits[:, :, ::-1])
    np.testing.assert_allclose(after["centre_phi"], -before["centre_phi"], atol=1e-9)
    for name in ("centre_eta", "width_eta", "width_phi", "centre_r", "width_r", "layer_energy"):
        np.testing.assert_allclose(after[name], before[name], atol=1e-9, rtol=1e-6)


def test_random_rotations_are_the_24_of_the_cells() -> None:
    """All sectors and both senses, equally often: chi^2 of 23 degrees at 1e-4 is 57."""
    pattern = np.zeros((1, SECTORS, 1), np.float32)
    pattern[0, [0, 1, 3], 0] = 1, 2, 3
    count = 4800
    keys = jax.random.split(jax.random.key(1), count)
    moved = np.asarray(random_rotation(keys, jnp.broadcast_to(pattern, (count, *pattern.shape))))
    images, found = np.unique(moved[:, 0, :, 0], axis=0, return_counts=True)
    assert len(images) == 24
    assert np.sum((found - count / 24) ** 2 / (count / 24)) < 57
    both = (pattern[0, :, 0], pattern[0, ::-1, 0])
    allowed = {np.roll(p, k).tobytes() for p in both for k in range(SECTORS)}
    assert {image.tobytes() for image in images} == allowed


def test_random_symmetries_of_squares_are_eight() -> None:
    pattern = np.arange(9, dtype=np.float32).reshape(1, 3, 3)
    count = 1600
    keys = jax.random.split(jax.random.key(2), count)
    moved = np.asarray(
        random_square_symmetry(keys, jnp.broadcast_to(pattern, (count, *pattern.shape)))
    )
    images, found = np.unique(moved.reshape(count, 9), axis=0, return_counts=True)
    assert len(images) == 8
    assert np.sum((found - count / 8) ** 2 / (count / 8)) < 30  # 7 degrees, 1e-4


@pytest.mark.parametrize("name", ALL)
def test_transform_leaves_layers_and_totals(name: str, rng: np.random.Generator) -> None:
    domain = ALL[name]
    array = jnp.asarray(domain.encode({"deposits": random_showers(domain, rng)}))
    keys = jax.random.split(jax.random.key(3), len(array))
    moved = np.asarray(domain.transform(keys, array))
    np.testing.assert_allclose(moved.sum((2, 3)), np.asarray(array).sum((2, 3)), rtol=1e-5)
    assert np.any(moved != array) == (name != "unequal")
    before, after = (measured(domain, domain.decode(a)["deposits"]) for a in (array, moved))
    np.testing.assert_allclose(after["centre_r"], before["centre_r"], rtol=1e-4)


@pytest.mark.parametrize("domain", ALL.values(), ids=ALL)
def test_network_space_and_back(domain: Showers, rng: np.random.Generator) -> None:
    deposits = random_showers(domain, rng)
    array = domain.encode({"deposits": deposits})
    assert array.shape == (50, *domain.cells.grid)
    np.testing.assert_array_equal(domain.decode(array)["deposits"], deposits)
    assert domain.images({"deposits": deposits}).shape[:2] == (50, domain.cells.grid[0])


@pytest.mark.parametrize("domain", ALL.values(), ids=ALL)
def test_features_of_the_discriminator_are_the_observables(
    domain: Showers, rng: np.random.Generator
) -> None:
    deposits = random_showers(domain, rng) + np.float32(0.1)
    array = jnp.asarray(domain.encode({"deposits": deposits}))
    features, count = np.asarray(domain.physical_features(array)), domain.cells.grid[0]
    assert features.shape == (50, len(domain.feature_names(array.shape[1:])))
    parts = [features[:, i * count : (i + 1) * count] for i in range(8)]
    found = measured(domain, deposits)
    total = found["layer_energy"].sum(1)
    np.testing.assert_allclose(np.exp(features[:, 8 * count]), total, rtol=1e-4)
    lit = np.count_nonzero(deposits.reshape(50, -1), axis=1)
    spectrum = features[:, 8 * count + 1 :] ** 2 - 1 / 4
    np.testing.assert_allclose(spectrum.sum(1), lit, rtol=1e-4)
    share = found["layer_energy"] / total[:, None]
    np.testing.assert_allclose(np.exp(parts[0]), share, rtol=2e-3, atol=2e-5)
    ways = [name.removeprefix("centre_") for name in found if name.startswith("centre_")]
    names = [f"{kind}_{way}" for kind in ("centre", "width") for way in ways]
    for name, part in zip(names, parts[1:7], strict=True):
        np.testing.assert_allclose(part, found[name] / domain.cells.length, atol=2e-3)


def test_the_discriminator_sees_the_spectrum_of_cells() -> None:
    """A cell between two energies counts for both, by its place between their logarithms."""
    domain = next(iter(ALL.values()))
    names = domain.feature_names(domain.cells.grid)
    first = next(i for i, name in enumerate(names) if name == "cells near 0.01 MeV")
    deposits = np.zeros((1, int(np.prod(domain.cells.grid))), np.float32)
    deposits[0, :3] = 0.01 * np.exp(0.15 * np.array([2.0, 2.0, 4.25]))
    array = jnp.asarray(deposits.reshape(1, *domain.cells.grid))
    counts = np.asarray(domain.physical_features(array))[0, first:] ** 2 - 1 / 4
    expected = np.zeros_like(counts)
    expected[[2, 4, 5]] = 2, 0.75, 0.25
    np.testing.assert_allclose(counts, expected, atol=1e-4)


@pytest.mark.parametrize("domain", ALL.values(), ids=ALL)
def test_views(domain: Showers, rng: np.random.Generator) -> None:
    deposits = random_showers(domain, rng)
    conditions = {"energy_mev": rng.uniform(10, 1000, 50)}
    views = domain.views({"deposits": deposits}, conditions)
    count = domain.cells.grid[0]
    for view in views.values():
        np.testing.assert_allclose(view[:, 0], np.log10(conditions["energy_mev"]), rtol=1e-6)
        assert view.dtype == np.float32
        assert np.isfinite(view).all()
    response = domain.observables[0].compute({"deposits": deposits}, conditions)
    np.testing.assert_allclose(views["low-level"][:, 1:].sum(1), response, rtol=1e-5)
    cells = int(np.prod(domain.cells.axes))
    layer = domain.observables[1].compute({"deposits": deposits}, conditions)
    lit = np.count_nonzero(layer, axis=1)
    np.testing.assert_allclose(views["normalised"][:, 1 : 1 + cells].sum(1), lit, rtol=1e-5)
    assert views["high-level"].shape == (50, 1 + count + 1 + count + 6 * count)
    flat = deposits.reshape(50, -1)
    np.testing.assert_allclose(cell_energies(views["cells, MeV"][:, 1:]), flat, rtol=1e-5)
    spectrum = views["cell spectrum"][:, 1:]
    lit = measured(domain, deposits)["lit_cells"]
    np.testing.assert_array_equal(lit, np.count_nonzero(flat, axis=1))
    np.testing.assert_array_equal(spectrum[:, -1], lit)
    np.testing.assert_array_equal(spectrum[:, :-1].sum(1), lit)


def test_spectra_of_classifiers_have_bins_of_15_per_cent() -> None:
    """From 10 keV, below and above; empty cells are in none."""
    deposits = np.zeros((1, *CYLINDER.cells.axes))
    deposits.flat[:5] = [1e-4, 0.0101, 1.0, 1.01, 1e9]
    view = CYLINDER.views({"deposits": deposits}, {"energy_mev": 1.0})["cell spectrum"][0, 1:]
    assert np.flatnonzero(view).tolist() == [0, 1, 31, 94, 95]
    assert view[[0, 1, 31, 94, 95]].tolist() == [1, 1, 2, 1, 5]


@pytest.mark.parametrize("domain", ALL.values(), ids=ALL)
def test_energy_by_distance_from_the_axis(domain: Showers, rng: np.random.Generator) -> None:
    """Every cell counts once, at its own radius; classifiers do not see it."""
    deposits = random_showers(domain, rng)
    rings = next(o for o in domain.observables if o.name == "ring_energy")
    energy = rings.compute({"deposits": deposits}, {})
    radii = np.array(rings.along)
    assert energy.shape == (50, len(radii))
    assert (np.diff(radii) > 0).all()
    flat = deposits.reshape(50, -1).astype(np.float64)
    np.testing.assert_allclose(energy.sum(1), flat.sum(1), rtol=1e-6)
    np.testing.assert_allclose(energy @ radii, flat @ domain.cells.radius, rtol=1e-5)
    assert "ring_energy" not in domain.features


@pytest.mark.parametrize("cut", [0.0, 0.5])
def test_settings_of_the_generator_fit_the_data(cut: float, rng: np.random.Generator) -> None:
    """With a read-out threshold it is the generator's; raw deposits may be smaller elsewhere.

    The narrow bins of raw deposits, which are lognormal around 0.3 with a tail to tiny ones, hold
    most of them. Responses are bounded by what was seen, and by the incident energy.
    """
    shape = (2000, *BOXES.cells.axes)
    deposits = rng.lognormal(np.log(0.3), 1.0, shape) * rng.random(shape) ** 6
    deposits = np.where(deposits < cut, 0, deposits).astype(np.float32)
    deposits[:3] = 0
    totals = deposits.sum((1, 2, 3))
    conditions = np.full((2000, 1), totals.max() / 0.98)
    settings = BOXES.generator(BOXES.encode({"deposits": deposits}), conditions)
    smallest = deposits[deposits > 0].min()
    assert settings["threshold"] == pytest.approx(smallest if cut else smallest / 4)
    assert settings["empty"]
    mean, deviation = settings["ratio"]
    assert np.exp(mean + deviation * settings["bounds"][1]) == pytest.approx(1.0)
    bins = LogBins(*settings["bins"])
    assert np.exp(bins.edges[-1]) * settings["threshold"] > totals.max()
    u = np.log(deposits[deposits > 0] / settings["threshold"])
    low, high = bins.window
    assert np.mean((low < u) & (u < high)) > 0.6
    assert (bins.below > 0) == (not cut)
