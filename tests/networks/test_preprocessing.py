"""Samples to variables and back; likelihoods of a decoder; velocities; the integrator."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from scipy.stats import kstest, norm, truncnorm

from physgan.domains.showers.preprocessing import LogDeposits
from physgan.domains.spins.preprocessing import Signs
from physgan.networks import Preprocessing, Standardisation, build_generator, generic_settings
from physgan.networks.backbone import Decoder, Encoder, hidden_shape
from physgan.networks.flow import heun
from physgan.networks.scale import ConditionalScale, SmoothScale, unit_scale

COUNT = 20_000
NONE = jnp.zeros((COUNT, 0))
LIT = np.log(2) + 2 - 1e-3


def scale_for(size: int, rng: np.random.Generator) -> ConditionalScale:
    return ConditionalScale(
        jnp.array([1.0, 2.0, 4.0]),
        jnp.asarray(rng.standard_normal((3, size)), jnp.float32),
        jnp.asarray(rng.uniform(0.5, 2, (3, size)), jnp.float32),
    )


@pytest.mark.parametrize("kind", [Standardisation, LogDeposits, Signs])
def test_variables_stand_for_samples_one_to_one(
    kind: type[Preprocessing], key: jax.Array, rng: np.random.Generator
) -> None:
    samples = rng.standard_normal((64, 4, 6)).astype(np.float32)
    arguments = {}
    if kind is LogDeposits:
        samples = np.where(samples > 0, 0.5 + samples * 100, 0).astype(np.float32)
        arguments = {"threshold": 0.5}
    if kind is Signs:
        samples = np.sign(samples)
    values = kind((4, 6), nodes=3 if kind.standardised else 0, **arguments)
    if kind.standardised:
        values.set_scale(scale_for(24, rng))
    conditions = jnp.asarray(rng.uniform(0.5, 5, (64, 1)), jnp.float32)
    variables = values.forward(jnp.asarray(samples), conditions, key)
    assert variables.shape == (64, *values.shape)
    back = np.asarray(values.inverse(variables, conditions))
    np.testing.assert_allclose(back, samples, rtol=2e-4, atol=2e-6)
    np.testing.assert_array_equal(back == 0, samples == 0)


def test_scales_of_one_condition_and_of_several_have_arrays_of_their_own(
    key: jax.Array, rng: np.random.Generator
) -> None:
    """Three of one condition, as in older files; a scale of several comes back."""
    arrays = [v[...].shape for v in Standardisation((4, 6), nodes=3).scale]
    assert arrays == [(3,), (3, 24), (3, 24)]
    values = Standardisation((4, 6), nodes=3, conditions=2)
    unit = unit_scale(24, 3, 2)
    assert isinstance(unit, SmoothScale)
    mean, log_deviation = jnp.asarray(rng.standard_normal((2, *unit.mean.shape)), jnp.float32)
    ends = jnp.array([[1.0, 1.0], [2.0, 2.0]])
    scale = unit._replace(ends=ends, mean=mean, log_deviation=log_deviation)
    values.set_scale(scale)
    samples = jnp.asarray(rng.standard_normal((16, 4, 6)), jnp.float32)
    conditions = jnp.asarray(rng.uniform(1, 2, (16, 2)), jnp.float32)
    variables = values.forward(samples, conditions, key)
    np.testing.assert_array_equal(
        variables.reshape(16, -1), scale.standardise(samples.reshape(16, -1), conditions)
    )
    np.testing.assert_allclose(values.inverse(variables, conditions), samples, atol=1e-4)


def test_empty_cells_lie_evenly_below_the_threshold(key: jax.Array) -> None:
    """Uniform on [0, ln 2): mean ln 2 / 2 within 4 standard errors, and nothing beyond."""
    raw = np.asarray(LogDeposits((100,), threshold=1.0).raw(jnp.zeros((400, 100)), key))
    assert raw.min() >= 0
    assert raw.max() < np.log(2)
    error = np.log(2) / 12**0.5 / raw.size**0.5
    assert raw.mean() == pytest.approx(np.log(2) / 2, abs=4 * error)


def test_no_cell_gets_more_than_it_ever_had(key: jax.Array, rng: np.random.Generator) -> None:
    """However far out the noise lies; a cell that was always empty stays so."""
    samples = rng.exponential(100, (50, 6)).astype(np.float32) + 1
    samples[:, 2] = 0
    values = LogDeposits((6,), threshold=1.0)
    values.set_limits(np.asarray(values.raw(jnp.asarray(samples), key)))
    wild = np.asarray(values.inverse(jnp.full((3, 6), 50.0), jnp.zeros((3, 0))))
    np.testing.assert_allclose(wild, np.tile(samples.max(0), (3, 1)), rtol=1e-5)
    back = np.asarray(values.inverse(values.raw(jnp.asarray(samples), key), jnp.zeros((50, 0))))
    np.testing.assert_allclose(back, samples, rtol=1e-4)


@pytest.mark.parametrize(
    ("logit", "mean", "log_deviation"), [(-1.5, 3.4, 0.2), (2.0, 0.7, 0.0), (0.0, 6.7, -1.0)]
)
def test_cells_are_lit_or_not_and_their_energy_is_a_cut_normal(
    logit: float, mean: float, log_deviation: float, key: jax.Array
) -> None:
    """Share of lit cells within 4 standard errors, energies by Kolmogorov-Smirnov (p > 1e-4)."""
    values, deviation = LogDeposits((1,), threshold=1.0), np.exp(log_deviation)
    exact = truncnorm((LIT - mean) / deviation, np.inf, mean, deviation)
    outputs = jnp.tile(jnp.array([logit, mean, log_deviation]), (COUNT, 1, 1))
    uniform = jax.random.uniform(key, (COUNT, 1))
    drawn = np.asarray(values.draw(outputs, uniform, NONE))[:, 0]
    lit = drawn >= LIT - 1e-5
    chance = 1 / (1 + np.exp(-logit))
    assert lit.mean() == pytest.approx(chance, abs=4 * (chance * (1 - chance) / COUNT) ** 0.5)
    assert kstest(drawn[lit], exact.cdf).pvalue > 1e-4
    energies = jnp.asarray(exact.ppf([0.1, 0.5, 0.99]), jnp.float32)[:, None]
    cost = values.negative_log_likelihood(outputs[:3], energies, NONE[:3])[:, 0]
    exact_cost = -np.log(chance) - exact.logpdf(np.asarray(energies[:, 0]))
    np.testing.assert_allclose(cost, exact_cost, rtol=1e-4)
    empty = values.negative_log_likelihood(outputs[:3], jnp.full((3, 1), LIT - 0.3), NONE[:3])
    np.testing.assert_allclose(empty, -np.log(1 - chance), rtol=1e-4)


def test_a_mean_far_below_the_threshold_harms_nothing(key: jax.Array) -> None:
    """Finite slopes at forty deviations, and draws that stay above."""
    values = LogDeposits((1,), threshold=1.0)
    outputs = jnp.tile(jnp.array([5.0, -40.0, 0.0]), (COUNT, 1, 1))
    drawn = np.asarray(values.draw(outputs, jax.random.uniform(key, (COUNT, 1)), NONE))
    lit = drawn > 0
    assert np.isfinite(drawn[lit]).all()
    assert lit.mean() == pytest.approx(1 / (1 + np.exp(-5)), abs=0.003)

    def cost(outputs: jax.Array) -> jax.Array:
        return values.negative_log_likelihood(outputs, jnp.full((COUNT, 1), 4.0), NONE).mean()

    assert np.isfinite(np.asarray(jax.grad(cost)(outputs))).all()


def test_numbers_are_normal_and_spins_up_by_their_chance(key: jax.Array) -> None:
    outputs = jnp.tile(jnp.array([0.7, -0.5]), (COUNT, 1, 1))
    uniform = jax.random.uniform(key, (COUNT, 1))
    exact, numbers = norm(0.7, np.exp(-0.5)), Standardisation((1,))
    assert kstest(np.asarray(numbers.draw(outputs, uniform, NONE))[:, 0], exact.cdf).pvalue > 1e-4
    places = jnp.array([[0.0], [2.0]])
    np.testing.assert_allclose(
        numbers.negative_log_likelihood(outputs[:2], places, NONE[:2])[:, 0],
        -exact.logpdf([0.0, 2.0]),
        rtol=1e-5,
    )
    signs, up = Signs((1, 1)), 1 / (1 + np.exp(-0.7))
    spins = np.asarray(signs.draw(outputs[..., :1], uniform, NONE)) > 0
    assert spins.mean() == pytest.approx(up, abs=4 * (up * (1 - up) / COUNT) ** 0.5)
    both = jnp.array([[1.0], [-1.0]])
    chances = np.exp(-np.asarray(signs.negative_log_likelihood(outputs[:2, :, :1], both, NONE)))
    np.testing.assert_allclose(chances[:, 0], [up, 1 - up], rtol=1e-5)


def exact_velocity(x: float, time: float, components: list[tuple[float, float, float]]) -> float:
    """E[x1 - x0 | x_t = x] = (E[x1 | x_t] - x) / (1 - t) by quadrature over x1."""
    grid = np.linspace(-8, 14, 220_001)
    density = sum(weight * norm(mean, spread).pdf(grid) for weight, mean, spread in components)
    weights = density * norm(time * grid, 1 - time).pdf(x)
    return float(((weights * grid).sum() / weights.sum() - x) / (1 - time))


@pytest.mark.parametrize("time", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("x", [-0.6, 0.0, 0.4, 1.5])
def test_the_velocity_of_cells_that_are_lit_or_not(x: float, time: float) -> None:
    """A narrow and a wide normal distribution, lit with a chance of 0.2, the wide moved by 0.3."""
    spread = 0.7
    outputs = jnp.array([[[0.0, np.log(0.2 / 0.8), 0.3, np.log(spread)]]])
    values = LogDeposits((1,), threshold=1.0)
    place, when = jnp.array([[x]]), jnp.array([[time]])
    velocity = values.velocity(outputs, place, when, jnp.zeros((1, 0)))
    empty = (0.8, np.log(2) / 2, np.log(2) / 12**0.5)
    mixture = [empty, (0.2, LIT + 1.0 + 0.3, spread)]
    expected = exact_velocity(x, time, mixture)
    assert float(velocity[0, 0]) == pytest.approx(expected, rel=2e-4, abs=2e-4)


@pytest.mark.parametrize("time", [0.1, 0.5, 0.9])
def test_the_velocity_of_a_standard_normal_distribution_and_what_is_added(time: float) -> None:
    outputs, place, when = jnp.array([[[0.25]]]), jnp.array([[0.8]]), jnp.array([[time]])
    velocity = Standardisation((1,)).velocity(outputs, place, when, jnp.zeros((1, 0)))
    expected = exact_velocity(0.8, time, [(1, 0, 1)]) + 0.25
    assert float(velocity[0, 0]) == pytest.approx(expected, abs=2e-4)


@pytest.mark.parametrize(
    ("shape", "hidden"),
    [
        ((16, 16, 1), (8, 8, 4)),
        ((28, 28, 1), (7, 7, 4)),
        ((8, 8, 1), (8, 8, 4)),
        ((9, 9, 2), (9, 9, 4)),
        ((5,), (32,)),
    ],
)
def test_encoder_and_decoder_meet_on_a_grid_of_eight_or_so(
    shape: tuple[int, ...], hidden: tuple[int, ...], rng: np.random.Generator
) -> None:
    form = {"width": 4, "blocks": 1, "context": 3, "rngs": nnx.Rngs(0)}
    encoder, decoder = Encoder(shape, periodic=True, **form), Decoder(shape, outputs=2, **form)
    values = jnp.asarray(rng.standard_normal((2, *shape)), jnp.float32)
    context = jnp.asarray(rng.standard_normal((2, 3)), jnp.float32)
    assert hidden_shape(shape, 4) == hidden
    assert encoder(values, context).shape == (2, *hidden)
    assert decoder(encoder(values, context), context).shape == (2, *shape, 2)


def test_periodic_networks_commute_with_shifts_by_a_patch(rng: np.random.Generator) -> None:
    form = {"width": 4, "blocks": 1, "context": 3, "rngs": nnx.Rngs(0)}
    encoder, decoder = Encoder((16, 16, 1), periodic=True, **form), Decoder((16, 16, 1), **form)
    values = jnp.asarray(rng.standard_normal((2, 16, 16, 1)), jnp.float32)
    context = jnp.asarray(rng.standard_normal((2, 3)), jnp.float32)
    shifted = decoder(encoder(jnp.roll(values, 2, 1), context), context)
    np.testing.assert_allclose(
        shifted, jnp.roll(decoder(encoder(values, context), context), 2, 1), atol=1e-5
    )


def test_heun_is_of_second_order() -> None:
    """dx/dt = t x from 1: e^(1/2) at t = 1; half the step, a quarter of the error."""
    errors = [
        float(heun(lambda x, t: t * x, jnp.ones(1), steps)[0]) - np.exp(0.5) for steps in (8, 16)
    ]
    assert errors[0] / errors[1] == pytest.approx(4, rel=0.15)


def test_generic_networks_take_the_widths_that_they_are_given() -> None:
    common = {"ranges": [], "width": 3, "depth": 2, "embedding": 4}
    settings = generic_settings("dense", (5,), common, "points")
    assert settings == {"network": "dense", "shape": [5], **common}
    assert [layer.out_features for layer in build_generator(settings).layers] == [24] * 3
