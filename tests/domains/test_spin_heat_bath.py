"""The heat bath's sublattice against all 4 x 4 lattices."""

import itertools

import jax.numpy as jnp
import numpy as np

from physgan.domains.spins.heat_bath import sublattice_log_weight
from physgan.domains.spins.observables import energy

TEMPERATURE = 2.3


def test_sublattice_weight_is_boltzmanns_summed_over_the_other_sites() -> None:
    odd = np.add.outer(np.arange(4), np.arange(4)) % 2 == 1
    others = np.array(list(itertools.product((-1, 1), repeat=8)), np.int8)
    rng = np.random.default_rng(0)
    for _ in range(20):
        lattices = np.repeat(rng.choice([-1, 1], (1, 4, 4)), len(others), 0)
        lattices[:, odd] = others
        expected = np.logaddexp.reduce(-16 * energy(lattices) / TEMPERATURE)
        found = sublattice_log_weight(
            jnp.asarray(lattices, jnp.float32), jnp.full((len(others), 1), TEMPERATURE)
        )
        np.testing.assert_allclose(found, expected, rtol=1e-5)
