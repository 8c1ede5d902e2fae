"""The N-body code against what is known exactly, on small meshes."""

import re
from itertools import pairwise

import numpy as np
import pytest
from scipy import fft, integrate

from simulators import Cosmology
from simulators.cosmology.background import comoving_distance, expansion, growth
from simulators.cosmology.lagrangian import displacements, linear_field
from simulators.cosmology.lognormal import gaussian_power, lognormal_maps, skewness
from simulators.cosmology.maps import convergence_factor, on_sheet, overdensity_maps
from simulators.cosmology.mesh import PoissonSolver, deposit, interpolate
from simulators.cosmology.particle_mesh import evolve
from simulators.cosmology.power import LinearPower, transfer

PLACE = {"omega_m": 0.3, "sigma_8": 0.8, "redshift": 0.0}
SMALL = {"particles": 16, "pixels": 16, "side": 100.0, "steps": 4}


def plane_wave(amplitude: float, particles: int = 16) -> np.ndarray:
    """Waves of amplitude cos(2 pi x / L) along the first axis."""
    wave = amplitude * np.cos(2 * np.pi * np.arange(particles) / particles)
    field = np.broadcast_to(wave[:, None, None], (particles,) * 3)
    return fft.rfftn(np.ascontiguousarray(field, np.float32))


@pytest.mark.parametrize("omega_m", [0.1, 0.3, 0.5])
def test_growth_is_the_exact_integral(omega_m: float) -> None:
    """D_1 = E int da / (a E)^3 (Heath 1977); its rate is the derivative of that."""

    def slope(a: float) -> float:
        return float((a * expansion(a, omega_m)) ** -3)

    def heath(a: float) -> float:
        return float(expansion(a, omega_m) * integrate.quad(slope, 0, a, epsrel=1e-10)[0])

    a = np.array([0.05, 0.25, 0.5, 1.0])
    grown = growth(a, omega_m)
    exact = np.array([heath(x) for x in a]) / heath(1.0)
    np.testing.assert_allclose(grown.first, exact, rtol=1e-6)
    e = expansion(a, omega_m)
    rate = -1.5 * omega_m / a**3 / e**2 + 1 / (a**2 * e**2 * exact * heath(1.0))
    np.testing.assert_allclose(grown.rate, rate, rtol=1e-6)


def test_growth_of_matter_alone_is_a_power_law() -> None:
    a = np.array([0.1, 0.5, 1.0])
    grown = growth(a, 1.0)
    np.testing.assert_allclose(grown.first, a, rtol=1e-7)
    np.testing.assert_allclose(grown.second, -3 / 7 * a**2, rtol=1e-7)
    np.testing.assert_allclose(grown.second_slope, -6 / 7 * a, rtol=1e-7)
    np.testing.assert_allclose(grown.rate, 1, rtol=1e-7)


def test_second_order_growth_departs_from_the_power_law_as_is_known() -> None:
    """-3/7 D_1^2 Omega_m(a)^(-1/143), to 1e-4 (Bouchet et al. 1995)."""
    a = np.array([0.25, 0.5, 1.0])
    grown, m = growth(a, 0.3), 0.3 / (0.3 + 0.7 * a**3)
    np.testing.assert_allclose(grown.second, -3 / 7 * grown.first**2 * m ** (-1 / 143), rtol=2e-4)


def test_distances_without_lambda_have_a_closed_form() -> None:
    assert comoving_distance(1.5, 1.0) == pytest.approx(2 * 2997.92458 * (1 - 2.5**-0.5), rel=1e-9)


def test_transfer_function_has_its_limits() -> None:
    """1 on large scales, ln(k)/k^2 on small ones, and wiggles of the sound horizon between."""
    assert transfer(np.array([1e-6]), 0.14, 0.022)[0] == pytest.approx(1, abs=1e-4)
    k = np.array([50.0, 100.0])
    cold = transfer(k, 0.14, 1e-5) * k**2
    q = k / (13.41 * 0.0746 * 0.14 * (2.7255 / 2.7) ** -2)
    logarithm = np.log(np.e + 1.8 * q)
    assert cold[1] / cold[0] == pytest.approx(logarithm[1] / logarithm[0], rel=0.01)
    k = np.linspace(0.03, 0.3, 400)
    wiggles = np.log(transfer(k, 0.14, 0.022)) - np.polyval(
        np.polyfit(np.log(k), np.log(transfer(k, 0.14, 0.022)), 4), np.log(k)
    )
    phases = np.linspace(80, 240, 321)
    found = phases[np.argmax([abs(np.sum(wiggles * np.exp(1j * k * s))) for s in phases])]
    assert 140 < found < 160  # Mpc; the horizon of Planck's parameters is 147


@pytest.mark.parametrize("sigma_8", [0.5, 1.1])
def test_power_is_normalised_to_sigma_8(sigma_8: float) -> None:
    power = LinearPower(0.3, sigma_8)

    def density(log_k: float) -> float:
        x = 8 * np.exp(log_k)
        window = 3 * (np.sin(x) - x * np.cos(x)) / x**3
        return float(power(np.exp(log_k)) * window**2 * np.exp(3 * log_k) / (2 * np.pi**2))

    variance, _ = integrate.quad(density, np.log(1e-5), np.log(50), limit=500)
    assert np.sqrt(variance) == pytest.approx(sigma_8, rel=1e-4)


def test_deposit_conserves_mass_and_interpolates_straight_lines(rng: np.random.Generator) -> None:
    positions = rng.uniform(-8, 16, (5000, 3)).astype(np.float32)
    mesh = deposit(positions, 8)
    assert mesh.sum(dtype=np.float64) == pytest.approx(5000, rel=1e-6)
    shifted = deposit(positions + np.float32(8), 8)
    np.testing.assert_allclose(shifted, mesh, atol=1e-2)
    inside = rng.uniform(0, 7, (100, 3)).astype(np.float32)
    x, y, z = np.indices((8, 8, 8), dtype=np.float32)
    np.testing.assert_allclose(interpolate((x, y, z), inside), inside, atol=1e-5)


def test_centre_of_mass_of_a_deposit_is_the_particle() -> None:
    mesh = deposit(np.array([[2.3, 4.75, 5.0]], np.float32), 8)
    indices = np.indices((8, 8, 8))
    np.testing.assert_allclose((indices * mesh).sum((1, 2, 3)), [2.3, 4.75, 5.0], atol=1e-5)


@pytest.mark.parametrize("wave", [1, 2])
def test_force_of_a_plane_wave(wave: int) -> None:
    """A lattice displaced by s sin(kq) has the overdensity -s k cos(kq), and the force s sin(kq).

    The filter leaves exp(-(k / 2)^4) of it, for k in radians per cell. Half a cell from the nodes,
    the lattice has no force of its own.
    """
    q = 2 * np.indices((16,) * 3, dtype=np.float32).reshape(3, -1).T + np.float32(0.5)
    displaced = q.copy()
    shift = 0.02 * np.sin(2 * np.pi * wave * q[:, 0] / 32)
    displaced[:, 0] += shift
    force = PoissonSolver(32)(displaced)
    expected = shift * np.exp(-((np.pi * wave / 32) ** 4))
    assert np.abs(force[:, 0] - expected).max() < 0.02 * 0.02
    assert np.abs(force[:, 1:]).max() < 1e-4


def test_the_force_between_two_particles_is_newtons_and_opposite(rng: np.random.Generator) -> None:
    """1/r^2 beyond 5 cells, in any direction, to 6 %; opposite forces at any distance."""
    solver = PoissonSolver(32)
    for distance in (0.5, 2.0, 5.0, 7.0):
        direction = rng.normal(size=3)
        direction /= np.linalg.norm(direction)
        first = rng.uniform(0, 32, 3)
        force = solver(np.array([first, first + distance * direction], np.float32))
        np.testing.assert_allclose(force.sum(0), 0, atol=1e-4 * np.abs(force).max())
        if distance >= 5:
            newton = 32**3 / 2 / (4 * np.pi * distance**2)
            np.testing.assert_allclose(force[0], newton * direction, atol=0.06 * newton)


def test_forces_of_a_run_add_up_to_zero(rng: np.random.Generator) -> None:
    positions = rng.normal(16, 4, (4096, 3)).astype(np.float32)
    force = PoissonSolver(32)(positions).astype(np.float64)
    assert np.all(np.abs(force.sum(0)) < 1e-5 * np.abs(force).sum(0))


def test_initial_field_has_the_power_that_it_should(rng: np.random.Generator) -> None:
    """Mean over 40 fields in bands of wavenumber; 4.5 standard errors."""
    power = LinearPower(0.3, 0.8)
    fields = np.stack([linear_field(rng, power, 16, 200.0) for _ in range(40)])
    index = np.fft.fftfreq(16, 1 / 16)
    k = 2 * np.pi / 200 * np.sqrt(index[:, None, None] ** 2 + index[:, None] ** 2 + index[:9] ** 2)
    measured = (np.abs(fields) ** 2).mean(0) * 200**3 / 16**6
    assert np.all(measured[0, 0, 0] == 0)
    for low, high in pairwise((1, 2, 4, 6, 8)):
        band = (k >= low * 2 * np.pi / 200) & (k < high * 2 * np.pi / 200)
        band[..., (0, 8)] = False
        ratio = (measured[band] / power(k[band])).mean()
        assert abs(ratio - 1) < 4.5 / np.sqrt(40 * band.sum())


def test_displacements_of_a_plane_wave() -> None:
    psi_1, psi_2 = displacements(plane_wave(0.1))
    q = np.indices((16,) * 3).reshape(3, -1).T
    k = 2 * np.pi / 16
    np.testing.assert_allclose(psi_1[:, 0], -0.1 / k * np.sin(k * q[:, 0]), atol=1e-5)
    np.testing.assert_allclose(psi_1[:, 1:], 0, atol=1e-6)
    np.testing.assert_allclose(psi_2, 0, atol=1e-6)


def test_second_order_displacements_of_two_waves() -> None:
    """phi = -A cos(kx) / k^2 - A cos(ky) / k^2: the source is A^2 cos(kx) cos(ky)."""
    first = fft.irfftn(plane_wave(0.1))
    psi_2 = displacements(fft.rfftn(first + first.transpose(1, 0, 2)))[1]
    q = 2 * np.pi / 16 * np.indices((16,) * 3).reshape(3, -1).T
    expected = 0.1**2 / 2 * np.sin(q[:, 0]) * np.cos(q[:, 1]) * 16 / (2 * np.pi)
    np.testing.assert_allclose(psi_2[:, 0], expected, atol=1e-6)
    np.testing.assert_allclose(psi_2[:, 2], 0, atol=1e-6)


@pytest.mark.parametrize("steps", [1, 10])
def test_a_plane_wave_grows_as_zeldovich_says(steps: int) -> None:
    """Straight lines are exact until they cross: half-way to that, within 1.5 %."""
    grown = growth(np.linspace(0.1, 1, steps + 1), 0.3)
    waves = plane_wave(0.5, 32)
    lattice = (np.indices((32,) * 3).reshape(3, -1).T + 0.5) / 32
    moved = (evolve(waves, grown, PoissonSolver(64)) - lattice + 0.5) % 1 - 0.5
    expected = displacements(waves)[0][:, 0] / 32
    assert np.abs(moved[:, 0] - expected).max() < 0.015 * np.abs(expected).max()
    assert np.abs(moved[:, 1:]).max() < 1e-4 * np.abs(expected).max()


def test_second_order_trajectories_are_kept(rng: np.random.Generator) -> None:
    """One step ends where second-order theory ends: that part of the displacement within 5 %.

    The force between neighbours, a cell of the mesh apart, adds a scatter of a quarter of it.
    """
    waves = linear_field(rng, lambda k: 30_000 * np.exp(-((k / 0.05) ** 2)), 32, 100.0)
    grown = growth(np.array([0.1, 1.0]), 0.3)
    lattice = (np.indices((32,) * 3).reshape(3, -1).T + 0.5) / 32

    def moved(sign: int) -> np.ndarray:
        positions = evolve(np.complex64(sign) * waves, grown, PoissonSolver(64))
        return 32 * ((positions - lattice + 0.5) % 1 - 0.5)

    even = (moved(1) + moved(-1)) / 2  # the first order cancels
    expected = grown.second[-1] * displacements(waves)[1]
    share = (even * expected).sum() / (expected**2).sum()
    assert share == pytest.approx(1, abs=0.05)
    assert np.std(even - share * expected) < 0.3 * expected.std()


def test_large_scales_grow_with_the_linear_growth_factor(rng: np.random.Generator) -> None:
    """The longest waves of a box of 1 Gpc/h, from redshift 3 to 0 in 5 steps each: 1 %."""
    waves = linear_field(rng, LinearPower(0.3, 0.8), 32, 1000.0)
    index = np.fft.fftfreq(32, 1 / 32)
    square = index[:, None, None] ** 2 + index[:, None] ** 2 + index[:17] ** 2
    longest = (square > 0) & (square < 3)
    made = {}
    for a in (0.25, 1.0):
        grown = growth(np.linspace(0.1, a, 6), 0.3)
        positions = evolve(waves, grown, PoissonSolver(64))
        field = fft.rfftn(deposit(positions * np.float32(32) - np.float32(0.5), 32))
        made[a] = (field * waves.conj()).real[longest].sum() / grown.first[-1]
    assert made[1.0] / made[0.25] == pytest.approx(1, abs=0.01)
    assert made[0.25] == pytest.approx((np.abs(waves[longest]) ** 2).sum(), rel=0.02)


def test_maps_hold_all_particles(rng: np.random.Generator) -> None:
    positions = rng.random((4096, 3), dtype=np.float32)
    maps = overdensity_maps(positions, 16, 4)
    assert maps.shape == (3, 4, 16, 16)
    np.testing.assert_allclose(maps.mean((1, 2, 3)), 0, atol=1e-5)
    lattice = ((np.indices((16,) * 3).reshape(3, -1).T + 0.5) / 16).astype(np.float32)
    np.testing.assert_allclose(overdensity_maps(lattice, 16, 4), 0, atol=1e-5)
    one = overdensity_maps(np.array([[0.1, 0.40625, 0.71875]], np.float32), 16, 4)
    for axis, place in enumerate([(0, 6, 11), (1, 11, 1), (2, 1, 6)]):
        assert np.unravel_index(one[axis].argmax(), one[axis].shape) == place


def test_the_sheet_of_a_smooth_flow_has_no_lattice() -> None:
    """Particles of a plane wave, stretched to 1.8 lattice cells in the void: midpoints are exact.

    They lie on the wave's own displacement to second order in the cell, across the edge too, and
    the map of the sheet is the density 1 / (1 + dpsi/dq) within 2 %, that of particles is not.
    """
    n, amplitude = 32, 0.8
    q = (np.arange(n) + 0.5) / n
    x = (q + amplitude / (2 * np.pi) * np.sin(2 * np.pi * q)) % 1
    lattice = np.stack(np.meshgrid(q, x, q, indexing="ij"), -1).reshape(-1, 3).astype(np.float32)
    sheet = on_sheet(lattice, n)
    between = (np.arange(n) + 1) / n
    wanted = between + amplitude / (2 * np.pi) * np.sin(2 * np.pi * between)
    found = on_sheet(lattice, n).reshape(8, n, n, n, 3)[2, 0, :, 0, 1]
    np.testing.assert_allclose((found - wanted + 0.5) % 1, 0.5, atol=1e-3)
    rough, smooth = (overdensity_maps(part, n, 1)[0, 0].mean(1) for part in (lattice, sheet))
    fine = (np.arange(4000) + 0.5) / 4000
    place = (fine + amplitude / (2 * np.pi) * np.sin(2 * np.pi * fine)) % 1
    points = np.stack([np.full(4000, 0.5), place, np.full(4000, 0.5)], -1).astype(np.float32)
    exact = overdensity_maps(points, n, 1)[0, 0].mean(1)
    assert np.abs(smooth - exact).max() < 0.5 * np.abs(rough - exact).max()


def test_convergence_is_the_overdensity_times_a_factor() -> None:
    place = {**PLACE, "redshift": 0.5}
    density = Cosmology(**SMALL).sample(place, 12, 1)["values"]
    kappa = Cosmology(**SMALL, quantity="convergence").sample(place, 12, 1)["values"]
    factor = convergence_factor(0.3, 0.5, 2.0, 25.0)
    np.testing.assert_allclose(kappa, factor * density, rtol=1e-5, atol=1e-9)
    half = convergence_factor(0.3, 0.5, 2.0, 12.5)
    assert factor == pytest.approx(2 * half)
    # at low redshift: 3/2 Omega_m (H_0/c)^2 chi thickness, with chi = z c/H_0
    near = convergence_factor(0.3, 1e-3, 1e3, 25.0)
    assert near == pytest.approx(0.45 * 1e-3 * 25 / 2997.92, rel=2e-3)


def test_runs_may_be_split_at_blocks_and_conditions_may_vary_within_them() -> None:
    cosmology = Cosmology(**SMALL)
    redshift = np.r_[np.zeros(12), np.repeat([0.0, 1.0], 6), np.ones(6)]

    def sample(start: int, stop: int, seed: int = 5) -> np.ndarray:
        conditions = {**PLACE, "redshift": redshift[start:stop]}
        return cosmology.sample(conditions, stop - start, seed, first_event=start)["values"]

    whole = sample(0, 30)
    np.testing.assert_array_equal(whole, np.concatenate([sample(0, 12), sample(12, 30)]))
    assert len(np.unique(whole.reshape(30, -1), axis=0)) == 30
    assert not np.any(np.all(whole == sample(0, 30, seed=6), axis=(1, 2)))


def test_maps_of_one_axis_share_the_box() -> None:
    """Four slabs along any axis are the whole box: their mean is the projection of all of it."""
    maps = Cosmology(**SMALL).sample(PLACE, 12, 3)["values"].reshape(3, 4, 16, 16)
    whole = Cosmology(**{**SMALL, "slabs": 1}).sample(PLACE, 3, 3)["values"]
    np.testing.assert_allclose(maps.mean(1), whole, atol=1e-4)


def test_structure_grows_and_cost_is_measured() -> None:
    cosmology = Cosmology(**SMALL)
    spread = [cosmology.sample({**PLACE, "redshift": z}, 12, 1)["values"].std() for z in (0, 1, 3)]
    assert spread[0] > 1.1 * spread[1] > 1.1**2 * spread[2] > 0
    assert 1e-6 < cosmology.seconds_per_independent_sample(PLACE) < 10


def lognormal_spectrum(pixels: int) -> tuple[np.ndarray, np.ndarray]:
    """Wavenumbers in units of the fundamental, and power of a map of variance near 0.4."""
    index = np.fft.fftfreq(pixels, 1 / pixels)
    k = np.sqrt(index[:, None] ** 2 + index**2)
    return k, 12.0 * np.exp(-((k / 16) ** 2)) / (1 + (k / 4) ** 1.5)


def test_lognormal_maps_have_the_power_that_they_are_given(rng: np.random.Generator) -> None:
    """1,000 maps, from 3 to 30 fundamental wavenumbers: within 2 % in every band.

    The bands hold 40 waves or more; the error of the narrowest is 0.5 %.
    """
    k, power = lognormal_spectrum(64)
    maps = lognormal_maps(gaussian_power(power), 1000, rng).astype(np.float64)
    assert maps.min() > -1
    measured = (np.abs(np.fft.fft2(maps)) ** 2).mean(0) / 64**2
    for low, high in pairwise((3, 6, 9, 12, 15, 20, 25, 30)):
        band = (k >= low) & (k < high)
        assert measured[band].sum() == pytest.approx(power[band].sum(), rel=0.02)


def test_skewness_of_lognormal_maps(rng: np.random.Generator) -> None:
    """Against (w + 2) sqrt(w - 1), by a jackknife over maps: 4.5 standard errors, below 4 %."""
    _, power = lognormal_spectrum(64)
    variance = power.mean()
    maps = lognormal_maps(gaussian_power(power), 1000, rng).astype(np.float64)
    moments = np.stack([(maps**2).mean((1, 2)), (maps**3).mean((1, 2))])
    left_out = (moments.sum(1, keepdims=True) - moments) / 999
    values = left_out[1] / left_out[0] ** 1.5
    error = np.sqrt(999) * values.std()
    assert values.mean() == pytest.approx(skewness(variance), abs=4.5 * error)
    assert error < 0.04 * values.mean()


BAD = {
    "odd": ({"particles": 33}, "expected particles to be even; got 33; pass 32 or 34"),
    "few": ({"particles": 4}, "expected particles to be a whole number >= 8; got 4"),
    "coarse": ({"mesh": 32}, "expected mesh of 64 cells or more, one for each particle; got 32"),
    "fine": ({"pixels": 128}, "expected pixels up to 64 with 64 particles; got 128"),
    "thin": ({"slabs": 33}, "expected slabs up to 32 with 64 particles; got 33"),
    "steps": ({"steps": 0}, "expected steps to be a whole number >= 1; got 0"),
    "side": ({"side": -1.0}, "expected side to be positive and finite; got -1.0"),
    "quantity": ({"quantity": "mass"}, "expected quantity density or convergence; got 'mass'"),
    "baryons": ({"omega_b": 0.2}, "expected omega_b below 0.1; got 0.2"),
    "index": ({"n_s": np.nan}, "expected a finite n_s; got nan"),
    "sources": ({"source_redshift": 0.2}, "expected source_redshift from 0.3 to 10; got 0.2"),
}


@pytest.mark.parametrize("case", BAD)
def test_refuses_bad_parameters(case: str) -> None:
    arguments, message = BAD[case]
    with pytest.raises(ValueError, match="^" + re.escape(message)) as caught:
        Cosmology(**arguments)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sigma_8": 0.0}, r"expected sigma_8 in \[0\.5, 1\.1\] 1; got 0; pass"),
        ({"omega_m": 1.2}, r"expected omega_m in \[0\.1, 0\.5\] 1; got 1\.2; pass"),
        ({"redshift": -0.1}, r"expected redshift in \[0, 3\] 1; got -0\.1; pass"),
    ],
)
def test_refuses_bad_conditions(change: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Cosmology(**SMALL).sample({**PLACE, **change}, 3, 1)
    with pytest.raises(ValueError, match="a multiple of block_size 12; got 3"):
        Cosmology(**SMALL).sample(PLACE, 3, 1, first_event=3)


def test_refuses_bad_spectra() -> None:
    for arguments, message in (
        ((0.3, 0.0), "expected sigma_8 above 0; got 0.0"),
        ((1.2, 0.8), r"expected omega_m within \(0, 1\]; got 1.2"),
        ((0.04, 0.8), "expected omega_b below omega_m 0.04; got 0.049"),
    ):
        with pytest.raises(ValueError, match=message):
            LinearPower(*arguments)
    with pytest.raises(ValueError, match="power of a square map"):
        gaussian_power(np.ones((4, 3)))
    with pytest.raises(ValueError, match="a correlation above -1"):
        gaussian_power(np.eye(4)[0] * -100 * np.ones((4, 4)))
