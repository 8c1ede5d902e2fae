"""Turbulence on a beta plane against exact solutions, invariants and its stated energy input."""

from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from simulators import SIMULATORS, Simulator, Turbulence
from simulators.turbulence import barotropic
from simulators.turbulence.barotropic import mode_sum, square_wavenumbers

MODES = 15
POINTS = 32
WEIGHT = 0.5 / square_wavenumbers(MODES)
PLACE = 2 * np.pi * np.arange(POINTS) / POINTS
X, Y = PLACE, PLACE[:, None]


@pytest.fixture
def double() -> Iterator[None]:
    with jax.enable_x64(True):
        yield


def run(values: np.ndarray, time: float, steps: int, **terms: float) -> np.ndarray:
    """Unforced evolution of a vorticity (POINTS, POINTS)."""
    rates = barotropic.linear_rates(
        MODES, terms.get("beta", 0.0), terms.get("drag", 0.0), terms.get("viscosity", 0.0)
    )
    state = barotropic.from_grid(jnp.asarray(values), MODES)
    none = jnp.zeros(state.shape)
    state = barotropic.advance(
        state, jax.random.key(0), steps, time / steps, jnp.asarray(rates), none, 3
    )
    return np.asarray(barotropic.on_grid(state, POINTS))


def eddies(rng: np.random.Generator, size: float = 1.0) -> jax.Array:
    """A random state with all modes up to MODES."""
    values = rng.standard_normal((POINTS, POINTS))
    state = barotropic.from_grid(jnp.asarray(values), MODES)
    return size * state.at[MODES, 0].set(0)


@pytest.mark.usefixtures("double")
def test_taylor_green_vortices_decay_at_the_exact_rate() -> None:
    """sin 2x sin 2y is an eigenfunction of the Laplacian, -8, and its advection vanishes."""
    vortices = 3 * np.sin(2 * X) * np.sin(2 * Y)
    after = run(vortices, 5.0, 200, drag=0.05, viscosity=1e-5)
    rate = 0.05 + 1e-5 * 8**4
    np.testing.assert_allclose(after, vortices * np.exp(-5 * rate), rtol=0, atol=1e-6)


@pytest.mark.usefixtures("double")
@pytest.mark.parametrize(("k", "l"), [(1, 0), (3, -2), (2, 5)])
def test_a_rossby_wave_follows_its_dispersion_relation(k: int, l: int) -> None:  # noqa: E741
    omega = -3.0 * k / (k**2 + l**2)
    after = run(np.cos(k * X + l * Y), 7.0, 100, beta=3.0)
    np.testing.assert_allclose(after, np.cos(k * X + l * Y - omega * 7), rtol=0, atol=1e-6)


@pytest.mark.usefixtures("double")
def test_advection_conserves_energy_and_enstrophy(rng: np.random.Generator) -> None:
    """The rates of both vanish to rounding, though every mode is excited."""
    state = eddies(rng, 10.0)
    slope = barotropic.advection(state)
    size = float(jnp.sqrt(mode_sum(state) * mode_sum(slope)))
    for weight in (WEIGHT, 0.5):
        rate = (mode_sum(state + slope, weight) - mode_sum(state - slope, weight)) / 2
        assert abs(float(rate)) < 1e-12 * size
    assert size > 1e-3


@pytest.mark.usefixtures("double")
def test_advection_is_the_jacobian_of_products_in_space(rng: np.random.Generator) -> None:
    """-J(psi, zeta) by derivatives of a field with few modes, products on the grid."""
    k, l = np.arange(16.0), np.arange(-15.0, 16)[:, None]  # noqa: E741
    state = jnp.where(k**2 + l**2 < 36, eddies(rng), 0)
    psi = state * (-1 / square_wavenumbers(MODES)).astype(complex)
    psi_x, psi_y, zeta_x, zeta_y = (
        barotropic.on_grid(1j * factor * field, POINTS)
        for field in (psi, state)
        for factor in (k, l)
    )
    expected = psi_y * zeta_x - psi_x * zeta_y
    found = barotropic.on_grid(barotropic.advection(state), POINTS)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


@pytest.mark.usefixtures("double")
def test_steps_are_of_fourth_order(rng: np.random.Generator) -> None:
    values = np.asarray(barotropic.on_grid(eddies(rng, 5.0), POINTS))
    terms = {"beta": 5.0, "drag": 0.1, "viscosity": 1e-11}
    exact = run(values, 0.5, 320, **terms)
    errors = [np.abs(run(values, 0.5, n, **terms) - exact).max() for n in (20, 40)]
    assert 10 < errors[0] / errors[1] < 25
    assert errors[1] < 1e-3 * np.abs(values).max()


def test_forcing_injects_energy_at_the_stated_rate(rng: np.random.Generator) -> None:
    """Kicks of 2,000 states that have energy of their own, at five standard errors."""
    rate, interval, count = 0.3, 0.02, 2000
    amplitude = jnp.asarray(barotropic.ring_amplitudes(MODES, 6.0, 2.0, rate), jnp.float32)
    keys = jax.random.split(jax.random.key(3), count)
    kicks = jax.vmap(lambda key: barotropic.noise(key, amplitude, 7))(keys) * interval**0.5
    state = eddies(rng, 0.3).astype(kicks.dtype)
    gains = np.asarray(mode_sum(state + kicks, WEIGHT) - mode_sum(state, WEIGHT)) / interval
    error = gains.std() / count**0.5
    assert abs(gains.mean() - rate) < 5 * error
    assert error < 0.1 * rate
    alone = np.asarray(mode_sum(kicks, WEIGHT)) / interval
    assert alone.mean() == pytest.approx(rate, abs=float(5 * alone.std() / count**0.5))
    assert alone.std() / count**0.5 < 0.005 * rate
    powers = np.asarray((jnp.abs(kicks) ** 2).mean(0))
    radius = np.sqrt(square_wavenumbers(MODES))
    assert np.all(powers[np.abs(radius - 6) > 1] == 0)
    assert np.all(powers[np.abs(radius - 6) <= 1] > 0)


@pytest.mark.usefixtures("double")
def test_kicks_are_spectra_of_real_fields() -> None:
    amplitude = jnp.asarray(barotropic.ring_amplitudes(MODES, 6.0, 2.0, 1.0))
    kick = barotropic.noise(jax.random.key(1), amplitude, 7)
    again = barotropic.from_grid(barotropic.on_grid(kick, POINTS), MODES)
    np.testing.assert_allclose(again, kick, rtol=0, atol=1e-12)


@pytest.mark.usefixtures("double")
def test_the_mirror_image_in_the_equator_evolves_alike(rng: np.random.Generator) -> None:
    """zeta(x, y) -> -zeta(x, -y) leaves the equation unchanged with beta; east-west does not."""
    values = np.asarray(barotropic.on_grid(eddies(rng, 2.0), POINTS))
    terms = {"beta": 4.0, "drag": 0.1, "viscosity": 1e-8}
    after = run(values, 1.0, 50, **terms)
    np.testing.assert_allclose(run(-values[::-1], 1.0, 50, **terms), -after[::-1], atol=1e-9)
    wrong = run(-values[:, ::-1], 1.0, 50, **terms)
    assert np.abs(wrong + after[:, ::-1]).max() > 0.1


def small(**parameters: Any) -> Turbulence:
    return Turbulence(**{"size": 18, "forcing": 3.0, **parameters})


def test_follows_the_protocol() -> None:
    flow = SIMULATORS["turbulence"](18, forcing=3.0)
    assert isinstance(flow, Simulator)
    assert Turbulence(**flow.parameters).parameters == flow.parameters
    assert flow.sample({"beta": 1.0, "drag": 0.1}, 0, 0)["values"].shape == (0, 18, 18)
    assert [axis.name for axis in flow.grid] == ["north", "east"]
    assert 0 < flow.seconds_per_independent_sample({"beta": 1.0, "drag": 0.1}) < 10


def test_energy_in_is_energy_out() -> None:
    """In a steady state drag and viscosity take what forcing adds, within four errors.

    The events of a chain are two integral times apart.
    """
    flow, drag = small(), 0.1
    values = flow.sample({"beta": 0.5, "drag": drag}, 128, seed=5)["values"]
    state = barotropic.from_grid(jnp.asarray(values), 8)
    square = square_wavenumbers(8)
    viscous = 2 * flow.viscosity * np.where(np.isfinite(square), square, 0) ** 4
    lost = np.asarray(mode_sum(state, (drag + viscous / 2) / square))
    error = lost.std() / 128**0.5
    assert error < 0.05 * flow.energy_input
    assert abs(lost.mean() - flow.energy_input) < 4 * error


def test_events_share_chains_where_their_conditions_are_equal() -> None:
    """A block split in two conditions: neither changes the events of the other."""
    flow, drag = small(), np.full(8, 0.1)
    together = flow.sample({"beta": np.repeat([0.0, 2.0], 4), "drag": drag}, 8, 3)["values"]
    apart = flow.sample({"beta": np.full(8, 0.0), "drag": drag}, 8, 3)["values"]
    np.testing.assert_array_equal(together[:4], apart[:4])
    assert not np.array_equal(together[4:], apart[4:])
    assert np.abs(np.corrcoef(apart.reshape(8, -1)) - np.eye(8)).max() < 0.9


def test_a_run_in_two_calls_gives_the_bytes_of_one() -> None:
    flow, beta, drag = small(), np.linspace(0, 2, 12), np.full(12, 0.1)
    whole = flow.sample({"beta": beta, "drag": drag}, 12, 7)["values"]
    first = flow.sample({"beta": beta[:8], "drag": drag[:8]}, 8, 7)["values"]
    rest = flow.sample({"beta": beta[8:], "drag": drag[8:]}, 4, 7, first_event=8)["values"]
    np.testing.assert_array_equal(whole, np.concatenate([first, rest]))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Turbulence(size=63), "expected size to be even; got 63; pass 62 or 64"),
        (lambda: Turbulence(size=10**9), "expected size of at most 4096; got 1000000000"),
        (lambda: Turbulence(resolution=32), "expected resolution to be a whole number >= 64"),
        (lambda: Turbulence(forcing=1.0), r"expected forcing as a wavenumber of at least 3; got 1"),
        (lambda: Turbulence(forcing=np.nan), "expected forcing as a wavenumber"),
        (
            lambda: Turbulence(forcing=16.0),
            "expected a resolution of at least 82 for forcing at wavenumber 16; got 64; pass",
        ),
        (lambda: small().sample({"beta": -1.0, "drag": 0.1}, 1, 0), "expected beta in"),
        (lambda: small().sample({"beta": 1.0, "drag": 0.0}, 1, 0), "expected drag in"),
        (lambda: small().sample({"beta": 1.0}, 1, 0), "got beta; add drag"),
        (
            lambda: small().sample({"beta": 1.0, "drag": 0.1}, 1, 0, first_event=3),
            "a multiple of block_size 8; got 3",
        ),
    ],
)
def test_bad_input(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_a_flow_that_is_too_fast_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    flow = small()
    monkeypatch.setattr(flow, "time_step", lambda beta, drag: 30.0)
    with pytest.raises(FloatingPointError, match=r"expected speeds below .*; got a faster flow"):
        flow.sample({"beta": 1.0, "drag": 0.004}, 1, 0)
