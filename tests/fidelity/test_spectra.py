"""Spectra of single entries: binned by the real set alone, with errors of whole samples."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from physgan.data import Axis, Condition, DatasetInfo, Field
from physgan.domains import Domain, Images, Showers
from physgan.domains.figures import share_colours
from physgan.fidelity import (
    Curve,
    SpectrumCounts,
    count_spectra,
    draw_spectrum,
    features_of,
    separation_of_spectra,
    spectrum_edges,
)

LAYERS, SIDE = 12, 4
EDGES = tuple(np.linspace(-20.0, 20.0, SIDE + 1).tolist())
SHOWERS = Showers(
    DatasetInfo(
        "showers",
        (Field("deposits", "MeV", ("layer", "x", "y"), "energy", "float32"),),
        (Condition("energy_mev", "MeV", 100.0, 200.0),),
        (
            Axis("layer", "1", tuple(map(float, range(LAYERS)))),
            *(Axis(name, "mm", EDGES) for name in ("x", "y")),
        ),
    )
)
SPECTRA = {spectrum.name: spectrum for spectrum in SHOWERS.spectra}
COUNT = 500


def tracks(seed: int, peak: float = 1.2, count: int = COUNT) -> np.ndarray:
    """A third of the cells with a track's peak of 4 % width, a third with a tail, others empty."""
    rng = np.random.default_rng(seed)
    shape = (count, LAYERS, SIDE, SIDE)
    kind = rng.integers(3, size=shape)
    peaked = peak * np.exp(0.04 * rng.normal(size=shape))
    return np.select([kind == 1, kind == 2], [peaked, rng.exponential(size=shape)], 0.0)


def view(deposits: np.ndarray, domain: Domain = SHOWERS) -> np.ndarray:
    samples = {"deposits": np.asarray(deposits, np.float32)}
    return features_of(domain, samples, {"energy_mev": 150.0}).views[domain.physical_view]


def counted(domain: Domain, *views: np.ndarray) -> list[dict[str, SpectrumCounts]]:
    """Counts of each side in bins by the first."""
    edges = spectrum_edges(domain, views[0])
    return [count_spectra(domain, side, edges) for side in views]


def separated(name: str, real: np.ndarray, *others: np.ndarray) -> list:
    counts = [side[name] for side in counted(SHOWERS, *map(view, (real, *others)))]
    return [separation_of_spectra(counts[0], other) for other in counts[1:]]


def test_a_peak_shifted_by_three_per_cent_is_found() -> None:
    shifted, alike = separated("cell_energy", tracks(1), tracks(2, 1.03 * 1.2), tracks(3))
    excess = shifted.mean[0] - alike.mean[0]
    assert excess > 5 * np.hypot(shifted.mean[1], alike.mean[1])
    assert excess > 0.01


def test_voxel_spectrum_is_that_of_the_calochallenge() -> None:
    """Its script: cut, histogram over 50 edges as a density, shares, triangular discrimination."""
    cut = 0.5e-3 / 0.033
    first, second = (np.where(d < cut, 0, d).astype(np.float32) for d in (tracks(1), tracks(2, 2)))
    edges = np.logspace(np.log10(cut), np.log10(first.max()), 50)
    p, q = (
        np.histogram(side.ravel(), edges, density=True)[0] * np.diff(edges)
        for side in (first, second)
    )
    expected = 0.5 * ((p - q) ** 2 / (p + q + 1e-16)).sum()
    assert separated("voxel_energy", first, second)[0].mean[0] == pytest.approx(expected, rel=1e-3)


def test_groups_of_layers_and_rings_sum_to_all_cells() -> None:
    deposits = tracks(1)
    (side,) = counted(SHOWERS, view(deposits))
    by = {name: found.counts for name, found in side.items()}
    lit = np.count_nonzero(deposits.reshape(COUNT, -1), axis=1)
    np.testing.assert_array_equal(by["cell_energy"].sum((1, 2)), lit)
    for name in ("cell_energy_by_depth", "cell_energy_by_radius"):
        np.testing.assert_array_equal(by[name].sum(1), by["cell_energy"][:, 0])
    deep = np.count_nonzero(deposits[:, :3].reshape(COUNT, -1), axis=1)
    np.testing.assert_array_equal(by["cell_energy_by_depth"][:, 0].sum(1), deep)
    assert SPECTRA["cell_energy_by_depth"].parts[0] == "layers 0-2"
    assert SPECTRA["cell_energy_by_radius"].parts[0] == "r = 7.07 mm"


def test_only_the_part_that_is_wrong_stands_out() -> None:
    wrong = tracks(2)
    wrong[:, 3:5] *= 1.2
    (result,) = separated("cell_energy_by_depth", tracks(1), wrong)
    assert int(np.argmax(result.values)) == 1


def test_cells_beyond_the_real_ones_count_in_open_bins() -> None:
    """So no cell of a fake shower is overlooked, and the bins are the real showers' alone."""
    real, fake = np.full((5, LAYERS, SIDE, SIDE), 1.0), np.full((5, LAYERS, SIDE, SIDE), 1e5)
    (result,) = separated("cell_energy", real, fake)
    assert result.mean[0] == pytest.approx(1.0)


def test_errors_know_that_cells_of_a_shower_go_together() -> None:
    """Showers that repeat one cell m times have the spectrum's error of one cell a shower."""
    rng = np.random.default_rng(5)
    one, other = (rng.exponential(size=(200, 1, 1, 1)) for _ in range(2))
    shape = (200, LAYERS, SIDE, SIDE)
    repeated = [np.broadcast_to(side, shape) for side in (one, other)]
    mixed = rng.exponential(size=(2, *shape))
    together = separated("cell_energy", *repeated)[0].mean
    apart = separated("cell_energy", *mixed)[0].mean
    assert together[1] > 20 * apart[1]


def test_showers_without_a_lit_cell() -> None:
    nothing = np.zeros((5, LAYERS, SIDE, SIDE))
    for name in SPECTRA:
        (result,) = separated(name, nothing, nothing)
        assert result.mean == (0.0, 0.0)


def test_mean_counts_and_their_errors() -> None:
    (side,) = counted(SHOWERS, view(tracks(1)))
    counts = side["cell_energy"]
    mean, error = counts.mean()
    per_shower = counts.counts.astype(float)
    np.testing.assert_allclose(mean, per_shower.mean(0))
    np.testing.assert_allclose(error, per_shower.std(0, ddof=1) / COUNT**0.5, rtol=1e-9)
    assert counts.counts.dtype == np.uint8  # of 192 cells


def test_merged_bins_hold_what_their_bins_held() -> None:
    """A picture's; open bins and an incomplete last one are left out."""
    (side,) = counted(SHOWERS, view(tracks(1)))
    counts = side["cell_energy_by_depth"]
    merged = counts.merged(4)
    whole = (len(counts.edges) - 3) // 4
    np.testing.assert_array_equal(merged.edges, counts.edges[1 : 4 * whole + 2 : 4])
    inner = counts.counts[..., 1 : 4 * whole + 1]
    np.testing.assert_array_equal(merged.counts.sum(-1), inner.sum(-1, dtype=int))
    np.testing.assert_array_equal(merged.counts[..., 1], inner[..., 4:8].sum(-1, dtype=int))


def test_spectra_without_a_lit_cell_are_drawn_empty() -> None:
    (side,) = counted(SHOWERS, view(np.zeros((5, LAYERS, SIDE, SIDE))))
    above, below = Figure().subplots(2)
    draw_spectrum(above, below, [Curve("nothing", "black", side["cell_energy"])])
    assert not above.patches


def test_pictures_share_the_colours_of_the_brightest() -> None:
    panels = Figure().subplots(1, 3)
    for panel, top in zip(panels, (1.0, 9.0), strict=False):
        panel.imshow(np.linspace(0, top, 4).reshape(2, 2), vmin=top / 10, vmax=top)
    assert share_colours(panels) is panels[1].images[0]
    assert panels[0].images[0].get_clim() == (0.9, 9.0)
    assert share_colours(panels[2:]) is None


def test_grey_levels_have_a_spectrum_by_default(rng: np.random.Generator) -> None:
    """A gamma of 1.3 moves every level."""
    axes = ("row", "column", "channel")
    info = DatasetInfo(
        "images",
        (Field("intensities", "1", axes, "intensity", "float32"),),
        (),
        tuple(Axis(name, "1", tuple(map(float, range(4)))) for name in axes),
    )
    domain = Images(info)
    (spectrum,) = domain.spectra
    values = rng.random((3, 400, 4, 4, 4)).astype(np.float32)
    values[1] **= 1.3
    sides = [features_of(domain, {"intensities": v}, {}).views["low-level"] for v in values]
    counts = [found[spectrum.name] for found in counted(domain, *sides)]
    wrong, right = (separation_of_spectra(counts[0], other).mean for other in counts[1:])
    assert wrong[0] - right[0] > 3 * np.hypot(wrong[1], right[1])
