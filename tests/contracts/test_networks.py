"""What every generator, discriminator and loss promises, for each kind of sample it serves."""

import json
from collections.abc import Callable
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tiny import DATASETS, EVERY_GENERATOR, dataset, discriminator, generator, rebuilt_shapes

from physgan.losses import LOSSES
from physgan.networks import DISCRIMINATORS

BATCH = 6
FIRST = [kind for kind in DATASETS if "," not in kind]

every_generator = pytest.mark.parametrize("name", EVERY_GENERATOR)
every_discriminator = pytest.mark.parametrize("name", DISCRIMINATORS)


def homes(build: Callable[[str, str], Any], name: str) -> dict[str, Any]:
    """Kind of sample -> the network for it: one kind of each domain, else any other."""
    for kinds in (FIRST, DATASETS):
        if found := {kind: made for kind in kinds if (made := build(name, kind)) is not None}:
            return found
    pytest.fail(f"no tiny dataset suits the network {name}; add one to DATASETS in tiny.py")


def real(kind: str) -> tuple[np.ndarray, np.ndarray]:
    """Samples in network space and conditions."""
    content = dataset(kind)
    return content.encoded[:BATCH].astype(np.float32), content.matrix[:BATCH]


@cache
def drawn(name: str, kind: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, Any]:
    """Two draws by equal noise and one by other noise; slopes of a sum, if they are needed."""
    network = generator(name, kind)
    assert network is not None
    samples, conditions = real(kind)
    weights = np.cos(np.arange(samples.size, dtype=np.float32)).reshape(samples.shape)

    def draw(parameters: Any, noise: jax.Array) -> tuple[jax.Array, jax.Array]:
        made = network.draw(parameters, noise, conditions)
        return (made * weights).sum(), made

    def without(parameters: Any, noise: jax.Array) -> tuple[tuple[jax.Array, jax.Array], None]:
        return draw(parameters, noise), None

    sloped = jax.value_and_grad(draw, has_aux=True)
    step = jax.jit(sloped if network.adversarial else without)
    rng = np.random.default_rng(3)
    first, second = rng.random((2, BATCH, network.noise_size), np.float32)
    (_, once), slopes = step(network.parameters, first)
    again, other = (step(network.parameters, noise)[0][1] for noise in (first, second))
    return np.asarray(once), np.asarray(again), np.asarray(other), slopes


def assert_slopes(slopes: Any, parameters: Any, what: str) -> None:
    """Finite, one for each parameter, and not all zero."""
    assert jax.tree.map(np.shape, slopes) == jax.tree.map(np.shape, parameters)
    for path, leaf in jax.tree_util.tree_leaves_with_path(slopes):
        assert np.all(np.isfinite(leaf)), f"{what}{jax.tree_util.keystr(path)}"
    assert any(np.any(leaf) for leaf in jax.tree.leaves(slopes)), what


@every_generator
def test_a_generator_is_a_function_of_its_noise(name: str) -> None:
    """Equal noise gives equal samples, other noise others; all finite, of the domain's shape."""
    for kind in homes(generator, name):
        once, again, other, _ = drawn(name, kind)
        assert once.shape == real(kind)[0].shape, kind
        assert np.all(np.isfinite(once)), kind
        np.testing.assert_array_equal(again, once, err_msg=kind)
        assert np.any(other != once), kind
        assert np.any(once[0] != once[1]), kind


@every_generator
def test_gradients_pass_through_the_discriminators_inputs(name: str) -> None:
    for kind, network in homes(generator, name).items():
        if network.adversarial:
            assert_slopes(drawn(name, kind)[3], network.parameters, kind)


@every_generator
def test_what_is_drawn_lies_in_the_domain(name: str) -> None:
    """Its observables are finite, and encoded it is decoded to the same."""
    for kind in homes(generator, name):
        content = dataset(kind)
        domain, decoded = content.domain, content.domain.decode(drawn(name, kind)[0])
        known = {n: v[:BATCH] if n in content.conditions else v for n, v in content.known.items()}
        for observable in domain.observables:
            values = observable.compute(decoded, known)
            assert np.all(np.isfinite(values)), f"{kind}: {observable.name}"
        again = domain.decode(domain.encode(decoded))[domain.field]
        np.testing.assert_array_equal(again, decoded[domain.field], err_msg=kind)


@every_generator
def test_objectives_and_their_gradients_are_finite(name: str) -> None:
    """At real samples: the likelihood, which is per sample, or another objective.

    A generator that has none learns by what a discriminator makes of its draws.
    """
    for kind, network in homes(generator, name).items():
        samples, conditions = real(kind)
        density, objective = network.negative_log_likelihood, network.objective
        assert network.adversarial or objective, kind
        if density:

            def total(parameters: Any, samples: Any, given: Any, density=density) -> Any:
                each = density(parameters, samples, given)
                return each.sum(), each

            step = jax.jit(jax.value_and_grad(total, has_aux=True))
            (_, each), slopes = step(network.parameters, samples, conditions)
            assert each.shape == (BATCH,)
            assert np.all(np.isfinite(each)), kind
            (_, backwards), _ = step(network.parameters, samples[::-1], conditions[::-1])
            np.testing.assert_allclose(backwards[::-1], each, rtol=1e-4, atol=1e-4)
        elif objective:
            step = jax.jit(jax.value_and_grad(lambda *of, each=objective: each(*of).mean()))
            value, slopes = step(network.parameters, jax.random.key(5), samples, conditions)
            assert np.isfinite(value), kind
        else:
            slopes = drawn(name, kind)[3]
        assert_slopes(slopes, network.parameters, kind)


@every_generator
def test_settings_survive_json_and_build_an_equal_network(name: str) -> None:
    for kind, network in homes(generator, name).items():
        assert network.settings["network"] == name
        settings = json.loads(json.dumps(network.settings))
        assert settings == network.settings
        assert rebuilt_shapes(settings, kind) == jax.tree.map(np.shape, network.parameters), kind


@every_generator
def test_fresh_parameters_are_of_the_type_that_a_step_leaves(name: str) -> None:
    """No weak types: the first step would change them, and be compiled a second time."""
    for kind, network in homes(generator, name).items():
        for path, leaf in jax.tree_util.tree_leaves_with_path(network.parameters):
            assert not leaf.weak_type, f"{kind}{jax.tree_util.keystr(path)}"


@every_discriminator
def test_a_discriminator_scores_each_sample_for_itself(name: str) -> None:
    """Finite scores and slopes, for parameters and samples; no sample changes another's score."""
    for kind, (call, parameters) in homes(discriminator, name).items():
        samples, conditions = real(kind)

        def total(parameters: Any, samples: Any, call=call, given=conditions) -> Any:
            scores = call(parameters, samples, given)
            return scores.sum(), scores

        step = jax.jit(jax.value_and_grad(total, (0, 1), has_aux=True))
        (_, scores), (slopes, on_samples) = step(parameters, samples)
        assert scores.shape == (BATCH,)
        assert np.all(np.isfinite(scores)), kind
        assert_slopes(slopes, parameters, kind)
        assert_slopes(on_samples, samples, kind)
        others = np.stack([samples[1], *samples[:1], *samples[2:]])
        (_, mixed), _ = step(parameters, others)
        np.testing.assert_allclose(mixed[2:], scores[2:], rtol=1e-4, atol=1e-5)
        assert np.any(mixed[:2] != scores[:2]), kind


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_pulls_scores_apart_and_the_generator_against_it(name: str) -> None:
    """The discriminator wants real above generated, the generator its own samples higher."""
    loss, scores = LOSSES[name], jnp.array([0.4, -0.3, 0.2])
    real_up, fake_down = jax.grad(loss.discriminator, (0, 1))(scores, scores[::-1])
    fake_up = jax.grad(loss.generator, 1)(scores, scores[::-1])
    for slope in (real_up, fake_down, fake_up):
        assert np.all(np.isfinite(slope))
    assert real_up.sum() < 0 < fake_down.sum()
    assert np.all(fake_up < 0)
