"""Programs of many kernels are compiled in little memory, where XLA knows how."""

from collections.abc import Iterator

import pytest

from physgan.domains import DOMAINS
from physgan.training import compiler_options, memory


@pytest.fixture(autouse=True)
def _asked_anew() -> Iterator[None]:
    memory._known.cache_clear()
    yield
    memory._known.cache_clear()


def test_cascades_are_compiled_in_little_memory() -> None:
    """This XLA knows the option, and programs of other domains are left as they are."""
    lean = {name for name, domain in DOMAINS.items() if compiler_options(domain)}
    assert lean == {name for name, domain in DOMAINS.items() if domain.many_kernels}
    assert lean


def test_an_option_that_xla_does_not_know_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_LEAN", {"xla_cpu_use_no_such_thing": False})
    assert not any(compiler_options(domain) for domain in DOMAINS.values())
