"""Observables of spin lattices against closed forms and brute force."""

import itertools

import numpy as np
import pytest

from physgan.domains import Spins
from physgan.domains.spins.lattice import augment
from physgan.domains.spins.observables import correlation, energy, magnetisation, structure_kmin

SPINS = Spins()
SIZE = 8
ROWS, COLUMNS = np.indices((SIZE, SIZE))
PATTERNS = {
    "ordered": (np.ones((SIZE, SIZE)), -2.0, 1.0),
    "reversed": (-np.ones((SIZE, SIZE)), -2.0, -1.0),
    "checkerboard": ((-1.0) ** (ROWS + COLUMNS), 2.0, 0.0),
    "stripes": ((-1.0) ** ROWS, 0.0, 0.0),
    "halves": (np.where(ROWS < SIZE // 2, 1.0, -1.0), -2.0 + 4 / SIZE, 0.0),
}


def lattice(values: np.ndarray) -> np.ndarray:
    return values.astype(np.int8)[None]


def random_lattices(count: int, size: int = SIZE) -> np.ndarray:
    return np.random.default_rng(1).choice(np.array([-1, 1], np.int8), (count, size, size))


@pytest.mark.parametrize("name", PATTERNS)
def test_energy_and_magnetisation_of_known_patterns(name: str) -> None:
    values, expected_energy, expected_magnetisation = PATTERNS[name]
    assert energy(lattice(values)) == pytest.approx(expected_energy)
    assert magnetisation(lattice(values)) == pytest.approx(expected_magnetisation)


def test_field_adds_the_zeeman_energy() -> None:
    up = lattice(np.ones((SIZE, SIZE)))
    assert energy(up, 0.5) == pytest.approx(-2.5)
    assert energy(-up, 0.5) == pytest.approx(-1.5)


def test_correlation_of_known_patterns() -> None:
    distance = np.arange(SIZE // 2 + 1)
    alternating = (-1.0) ** distance
    expected = {
        "ordered": np.ones_like(alternating),
        "checkerboard": alternating,
        "stripes": (1 + alternating) / 2,
    }
    for name, values in expected.items():
        assert correlation(lattice(PATTERNS[name][0]))[0] == pytest.approx(values, abs=1e-6)


def test_correlation_against_brute_force() -> None:
    spins = random_lattices(5).astype(float)
    for distance in range(SIZE // 2 + 1):
        shifted = [(spins * np.roll(spins, distance, axis)).mean((1, 2)) for axis in (1, 2)]
        expected = (shifted[0] + shifted[1]) / 2
        assert correlation(spins)[:, distance] == pytest.approx(expected, abs=1e-6)


def test_nearest_neighbour_correlation_is_minus_half_the_energy() -> None:
    spins = random_lattices(100)
    assert correlation(spins)[:, 1] == pytest.approx(-energy(spins) / 2, abs=1e-6)


def test_structure_factor_against_the_two_dimensional_transform() -> None:
    spins = random_lattices(5)
    power = np.abs(np.fft.fft2(spins)) ** 2 / SIZE**2
    assert structure_kmin(spins) == pytest.approx((power[:, 0, 1] + power[:, 1, 0]) / 2)


def test_spacing_is_the_distance_between_levels() -> None:
    samples = {"spins": random_lattices(500)}
    geometry = SPINS.geometry(samples)
    for observable in SPINS.observables:
        if observable.spacing:
            levels = observable.compute(samples, {}) / observable.spacing(geometry)
            assert levels == pytest.approx(np.rint(levels), abs=1e-9)


def test_ensemble_against_exact_enumeration_of_four_by_four() -> None:
    """Weighted sums over all 65,536 states of the 4 x 4 torus give ln Z's derivatives."""
    temperature = 2.5
    states = np.array(list(itertools.product((-1, 1), repeat=16)), np.int8).reshape(-1, 4, 4)
    values = energy(states)
    weights = np.exp(-16 * values / temperature)
    assert np.log(weights.sum()) == pytest.approx(14.5610930238, abs=1e-9)
    drawn = np.random.default_rng(2).choice(len(states), 40_000, p=weights / weights.sum())
    samples = {"spins": states[drawn]}
    per_sample = {o.name: o.compute(samples, {}) for o in SPINS.observables}
    condition = {"temperature": temperature, "size": 4}
    mean = np.average(values, weights=weights)
    heat = 16 * np.average((values - mean) ** 2, weights=weights) / temperature**2
    m2 = np.average(magnetisation(states) ** 2, weights=weights)
    m4 = np.average(magnetisation(states) ** 4, weights=weights)
    expected = {
        "energy": (mean, 0.01),
        "specific_heat": (heat, 0.02),
        "binder": (1 - m4 / (3 * m2**2), 0.01),
    }
    for observable in SPINS.ensemble:
        if observable.name in expected:
            value, tolerance = expected[observable.name]  # more than 5 standard errors
            assert observable.compute(per_sample, condition) == pytest.approx(value, rel=tolerance)


def test_correlation_length_of_a_lorentzian_structure_factor() -> None:
    """S(k) = A / (1 + 4 xi^2 sin^2(k/2)) must give back xi."""
    observable = next(o for o in SPINS.ensemble if o.name == "correlation_length")
    length, size = 3.7, 32
    kmin = 1 / (1 + 4 * length**2 * np.sin(np.pi / size) ** 2)
    per_sample = {"structure_zero": np.ones(3), "structure_kmin": np.full(3, kmin)}
    assert observable.compute(per_sample, {"size": size}) == pytest.approx(length)


def test_augmentation_leaves_the_physics_alone_and_uses_every_symmetry() -> None:
    pictures = np.repeat(SPINS.images({"spins": random_lattices(1, 4)}), 2_000, axis=0)
    turned = augment(pictures, np.random.default_rng(3))
    assert len(np.unique(turned.reshape(2_000, -1), axis=0)) == 16
    assert energy(turned[..., 0]) == pytest.approx(energy(pictures[..., 0]))
    assert np.abs(magnetisation(turned[..., 0])) == pytest.approx(
        np.abs(magnetisation(pictures[..., 0]))
    )
