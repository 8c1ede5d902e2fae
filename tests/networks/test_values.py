"""Samples to numbers and back; patches; the integrator."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from physgan.networks import build_generator, plain_settings
from physgan.networks.flow import heun
from physgan.networks.halves import Reader, Writer, hidden_shape
from physgan.networks.scale import ConditionalScale, SmoothScale, unit_scale
from physgan.networks.values import Values


def scale_of(size: int, rng: np.random.Generator) -> ConditionalScale:
    return ConditionalScale(
        jnp.array([1.0, 2.0, 4.0]),
        jnp.asarray(rng.standard_normal((3, size)), jnp.float32),
        jnp.asarray(rng.uniform(0.5, 2, (3, size)), jnp.float32),
    )


@pytest.mark.parametrize("kind", ["plain", "deposits", "signs"])
def test_numbers_stand_for_samples_one_to_one(
    kind: str, key: jax.Array, rng: np.random.Generator
) -> None:
    samples = rng.standard_normal((64, 4, 6)).astype(np.float32)
    if kind == "deposits":
        samples = np.where(samples > 0, 0.5 + samples * 100, 0).astype(np.float32)
    if kind == "signs":
        samples = np.sign(samples)
    values = Values(kind, (4, 6), nodes=0 if kind == "signs" else 3, threshold=0.5)
    if kind != "signs":
        values.set_scale(scale_of(24, rng))
    conditions = jnp.asarray(rng.uniform(0.5, 5, (64, 1)), jnp.float32)
    raised = values.raised(jnp.asarray(samples), conditions, key)
    assert raised.shape == (64, *values.shape)
    back = np.asarray(values.lowered(raised, conditions))
    np.testing.assert_allclose(back, samples, rtol=2e-4, atol=2e-6)
    np.testing.assert_array_equal(back == 0, samples == 0)


def test_scales_of_one_condition_and_of_several_have_arrays_of_their_own(
    key: jax.Array, rng: np.random.Generator
) -> None:
    """Of one condition the three of old, under the same paths; a scale of several comes back."""
    arrays = [v[...].shape for v in Values("plain", (4, 6), nodes=3).scale]
    assert arrays == [(3,), (3, 24), (3, 24)]
    values = Values("plain", (4, 6), nodes=3, conditions=2)
    unit = unit_scale(24, 3, 2)
    assert isinstance(unit, SmoothScale)
    mean, log_deviation = jnp.asarray(rng.standard_normal((2, *unit.mean.shape)), jnp.float32)
    ends = jnp.array([[1.0, 1.0], [2.0, 2.0]])
    scale = unit._replace(ends=ends, mean=mean, log_deviation=log_deviation)
    values.set_scale(scale)
    samples = jnp.asarray(rng.standard_normal((16, 4, 6)), jnp.float32)
    conditions = jnp.asarray(rng.uniform(1, 2, (16, 2)), jnp.float32)
    raised = values.raised(samples, conditions, key)
    np.testing.assert_array_equal(
        raised.reshape(16, -1), scale.standardise(samples.reshape(16, -1), conditions)
    )
    np.testing.assert_allclose(values.lowered(raised, conditions), samples, atol=1e-4)


def test_empty_cells_lie_evenly_below_the_threshold(key: jax.Array) -> None:
    """Uniform on [0, ln 2): mean ln 2 / 2 within 4 standard errors, and nothing beyond."""
    raw = np.asarray(Values("deposits", (100,)).raw(jnp.zeros((400, 100)), key))
    assert raw.min() >= 0
    assert raw.max() < np.log(2)
    error = np.log(2) / 12**0.5 / raw.size**0.5
    assert raw.mean() == pytest.approx(np.log(2) / 2, abs=4 * error)


def test_no_cell_gets_more_than_it_ever_had(key: jax.Array, rng: np.random.Generator) -> None:
    """However far out the noise lies; a cell that was always empty stays so."""
    samples = rng.exponential(100, (50, 6)).astype(np.float32) + 1
    samples[:, 2] = 0
    values = Values("deposits", (6,))
    values.set_largest(np.asarray(values.raw(jnp.asarray(samples), key)))
    wild = np.asarray(values.lowered(jnp.full((3, 6), 50.0), jnp.zeros((3, 0))))
    np.testing.assert_allclose(wild, np.tile(samples.max(0), (3, 1)), rtol=1e-5)
    back = np.asarray(values.lowered(values.raw(jnp.asarray(samples), key), jnp.zeros((50, 0))))
    np.testing.assert_allclose(back, samples, rtol=1e-4)


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
def test_halves_meet_on_a_grid_of_eight_or_so(
    shape: tuple[int, ...], hidden: tuple[int, ...], rng: np.random.Generator
) -> None:
    form = {"width": 4, "blocks": 1, "context": 3, "rngs": nnx.Rngs(0)}
    reader, writer = Reader(shape, periodic=True, **form), Writer(shape, outputs=2, **form)
    values = jnp.asarray(rng.standard_normal((2, *shape)), jnp.float32)
    context = jnp.asarray(rng.standard_normal((2, 3)), jnp.float32)
    assert hidden_shape(shape, 4) == hidden
    assert reader(values, context).shape == (2, *hidden)
    assert writer(reader(values, context), context).shape == (2, *shape, 2)


def test_periodic_halves_commute_with_shifts_by_a_patch(rng: np.random.Generator) -> None:
    form = {"width": 4, "blocks": 1, "context": 3, "rngs": nnx.Rngs(0)}
    reader, writer = Reader((16, 16, 1), periodic=True, **form), Writer((16, 16, 1), **form)
    values = jnp.asarray(rng.standard_normal((2, 16, 16, 1)), jnp.float32)
    context = jnp.asarray(rng.standard_normal((2, 3)), jnp.float32)
    shifted = writer(reader(jnp.roll(values, 2, 1), context), context)
    np.testing.assert_allclose(
        shifted, jnp.roll(writer(reader(values, context), context), 2, 1), atol=1e-5
    )


def test_heun_is_of_second_order() -> None:
    """dx/dt = t x from 1: e^(1/2) at t = 1; half the step, a quarter of the error."""
    errors = [
        float(heun(lambda x, t: t * x, jnp.ones(1), steps)[0]) - np.exp(0.5) for steps in (8, 16)
    ]
    assert errors[0] / errors[1] == pytest.approx(4, rel=0.15)


def test_plain_networks_take_the_widths_that_they_are_given() -> None:
    common = {"ranges": [], "width": 3, "depth": 2, "embedding": 4}
    settings = plain_settings("dense", (5,), common, "points")
    assert settings == {"network": "dense", "shape": [5], **common}
    assert [layer.out_features for layer in build_generator(settings, {}).layers] == [24] * 3
