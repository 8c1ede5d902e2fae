"""Less time for the measurements of the simulator of lattices, whose figures no test looks at."""

from collections.abc import Iterator

import pytest

from simulators.ising import _metropolis_chains


@pytest.fixture(scope="session", autouse=True)
def _short_measurements() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_metropolis_chains, "MEASURE_SECONDS", 0.02)
        yield
