"""Features of samples in chunks: the same however they are cut, and without the samples."""

import numpy as np
import pytest

from physgan.domains import Spins
from physgan.errors import InputError
from physgan.fidelity import FeatureSet, features_of, gather

SPINS = Spins()


def lattices(rng) -> tuple[dict, dict]:
    spins = rng.choice(np.array([-1, 1], np.int8), (50, 6, 6))
    return {"spins": spins}, {"temperature": rng.uniform(1, 3, 50)}


def arrays(features: FeatureSet) -> list[np.ndarray]:
    return [a for part in (features.views, features.observables) for a in part.values()]


@pytest.mark.parametrize("step", [1, 7, 50])
def test_chunks_change_nothing(rng, step: int) -> None:
    samples, conditions = lattices(rng)
    chunks = (
        tuple({k: v[i : i + step] for k, v in side.items()} for side in (samples, conditions))
        for i in range(0, 50, step)
    )
    found, whole = gather(SPINS, chunks), features_of(SPINS, samples, conditions)
    for one, other in zip(arrays(found), arrays(whole), strict=True):
        assert one.dtype == np.float32
        assert len(one) == 50
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-6)


def test_conditions_lead_every_view_and_may_be_one_number(rng) -> None:
    found = features_of(SPINS, lattices(rng)[0], {"temperature": 2.0})
    assert found.points is None
    for view in found.views.values():
        assert np.all(view[:, 0] == 2.0)
    half = found.rows(slice(10, 30))
    assert len(half) == 20
    assert np.array_equal(half.views["low-level"], found.views["low-level"][10:30])


def test_no_chunks_are_refused() -> None:
    with pytest.raises(InputError, match="expected samples"):
        gather(SPINS, [])
