"""What `Ising` promises to its users: reproducible events, clear refusals."""

import re

import numpy as np
import pytest

from simulators import SIMULATORS, Ising, Relaxing, Simulator
from simulators.ising import exact
from simulators.ising.schedule import favours_clusters, plan_chains

TC = exact.critical_temperature


@pytest.mark.parametrize("name", ["ising"])
def test_follows_the_protocol(name):
    simulator = SIMULATORS[name](16)
    assert isinstance(simulator, Simulator)
    assert isinstance(simulator, Relaxing)
    assert simulator.name == name
    again = SIMULATORS[name](**simulator.parameters)
    assert again.parameters == simulator.parameters
    for field in simulator.fields:
        axes = {axis.name: len(axis.values) for axis in simulator.grid}
        samples = simulator.sample({"temperature": 2.0}, 3, seed=0)[field.name]
        assert samples.shape == (3, *(axes[a] for a in field.axes))
        assert samples.dtype == field.dtype


@pytest.mark.parametrize("mixed", [False, True], ids=["one temperature", "many"])
def test_runs_may_be_split_at_blocks(mixed):
    ising = Ising(4)
    count = ising.block_size + 50
    values = np.resize(np.linspace(1.5, 3.5, 7), count)

    def sample(start, stop):
        temperature = values[start:stop] if mixed else 2.0
        return ising.sample({"temperature": temperature}, stop - start, 5, first_event=start)

    whole = sample(0, count)["spins"]
    first, rest = sample(0, ising.block_size), sample(ising.block_size, count)
    assert np.array_equal(whole, np.concatenate([first["spins"], rest["spins"]]))
    assert not np.array_equal(first["spins"][:50], rest["spins"])


def test_seed_decides_and_every_event_differs():
    def sample(seed):
        return Ising(16).sample({"temperature": 3.0}, 600, seed)["spins"]

    assert np.array_equal(sample(1), sample(1))
    assert not np.array_equal(sample(1), sample(2))
    assert len(np.unique(sample(1).reshape(600, -1), axis=0)) == 600


def test_progress_reaches_the_end():
    seen = []
    temperature = np.linspace(1.5, 3.5, 700)
    Ising(4).sample({"temperature": temperature}, 700, 1, progress=lambda *at: seen.append(at))
    assert seen[-1] == (700, 700)
    assert sorted(seen) == seen
    assert len(seen) > 1


def test_no_events():
    assert Ising(8).sample({"temperature": 2.0}, 0, seed=1)["spins"].shape == (0, 8, 8)


def test_relaxation_reaches_equilibrium(energy, rng):
    """From random spins to Kaufman's energy, within 4 standard errors."""
    ising = Ising(8)
    spins = np.where(rng.random((2000, 8, 8)) < 0.5, -1, 1).astype(np.int8)
    untouched = ising.relax({"spins": spins}, {"temperature": TC}, 0, seed=1)["spins"]
    assert np.array_equal(untouched, spins)
    values = energy(ising.relax({"spins": spins}, {"temperature": TC}, 200, seed=1)["spins"])
    error = values.std() / np.sqrt(2000)
    assert abs(values.mean() - exact.kaufman(8, TC).energy) < 4 * error


def test_relaxation_leaves_equilibrium_alone(energy):
    ising = Ising(16)
    temperature = np.tile([1.8, 2.5], 1024)
    start = ising.sample({"temperature": temperature}, 2048, seed=2)
    values = energy(ising.relax(start, {"temperature": temperature}, 3, seed=3)["spins"])
    for t in (1.8, 2.5):
        chosen = values[temperature == t]
        assert abs(chosen.mean() - exact.kaufman(16, t).energy) < 4 * chosen.std() / 32


def test_cost_of_an_independent_sample_grows_at_the_critical_point():
    ising = Ising(16)
    cost = {t: ising.seconds_per_independent_sample({"temperature": t}) for t in (1.8, TC)}
    assert 1e-9 < 2 * cost[1.8] < cost[TC] < 1e-2
    both = ising.seconds_per_independent_sample({"temperature": np.array([1.8, TC])})
    assert cost[1.8] < both


def test_clusters_only_where_they_are_faster():
    temperature = np.array([1.5, TC, 3.5])
    assert favours_clusters(128, temperature).tolist() == [False, True, False]
    assert not favours_clusters(64, temperature).any()


def test_plan_makes_every_event_once_at_its_temperature(rng):
    temperature = rng.choice([1.5, 2.0, 2.5, 3.0], 5000)
    events = np.flatnonzero(rng.random(5000) < 0.7)
    plan = plan_chains(temperature, events, 600)
    made = plan.event[plan.event >= 0]
    assert np.array_equal(np.sort(made), events)
    chains = np.broadcast_to(plan.temperature, plan.event.shape)
    assert np.array_equal(temperature[made], chains[plan.event >= 0])
    assert np.all(np.diff(plan.temperature) >= 0)
    assert 500 < len(plan.temperature) <= 604


BAD_SIMULATORS = {
    "odd": ({"size": 15}, "expected size to be even; got 15; pass 14 or 16"),
    "small": ({"size": 2}, "expected size to be a whole number >= 4; got 2; pass such a number"),
    "fraction": ({"size": 16.5}, "expected size to be a whole number >= 4; got 16.5; pass"),
    "field": ({"size": 8, "field": np.inf}, "expected a finite field; got inf; pass a number"),
    "large": ({"size": 2 * 10**9}, "expected size of at most 4096; got 2000000000"),
    "algorithm": ({"size": 8, "algorithm": "heat"}, "expected algorithm auto, metropolis, wolff;"),
    "wolff": (
        {"size": 8, "field": 0.5, "algorithm": "wolff"},
        "expected field 0 with algorithm wolff; got 0.5; pass algorithm='metropolis'",
    ),
}


@pytest.mark.parametrize("case", BAD_SIMULATORS)
def test_refuses_bad_parameters(case):
    arguments, message = BAD_SIMULATORS[case]
    with pytest.raises(ValueError, match="^" + re.escape(message)):
        Ising(**arguments)


RANGE = "expected temperature in [0.1, 10] J/k_B; got "
BAD_REQUESTS = {
    "zero": (({"temperature": 0}, 5, 1), RANGE + "0; pass values within this range"),
    "negative": (({"temperature": -2.0}, 5, 1), RANGE + "-2; pass"),
    "infinite": (({"temperature": np.inf}, 5, 1), RANGE + "inf; pass"),
    "not a number": (
        ({"temperature": np.array([2.0, np.nan, 2.0])}, 3, 1),
        RANGE + "nan at event 1; pass",
    ),
    "length": (
        ({"temperature": np.ones(4)}, 3, 1),
        "expected temperature as one number or of shape (3,); got shape (4,); pass one value",
    ),
    "word": (({"temperature": "hot"}, 3, 1), "expected temperature as numbers; got 'hot'; pass"),
    "missing": (({}, 3, 1), "expected conditions temperature; got none; add temperature"),
    "unknown": (
        ({"temperature": 2.0, "pressure": 1.0}, 3, 1),
        "expected conditions temperature; got temperature, pressure; remove pressure",
    ),
    "count": (
        ({"temperature": 2.0}, -1, 1),
        "expected count to be a whole number >= 0; got -1; pass such a number",
    ),
    "seed": (({"temperature": 2.0}, 3, -1), "expected seed to be a whole number >= 0; got -1;"),
}


@pytest.mark.parametrize("case", BAD_REQUESTS)
def test_refuses_bad_requests(case):
    arguments, message = BAD_REQUESTS[case]
    with pytest.raises(ValueError, match="^" + re.escape(message)) as caught:
        Ising(8).sample(*arguments)
    assert "\n" not in str(caught.value)


def test_refuses_to_start_within_a_block():
    with pytest.raises(
        ValueError, match=r"^expected first_event to be a multiple of block_size 8192"
    ):
        Ising(8).sample({"temperature": 2.0}, 3, 1, first_event=7)


@pytest.mark.parametrize(
    ("spins", "message"),
    [
        (np.ones((3, 8)), "expected spins of shape (n, L, L) with even L >= 4; got (3, 8); pass"),
        (np.ones((3, 7, 7)), "expected spins of shape (n, L, L) with even L >= 4; got (3, 7, 7)"),
        (np.zeros((3, 8, 8)), "expected spins -1 or +1; got other values; pass signs"),
    ],
)
def test_refuses_to_relax_what_is_no_lattice(spins, message):
    with pytest.raises(ValueError, match="^" + re.escape(message)):
        Ising(8).relax({"spins": spins}, {"temperature": 2.0}, 1, 1)
