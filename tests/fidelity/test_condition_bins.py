"""Bins over one condition, over several, of equal values, and of other samples."""

import numpy as np
import pytest

from physgan.fidelity.condition_bins import condition_bins


@pytest.mark.parametrize(("count", "bins"), [(1000, 16), (1003, 7), (5, 3), (5, 5), (12, 1)])
def test_one_condition_is_cut_as_its_sorted_samples(
    count: int, bins: int, rng: np.random.Generator
) -> None:
    condition = rng.permutation(count).astype(float)
    expected = np.array_split(np.argsort(condition), bins)
    found = [np.sort(rows) for (rows,) in condition_bins(condition[:, None], bins)]
    for rows, known in zip(found, expected, strict=True):
        np.testing.assert_array_equal(rows, np.sort(known))


def test_several_conditions_are_cut_in_turn_whatever_their_scale(rng: np.random.Generator) -> None:
    """A plane in 16 bins is four by four: each spans about a quarter of either condition."""
    ranks = rng.random((4096, 2))
    conditions = np.stack([10 ** (6 * ranks[:, 0]), ranks[:, 1]], 1)
    found = [rows for (rows,) in condition_bins(conditions, 16)]
    assert [len(rows) for rows in found] == [256] * 16
    assert len(np.unique(np.concatenate(found))) == 4096
    for rows in found:
        np.testing.assert_allclose(np.ptp(ranks[rows], axis=0), 0.25, atol=0.08)


def test_equal_values_stay_together(rng: np.random.Generator) -> None:
    classes = rng.choice(5, 2000, p=[0.1, 0.15, 0.2, 0.25, 0.3])
    found = [rows for (rows,) in condition_bins(classes[:, None], 16)]
    assert [set(classes[rows]) for rows in found] == [{0}, {1}, {2}, {3}, {4}]
    rare = (classes == 0).astype(float)
    plane = np.stack([rng.random(2000), rare], 1)
    found = [rows for (rows,) in condition_bins(plane, 8)]
    assert all(np.ptp(rare[rows]) == 0 for rows in found)
    assert max(map(len, found)) < 600
    assert len(condition_bins(plane[:5], 16)) == 5


def test_other_samples_are_cut_at_the_same_places(rng: np.random.Generator) -> None:
    own, other = rng.random((800, 2)), rng.random((300, 2)) ** 2
    bins = condition_bins(own, 8, other, own)
    assert sum(len(rows) for _, rows, _ in bins) == 300
    for rows, others, same in bins:
        assert set(rows) == set(same)
        low, high = own[rows].min(0), own[rows].max(0)
        assert np.all(other[others] >= low - 0.05)
        assert np.all(other[others] <= high + 0.05)


def test_without_conditions_there_is_one_bin() -> None:
    ((rows, others),) = condition_bins(np.zeros((5, 0)), 16, np.zeros((3, 0)))
    np.testing.assert_array_equal(rows, range(5))
    np.testing.assert_array_equal(others, range(3))
