"""Features of samples in chunks: the same however they are cut, and without the samples."""

import numpy as np
import pytest

from physgan.data import Axis, DatasetInfo, Field
from physgan.domains import Images, Spins
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


def test_points_of_the_first_samples_are_kept(rng) -> None:
    """Chunks beyond them leave none; those of showers and images could not do without any."""
    axes = tuple(Axis(name, "1", (0.0, 1.0)) for name in ("row", "column", "channel"))
    field = Field("intensities", "1", tuple(a.name for a in axes), "intensity", "float32")
    domain = Images(DatasetInfo("images", (field,), (), axes))
    intensities = rng.random((30, 2, 2, 2)).astype(np.float32)
    chunks = [({"intensities": intensities[i : i + 10]}, {}) for i in (0, 10, 20)]
    found = gather(domain, chunks, points=10)
    assert len(found) == 30
    np.testing.assert_array_equal(found.points, intensities[:10].reshape(10, -1))


def test_no_chunks_are_refused() -> None:
    with pytest.raises(InputError, match="expected samples"):
        gather(SPINS, [])
