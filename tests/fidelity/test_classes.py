"""Class scores of known distributions, and scikit-learn's real digits with classes left out."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from physgan.domains import Spins
from physgan.errors import InputError
from physgan.fidelity import ClassReport, class_score, compare_classes


class Digits(Spins):
    """Digits of 8 x 8 pixels, with values of 0 to 16, in place of lattices."""

    periodic = False

    def images(self, samples: dict[str, np.ndarray]) -> np.ndarray:
        return (samples["spins"][..., None] / 8 - 1).astype(np.float32)


def test_score_of_sharp_even_classes_is_their_number() -> None:
    value, error = class_score(np.eye(5)[np.arange(1_000) % 5])
    assert value == pytest.approx(5)
    assert error < 1e-9


def test_score_of_ignorance_is_one() -> None:
    assert class_score(np.full((100, 7), 1 / 7))[0] == pytest.approx(1)


def test_score_of_uneven_classes_is_exp_of_their_entropy(rng: np.random.Generator) -> None:
    shares = np.array([0.7, 0.2, 0.1])
    expected = np.exp(-(shares * np.log(shares)).sum())
    found = [class_score(np.eye(3)[rng.choice(3, 500, p=shares)]) for _ in range(400)]
    values, errors = np.array(found).T
    assert values.mean() == pytest.approx(expected, rel=0.01)
    assert errors.mean() == pytest.approx(values.std(), rel=4 / np.sqrt(2 * 400) + 0.02)


@pytest.fixture(scope="module")
def digits() -> tuple[np.ndarray, np.ndarray]:
    found = load_digits()
    order = np.random.default_rng(0).permutation(len(found.target))
    return found.images[order].astype(np.float32), found.target[order]


def test_missing_digits_are_named_beside_real_ones(
    digits: tuple[np.ndarray, np.ndarray],
) -> None:
    images, labels = digits
    real = {"spins": images[:1_200]}, {"label": labels[:1_200]}
    few = images[1_200:][np.resize(np.flatnonzero(labels[1_200:] < 5), 400)]
    found = compare_classes(Digits(), real, ({"spins": few}, {}), "label", budget=20_000)
    assert found.accuracy[0] > 0.85
    assert found.classes == tuple("0123456789")
    assert found.score_truth[0] > 7
    assert found.score_truth[0] - found.score[0] > 4 * np.hypot(
        found.score[1], found.score_truth[1]
    )
    assert found.chance < 1e-6
    assert found.frechet_truth[0] < 4 * found.frechet_truth[1]
    excess = found.frechet[0] - found.frechet_truth[0]
    assert excess > 4 * np.hypot(found.frechet[1], found.frechet_truth[1])


def test_only_classes_without_any_sample_are_missing() -> None:
    figure = (1.0, 0.1)
    counts = {"counts": (9, 0, 1, 0), "counts_truth": (5, 5, 0, 0)}
    report = ClassReport(tuple("abcd"), *[figure] * 5, **counts, chi_squared=1.0, chance=0.5)
    assert report.missing == ("b",)


def test_classes_of_a_continuous_condition(rng: np.random.Generator) -> None:
    """Share of spins up follows the condition: observables tell the range, empty ranges show."""

    def lattices(count: int, least: float) -> tuple[dict, dict]:
        level = rng.uniform(least, 1, count)
        spins = np.where(rng.random((count, 8, 8)) < level[:, None, None], 1, -1).astype(np.int8)
        return {"spins": spins}, {"temperature": level}

    real = lattices(4_000, 0.5)
    found = compare_classes(
        Spins(), real, lattices(1_000, 0.75), "temperature", inputs="observables", budget=20_000
    )
    assert len(found.classes) == 10
    assert found.accuracy[0] > 0.3
    assert found.chance < 1e-6
    assert sum(found.counts[:3]) < 0.1 * sum(found.counts)


def test_bad_input_is_named() -> None:
    samples = {"spins": np.ones((10, 4, 4), np.int8)}
    side = samples, {"temperature": 2.0}
    with pytest.raises(InputError, match=r"expected a condition \(temperature\) as classes"):
        compare_classes(Spins(), side, side, "label")
    with pytest.raises(InputError, match="expected inputs to be one of images, observables"):
        compare_classes(Spins(), side, side, "temperature", inputs="sound")
    with pytest.raises(InputError, match="expected 800 real and 200 fake samples or more; got 10"):
        compare_classes(Spins(), side, side, "temperature")
