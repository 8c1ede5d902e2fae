"""The filter that gives drawn fields the mean power of the samples."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from gaussian_fields import ISOTROPIC, PLAIN, ZONAL, bell, gaussian, layout

from physgan.domains.fields import generator
from physgan.domains.fields.calibration import SpectrumCalibration
from physgan.domains.fields.generator import FieldTransformer
from physgan.domains.fields.layout import FieldLayout
from physgan.domains.fields.regression import number_of_terms, polynomial_basis
from physgan.domains.fields.spectrum import modes_of, ring_power
from physgan.methods import METHODS
from physgan.networks import ConditionRange
from physgan.training import split
from simulators.protocol import Condition

COUNT, SIDE, RINGS = 4000, 16, 6
SCHEMA = (Condition("c", "1", 0.0, 1.0),)


def conditions_at(count: int) -> np.ndarray:
    return np.random.default_rng(0).random(count)


def basis_of(conditions: np.ndarray) -> np.ndarray:
    return polynomial_basis(SCHEMA, {"c": conditions}, len(conditions))


def drawn(own: FieldLayout, conditions: np.ndarray, slope: float, seed: int) -> np.ndarray:
    """Gaussian fields of mean .2 whose amplitude is exp(slope c)."""
    fields = gaussian(own, bell(modes_of(own), 2.5), len(conditions), seed)
    return np.asarray(0.2 + np.exp(slope * conditions)[:, None, None] * fields, np.float32)


def filtered(
    own: FieldLayout, samples: np.ndarray, fields: np.ndarray, at: np.ndarray
) -> np.ndarray:
    """The second after a fit to the first, all in network space."""
    made = SpectrumCalibration(number_of_terms(1), own)
    made.fit(samples, basis_of(at), fields, basis_of(at))
    return np.asarray(jax.jit(made)(jnp.asarray(fields), jnp.asarray(basis_of(at), jnp.float32)))


@pytest.mark.parametrize("names", [ISOTROPIC, ZONAL])
def test_at_each_condition_rings_get_the_power_of_the_samples(names: tuple[str, str]) -> None:
    """Factors of 1 to 2.7 in power, which change with the condition; the mean stays.

    Of 1,000 fields the first ring's power has an error of 2 % on either side, and the fits of its
    logarithm as much: the bound is five times all of it.
    """
    own = replace(layout(names, SIDE), linear=1000.0)
    at = conditions_at(COUNT)
    samples, fields = drawn(own, at, 0.7, 1), drawn(own, at, 0.2, 2)
    after = filtered(own, samples, fields, at)
    np.testing.assert_allclose(after.mean((1, 2)), fields.mean((1, 2)), atol=1e-5)
    for part in (at < 0.25, at > 0.75):
        ours, theirs = (ring_power(modes_of(own), x[part])[:, :RINGS] for x in (after, samples))
        assert np.abs(ours.mean(0) / theirs.mean(0) - 1).max() < 0.15
    before = ring_power(modes_of(own), fields[at > 0.75])[:, :RINGS].mean(0)
    assert (theirs.mean(0) / before > 1.8).all()


def test_jets_and_eddies_of_one_wavelength_have_factors_of_their_own() -> None:
    own = replace(layout(ZONAL, SIDE), linear=1000.0)
    row, column = np.mgrid[:SIDE, :SIDE] * 2 * np.pi / SIDE
    jets, eddies = np.float32(np.cos(2 * row)), np.float32(np.cos(2 * column))
    at = conditions_at(500)
    size = np.random.default_rng(1).normal(size=(2, 500, 1, 1)).astype(np.float32)
    fields = size[0] * jets + size[1] * eddies
    after = filtered(own, 2 * size[0] * jets + size[1] * eddies / 2, fields, at)
    np.testing.assert_allclose(after, 2 * size[0] * jets + size[1] * eddies / 2, atol=0.02)


def test_densities_are_compared_as_such_and_not_as_logarithms() -> None:
    """Lognormal fields of half the amplitude in network space: a step alone would miss by 20 %."""
    own = replace(layout(ISOTROPIC, SIDE), lower=-1.0)
    at = conditions_at(COUNT)
    samples, fields = drawn(own, at, 0.0, 1), drawn(own, at, 0.0, 2) / 2
    after = filtered(own, samples, fields, at)
    ours, theirs = (ring_power(modes_of(own), own.decoded(x)).mean(0) for x in (after, samples))
    assert np.abs(ours / theirs - 1)[:RINGS].max() < 0.15


def test_at_the_end_of_training_a_generator_is_calibrated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fitted to fields of one amplitude, and finished beside fields of twice the amplitude."""
    monkeypatch.setattr(generator, "_MOST_DRAWN", 4096)
    own, at = replace(layout(ISOTROPIC, SIDE), linear=1000.0), conditions_at(2000)[:, None]
    samples = drawn(own, at[:, 0], 0.0, 1)
    ranges = (ConditionRange(0.0, 1.0),)
    begun = FieldTransformer(ranges, own, width=2, embedding=4, calibrated=True, rngs=nnx.Rngs(0))
    begun.initialise(own.encoded(samples), at)
    graph, parameters = split(begun)
    model: Any = SimpleNamespace(generator=graph)
    seen = own.encoded(2 * samples), at
    method: Any = METHODS["gan"]
    finished = method.finished(model, parameters, seen, seen, 0)
    noise = jax.random.uniform(jax.random.key(1), (2000, begun.noise_size()))
    draw = jax.jit(lambda noise, at: nnx.merge(graph, finished)(noise, at))
    fields = own.decoded(np.asarray(draw(noise, jnp.asarray(at, jnp.float32))))
    ours, theirs = (ring_power(modes_of(own), x).mean(0)[:4] for x in (fields, 2 * samples))
    assert np.abs(ours / theirs - 1).max() < 0.15


def test_where_edges_do_not_touch_there_is_no_filter() -> None:
    plain, torus = (
        FieldTransformer(
            (), layout(names, SIDE), width=2, embedding=4, calibrated=True, rngs=nnx.Rngs(0)
        )
        for names in (PLAIN, ISOTROPIC)
    )
    assert len(torus.calibration) == 1
    assert not plain.calibration
