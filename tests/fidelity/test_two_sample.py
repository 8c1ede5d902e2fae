"""Classifier two-sample tests: blind to equal distributions, right about known differences."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from physgan.domains import Spins
from physgan.fidelity import (
    BoostedTrees,
    ConvolutionalNetwork,
    DenseNetwork,
    TwoSampleClassifier,
    View,
    auc,
    divergence,
    largest_auc,
    sample_view,
    two_sample_test,
    two_sample_tests,
    vector_view,
)
from physgan.fidelity.dense_net import Labelled, _train, scores_of, train

DENSE = DenseNetwork(width=32, epochs=25, batch=100, rate=2e-3)
CONVOLUTIONAL = ConvolutionalNetwork(samples=6_000)
SPINS = Spins()
SHIFT = 1.0
SIZE, COUNT = 8, 1500


def shifted(rng: np.random.Generator, shift: float, count: int = 3000) -> View[np.ndarray]:
    """Two sets of six Gaussian features, which differ in the sum of two of them."""
    real, fake = rng.normal(size=(2, count, 6)).astype(np.float32)
    fake[:, :2] += np.float32(shift / np.sqrt(2))
    return vector_view("gaussian", real, fake)


def gaussian_jsd(shift: float) -> float:
    """Jensen-Shannon divergence of two unit Gaussians, bits."""

    def density(x: float) -> float:
        p, q = norm.pdf(x), norm.pdf(x, shift)
        return sum(0.5 * a * np.log2(2 * a / (p + q)) for a in (p, q))

    return quad(density, -9, 9 + shift)[0]


def copying(share: float, up: float, seed: int) -> np.ndarray:
    """Independent spins, up with chance `up`, of which `share` copy a neighbour."""
    rng = np.random.default_rng(seed)
    spins = np.where(rng.random((COUNT, SIZE, SIZE)) < up, 1, -1).astype(np.int8)
    return np.where(rng.random(spins.shape) < share, np.roll(spins, 1, 2), spins)


def lattices(share: float) -> tuple[View, View]:
    """Views of lattices at two "temperatures" that differ a lot: only equal ones are comparable."""
    ups = (0.5, 0.8)
    sides = [
        {"spins": np.concatenate([copying(s, up, 10 * n + k) for n, up in enumerate(ups)])}
        for k, s in enumerate((0, share))
    ]
    groups = np.tile(np.repeat(np.arange(2), COUNT), 2)
    up = np.array(ups)[groups]
    tables = [SPINS.views(side, {"temperature": up[: 2 * COUNT]})["high-level"] for side in sides]
    high = vector_view("high-level", *tables, groups)
    return high, sample_view(SPINS, *sides, {"up": up}, groups)


def on_lattices(share: float, classifier: TwoSampleClassifier):
    high, samples = lattices(share)
    view = samples if isinstance(classifier, ConvolutionalNetwork) else high
    return two_sample_test(view, classifier)


def test_dense_network_finds_the_best_possible_auc_and_divergence(rng) -> None:
    """AUC = Phi(d / sqrt 2) for unit Gaussians d apart; training may lose half an error."""
    result = two_sample_test(shifted(rng, SHIFT), DENSE)
    assert abs(result.auc[0] - norm.cdf(SHIFT / np.sqrt(2))) < 4 * result.auc[1]
    assert result.jsd is not None
    assert abs(result.jsd[0] - gaussian_jsd(SHIFT)) < 4 * result.jsd[1]
    assert result.per_condition == (result.auc,)


def test_trees_find_it_too(rng) -> None:
    result = two_sample_test(shifted(rng, SHIFT), BoostedTrees())
    assert abs(result.auc[0] - norm.cdf(SHIFT / np.sqrt(2))) < 3 * result.auc[1]
    assert result.jsd is None


def test_result_says_how_it_was_obtained(rng) -> None:
    """60 % of each side train a classifier that selects, 80 % another one; 20 % test.

    So few samples are tested in folds, once each.
    """
    view = vector_view("x", *rng.normal(size=(2, 100, 2)))
    quick = replace(DENSE, epochs=1, repeats=1)
    network, trees = (two_sample_test(view, c) for c in (quick, BoostedTrees(rounds=5)))
    assert network.procedure.train_counts == (60, 60)
    assert trees.procedure.train_counts == (80, 80)
    assert network.procedure.test_counts == trees.procedure.test_counts == (20, 20)
    assert str(trees.procedure) == (
        "boosted trees, at most 5 rounds, trained on 80 % (80 a side), tested on 100 a side, "
        "5 folds"
    )
    assert network.procedure.to_json() == {
        "classifier": "network",
        "settings": {
            "width": 32, "layers": 3, "epochs": 1, "patience": 10, "batch": 100, "rate": 2e-3,
            "standardise": True, "repeats": 1,
        },
        "train_share": 0.6,
        "train_counts": [60, 60],
        "test_counts": [20, 20],
        "folds": 0,
    }  # fmt: skip


def test_few_samples_are_each_tested_once(rng) -> None:
    """In bins of two conditions in turn, of which the first is shared out evenly."""
    numbers = np.array([0, 2]) + rng.integers(0, 2, (130, 2))
    splits = []

    class Spy(BoostedTrees):
        def scores(self, rows, labels, split, seed):
            splits.append(split)
            return super().scores(rows, labels, split, seed)

    view = vector_view("x", rng.normal(size=(70, 2)), rng.normal(size=(60, 2)), numbers)
    result = two_sample_test(view, Spy(rounds=2))
    assert len(splits) == result.procedure.folds == 5
    assert sorted(np.concatenate([split.test for split in splits])) == list(range(130))
    for split in splits:
        assert sorted(np.concatenate(split)) == list(range(130))
        of_first = np.bincount(numbers[split.test, 0]) / np.bincount(numbers[:, 0])
        np.testing.assert_allclose(of_first, 0.2, atol=0.04)
    assert len(result.per_condition) == 4


def test_fewer_samples_train_and_the_same_ones_test(rng) -> None:
    """The AUC of six features from twenty samples a side is far from that of thousands."""
    view = shifted(rng, SHIFT)
    few, all_of_them = (two_sample_test(view, BoostedTrees(), most=most) for most in (20, None))
    assert few.procedure.train_counts == (20, 20)
    assert few.procedure.test_counts == all_of_them.procedure.test_counts
    assert few.auc[0] < all_of_them.auc[0] - 3 * all_of_them.auc[1]


def test_the_largest_auc_names_its_view(rng) -> None:
    views = [replace(shifted(rng, shift), name=str(shift)) for shift in (0.0, SHIFT)]
    assert largest_auc(two_sample_tests(views, [BoostedTrees()])).view == str(SHIFT)


def test_training_ends_when_the_selected_epoch_is_long_past(rng) -> None:
    """Labels that mean nothing are learnt by heart at once: what follows is not even run."""
    rows = rng.normal(size=(200, 5)).astype(np.float32)
    sides = [Labelled(rows[:100], np.resize([0.0, 1.0], 100).astype(np.float32))] * 2
    settings = {"width": 8, "batch": 50, "rate": 1e-1}
    first = [train(*sides, epochs=500, patience=p, **settings) for p in (0, 500)]
    scores = [scores_of(weights, sides[1].rows) > 0 for weights in first]
    right = [(side == (sides[1].labels > 0.5)).mean() for side in scores]
    assert right[0] < right[1]


def test_views_of_like_width_share_a_program(rng) -> None:
    """Compiling takes longer than a training on a thousand samples."""
    before = _train._cache_size()
    for columns in (5, 7, 128):
        view = vector_view("x", *rng.normal(size=(2, 100, columns)))
        two_sample_test(view, replace(DENSE, width=9, epochs=1, repeats=1))
    assert _train._cache_size() == before + 1


def test_unequal_sides_and_conditions_are_split_in_the_same_shares(rng) -> None:
    real, fake = rng.normal(size=(90, 2)), rng.normal(size=(60, 2))
    groups = np.concatenate([np.repeat([0, 1], [60, 30]), np.repeat([0, 1], [40, 20])])
    seen = []

    class Spy(BoostedTrees):
        def scores(self, rows, labels, split, seed):
            seen.append(split)
            return super().scores(rows, labels, split, seed)

    result = two_sample_test(vector_view("x", real, fake, groups), Spy(rounds=2, repeats=1))
    assert result.procedure.train_counts == (72, 48)
    assert "72 real and 48 fake" in str(result.procedure)
    assert len(result.per_condition) == 2
    assert np.bincount(groups[seen[0].test]).tolist() == [20, 10]
    assert sorted(np.concatenate(seen[0])) == list(range(150))


def test_every_classifier_sees_every_view(rng) -> None:
    real, fake = rng.normal(size=(2, 100, 4)).astype(np.float32)
    views = [vector_view("all", real, fake), vector_view("first", real[:, :2], fake[:, :2])]
    quick = replace(DENSE, epochs=1, repeats=1)
    results = two_sample_tests(views, [BoostedTrees(rounds=2), quick])
    assert [(r.procedure.settings.name, r.view) for r in results] == [
        ("trees", "all"), ("trees", "first"), ("network", "all"), ("network", "first"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "classifier",
    [
        DenseNetwork(width=16, epochs=4, batch=50, rate=2e-3, repeats=1),
        BoostedTrees(10, repeats=1),
        BoostedTrees(10),
    ],
    ids=["network", "trees", "trees in folds"],
)
def test_false_alarms(rng, classifier: TwoSampleClassifier) -> None:
    """20 tests of equal distributions: a Gaussian error has 0.9 beyond two, 0.05 beyond three.

    Three or more beyond two errors happen by chance in 6 % of seeds, one beyond 3.5 in 1 %.
    """
    pulls = []
    for number in range(20):
        result = two_sample_test(shifted(rng, 0.0, 300), classifier, seed=number)
        pulls.append(abs(result.auc[0] - 0.5) / result.auc[1])
    assert sum(p > 2 for p in pulls) <= 3
    assert max(pulls) < 3.5


@pytest.mark.parametrize("classifier", [BoostedTrees(), CONVOLUTIONAL], ids=["trees", "convnet"])
def test_equal_lattices_cannot_be_told_apart(classifier: TwoSampleClassifier) -> None:
    """AUCs are allowed 4 standard errors: one false alarm in 16,000 runs each."""
    result = on_lattices(0.0, classifier)
    for value, error in [result.auc, *result.per_condition]:
        assert abs(value - 0.5) < 4 * error


@pytest.mark.parametrize("classifier", [BoostedTrees(), CONVOLUTIONAL], ids=["trees", "convnet"])
def test_hidden_correlations_are_found_at_each_condition(classifier: TwoSampleClassifier) -> None:
    result = on_lattices(0.4, classifier)
    for area, error in (result.auc, *result.per_condition):
        assert area > 0.5 + 4 * error


def test_same_seed_same_result(rng) -> None:
    view = shifted(rng, 0.5, 300)
    quick = replace(DENSE, repeats=1)
    first, second = (two_sample_test(view, quick, seed=3) for _ in range(2))
    assert first == second
    assert two_sample_test(view, quick, seed=4) != first
    short = replace(CONVOLUTIONAL, samples=1_000)
    images = lattices(0.1)[1]
    assert two_sample_test(images, short, seed=5) == two_sample_test(images, short, seed=5)


def test_divergence_of_scores_that_are_right_useless_and_perfect(rng) -> None:
    def scores(shift: float) -> tuple[np.ndarray, np.ndarray]:
        return rng.normal(shift, 1, 20_000), rng.normal(0, 1, 20_000)

    for shift in (0.0, 0.5, 2.0):
        value, error = divergence(scores(shift), scores(shift))
        assert abs(value - gaussian_jsd(shift)) < 4 * error + 1e-3
    assert divergence(scores(50), scores(50))[0] == pytest.approx(1, abs=1e-3)


def test_columns_of_very_small_size_are_seen(rng) -> None:
    """Columns of a ten-thousandth: standardising shows what a short training would miss."""
    view = shifted(rng, 2.0, 1000)
    small = replace(view, rows=view.rows * np.float32(1e-4))
    quick = replace(DENSE, repeats=1)
    seen, missed = (
        two_sample_test(small, replace(quick, standardise=standardise)).auc
        for standardise in (True, False)
    )
    assert seen[0] > 0.85
    assert missed[0] < seen[0] - 3 * missed[1]


def test_auc_against_counting(rng: np.random.Generator) -> None:
    real, fake = rng.integers(0, 5, 40), rng.integers(1, 6, 30)
    wins = (real[:, None] > fake) + 0.5 * (real[:, None] == fake)
    assert auc(real, fake)[0] == pytest.approx(wins.mean())


def test_auc_of_shifted_gaussians_and_its_error(rng: np.random.Generator) -> None:
    """AUC = Phi(shift / sqrt 2); the scatter of 300 repeats is known to 4 %."""
    shift, repeats = 0.5, []
    for _ in range(300):
        repeats.append(auc(rng.normal(shift, 1, 400), rng.normal(0, 1, 500)))
    values, errors = np.array(repeats).T
    assert values.mean() == pytest.approx(norm.cdf(shift / np.sqrt(2)), abs=0.005)
    assert errors.mean() == pytest.approx(values.std(), rel=0.2)


def test_pairs_at_equal_conditions_do_not_hide_a_difference(rng) -> None:
    """Equal laws at five conditions, in pairs: AUC 0.5, within 3 errors of the mean of six tests.

    Where a pair's samples may lie in different parts, trees reach 0.455 +- 0.003.
    """
    found = []
    for seed in range(6):
        conditions = rng.random((2000, 5))
        sides = [np.concatenate([conditions, rng.normal(size=(2000, 2))], 1) for _ in range(2)]
        view = vector_view("pairs", *map(np.float32, sides))
        found.append(two_sample_test(view, BoostedTrees(), seed).auc)
    values, errors = np.array(found).T
    assert abs(values.mean() - 0.5) < 3 * errors.mean() / np.sqrt(len(found))
