"""The baseline has the first and second moments of what it was fitted to, and only those.

Seeds are fixed. Bounds are 5 standard errors or more of what the sample sizes allow, so that
another seed would fail less than once in 10,000.
"""

from pathlib import Path

import numpy as np
import pytest

from physgan.domains.spins.clipped_gaussian import ClippedGaussian
from physgan.domains.spins.clipped_nodes import _local_lines
from physgan.domains.spins.observables import correlation, energy, magnetisation
from physgan.errors import InputError
from simulators import Ising
from simulators.ising import exact

TC = exact.critical_temperature
SIZE = 32
NODES = (2.0, TC, 2.5, 3.0)
COUNT = 4096

Training = tuple[np.ndarray, np.ndarray]


def fitted(spins: np.ndarray, temperatures: np.ndarray) -> ClippedGaussian:
    """Without the heat bath, which hides what the fit gets wrong."""
    source = Ising(max(4, spins.shape[1]))
    conditions = {"temperature": temperatures}
    return ClippedGaussian.fit(source, {"spins": spins}, conditions, heat_bath=False)


@pytest.fixture(scope="module")
def training() -> Training:
    temperatures = np.repeat(NODES, COUNT)
    spins = Ising(SIZE).sample({"temperature": temperatures}, len(temperatures), seed=1)["spins"]
    return spins, temperatures


@pytest.fixture(scope="module")
def baseline(training: Training) -> ClippedGaussian:
    return fitted(*training)


@pytest.mark.parametrize("heat_bath", [False, True])
@pytest.mark.parametrize("temperature", NODES)
def test_energy_is_right_on_average(
    baseline: ClippedGaussian, temperature: float, heat_bath: bool
) -> None:
    """Within 1 %: 0.3 % of the fit's own, and 5 standard errors of both samples."""
    source = ClippedGaussian(baseline.state, heat_bath=heat_bath)
    spins = source.sample({"temperature": temperature}, COUNT, seed=2)["spins"]
    assert energy(spins).mean() == pytest.approx(exact.kaufman(SIZE, temperature)[0], rel=0.01)


def test_energy_spreads_too_widely_at_the_critical_point(baseline: ClippedGaussian) -> None:
    """Half as wide again as Kaufman's, or more: what a network has to mend."""
    spins = baseline.sample({"temperature": TC}, COUNT, seed=3)["spins"]
    bathed = ClippedGaussian(baseline.state, heat_bath=True)
    mended = bathed.sample({"temperature": TC}, COUNT, seed=3)["spins"]
    spread = TC * np.sqrt(exact.kaufman(SIZE, TC)[1]) / SIZE
    assert spread == pytest.approx(0.0964, abs=1e-4)
    assert 1.5 * spread < energy(spins).std() < 2.1 * spread
    assert 1.2 * spread < energy(mended).std() < energy(spins).std()


@pytest.mark.parametrize("temperature", NODES)
def test_second_moments_are_the_training_sets(
    training: Training, baseline: ClippedGaussian, temperature: float
) -> None:
    """C(r) and the distribution of m; 0.035 is the 1e-4 point of Kolmogorov and Smirnov's D,
    plus one level of m at the narrowest distribution."""
    spins = baseline.sample({"temperature": temperature}, COUNT, seed=4)["spins"]
    truth = training[0][training[1] == temperature]
    np.testing.assert_allclose(correlation(spins).mean(0), correlation(truth).mean(0), atol=0.025)
    levels = np.linspace(-1, 1, 257)
    made, real = (
        np.searchsorted(np.sort(np.abs(magnetisation(s))), levels) / COUNT for s in (spins, truth)
    )
    assert np.abs(made - real).max() < 0.05
    assert abs(np.mean(magnetisation(spins) > 0) - 0.5) < 5 * 0.5 / np.sqrt(COUNT)


def test_between_nodes_it_interpolates(training: Training, baseline: ClippedGaussian) -> None:
    made = energy(baseline.sample({"temperature": 2.75}, 2048, seed=5)["spins"]).mean()
    truth = energy(training[0])
    assert truth[training[1] == 2.5].mean() < made < truth[training[1] == 3.0].mean()


def test_temperatures_drawn_continuously_are_windowed(training: Training) -> None:
    temperatures = np.random.default_rng(0).uniform(2.4, 2.6, COUNT)
    spins = Ising(SIZE).sample({"temperature": temperatures}, COUNT, seed=6)["spins"]
    made = fitted(spins, temperatures).sample({"temperature": 2.5}, 2048, seed=7)
    assert energy(made["spins"]).mean() == pytest.approx(exact.kaufman(SIZE, 2.5)[0], rel=0.02)


def test_smoothing_keeps_straight_lines_and_lonely_nodes() -> None:
    places = np.array([1.0, 1.01, 1.015, 1.03, 2.0])
    smooth = _local_lines(places, np.array([1.0, 3.0, 2.0, 1.0, 5.0]), bandwidth=0.01)
    np.testing.assert_allclose(smooth @ (3 * places - 2), 3 * places - 2, rtol=1e-12)
    np.testing.assert_array_equal(smooth[4], [0, 0, 0, 0, 1])
    assert np.sum(smooth[1] ** 2) < 0.6  # the variance of what it gives, were all alike


def test_an_event_depends_on_its_number_only(baseline: ClippedGaussian) -> None:
    temperatures = np.linspace(2.0, 3.0, 3000)
    whole = baseline.sample({"temperature": temperatures}, 3000, seed=8)["spins"]
    part = baseline.sample({"temperature": temperatures[2000:]}, 1000, seed=8, first_event=2000)
    np.testing.assert_array_equal(whole[2000:], part["spins"])
    other = baseline.sample({"temperature": temperatures}, 3000, seed=9)["spins"]
    assert np.mean(whole == other) < 0.9


def test_a_saved_baseline_draws_the_same(baseline: ClippedGaussian, tmp_path: Path) -> None:
    baseline.save(tmp_path / "baseline.npz")
    loaded = ClippedGaussian.load(tmp_path / "baseline.npz", heat_bath=False)
    drawn = [b.sample({"temperature": 2.2}, 10, seed=1)["spins"] for b in (baseline, loaded)]
    np.testing.assert_array_equal(*drawn)


@pytest.mark.parametrize(
    ("conditions", "message"),
    [
        ({"temperature": 1.9}, r"in \[2, 3\] J/k_B .*; got 1\.9; pass extrapolate=True"),
        ({"temperature": float("nan")}, "got nan"),
        ({"temperature": np.array([2.5, 2.5])}, r"1 or 10 temperatures; got shape \(2,\)"),
        ({}, r"the condition temperature alone; got \[\]"),
        ({"temperature": 2.5, "field": 0.1}, r"got \['field', 'temperature'\]"),
    ],
)
def test_bad_conditions_are_refused(
    baseline: ClippedGaussian, conditions: dict[str, float], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        baseline.sample(conditions, 10, seed=1)


def test_extrapolation_is_a_choice(baseline: ClippedGaussian) -> None:
    spins = baseline.sample({"temperature": 3.1}, 10, seed=1, extrapolate=True)["spins"]
    edge = baseline.sample({"temperature": 3.0}, 10, seed=1)["spins"]
    np.testing.assert_array_equal(spins, edge)
    with pytest.raises(InputError, match="got -1"):
        baseline.sample({"temperature": -1.0}, 10, seed=1, extrapolate=True)


@pytest.mark.parametrize(
    ("spins", "temperatures", "message"),
    [
        (np.ones((4, 8, 6)), np.ones(4), r"shape \(n, L, L\); got \(4, 8, 6\)"),
        (np.ones((4, 8, 8)), np.ones(3), r"4 temperatures; got shape \(3,\)"),
        (np.ones((4, 8, 8)), np.zeros(4), "positive temperatures"),
        (np.zeros((4, 8, 8)), np.ones(4), r"spins of \+1 and -1"),
    ],
)
def test_bad_training_sets_are_refused(
    spins: np.ndarray, temperatures: np.ndarray, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        fitted(spins, temperatures)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x80\x04N."])
def test_other_files_are_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "other.npz"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"expected a file of ClippedGaussian\.save"):
        ClippedGaussian.load(path)
