"""Fields known in closed form, against the integral that defines them."""

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import norm

from physgan.networks.fields import FIELDS, Cells


def exact(x: float, time: float, law: list[tuple[float, float, float]]) -> float:
    """E[x1 - x0 | x_t = x] = (E[x1 | x_t] - x) / (1 - t) by quadrature over x1."""
    grid = np.linspace(-8, 12, 200_001)
    density = sum(weight * norm(mean, spread).pdf(grid) for weight, mean, spread in law)
    weights = density * norm(time * grid, 1 - time).pdf(x)
    return float(((weights * grid).sum() / weights.sum() - x) / (1 - time))


@pytest.mark.parametrize("time", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("x", [-0.6, 0.0, 0.4, 1.5])
def test_the_field_of_cells_that_are_lit_or_not(x: float, time: float) -> None:
    """A narrow and a wide normal law, lit with a chance of 0.2, the wide one moved by 0.3."""
    spread = 0.7
    cells = Cells(jnp.array([-0.5]), jnp.array([0.1]), jnp.array([0.7]))
    written = jnp.array([[0.0, np.log(0.2 / 0.8), 0.3, np.log(spread)]])
    found = FIELDS["deposits"].velocity(written, jnp.array([x]), jnp.array([time]), cells)
    law = [(0.8, -0.5, 0.1), (0.2, 0.7 + 1.0 + 0.3, spread)]
    assert float(found[0]) == pytest.approx(exact(x, time, law), rel=2e-4, abs=2e-4)


@pytest.mark.parametrize("time", [0.1, 0.5, 0.9])
def test_the_field_of_a_standard_normal_law_and_what_is_added(time: float) -> None:
    cells = Cells(*(jnp.zeros(1) for _ in range(3)))
    written = jnp.array([[0.25]])
    found = FIELDS["plain"].velocity(written, jnp.array([0.8]), jnp.array([time]), cells)
    assert float(found[0]) == pytest.approx(exact(0.8, time, [(1, 0, 1)]) + 0.25, abs=2e-4)
