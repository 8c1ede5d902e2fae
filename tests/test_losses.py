"""Losses against closed forms."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from physgan import losses


def test_equal_scores_cost_ln_two() -> None:
    scores = jnp.array([0.3, -2.0])
    for loss in (losses.relativistic_discriminator_loss, losses.relativistic_generator_loss):
        assert float(loss(scores, scores)) == pytest.approx(np.log(2))


def test_generator_and_discriminator_swap_roles() -> None:
    real, fake = jnp.array([1.0, 2.0]), jnp.array([0.5, -1.0])
    assert losses.relativistic_generator_loss(real, fake) == pytest.approx(
        losses.relativistic_discriminator_loss(fake, real)
    )


def test_gradient_penalty_of_a_quadratic_form() -> None:
    """For D = |x|^2 / 2 + 3 y the squared norm is |x|^2 + 9."""
    x = jax.random.normal(jax.random.key(0), (4, 2, 3))
    y = jnp.ones(4)
    scores, norms = losses.gradient_penalties(
        lambda inputs: (inputs[0] ** 2).sum((1, 2)) / 2 + 3 * inputs[1], (x, y)
    )
    squares = (x**2).sum((1, 2))
    np.testing.assert_allclose(scores, squares / 2 + 3, rtol=1e-6)
    np.testing.assert_allclose(norms, squares + 9, rtol=1e-6)


def test_relativistic_game_moves_a_gaussian_onto_its_target() -> None:
    """D = a x with R1 + R2 and G = mean + noise: the only equilibrium is equal means, a = 0.

    Simultaneous descent with penalties converges (Huang et al. 2024, proposition 2).
    """
    target, gamma, rate = 1.5, 0.5, 0.05
    noise = jax.random.normal(jax.random.key(4), (2, 4096))
    real, base = noise[0] - noise[0].mean() + target, noise[1] - noise[1].mean()

    def step(state: tuple[jax.Array, jax.Array], _: None) -> tuple[tuple, None]:
        slope, mean = state

        def critic(a: jax.Array) -> jax.Array:
            loss = losses.relativistic_discriminator_loss(a * real, a * (base + mean))
            return loss + gamma / 2 * 2 * a**2

        def player(m: jax.Array) -> jax.Array:
            return losses.relativistic_generator_loss(slope * real, slope * (base + m))

        return (slope - rate * jax.grad(critic)(slope), mean - rate * jax.grad(player)(mean)), None

    (slope, mean), _ = jax.lax.scan(step, (jnp.zeros(()), jnp.zeros(())), None, 4000)
    assert float(mean) == pytest.approx(target, abs=0.01)
    assert float(slope) == pytest.approx(0, abs=0.01)
