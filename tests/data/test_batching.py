"""Batches: every sample once an epoch, in an order that a restart does not change."""

from itertools import islice

import numpy as np
import pytest

from physgan.data import batch_indices, batches, open_dataset
from physgan.errors import InputError


def test_every_sample_once_an_epoch() -> None:
    stream = np.concatenate([batch_indices(10, 4, seed=1, start_sample=4 * i) for i in range(10)])
    for epoch in stream.reshape(4, 10):
        assert sorted(epoch) == list(range(10))
    assert not np.array_equal(stream[:10], stream[10:20])


def test_batches_are_a_function_of_seed_and_position() -> None:
    whole = batch_indices(10, 35, seed=3, start_sample=7)
    pieces = [batch_indices(10, 5, seed=3, start_sample=7 + 5 * i) for i in range(7)]
    np.testing.assert_array_equal(whole, np.concatenate(pieces))
    assert not np.array_equal(whole, batch_indices(10, 35, seed=4, start_sample=7))


def test_batches_larger_than_the_data() -> None:
    assert sorted(batch_indices(3, 9, 0, 0)) == [0, 0, 0, 1, 1, 1, 2, 2, 2]


def test_conditions_stay_with_their_samples() -> None:
    samples = {"x": np.arange(20) * 2.0}
    conditions = {"c": np.arange(20)}
    for x, c in islice(batches((samples, conditions), 6, seed=0), 10):
        np.testing.assert_array_equal(x["x"], 2.0 * c["c"])


def test_restart_in_the_middle(tiny) -> None:
    dataset = open_dataset(tiny)
    straight = list(islice(batches(dataset, 7, seed=2), 9))
    resumed = next(batches(dataset, 7, seed=2, start_sample=7 * 8))
    np.testing.assert_array_equal(straight[8][0]["spins"], resumed[0]["spins"])
    np.testing.assert_array_equal(straight[8][1]["temperature"], resumed[1]["temperature"])


def test_only_the_split_asked_for(tiny, conditions) -> None:
    _, at = next(batches(open_dataset(tiny), 5, seed=0, split="test"))
    assert sorted(at["temperature"]) == sorted(conditions["temperature"][35:])


@pytest.mark.parametrize("arguments", [(0, 4, 0, 0), (4, 0, 0, 0), (4, 4, 0, -1)])
def test_nonsense_is_refused(arguments: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match=r"at least one sample, a positive batch size and a start"):
        batch_indices(*arguments)
