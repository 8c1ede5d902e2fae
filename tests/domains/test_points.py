"""Points of a few dimensions."""

import jax.numpy as jnp
import numpy as np
import pytest

from physgan.domains import domain_of
from physgan.errors import InputError
from simulators import GaussianRing, Ising


def test_observables_of_a_point() -> None:
    domain = domain_of(GaussianRing())
    samples = {"points": np.array([[0.0, 2.0], [-3.0, 4.0]], np.float32)}
    found = {o.name: o.compute(samples, {}) for o in domain.observables}
    np.testing.assert_allclose(found["x"], [0, -3])
    np.testing.assert_allclose(found["radius"], [2, 5])
    np.testing.assert_allclose(found["angle"], [np.pi / 2, np.arctan2(4, -3)])
    features = np.asarray(domain.validation_features(jnp.asarray(samples["points"])))
    assert features.shape == (2, 20)
    np.testing.assert_allclose((features[:, :10] ** 2 + features[:, 10:] ** 2), 1, rtol=1e-5)
    np.testing.assert_allclose(features[1, [0, 5, 10]], [1, 0, 0], atol=1e-5)
    assert domain.views(samples, {})["low-level"].shape == (2, 2)
    np.testing.assert_array_equal(
        domain.decode(domain.encode(samples))["points"], samples["points"]
    )


def test_other_samples_are_refused() -> None:
    ising = Ising(4)
    wrong = type("Wrong", (), {k: getattr(ising, k) for k in ("fields", "conditions", "grid")})()
    wrong.domain, wrong.parameters = "points", {}
    with pytest.raises(InputError, match="expected points with one axis, coordinate; got none"):
        domain_of(wrong)
