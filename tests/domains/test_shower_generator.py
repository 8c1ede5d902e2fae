"""The cascade keeps energy and threshold, and its likelihood is that of what it draws."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from physgan.domains.showers.generator import ShowerCascade, plan_splits
from physgan.networks import ConditionRange

T = 0.1
RANGES = (ConditionRange(10.0, 100.0, "log"),)


NETWORK = ShowerCascade(
    RANGES,
    (2, 4, 2),
    T,
    (-1.0, 0.2),
    width=8,
    spectra=2,
    functions=2,
    embedding=4,
    rngs=nnx.Rngs(5),
)
COUNT = 3000
CONDITIONS = jnp.linspace(10.0, 100.0, COUNT)[:, None]
NOISE = jax.random.uniform(jax.random.key(1), (COUNT, NETWORK.noise_size()))


@pytest.fixture(scope="module")
def made() -> jax.Array:
    return jax.jit(NETWORK.__call__)(NOISE, CONDITIONS)


@pytest.mark.parametrize(("sectors", "rings"), [(12, 8), (16, 9), (1, 5), (6, 1), (1, 1), (5, 7)])
def test_splits_end_at_every_cell_once(sectors: int, rings: int) -> None:
    member, stages = plan_splits(sectors, rings)
    assert (member.sum(1) == 1).sum() == sectors * rings
    assert sum(len(stage.parents) for stage in stages) == sectors * rings - 1
    for stage in stages:
        for place, parent in enumerate(stage.parents):
            children = member[stage.known + 2 * place : stage.known + 2 * place + 2]
            assert parent < stage.known
            np.testing.assert_array_equal(children.sum(0), member[parent])


def test_cells_are_zero_or_above_the_threshold(made: jax.Array) -> None:
    cells = np.asarray(made)
    assert cells.shape == (COUNT, 2, 4, 2)
    assert np.all((cells == 0) | (cells >= T * (1 - 1e-3)))
    assert (cells == 0).any()


def test_response_is_the_total_s_density(made: jax.Array) -> None:
    """The mixture of the total alone decides the sum of the cells, wherever it is split."""
    total = NETWORK.total_energy(NOISE[:, :2], CONDITIONS)
    np.testing.assert_allclose(made.sum((1, 2, 3)), total, rtol=1e-5)


def test_likelihood_is_that_of_the_draws(made: jax.Array) -> None:
    """E[d ln p / d theta] = 0 over draws from p: true only if both walk the same tree.

    Each parameter's mean gradient is compared with its standard error; of over 500, the
    share beyond 3 errors stays below 1 percent (expected 0.3) and none is beyond 6.
    """
    graph, state = nnx.split(NETWORK)
    parameters = nnx.to_pure_dict(state)

    def cost(parameters: dict, shower: jax.Array, condition: jax.Array) -> jax.Array:
        merged: ShowerCascade = nnx.merge(graph, parameters)
        return merged.negative_log_likelihood(shower[None], condition[None])[0]

    score = jax.jit(jax.vmap(jax.grad(cost), (None, 0, 0)))(parameters, made, CONDITIONS)
    flat = np.concatenate([np.asarray(s).reshape(len(made), -1) for s in jax.tree.leaves(score)], 1)
    moving = flat.std(0) > 1e-9
    pulls = flat[:, moving].mean(0) / (flat[:, moving].std(0) / np.sqrt(len(flat)))
    assert moving.sum() > 500
    assert np.mean(np.abs(pulls) > 3) < 0.01
    assert np.abs(pulls).max() < 6


def test_later_layers_do_not_change_earlier_ones(made: jax.Array) -> None:
    """The part of the likelihood that belongs to a layer knows nothing of the layers behind."""
    costs = jax.jit(NETWORK.layer_negative_log_likelihoods)
    before, after = costs(made, CONDITIONS), costs(made.at[:, 1].set(made[:, 1, ::-1]), CONDITIONS)
    np.testing.assert_allclose(before[:, 0], after[:, 0], rtol=1e-5)
    assert not np.allclose(before[:, 1], after[:, 1])
