"""Penalties and spectral norms against closed forms."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from physgan import losses


def test_gradient_penalty_of_a_quadratic_form() -> None:
    """For D = |x|^2 / 2 + 3 y the squared norm is |x|^2 + 9."""
    x = jax.random.normal(jax.random.key(0), (4, 2, 3))
    y = jnp.ones(4)
    scores, norms = losses.squared_gradient_norms(
        lambda inputs: (inputs[0] ** 2).sum((1, 2)) / 2 + 3 * inputs[1], (x, y)
    )
    squares = (x**2).sum((1, 2))
    np.testing.assert_allclose(scores, squares / 2 + 3, rtol=1e-6)
    np.testing.assert_allclose(norms, squares + 9, rtol=1e-6)


def test_unit_gradient_penalty_of_a_plane() -> None:
    """A plane of slope 3 costs (3 - 1)^2 wherever it is looked at, one of slope 1 nothing."""
    x = jax.random.normal(jax.random.key(0), (8, 2, 2))
    for slope, cost in ((3.0, 4.0), (1.0, 0.0), (0.0, 1.0)):
        plane = slope * jnp.array([[0.6, 0.0], [0.0, 0.8]])
        value = losses.unit_gradient_penalty(lambda inputs, a=plane: (a * inputs).sum((1, 2)), x)
        assert float(value) == pytest.approx(cost, abs=1e-5)


def test_penalty_of_a_flat_critic_has_a_finite_gradient() -> None:
    x = jnp.ones((4, 3))
    gradient = jax.grad(lambda a: losses.unit_gradient_penalty(lambda x: x @ a, x))(jnp.zeros(3))
    assert np.all(np.isfinite(gradient))


def test_interpolates_lie_between() -> None:
    real, fake = (jnp.ones((3, 2)), jnp.full((3,), 2.0)), (jnp.zeros((3, 2)), jnp.zeros(3))
    points = losses.interpolates(real, fake, jnp.array([0.0, 0.25, 1.0]))
    np.testing.assert_allclose(points[0], [[0, 0], [0.25, 0.25], [1, 1]])
    np.testing.assert_allclose(points[1], [0, 0.5, 2])


@pytest.mark.parametrize("shape", [(40, 7), (7, 40), (5, 5, 3, 16), (12, 1)])
def test_spectral_norm_is_the_largest_singular_value(
    shape: tuple[int, ...], rng: np.random.Generator
) -> None:
    kernel = rng.standard_normal(shape).astype(np.float32)
    exact = np.linalg.svd(kernel.reshape(-1, shape[-1]), compute_uv=False)[0]
    assert float(losses.spectral_norm(jnp.asarray(kernel))) == pytest.approx(exact, rel=0.01)


def test_gradient_of_the_spectral_norm(rng: np.random.Generator) -> None:
    """u v^T of the singular vectors."""
    u, _, v = np.linalg.svd(rng.standard_normal((6, 4)))
    kernel = jnp.asarray(u[:, :4] @ np.diag([4.0, 2.0, 1.0, 0.5]) @ v, jnp.float32)
    gradient = jax.grad(losses.spectral_norm)(kernel)
    np.testing.assert_allclose(gradient, np.outer(u[:, 0], v[0]), atol=1e-4)


def test_normalised_layers_have_lipschitz_constant_one(rng: np.random.Generator) -> None:
    """Kernels end with norm 1, biases and running statistics stay."""
    tree = {
        "first": {"kernel": rng.standard_normal((8, 5)), "bias": np.full(5, 3.0)},
        "norm": {"mean": np.full(5, 2.0)},
    }
    tree = jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.float32), tree)
    new = losses.spectrally_normalised(tree)
    assert np.linalg.norm(new["first"]["kernel"], 2) == pytest.approx(1, abs=0.01)
    np.testing.assert_array_equal(new["first"]["bias"], tree["first"]["bias"])
    np.testing.assert_array_equal(new["norm"]["mean"], tree["norm"]["mean"])
