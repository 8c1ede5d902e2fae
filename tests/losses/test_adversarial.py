"""Adversarial losses against closed forms."""

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


def test_relativistic_training_moves_a_gaussian_onto_its_target() -> None:
    """D = a x with R1 + R2 and G = mean + noise: the only equilibrium is equal means, a = 0.

    Simultaneous descent with penalties converges (Huang et al. 2024, proposition 2).
    """
    target, gamma, rate = 1.5, 0.5, 0.05
    noise = jax.random.normal(jax.random.key(4), (2, 4096))
    real, base = noise[0] - noise[0].mean() + target, noise[1] - noise[1].mean()

    def step(state: tuple[jax.Array, jax.Array], _: None) -> tuple[tuple, None]:
        slope, mean = state

        def discriminator_loss(a: jax.Array) -> jax.Array:
            loss = losses.relativistic_discriminator_loss(a * real, a * (base + mean))
            return loss + gamma / 2 * 2 * a**2

        def generator_loss(m: jax.Array) -> jax.Array:
            return losses.relativistic_generator_loss(slope * real, slope * (base + m))

        return (
            slope - rate * jax.grad(discriminator_loss)(slope),
            mean - rate * jax.grad(generator_loss)(mean),
        ), None

    (slope, mean), _ = jax.lax.scan(step, (jnp.zeros(()), jnp.zeros(())), None, 4000)
    assert float(mean) == pytest.approx(target, abs=0.01)
    assert float(slope) == pytest.approx(0, abs=0.01)


P, Q = np.array([0.5, 0.3, 0.15, 0.05]), np.array([0.1, 0.2, 0.3, 0.4])
"""Two distributions on four points: expectations are sums, so optima are known exactly."""


def expected(loss: losses.Loss, scores: jax.Array) -> jax.Array:
    """Loss of the discriminator, for a score at each of the points."""
    real = jnp.stack([loss.discriminator(s[None], jnp.zeros(1)) for s in scores])
    fake = jnp.stack([loss.discriminator(jnp.zeros(1), s[None]) for s in scores])
    rest = loss.discriminator(jnp.zeros(1), jnp.zeros(1))
    return jnp.asarray(P, jnp.float32) @ real + jnp.asarray(Q, jnp.float32) @ fake - rest


def best(loss: losses.Loss) -> jax.Array:
    """Scores after long descent, in steps that shrink: the hinge has a kink at its optimum."""
    slope = jax.grad(lambda scores: expected(loss, scores))

    def step(scores: jax.Array, rate: jax.Array) -> tuple[jax.Array, None]:
        return scores - rate * slope(scores), None

    return jax.lax.scan(step, jnp.zeros(len(P)), jnp.linspace(1, 0.01, 3000))[0]


JENSEN_SHANNON = (P * np.log(2 * P / (P + Q)) + Q * np.log(2 * Q / (P + Q))).sum() / 2
VARIATION = np.abs(P - Q).sum() / 2
OPTIMA = {
    "saturating": (np.log(P / Q), 2 * np.log(2) - 2 * JENSEN_SHANNON),
    "non-saturating": (np.log(P / Q), 2 * np.log(2) - 2 * JENSEN_SHANNON),
    "least-squares": (P / (P + Q), (P * Q / (P + Q)).sum() / 2),
    "hinge": (np.sign(P - Q), 2 - 2 * VARIATION),
}


@pytest.mark.parametrize("name", OPTIMA)
def test_optimal_discriminator_and_its_value(name: str) -> None:
    """sigmoid(ln p/q) = p / (p + q) for the minimax losses; see the papers in the docstrings."""
    scores, value = OPTIMA[name]
    found = best(losses.LOSSES[name])
    np.testing.assert_allclose(found, scores, atol=0.02)
    assert float(expected(losses.LOSSES[name], found)) == pytest.approx(value, abs=1e-3)


def test_minimax_is_worth_minus_ln_four_at_equality() -> None:
    scores = jnp.zeros(5)
    assert -float(losses.LOSSES["saturating"].discriminator(scores, scores)) == pytest.approx(
        -np.log(4)
    )


def test_relativistic_optimum_is_the_log_ratio_of_the_densities() -> None:
    """Over pairs the optimal difference of scores is that of ln p/q: no descent improves it."""
    ratio = jnp.asarray(np.log(P / Q), jnp.float32)

    def value(scores: jax.Array) -> jax.Array:
        pairs = jax.nn.softplus(scores[None, :] - scores[:, None])  # rows real, columns fake
        return jnp.asarray(P, jnp.float32) @ pairs @ jnp.asarray(Q, jnp.float32)

    one = losses.LOSSES["relativistic"].discriminator(ratio[:1], ratio[1:2])
    assert float(one) == pytest.approx(float(jax.nn.softplus(ratio[1] - ratio[0])))
    np.testing.assert_allclose(jax.grad(value)(ratio), 0, atol=1e-6)


def test_wasserstein_critic_finds_the_distance_of_two_gaussians() -> None:
    """W1 of two normals of one spread is the distance of their means; the critic is a plane.

    Over planes a . x of slope 1 the loss is lowest at -|difference of means|.
    """
    apart = jnp.array([0.6, -0.8])
    noise = jax.random.normal(jax.random.key(1), (4096, 2))
    real, fake = noise + apart, noise
    loss = losses.LOSSES["wasserstein"]
    angles = jnp.linspace(0, 2 * jnp.pi, 721)
    planes = jnp.stack([jnp.cos(angles), jnp.sin(angles)], -1)
    values = jax.vmap(lambda a: loss.discriminator(real @ a, fake @ a))(planes)
    assert float(values.min()) == pytest.approx(-1.0, abs=1e-4)
    np.testing.assert_allclose(planes[values.argmin()], apart, atol=0.01)


@pytest.mark.parametrize("name", losses.LOSSES)
def test_every_generator_loss_falls_with_the_score(name: str) -> None:
    """Higher scores of generated samples lower every loss of the generator."""
    loss = losses.LOSSES[name]
    real, fake = jnp.array([0.5, -0.5]), jnp.array([0.3, 0.2])
    assert np.all(np.asarray(jax.grad(loss.generator, 1)(real, fake)) < 0)
    assert np.all(np.asarray(jax.grad(loss.discriminator, 1)(real, fake)) > 0)
    assert np.all(np.asarray(jax.grad(loss.discriminator, 0)(real, fake)) < 0)


def test_saturating_is_flat_where_the_discriminator_is_sure() -> None:
    real, fake = jnp.array([9.0]), jnp.array([-9.0])
    slopes = {
        name: float(-jax.grad(losses.LOSSES[name].generator, 1)(real, fake)[0])
        for name in ("saturating", "non-saturating")
    }
    assert slopes["saturating"] == pytest.approx(np.exp(-9), rel=1e-3)
    assert slopes["non-saturating"] == pytest.approx(1, rel=1e-3)
