"""Vorticity carried along: closed forms of displacements and flows, and the filter."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from gaussian_fields import ZONAL, bell, gaussian, layout

from physgan.domains.fields.advection import Advection, composed, currents, sampled
from physgan.domains.fields.spectrum import modes_of

SIDE, STEPS, CONTEXT = 16, 4, 8
ROW, COLUMN = np.mgrid[:SIDE, :SIDE] * 2 * np.pi / SIDE


def advection(strength: float = 0.0) -> Advection:
    """Steps of equal strength at all conditions."""
    made = Advection(1, layout(ZONAL, SIDE), STEPS, CONTEXT, rngs=nnx.Rngs(0))
    made.matrices.kernel[...] *= 0
    turned = strength * jnp.array([[0.0, 1.0], [-1.0, 0.0]])
    made.matrices.bias[...] = jnp.tile(turned.ravel(), STEPS)
    return made


def moved(fields: np.ndarray, strength: float) -> np.ndarray:
    """Fields after all steps."""
    context = jnp.zeros((len(fields), CONTEXT))
    return np.asarray(sampled(*advection(strength)(jnp.asarray(fields, jnp.float32), context)))


def smooth(count: int, seed: int = 0) -> np.ndarray:
    """Gaussian fields of unit variance, correlated over some three pixels."""
    own = layout(ZONAL, SIDE)
    fields = gaussian(own, bell(modes_of(own), 6.0), count, seed)
    return np.asarray(fields / fields.std(), np.float32)


def test_fields_are_read_where_the_displacements_say() -> None:
    """Whole and half pixels are exact; one wave of period 16 between them to its curvature."""
    finer = advection()(jnp.asarray(smooth(2)), jnp.zeros((2, CONTEXT)))[0]
    shift = np.broadcast_to(np.array([3.0, -2.0], np.float32), (2, SIDE, SIDE, 2))
    expected = np.roll(smooth(2), (-3, 2), (1, 2))
    np.testing.assert_allclose(sampled(finer, jnp.asarray(shift)), expected, atol=1e-5)
    wave = jnp.asarray(np.sin(COLUMN)[None], jnp.float32)
    finer = advection()(wave, jnp.zeros((1, CONTEXT)))[0]
    for beside in (0.5, 0.3):
        shift = jnp.zeros((1, SIDE, SIDE, 2)).at[..., 1].set(beside)
        found = np.asarray(sampled(finer, shift))[0]
        bound = 1e-5 if beside == 0.5 else (np.pi / SIDE) ** 2 / 8
        assert np.abs(found - np.sin(COLUMN + beside * 2 * np.pi / SIDE)).max() < bound


def test_two_displacements_in_turn_are_one() -> None:
    """Reading at the composed place is reading what was read: to the error of interpolation."""
    first, then = (0.5 * smooth(2, seed)[:, :, :, None] * np.ones(2, np.float32) for seed in (1, 2))
    wave = np.broadcast_to(np.cos(ROW) + np.sin(COLUMN), (2, SIDE, SIDE))
    finer = advection()(jnp.asarray(wave, jnp.float32), jnp.zeros((2, CONTEXT)))[0]
    once = sampled(finer, jnp.asarray(first))
    finer_once = advection()(once, jnp.zeros((2, CONTEXT)))[0]
    twice = np.asarray(sampled(finer_once, jnp.asarray(then)))
    found = np.asarray(sampled(finer, composed(jnp.asarray(first), jnp.asarray(then))))
    assert np.abs(found - twice).max() < 0.05 < np.abs(found - np.asarray(once)).max()


def test_currents_of_a_wave() -> None:
    """Those of cos y, whose potential is -cos y, are (sin y, 0), here with rms one."""
    found = np.asarray(currents(jnp.asarray(np.cos(ROW)[None], jnp.float32)))[0]
    np.testing.assert_allclose(found[..., 0], np.sin(ROW) * 2**0.5, atol=1e-4)
    np.testing.assert_allclose(found[..., 1], 0, atol=1e-4)


def test_jets_carry_themselves_nowhere() -> None:
    """Vorticity that depends on the latitude alone is a steady state of Euler's equation."""
    jets = (np.sin(ROW) + np.cos(3 * ROW))[None]
    np.testing.assert_allclose(moved(jets, 0.6), jets, atol=1e-4)


def test_a_flow_keeps_the_distribution_of_vorticity() -> None:
    """Without divergence, parcels change places only: quantiles hardly move, though pixels do."""
    fields = smooth(50)
    levels = np.linspace(0.05, 0.95, 19)
    after = moved(fields, 0.3)
    before, found = (np.quantile(x, levels) for x in (fields, after))
    assert np.abs(found - before).max() < 0.05
    assert (after - fields).std() > 0.15


def test_vorticity_and_its_mirror_image_move_alike() -> None:
    """Exchanging north and south changes the sign of vorticity, and of nothing else."""
    fields = smooth(3)
    mirrored = -np.roll(fields[:, ::-1], 1, 1)
    expected = -np.roll(moved(fields, 0.4)[:, ::-1], 1, 1)
    np.testing.assert_allclose(moved(mirrored, 0.4), expected, atol=1e-4)


@pytest.mark.parametrize("strength", [0.0, 0.3])
def test_the_strength_is_found_and_the_filter_gives_the_power_back(strength: float) -> None:
    """Samples are fields that have been carried along: the fit finds how far, and their P(k).

    600 fields a side, whose mean power has an error of 6 % in each mode.
    """
    samples, fields = moved(smooth(600, seed=1), strength), smooth(600, seed=2)
    made, basis = advection(), np.ones((600, 1))
    made.initialise(samples, fields, basis, 1)
    found = float(made.matrices.bias[...][1])
    assert abs(found - strength) < 0.16 if strength else found == 0
    begun = jnp.asarray(moved(fields, found))
    drawn = np.asarray(made.filtered(begun, begun, jnp.ones((600, 1)), jnp.zeros((600, CONTEXT))))
    ours, theirs = (
        (np.abs(np.fft.rfft2(x.astype(np.float64))) ** 2).mean(0)[:4, :4] for x in (drawn, samples)
    )
    assert np.abs(ours / theirs - 1)[1:, 1:].max() < 0.25


def test_networks_add_little_to_modes_without_power() -> None:
    """What is added passes where samples have power, and not where they have none."""
    made = advection()
    own = layout(ZONAL, SIDE)
    power = np.log(np.maximum(bell(modes_of(own), 6.0), 1e-12))
    made.power[...] = jnp.asarray(power[None], jnp.float32)
    added = jax.random.normal(jax.random.key(0), (200, SIDE, SIDE))
    passed = made.filtered(
        jnp.zeros_like(added), added, jnp.ones((200, 1)), jnp.zeros((200, CONTEXT))
    )
    share = (np.abs(np.fft.rfft2(passed)) ** 2).mean(0) / SIDE**2
    assert share[1, 1] > 0.7
    assert max(share[0, 0], share[8, 8]) < 1e-3


def test_each_wavenumber_of_jets_and_each_ring_has_a_factor() -> None:
    """A factor of two for jets with two waves to the north doubles these, and nothing else."""
    made, own = advection(), layout(ZONAL, SIDE)
    power = np.log(np.maximum(bell(modes_of(own), 6.0), 1e-12))
    made.power[...] = jnp.asarray(power[None], jnp.float32)
    for layer in (made.sets, made.direct):
        layer.kernel[...] *= 0
    jets, eddies = (
        jnp.asarray(x[None], jnp.float32) for x in (np.cos(2 * ROW), np.cos(2 * COLUMN))
    )
    bias = made.sets.bias
    assert bias is not None
    bias[...] = bias[...].at[SIDE // 2 + 2].set(np.log(2.0))
    both = jets + eddies
    found = made.filtered(both, both, jnp.ones((1, 1)), jnp.zeros((1, CONTEXT)))
    np.testing.assert_allclose(found, 2 * jets + eddies, atol=1e-4)
