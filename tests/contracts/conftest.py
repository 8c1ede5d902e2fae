"""Modules beside the tests, and runs that are trained once."""

import sys
from collections.abc import Iterator
from pathlib import Path

import jax
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from tiny_runs import Finished


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    return Finished(tmp_path_factory.mktemp("finished"))


@pytest.fixture(scope="module", autouse=True)
def compile_quickly() -> Iterator[None]:
    """Programs that run once on tiny arrays are not worth the time that makes them fast."""
    flag = "jax_disable_most_optimizations"
    before = jax.config.read(flag)
    jax.config.update(flag, True)
    yield
    jax.config.update(flag, before)
    jax.clear_caches()  # other tests compile with all optimisations
