"""Observables of fields against closed forms of Gaussian and lognormal fields."""

from math import pi

import numpy as np
import pytest
from gaussian_fields import ISOTROPIC, PLAIN, ZONAL, bell, gaussian, layout
from scipy.special import polygamma

from physgan.domains.fields.ensemble import bins_of, ensemble_of, log_power_correlation
from physgan.domains.fields.morphology import (
    PEAKS,
    THRESHOLDS,
    gaussian_functionals,
    minkowski,
    peak_density,
)
from physgan.domains.fields.observables import bands_of, observables_of
from physgan.domains.fields.spectrum import mode_power, modes_of, ring_power
from physgan.domains.fields.zonal import energies

COUNT = 1000
LAYOUT = layout()
MODES = modes_of(LAYOUT)
NORTH, EAST = np.meshgrid(*[axis.values for axis in LAYOUT.axes], indexing="ij")


def measured(names: tuple[str, str], values: np.ndarray) -> dict[str, np.ndarray]:
    own = observables_of(layout(names))
    return {o.name: o.compute({"values": values}, {}) for o in own}


def test_power_of_a_plane_wave_is_in_its_ring() -> None:
    """Amplitude a: a^2 / 2 is the mean square, all of it in the ring of five wavelengths a side."""
    step = 2 * pi / LAYOUT.lengths[0]
    power = ring_power(MODES, 3 * np.cos(5 * step * NORTH)[None])[0]
    area = np.prod(LAYOUT.lengths)
    assert power * MODES.counts / area == pytest.approx(np.eye(31)[4] * 4.5, abs=1e-12)
    assert MODES.centres[4] == pytest.approx(5 * step, rel=0.05)


def test_power_adds_up_to_the_mean_square() -> None:
    values = np.random.default_rng(0).normal(size=(3, 64, 64)) + 1
    total = (mode_power(MODES, values) * MODES.weight).sum((1, 2)) / np.prod(LAYOUT.lengths)
    assert total == pytest.approx((values**2).mean((1, 2)))


def test_rings_hold_every_mode_up_to_nyquist_once() -> None:
    number = np.fft.fftfreq(64, 1 / 64)
    ring = np.rint(np.hypot(number[:, None], number)).astype(int)
    assert list(MODES.counts) == [np.count_nonzero(ring == r) for r in range(1, 32)]


def test_averages_over_rings_of_large_fields_are_small() -> None:
    """A number a mode, not one a mode and ring: 2 GB for 1,024 pixels a side."""
    averages = modes_of(layout(side=1024)).averages
    assert averages.shape == (1024 * 513, 511)
    assert averages.nnz < 1024 * 513
    assert averages.sum(0) == pytest.approx(1)


@pytest.mark.parametrize("names", [ISOTROPIC, PLAIN])
def test_gaussian_fields_have_their_spectrum(names: tuple[str, str]) -> None:
    """Within four standard errors in each of 12 rings: false alarm 1 in 1,000.

    Where edges do not touch, the window mixes power over a ring or two; the spectrum is smooth.
    """
    own = modes_of(layout(names))
    truth = bell(MODES, 4.0)
    power = ring_power(own, gaussian(LAYOUT, truth, COUNT))[:, :12]
    expected = (truth.ravel() @ MODES.averages)[:12]
    error = power.std(0) / np.sqrt(COUNT)
    bias = 0.0 if own.window is None else 0.06
    assert (np.abs(power.mean(0) - expected) < 4 * error + bias * expected)[bias > 0 :].all()


def test_power_of_gaussian_fields_scatters_as_chi_squared() -> None:
    """The standard deviation of P is sqrt(2/N) of its mean; ln P of a bin has variance psi'(N/2).

    The errors of 1,000 fields' scatter are 2.2 % (more in the first rings, whose tails are longer),
    those of correlations .032, so that 4.5 of them fail once in 5,000 runs.
    """
    power = ring_power(MODES, gaussian(LAYOUT, bell(MODES, 4.0), COUNT, seed=2))
    values = {"power": power}
    found = {o.name: o.compute(values, {}) for o in ensemble_of(LAYOUT) if o.needs == ("power",)}
    np.testing.assert_allclose(found["power_scatter"][:12], 1, atol=0.12)
    variance = np.log(power[:, :12]).var(0)
    np.testing.assert_allclose(variance, polygamma(1, MODES.counts[:12] / 2), rtol=0.2)
    np.testing.assert_allclose(found["log_power_scatter"], 1, atol=0.1)
    assert np.abs(found["log_power_correlation"]).max() < 4.5 / np.sqrt(COUNT)
    assert found["log_power_coupling"] < 0.02


def test_a_common_amplitude_correlates_all_bins() -> None:
    """Fields times exp(s z): ln P has covariance 4 s^2 between bins beside psi'(N/2) on its own."""
    rng = np.random.default_rng(3)
    power = ring_power(MODES, gaussian(LAYOUT, bell(MODES, 4.0), COUNT, seed=3))
    power *= np.exp(2 * 0.25 * rng.normal(size=(COUNT, 1)))
    counts = np.array([MODES.counts[s:b].sum() for s, b in bins_of(MODES)])
    spread = np.sqrt(0.25 + polygamma(1, counts / 2))
    expected = (0.25 / np.outer(spread, spread))[np.triu_indices(len(counts), 1)]
    assert log_power_correlation(MODES, power)[:9] == pytest.approx(expected[:9], abs=0.12)


@pytest.mark.parametrize("names", [ISOTROPIC, PLAIN])
@pytest.mark.parametrize(("pixels", "v1", "v2"), [(2, 0.045, 0.09), (3, 0.015, 0.03)])
def test_gaussian_fields_have_tomitas_functionals(
    names: tuple[str, str], pixels: float, v1: float, v2: float
) -> None:
    """V0 to its error; V1 and V2 to the bias of pixels, stated in the docstring, and their error.

    V2 in units of its largest value; five standard errors.
    """
    length = pixels * LAYOUT.spacing[0]
    found = minkowski(layout(names), gaussian(LAYOUT, bell(MODES, length), COUNT, seed=4))
    slope = 1 / length
    expected = gaussian_functionals(slope)
    error = 5 * found.std(0) / np.sqrt(COUNT)
    away = np.abs(found.mean(0) - expected)
    assert (away[0] < error[0] + 2e-3).all(), "own mean and deviation shift thresholds a little"
    assert (away[1] < error[1] + v1 * expected[1] + 1e-3 * expected[1].max()).all()
    assert (away[2] < error[2] + v2 * np.abs(expected[2]) + 0.01 * expected[2].max()).all()
    assert found.mean(0)[1].max() < expected[1].max(), "pixels miss some of the boundary"


def test_functionals_of_a_disc() -> None:
    """A disc of radius r in a field of side L: share, 2 pi r / 4 L^2, and one component."""
    side, radius = LAYOUT.lengths[0], 30.0
    disc = (np.hypot(NORTH - side / 2, EAST - side / 2) < radius).astype(float)[None]
    v0, v1, v2 = minkowski(LAYOUT, disc)[0][:, len(THRESHOLDS) // 2]
    assert v0 == disc.mean() == pytest.approx(pi * radius**2 / side**2, rel=0.02)
    assert v1 == pytest.approx(2 * pi * radius / (4 * side**2), rel=0.03)
    assert v2 * side**2 == pytest.approx(1)


@pytest.mark.parametrize("names", [ISOTROPIC, PLAIN])
def test_euler_characteristic_counts_components_less_holes(names: tuple[str, str]) -> None:
    """Two rings and a spot: three components and two holes; their complement has the opposite."""
    field = np.zeros((16, 16))
    field[2:5, 2:5] = field[8:11, 9:12] = field[13, 3] = 1
    field[3, 3] = field[9, 10] = 0
    small = layout(names, 16, 1.0)
    found = minkowski(small, np.stack([field, -field]))[:, 2, len(THRESHOLDS) // 2]
    pixels = 256 if names == ISOTROPIC else 225
    assert found * pixels == pytest.approx([1, -1])


def test_peaks_are_pixels_above_their_neighbours() -> None:
    field = np.zeros((2, 16, 16))
    field[0, 3, 3], field[0, 3, 4], field[0, 0, 15], field[0, 10, 10] = 5, 4, 3, 2
    heights = {name: peak_density(layout(name, 16, 1.0), field) for name in (ISOTROPIC, PLAIN)}
    for name, inner in ((ISOTROPIC, 256), (PLAIN, 196)):
        edge = name == ISOTROPIC
        own = (field[0] - field[0].mean()) / field[0].std()
        for found, nu in zip(heights[name][0], PEAKS, strict=True):
            tall = [own[3, 3] > nu, edge and own[0, 15] > nu, own[10, 10] > nu]
            assert found * inner == pytest.approx(sum(tall))
        assert not heights[name][1].any(), "a constant field has no peak"


def test_moments_of_lognormal_fields() -> None:
    """Skewness (w + 2) sqrt(w - 1), kurtosis w^4 + 2 w^3 + 3 w^2 - 6, with w = exp(s^2).

    Moments over all pixels; those of single fields, about their own means, are smaller.
    """
    width = 0.4
    values = np.exp(width * np.random.default_rng(5).normal(size=(1000, 64, 64)))
    w = np.exp(width**2)
    found = measured(ISOTROPIC, values)
    assert found["mean"].mean() == pytest.approx(np.sqrt(w), rel=1e-3)
    assert found["variance"].mean() == pytest.approx(w * (w - 1), rel=0.01)
    assert found["skewness"].mean() == pytest.approx((w + 2) * np.sqrt(w - 1), rel=0.01)
    assert found["kurtosis"].mean() == pytest.approx(w**4 + 2 * w**3 + 3 * w**2 - 6, rel=0.03)
    for name, extreme in (("smallest", values.min((1, 2))), ("largest", values.max((1, 2)))):
        np.testing.assert_array_equal(found[name], extreme)


def test_bands_of_gaussian_fields() -> None:
    """No skewness, and a mean magnitude of sqrt(2 / pi) deviations where a band has many modes.

    Lognormal fields have positive skewness in every octave.
    """
    values = gaussian(LAYOUT, bell(MODES, 4.0), COUNT, seed=6)
    found = measured(ISOTROPIC, values)
    assert bands_of(MODES) == [(0, 1), (1, 3), (3, 7), (7, 15), (15, 31)]
    error = found["band_skewness"].std(0) / np.sqrt(COUNT)
    assert (np.abs(found["band_skewness"].mean(0)) < 4 * error).all()
    sparsity = found["band_sparsity"].mean(0)
    assert sparsity[2:] == pytest.approx(np.sqrt(2 / pi), rel=0.01)
    tall = measured(ISOTROPIC, np.exp(values))
    assert (tall["band_skewness"].mean(0)[1:] > 0.2).all()
    assert (tall["band_sparsity"].mean(0)[2:] < sparsity[2:] - 0.03).all()


def test_energy_of_a_jet_and_of_a_wave() -> None:
    """Vorticity of u = U sin(l y): all energy U^2 / 4 is zonal; of v = V sin(m x) none is."""
    step, own = 2 * pi / LAYOUT.lengths[0], layout(ZONAL)
    jet = -2 * 3 * step * np.cos(3 * step * NORTH)
    wave = 2 * 5 * step * np.cos(5 * step * EAST)
    found = measured(ZONAL, np.stack([jet, wave, jet + wave]))
    assert found["energy"] == pytest.approx([1, 1, 2])
    assert found["zonal_share"] == pytest.approx([1, 0, 0.5])
    assert found["anisotropy"] == pytest.approx([1, -1, 0])
    assert found["zonal_power"][0] == pytest.approx(np.eye(31)[2])
    northward, eastward = energies(modes_of(own), jet[None])
    assert northward.sum() == pytest.approx(0)
    assert eastward.sum() == pytest.approx(1)


def test_energy_spectrum_adds_up_to_the_energy() -> None:
    """The sum of E(k) dk over rings, for a smooth spectrum, within the width of rings."""
    own = layout(ZONAL)
    power = bell(MODES, 4.0) * MODES.squares**2
    values = measured(ZONAL, gaussian(own, power, 200, seed=7))
    spectrum = next(o for o in ensemble_of(own) if o.name == "energy_spectrum")
    step = 2 * pi / own.lengths[0]
    total = float(np.sum(spectrum.compute(values, {}))) * step
    assert total == pytest.approx(values["energy"].mean(), rel=0.02)


def test_a_fields_sign_does_not_matter_where_a_mirror_image_changes_it() -> None:
    values = np.sinh(gaussian(LAYOUT, bell(MODES, 4.0), 20, seed=8)) ** 3
    for name, found in measured(ZONAL, values).items():
        np.testing.assert_allclose(measured(ZONAL, -values)[name], found, rtol=1e-9, atol=1e-12)
    assert set(measured(ISOTROPIC, values)) - set(measured(ZONAL, values)) == {
        "mean", "skewness", "smallest", "largest", "band_skewness",
    }  # fmt: skip


def test_units_follow_from_those_of_axes_and_values() -> None:
    units = {o.name: o.unit for o in observables_of(LAYOUT)}
    assert units["power"] == "K^2 (Mpc/h)^2"
    assert units["minkowski_v1"] == "h/Mpc"
    assert units["peaks"] == "(h/Mpc)^2"
    assert units["variance"] == "K^2"
    assert next(o for o in observables_of(LAYOUT) if o.name == "power").axis == ("k", "h/Mpc")
