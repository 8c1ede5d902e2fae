"""The cascade keeps energy and threshold, and its likelihood is that of what it draws."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from physgan.domains.showers.generator import ShowerCascade, plan_splits
from physgan.networks import ConditionRange

RANGES = (ConditionRange(10.0, 100.0, "log"),)


def network(threshold: float, **settings: Any) -> ShowerCascade:
    return ShowerCascade(
        RANGES,
        (2, 4, 2),
        threshold,
        (-1.0, 0.2),
        width=8,
        spectra=2,
        functions=2,
        embedding=4,
        rngs=nnx.Rngs(5),
        **settings,
    )


NETWORKS = {
    "threshold": network(0.1),
    "ten decades": network(1e-8, bins=(60, 110, 110), bounds=(-1.5, 1.2), empty=True),
}
COUNT = 3000
CONDITIONS = jnp.linspace(10.0, 100.0, COUNT)[:, None]


class Made(NamedTuple):
    """Showers drawn by a network, and their noise."""

    network: ShowerCascade
    noise: jax.Array
    showers: jax.Array


@pytest.fixture(scope="module", params=NETWORKS)
def made(request: pytest.FixtureRequest) -> Made:
    network = NETWORKS[request.param]
    noise = jax.random.uniform(jax.random.key(1), (COUNT, network.noise_size()))
    return Made(network, noise, jax.jit(network.__call__)(noise, CONDITIONS))


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


def test_cells_are_zero_or_above_the_threshold(made: Made) -> None:
    cells = np.asarray(made.showers)
    assert cells.shape == (COUNT, 2, 4, 2)
    assert np.all((cells == 0) | (cells >= made.network.threshold * (1 - 1e-3)))
    assert (cells == 0).any()


def test_response_is_the_total_s_density(made: Made) -> None:
    """The mixture of the total alone decides the sum of the cells, wherever it is split."""
    total = made.network.total_energy(made.noise[:, :2], CONDITIONS)
    np.testing.assert_allclose(made.showers.sum((1, 2, 3)), total, rtol=1e-5)


def test_totals_stay_within_their_bounds(made: Made) -> None:
    """And empty showers are as frequent as the network says, within 4 errors."""
    total, (low, high) = np.asarray(made.showers.sum((1, 2, 3))), made.network.bounds
    lit = total > 0
    z = (np.log(total[lit] / np.asarray(CONDITIONS)[lit, 0]) + 1.0) / 0.2
    assert low - 1e-3 < z.min()
    assert z.max() < high + 1e-3
    if not made.network.empty:
        assert lit.all()
        return
    cost = made.network.negative_log_likelihood(jnp.zeros((COUNT, 2, 4, 2)), CONDITIONS)
    expected = np.exp(-np.asarray(cost, np.float64))
    assert 0.1 < expected.mean() < 0.9
    error = np.sqrt(np.sum(expected * (1 - expected))) / COUNT
    assert abs(np.mean(~lit) - expected.mean()) < 4 * error


def test_likelihood_is_that_of_the_draws(made: Made) -> None:
    """E[d ln p / d theta] = 0 over draws from p: true only if both walk the same tree.

    Each parameter's mean gradient is compared with its standard error; of over 500, the
    share beyond 3 errors stays below 1 percent (expected 0.3) and none is beyond 6. Bins of
    histograms are moved forty together, as single ones may have no draw at all.
    """
    graph, state = nnx.split(made.network)
    parameters = nnx.to_pure_dict(state)

    def cost(parameters: dict, shower: jax.Array, condition: jax.Array) -> jax.Array:
        merged: ShowerCascade = nnx.merge(graph, parameters)
        return merged.negative_log_likelihood(shower[None], condition[None])[0]

    score = jax.jit(jax.vmap(jax.grad(cost), (None, 0, 0)))(parameters, made.showers, CONDITIONS)
    for name in ("cell_spectra", "layer_spectra"):
        score[name] = np.add.reduceat(score[name], np.arange(0, made.network.bins.count, 40), 1)
    flat = np.concatenate([np.asarray(s).reshape(COUNT, -1) for s in jax.tree.leaves(score)], 1)
    moving = flat.std(0) > 1e-9
    pulls = flat[:, moving].mean(0) / (flat[:, moving].std(0) / np.sqrt(len(flat)))
    assert moving.sum() > 500
    assert np.mean(np.abs(pulls) > 3) < 0.01
    assert np.abs(pulls).max() < 6


def test_later_layers_do_not_change_earlier_ones(made: Made) -> None:
    """The part of the likelihood that belongs to a layer knows nothing of the layers behind."""
    showers, costs = made.showers, jax.jit(made.network.layer_negative_log_likelihoods)
    turned = showers.at[:, 1].set(showers[:, 1, ::-1])
    before, after = costs(showers, CONDITIONS), costs(turned, CONDITIONS)
    np.testing.assert_allclose(before[:, 0], after[:, 0], rtol=1e-5)
    assert not np.allclose(before[:, 1], after[:, 1])


def test_histograms_start_at_the_spectrum_of_the_parts() -> None:
    """Of equal halves of 8 MeV: all histograms of cells have their mass at 4, 2 and 1 MeV."""
    started = network(0.1)
    showers = np.zeros((100, 2, 4, 2), np.float32)
    showers[:, 0] = 1.0
    started.initialise(showers, np.zeros((len(showers), 1)))
    mass = np.asarray(jax.nn.softmax(started.cell_spectra[...], 0))
    u = np.log(np.array([1.0, 2.0, 4.0]) / 0.1)
    assert np.all(mass[np.searchsorted(started.bins.edges, u) - 1].sum(0) > 0.8)
