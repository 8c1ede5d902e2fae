"""The generator of fields: what it is before training, and what its parts are."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from gaussian_fields import ISOTROPIC, PLAIN, ZONAL, bell, gaussian, layout

from physgan.data import Condition
from physgan.domains.fields.generator import FieldTransformer
from physgan.domains.fields.layout import FieldLayout
from physgan.domains.fields.regression import lower_terms, number_of_terms, polynomial_basis
from physgan.domains.fields.spectrum import group_averages, modes_of, ring_power
from physgan.networks import ConditionRange

COUNT, SIDE = 1500, 16
RANGES = (ConditionRange(0.5, 1.0), ConditionRange(1.0, 10.0, "log"))


def fitted(own: FieldLayout) -> tuple[FieldTransformer, np.ndarray, np.ndarray]:
    """A generator, lognormal fields whose amplitude is the first condition, and conditions."""
    rng = np.random.default_rng(1)
    conditions = np.stack([rng.uniform(0.5, 1, COUNT), rng.uniform(1, 10, COUNT)], 1)
    normal = gaussian(layout(ISOTROPIC, SIDE), bell(modes_of(layout(ISOTROPIC, SIDE)), 1.5), COUNT)
    amplitude = conditions[:, :1, None]
    fields = np.exp(amplitude * normal / normal.std() - amplitude**2 / 2) - 1
    generator = FieldTransformer(RANGES, own, width=4, embedding=8, rngs=nnx.Rngs(0))
    generator.initialise(own.encoded(fields), conditions)
    return generator, fields, conditions


@pytest.mark.parametrize("names", [ISOTROPIC, ZONAL, PLAIN])
def test_before_training_it_has_spectrum_and_distribution_of_the_samples(
    names: tuple[str, str],
) -> None:
    """At amplitudes around .9: P(k) within 12 % where edges touch, quantiles of arcsinh(x) by .05.

    The errors of both sides' P(k) are 3 %, those of the quantiles .02 at the upper end.
    """
    own = layout(names, SIDE)
    generator, fields, conditions = fitted(own)
    strong = conditions[:, 0] > 0.8
    noise = jax.random.uniform(jax.random.key(0), (int(strong.sum()), generator.noise_size()))
    made = jax.jit(lambda n, c: generator(n, c))(noise, jnp.asarray(conditions[strong], "float32"))
    drawn, truth = own.decoded(np.asarray(made)), fields[strong]
    levels = np.linspace(0.02, 0.98, 25)
    ours, theirs = (np.quantile(own.encoded(part), levels) for part in (drawn, truth))
    assert np.abs(ours - theirs).max() < 0.05
    ours, theirs = (ring_power(modes_of(own), part).mean(0)[:4] for part in (drawn, truth))
    assert np.abs(ours / theirs - 1).max() < (0.3 if names == PLAIN else 0.12)


def test_networks_see_the_polynomials_of_the_fit() -> None:
    schema = tuple(Condition(str(k), "1", *span) for k, span in enumerate(RANGES))
    given = {"0": np.linspace(0.4, 1.1, 7), "1": np.geomspace(1, 10, 7)}
    wanted = polynomial_basis(schema, given, 7)
    single = {name: jnp.asarray(values, jnp.float32) for name, values in given.items()}
    np.testing.assert_allclose(polynomial_basis(schema, single, 7, jnp), wanted, atol=1e-6)


@pytest.mark.parametrize("number", [0, 1, 2, 3, 4])
def test_the_lower_columns_are_the_polynomials_of_low_degree(number: int) -> None:
    """They span all quadratics of the conditions, of one condition all cubics, and nothing more."""
    schema = tuple(Condition(str(k), "1", -1.0, 1.0) for k in range(number))
    points = np.random.default_rng(number).uniform(-1, 1, (200, number))
    basis = polynomial_basis(schema, {str(k): x for k, x in enumerate(points.T)}, 200)
    assert basis.shape[1] == number_of_terms(number)
    every = np.concatenate([np.ones((200, 1)), points, points**3], 1)
    wanted = [a * b for n, a in enumerate(every.T[: number + 1]) for b in every.T[n : number + 1]]
    wanted += [every[:, -1]] if number == 1 else []
    low = basis[:, : lower_terms(number)]
    assert low.shape[1] == len(wanted)
    found = low @ np.linalg.lstsq(low, np.stack(wanted, 1), rcond=None)[0]
    np.testing.assert_allclose(found, np.stack(wanted, 1), atol=1e-9)


@pytest.mark.parametrize("zonal", [False, True])
def test_groups_of_modes_are_rings_and_wavenumbers_of_the_zonal_mean(zonal: bool) -> None:
    """The power of a wave to the north is found in one group, that of all waves in all of them."""
    averages = group_averages((SIDE, SIDE), (1.0, 1.0), zonal=zonal).toarray()
    assert len(averages) == SIDE // 2 * (2 if zonal else 1) + 1
    np.testing.assert_allclose(averages.sum(1), 1)
    assert ((averages > 0).sum(0) == 1).all()
    row, column = np.mgrid[:SIDE, :SIDE] * 2 * np.pi / SIDE
    for wave, group in ((np.cos(3 * row), SIDE // 2 + 3 if zonal else 3), (np.cos(3 * column), 3)):
        power = averages @ (np.abs(np.fft.rfft2(wave)) ** 2).ravel()
        assert np.flatnonzero(power > 1e-9 * power.max()).tolist() == [group]


@pytest.mark.parametrize("side", [15, 18, 16])
def test_any_number_of_pixels_will_do(side: int) -> None:
    """Patches and halvings depend on it; noise of each pixel reaches its own place."""
    own = layout(ISOTROPIC, side)
    generator = FieldTransformer((), own, width=4, embedding=8, rngs=nnx.Rngs(0))
    noise = jax.random.uniform(jax.random.key(0), (2, generator.noise_size()))
    assert generator(noise, jnp.zeros((2, 0))).shape == (2, side, side)


@pytest.mark.parametrize("steps", [0, 3])
def test_noise_shifted_by_a_patch_shifts_the_field(steps: int) -> None:
    """Before the coarser resolutions come in: with one resolution no place is special."""
    own = layout(ISOTROPIC, 14)
    generator = FieldTransformer((), own, width=4, embedding=8, steps=steps, rngs=nnx.Rngs(0))
    generator.last.convolution.kernel[...] *= 200 if steps else 100
    noise = jax.random.uniform(jax.random.key(0), (1, 2, 14, 14))
    here, there = (
        np.asarray(generator(values.reshape(1, -1), jnp.zeros((1, 0))))
        for values in (noise, jnp.roll(noise, (2, 4), (2, 3)))
    )
    assert here.std() > 0.1
    np.testing.assert_allclose(np.roll(here, (2, 4), (1, 2)), there, atol=1e-4 if steps else 1e-5)
