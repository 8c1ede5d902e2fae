"""Samples do not depend on the number of devices, to the last bit."""

from pathlib import Path

import jax
import pytest
from eight_devices import asked, digest
from tiny import dataset, generator
from tiny_runs import Finished

from physgan.surrogates import Description, NetworkSampler, Surrogate, devices, load

KINDS = {"spins": "spin-hierarchy", "showers": "shower-cascade", "fields": "field-transformer"}
"""Kind of samples -> the generator that is made for it."""


def untrained(network: str, kind: str) -> Surrogate:
    content, fresh = dataset(kind), generator(network, kind)
    assert fresh is not None
    size = content.domain.geometry(content.samples).get("size", 0)
    about = Description.of(content.info, "gan", size, network=fresh.settings)
    return Surrogate(about, NetworkSampler(about, fresh.parameters))


@pytest.fixture
def one_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "_devices", lambda: jax.local_devices()[:1])


@pytest.mark.parametrize("kind", KINDS)
def test_two_devices_draw_what_one_draws(kind: str, request: pytest.FixtureRequest) -> None:
    surrogate = untrained(KINDS[kind], kind)
    on_two = digest(surrogate)
    request.getfixturevalue("one_device")
    assert digest(surrogate) == on_two


@pytest.mark.usefixtures("one_device")
def test_eight_devices_draw_what_one_draws(finished: Finished, tmp_path: Path) -> None:
    """Images, and points of which a discriminator rejects some."""
    folders = [tmp_path / "images", finished("gan")]
    untrained("dense", "images").save(folders[0])
    surrogates = [load(folder) for folder in folders]
    assert surrogates[1].rejects
    assert asked(*[("digest", str(folder)) for folder in folders]) == [
        digest(surrogate) for surrogate in surrogates
    ]


def test_calls_take_turns_on_the_devices_and_keep_their_order() -> None:
    def call(item: int, device: jax.Device) -> tuple[int, jax.Device]:
        return item, device

    first, second = jax.devices()
    assert list(devices.on_devices(call, range(3))) == [(0, first), (1, second), (2, first)]
    with jax.default_device(second):
        assert list(devices.on_devices(call, range(2))) == [(0, second), (1, second)]
